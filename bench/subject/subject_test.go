//go:build linux

package subject_test

import (
	"strings"
	"testing"

	"github.com/activityd/activityd/bench/subject"
)

func TestTalk(t *testing.T) {
	s, err := subject.Start(t.Context(), "sh", "-c", `echo "listening on 127.0.0.1:1"; while read -r line; do echo '{"goroutines":3,"heap":4}'; done`)
	if err != nil {
		t.Fatal(err)
	}
	if s.Addr != "127.0.0.1:1" {
		t.Errorf("listens on %q", s.Addr)
	}
	for range 2 {
		if got, err := s.Stats(); err != nil || got != (subject.Stats{Goroutines: 3, Heap: 4}) {
			t.Errorf("stats %+v, %v", got, err)
		}
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
}

func TestFailures(t *testing.T) {
	for script, want := range map[string]string{
		"exit 3":     "exit status 3",
		"echo hello": "hello",
	} {
		if _, err := subject.Start(t.Context(), "sh", "-c", script); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", script, err)
		}
	}
}
