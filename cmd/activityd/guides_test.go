package main_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/activityd/activityd/internal/servertest"
)

// TestGuides does what the guides of the API say, each with a server of its
// own.
func TestGuides(t *testing.T) {
	files, err := filepath.Glob("../../api-docs/*.md")
	if err != nil || len(files) < 5 {
		t.Fatalf("the guides are %q, %v", files, err)
	}
	binary := servertest.Build(t)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := servertest.Start(t, binary, filepath.Join(t.TempDir(), "data"))
			follow(t, t.TempDir(), s.Port, stepsOf(t, string(text)))
		})
	}
}
