package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/servertest"
)

// TestTutorial does what the README's tutorial says, as it says it; only the
// port is another.
func TestTutorial(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	steps := tutorial(t, string(text))
	start := exec.Command("bash", "-c", steps[0].command)
	start.Dir = root
	s := servertest.StartCommand(t, filepath.Join(t.TempDir(), "data"), start)
	if !strings.Contains(s.Started, s.URL+"/register?token=") {
		t.Errorf("the first start gives no link for the first user:\n%s", s.Started)
	}

	follow(t, root, s.Port, steps[1:])
}

// tutorial gives the steps of the README's section.
func tutorial(t *testing.T, readme string) []step {
	t.Helper()
	_, section, _ := strings.Cut(readme, "\n## Tutorial\n")
	section, _, _ = strings.Cut(section, "\n## ")
	steps := stepsOf(t, section)
	if len(steps) < 10 {
		t.Fatalf("the tutorial has %d steps only: has its form changed?", len(steps))
	}
	return steps
}
