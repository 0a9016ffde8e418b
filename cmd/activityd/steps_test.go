package main_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// step is a command of a guide and the answers that stand below it; "" for
// none.
type step struct{ command, answer string }

// block is a fenced block: its language and its text.
var block = regexp.MustCompile("(?ms)^```([a-z]+)[a-z ]*\n(.*?)^```$")

// install is what `make test` has done before, or the machine's owner: while
// tests run, one that reads the packages must not find them half-installed.
var install = regexp.MustCompile("(?m)^(npm ci|sudo apt-get install) .*\n")

// client is the installation of one generation of the Socket.IO client.
var client = regexp.MustCompile(`(?m)^npm install socket\.io-client@([0-9.]+)$`)

// named is the first line of a block that is a file.
var named = regexp.MustCompile(`^(?://|#|<!--) ([a-z0-9]+\.(?:js|py|html))\b`)

// stepsOf reads the fenced blocks: commands, and answers below them; programs
// and pages, which are written to files; and what the last page then shows.
func stepsOf(t *testing.T, text string) []step {
	t.Helper()
	var steps []step
	page := ""
	for _, found := range block.FindAllStringSubmatch(text, -1) {
		switch found[1] {
		case "sh":
			command := install.ReplaceAllString(found[2], "")
			steps = append(steps, step{command: client.ReplaceAllString(command, `link_client $1`)})
		case "json":
			steps[len(steps)-1].answer = found[2]
		case "js", "python", "html":
			name := named.FindStringSubmatch(found[2])
			if name == nil {
				t.Fatalf("a program's first line does not name its file:\n%s", found[2])
			}
			page = name[1]
			steps = append(steps, step{command: fmt.Sprintf("cat > %s <<'end of %[1]s'\n%send of %[1]s\n", page, found[2])})
		case "text":
			steps = append(steps, step{command: fmt.Sprintf("visit %s '%s'\n", page, strings.TrimSpace(found[2]))})
		default:
			t.Fatalf("nothing runs blocks of %s", found[1])
		}
	}
	return steps
}

// follow runs the steps against the server at the port, which stands in them as
// 3000, and compares the answers.
func follow(t *testing.T, dir, port string, steps []step) {
	t.Helper()
	answers := runSteps(t, dir, port, steps)
	for i, step := range steps {
		if step.answer == "" {
			continue
		}
		want, got := decoded(t, strings.ReplaceAll(step.answer, ":3000", ":"+port)), decoded(t, answers[i])
		if err := matches("", want, got); err != nil {
			t.Errorf("%s\nanswered\n%s\n%v", step.command, answers[i], err)
		}
	}
}

const separator = "\n----- next step -----\n"

// prelude is for the shell. Of Python it takes Debian's, which has the packages.
const prelude = `set -eu -o pipefail
python3() { /usr/bin/python3 "$@"; }
link_client() { mkdir -p node_modules; ln -sfn "$ROOT/internal/realtime/clienttest/node_modules/client-$1" node_modules/socket.io-client; }
visit() { node "$ROOT/web/visit.mjs" "file://$PWD/$1" "$2" > /dev/null; }
`

// patience is how long the commands of a guide may take in all.
const patience = 5 * time.Minute

// runSteps runs the commands in one shell and gives what each printed.
func runSteps(t *testing.T, dir, port string, steps []step) []string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	script.WriteString(prelude)
	for _, s := range steps {
		fmt.Fprintf(&script, "%s\nprintf '%%s' '%s'\n", strings.ReplaceAll(s.command, ":3000", ":"+port), separator)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	shell := exec.CommandContext(ctx, "bash", "-c", script.String())
	shell.Dir = dir
	shell.Env = append(os.Environ(), "ROOT="+root)
	shell.Stderr = &strings.Builder{}
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that what it started ends with it
	shell.Cancel = func() error { return syscall.Kill(-shell.Process.Pid, syscall.SIGKILL) }
	out, err := shell.Output()
	if err != nil {
		t.Fatalf("the guide's commands: %v\n%s\n%s", err, out, shell.Stderr)
	}
	return strings.Split(string(out), separator)
}

// decoded gives the JSON values of a text, one after the other.
func decoded(t *testing.T, text string) any {
	t.Helper()
	all := []any{}
	for dec := json.NewDecoder(strings.NewReader(text)); ; {
		var v any
		err := dec.Decode(&v)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("no JSON: %v\n%s", err, text)
		}
		all = append(all, v)
	}
}

// What differs from run to run stands so in a guide; a member called so stands
// for further ones.
const (
	anyText = "..."
	anyTime = 1795240800.5
)

// matches compares an answer with the one of a guide.
func matches(path string, want, got any) error {
	switch w := want.(type) {
	case map[string]any:
		g, _ := got.(map[string]any)
		_, more := w[anyText]
		for name := range g {
			if _, ok := w[name]; !ok && !more {
				return fmt.Errorf("%s.%s is not in the guide", path, name)
			}
		}
		for name := range w {
			if name == anyText {
				continue
			}
			if err := matches(path+"."+name, w[name], g[name]); err != nil {
				return err
			}
		}
		return nil
	case []any:
		g, _ := got.([]any)
		if len(g) != len(w) {
			return fmt.Errorf("%s has %d elements, the guide %d", path, len(g), len(w))
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
	return fmt.Errorf("%s is %v, in the guide %v", path, got, want)
}
