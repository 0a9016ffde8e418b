package main

import (
	"regexp"
	"runtime/debug"
	"testing"
)

func TestVersionCommand(t *testing.T) {
	got := activityd(t, []string{"ACTIVITYD_NONSENSE=1"}, "", "version")
	if form := regexp.MustCompile(`^activityd \S+\ncommit \S+( \(modified\))?\ngo\S+ \w+/\w+\n$`); got.code != exitOK || !form.MatchString(got.stdout) {
		t.Errorf("got %+v", got)
	}
}

func TestVersionOf(t *testing.T) {
	module := func(version string) *debug.BuildInfo { return &debug.BuildInfo{Main: debug.Module{Version: version}} }
	tests := []struct{ linked, module, want string }{
		{"1.2.3", "v9.9.9", "1.2.3"},
		{"dev", "v1.0.0", "v1.0.0"},
		{"dev", "(devel)", "dev"},
		{"dev", "", "dev"},
	}
	for _, test := range tests {
		if got := versionOf(test.linked, module(test.module)); got != test.want {
			t.Errorf("linked %s, module %s: got %s, want %s", test.linked, test.module, got, test.want)
		}
	}
}

func TestCommitOf(t *testing.T) {
	info := &debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"}}}
	if got := commitOf(info); got != "abc (modified)" {
		t.Errorf("got %s", got)
	}
	if got := commitOf(&debug.BuildInfo{}); got != "unknown" {
		t.Errorf("got %s", got)
	}
}
