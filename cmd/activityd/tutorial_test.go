package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
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

	answers := runSteps(t, root, s.Port, steps[1:])
	for i, step := range steps[1:] {
		if step.answer == "" {
			continue
		}
		want, got := decoded(t, strings.ReplaceAll(step.answer, ":3000", ":"+s.Port)), decoded(t, answers[i])
		if err := matches("", want, got); err != nil {
			t.Errorf("%s\nanswered\n%s\n%v", step.command, answers[i], err)
		}
	}
}

// step is a command of the tutorial and the answer that stands below it; "" for
// none.
type step struct{ command, answer string }

// block is a fenced block: its language and its text.
var block = regexp.MustCompile("(?ms)^```(sh|json)[a-z ]*\n(.*?)^```$")

// install is what `make test` has done before: while tests run, one that reads
// the packages must not find them half-installed.
var install = regexp.MustCompile("(?m)^npm ci .*\n")

func tutorial(t *testing.T, readme string) []step {
	t.Helper()
	_, section, _ := strings.Cut(readme, "\n## Tutorial\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var steps []step
	for _, found := range block.FindAllStringSubmatch(section, -1) {
		if found[1] == "sh" {
			steps = append(steps, step{command: install.ReplaceAllString(found[2], "")})
			continue
		}
		steps[len(steps)-1].answer = found[2]
	}
	if len(steps) < 10 {
		t.Fatalf("the tutorial has %d steps only: has its form changed?", len(steps))
	}
	return steps
}

const separator = "\n----- next step -----\n"

// runSteps runs the commands in one shell and gives what each printed.
func runSteps(t *testing.T, dir, port string, steps []step) []string {
	t.Helper()
	var script strings.Builder
	script.WriteString("set -eu -o pipefail\n")
	for _, s := range steps {
		fmt.Fprintf(&script, "%s\nprintf '%%s' '%s'\n", strings.ReplaceAll(s.command, ":3000", ":"+port), separator)
	}
	shell := exec.CommandContext(t.Context(), "bash", "-c", script.String())
	shell.Dir = dir
	shell.Stderr = &strings.Builder{}
	out, err := shell.Output()
	if err != nil {
		t.Fatalf("the tutorial's commands: %v\n%s\n%s", err, out, shell.Stderr)
	}
	return strings.Split(string(out), separator)
}

func decoded(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("no JSON: %v\n%s", err, text)
	}
	return v
}

// What differs from run to run stands so in the tutorial.
const (
	anyText = "..."
	anyTime = 1795240800.5
)

// matches compares an answer with the one of the tutorial.
func matches(path string, want, got any) error {
	switch w := want.(type) {
	case map[string]any:
		g, _ := got.(map[string]any)
		for name := range g {
			if _, ok := w[name]; !ok {
				return fmt.Errorf("%s.%s is not in the tutorial", path, name)
			}
		}
		for name := range w {
			if err := matches(path+"."+name, w[name], g[name]); err != nil {
				return err
			}
		}
		return nil
	case []any:
		g, _ := got.([]any)
		if len(g) != len(w) {
			return fmt.Errorf("%s has %d elements, the tutorial %d", path, len(g), len(w))
		}
		for i := range w {
			if err := matches(fmt.Sprintf("%s[%d]", path, i), w[i], g[i]); err != nil {
				return err
			}
		}
		return nil
	}
	_, isText := got.(string)
	_, isNumber := got.(float64)
	if want == anyText && isText || want == anyTime && isNumber || reflect.DeepEqual(want, got) {
		return nil
	}
	return fmt.Errorf("%s is %v, in the tutorial %v", path, got, want)
}
