package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// outcome is what a run of the program left.
type outcome struct {
	code           int
	stdout, stderr string
}

// activityd runs the program as main does, with standard input from a text.
func activityd(t *testing.T, environ []string, stdin string, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), args, environ, strings.NewReader(stdin), &stdout, &stderr)
	return outcome{code, stdout.String(), stderr.String()}
}

func TestUsageMistakes(t *testing.T) {
	tests := []struct {
		args []string
		want string // in stderr
	}{
		{nil, `which command of "activityd"?`},
		{[]string{"user"}, `which command of "activityd user"?`},
		{[]string{"serv"}, `"serv" is no command of "activityd"; did you mean serve?`},
		{[]string{"user", "ad"}, `"ad" is no command of "activityd user"; did you mean add?`},
		{[]string{"frobnicate"}, `"frobnicate" is no command of "activityd"`},
		{[]string{"serve", "now"}, `"activityd serve" takes no arguments, but was given "now"`},
		{[]string{"serve", "--data-dirr", "x"}, "unknown flag: --data-dirr; did you mean --data-dir?"},
		{[]string{"serve", "--listen"}, "flag needs an argument: --listen"},
		{[]string{"config", "--max-body", "lots"}, `max_body (flag --max-body): "lots" is not a size`},
		{[]string{"user", "add", "--email", "a@b.c"}, "wants the name of one user, but was given 0 arguments"},
		{[]string{"user", "add", "alice"}, "give --email"},
		{[]string{"user", "add", "alice", "--password", "x"}, "unknown flag: --password"},
		{[]string{"user", "add", "alice", "--email", "a@b.c"}, "pipe it in with --password-stdin"},
		{[]string{"user", "reset-password", "alice"}, "pipe it in with --password-stdin"},
		{[]string{"user", "delete", "alice"}, "confirm with --yes"},
		{[]string{"user", "delete", "alice", "bob", "--yes"}, "was given 2 arguments"},
		{[]string{"user", "list", "--max-depth", "0"}, "max_depth (flag --max-depth)"},
	}
	for _, test := range tests {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			got := activityd(t, nil, "", test.args...)
			if got.code != exitUsage || !strings.Contains(got.stderr, test.want) || got.stdout != "" {
				t.Errorf("got %+v, want code 2 and %s", got, test.want)
			}
		})
	}
}

// The configuration is wrong before anybody is asked for a password.
func TestEveryCommandReadsTheConfiguration(t *testing.T) {
	for _, command := range []string{
		"serve", "config", "user list", "user add alice --email a@b.c", "user delete alice", "user disable alice", "user reset-password alice",
	} {
		got := activityd(t, []string{"ACTIVITYD_NONSENSE=1"}, "", strings.Fields(command)...)
		if got.code != exitUsage || !strings.Contains(got.stderr, "ACTIVITYD_NONSENSE (environment): is no setting") {
			t.Errorf("%s: got %+v", command, got)
		}
	}
}

func TestConfigCommand(t *testing.T) {
	path := filepath.Join(t.TempDir(), "settings.yaml")
	if err := os.WriteFile(path, []byte("max_depth: 3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := activityd(t, []string{"ACTIVITYD_HISTORY=7d"}, "", "config", "--config", path,
		"--trusted-proxies", "10.0.0.0/8", "--trusted-proxies", "::1,127.0.0.1")
	if got.code != exitOK || got.stderr != "" {
		t.Fatalf("got %+v", got)
	}
	lines := strings.Split(got.stdout, "\n")
	for i, line := range lines {
		lines[i] = strings.Join(strings.Fields(line), " ")
	}
	text := strings.Join(lines, "\n")
	for _, want := range []string{
		"max_depth: 3 # settings.yaml:1\n",
		"history: 7d # environment ACTIVITYD_HISTORY\n",
		"trusted_proxies: [\"10.0.0.0/8\", \"::1\", \"127.0.0.1\"] # flag --trusted-proxies\n",
		"max_body: 1MiB # default\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, got.stdout)
		}
	}
	if err := os.WriteFile(path, []byte(got.stdout), 0o600); err != nil {
		t.Fatal(err)
	}
	if again := activityd(t, nil, "", "config", "--config", path); again.code != exitOK || !strings.Contains(again.stdout, "max_depth: 3 ") {
		t.Errorf("printed configuration read again: %+v", again)
	}
}

func TestInterruptedRead(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := writer.Close(); err != nil { // ends the abandoned read
			t.Error(err)
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	context.AfterFunc(t.Context(), cancel)
	cancel()
	if _, err := readLine(ctx, reader); err == nil {
		t.Error("reading went on after the context ended")
	}
}

func TestPasswordFromStdin(t *testing.T) {
	tests := []struct {
		in, want string
		ok       bool
	}{
		{"correct horse\n", "correct horse", true},
		{"correct horse\r\nnext line\n", "correct horse", true},
		{" spaces stay ", " spaces stay ", true},
		{"", "", false},
		{"\n", "", false},
		{strings.Repeat("x", maxLine+1), "", false},
	}
	for _, test := range tests {
		got, err := askPassword(t.Context(), strings.NewReader(test.in), &bytes.Buffer{}, "alice", true)
		if got != test.want || (err == nil) != test.ok {
			t.Errorf("%.20q: got %.20q, %v", test.in, got, err)
		}
	}
}
