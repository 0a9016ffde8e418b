package main_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// step is a command of a guide and the answers that stand below it; "" for
// none.
type step struct{ command, answer string }

// block is a fenced block: its language and its text.
var block = regexp.MustCompile("(?ms)^```(sh|json)[a-z ]*\n(.*?)^```$")

// install is what `make test` has done before: while tests run, one that reads
// the packages must not find them half-installed.
var install = regexp.MustCompile("(?m)^npm ci .*\n")

// stepsOf reads the fenced blocks: commands, and answers below them.
func stepsOf(text string) []step {
	var steps []step
	for _, found := range block.FindAllStringSubmatch(text, -1) {
		if found[1] == "sh" {
			steps = append(steps, step{command: install.ReplaceAllString(found[2], "")})
			continue
		}
		steps[len(steps)-1].answer = found[2]
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
