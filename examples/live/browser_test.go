package live_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience bounds the whole of a test's browser; it is far more than it needs.
const patience = 8 * time.Minute

// browser is Chromium, driven by drive.mjs.
type browser struct {
	orders  io.WriteCloser
	answers *bufio.Reader
	errors  *strings.Builder
}

func openBrowser(t *testing.T) *browser {
	t.Helper()
	// Not the test's own context: it ends before the browser is closed below.
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	drive := exec.CommandContext(ctx, "node", "drive.mjs")
	drive.Cancel = func() error { return drive.Process.Signal(syscall.SIGTERM) } // it takes Chromium along
	drive.WaitDelay = 20 * time.Second
	b := &browser{errors: new(strings.Builder)}
	drive.Stderr = b.errors
	out, err := drive.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	b.answers = bufio.NewReader(out)
	if b.orders, err = drive.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := drive.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		defer cancel()
		_ = b.orders.Close()
		_, _ = io.Copy(io.Discard, b.answers)
		if err := drive.Wait(); err != nil {
			t.Errorf("drive.mjs: %v\n%s", err, b.errors)
		}
	})
	return b
}

// tab is one page of the browser. It is opened when it is first used.
type tab struct {
	t    *testing.T
	b    *browser
	name string
}

func (b *browser) tab(t *testing.T, name string) tab { return tab{t, b, name} }

// do has one of the actions of drive.mjs done, and gives its answer.
func (p tab) do(action string, args ...any) json.RawMessage {
	p.t.Helper()
	order, err := json.Marshal(append([]any{p.name, action}, args...))
	if err != nil {
		p.t.Fatal(err)
	}
	_, _ = p.b.orders.Write(append(order, '\n')) // the answer tells
	line, err := p.b.answers.ReadBytes('\n')
	var got struct {
		Answer json.RawMessage
		Error  string
	}
	if err != nil || json.Unmarshal(line, &got) != nil {
		p.t.Fatalf("%s: drive.mjs has ended: %v %s\n(`make deps web` fetches what it needs, Node and Chromium aside)", order, err, line)
	}
	if got.Error != "" {
		p.t.Fatal(got.Error)
	}
	return got.Answer
}

// logIn fills in the form and sends it.
func (p tab) logIn(server, username, password string) {
	p.t.Helper()
	p.do("fill", "Server", server)
	p.do("fill", "Username", username)
	p.do("fill", "Password", password)
	p.do("click", "Log in")
}

// enter writes an entry and presses a button.
func (p tab) enter(text, button string) {
	p.t.Helper()
	p.do("fill", "What is going on?", text)
	p.do("click", button)
}

func (p tab) shows(text string) {
	p.t.Helper()
	p.do("shows", text)
}

// list gives the texts of what a selector finds.
func (p tab) list(selector string) []string {
	p.t.Helper()
	var all []string
	if err := json.Unmarshal(p.do("texts", selector), &all); err != nil {
		p.t.Fatal(err)
	}
	return all
}
