package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/config"
	"golang.org/x/sys/unix"
)

// openTerminal makes a real terminal: what is written to keyboard is typed,
// and what the terminal shows is read from it.
func openTerminal(t *testing.T) (keyboard, terminal *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeFile(t, keyboard) })
	if err := unix.IoctlSetPointerInt(int(keyboard.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(keyboard.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeFile(t, terminal) })
	return keyboard, terminal
}

func closeFile(t *testing.T, file *os.File) {
	t.Helper()
	if err := file.Close(); err != nil {
		t.Error(err)
	}
}

// echoes tells whether the terminal shows what is typed.
func echoes(t *testing.T, terminal *os.File) bool {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

// typist is the out of a prompt: at each prompt it types the next answer.
type typist struct {
	keyboard io.Writer
	answers  []string
	shown    bytes.Buffer
}

func (p *typist) Write(text []byte) (int, error) {
	p.shown.Write(text)
	if bytes.HasSuffix(text, []byte(": ")) && len(p.answers) > 0 {
		answer := p.answers[0]
		p.answers = p.answers[1:]
		if _, err := io.WriteString(p.keyboard, answer+"\n"); err != nil {
			return 0, err
		}
	}
	return len(text), nil
}

func TestPasswordOnTerminal(t *testing.T) {
	tests := []struct {
		answers []string
		want    string
		mistake string
	}{
		{[]string{"correct horse", "correct horse"}, "correct horse", ""},
		{[]string{"correct horse", "correct house"}, "", "the two passwords differ"},
	}
	for _, test := range tests {
		keyboard, terminal := openTerminal(t)
		out := &typist{keyboard: keyboard, answers: test.answers}
		got, err := askPassword(t.Context(), terminal, out, "alice", false)
		if got != test.want || (err == nil) != (test.mistake == "") || err != nil && !strings.Contains(err.Error(), test.mistake) {
			t.Errorf("%v: got %q, %v", test.answers, got, err)
		}
		if shown := out.shown.String(); shown != "Password for alice: \nThe same again: \n" {
			t.Errorf("shown: %q", shown)
		}
		if !echoes(t, terminal) {
			t.Error("the terminal was left without echo")
		}
	}
}

// Ctrl-C while the password is asked for must leave a usable terminal.
func TestInterruptedPassword(t *testing.T) {
	keyboard, terminal := openTerminal(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := askPassword(ctx, terminal, io.Discard, "alice", false)
		done <- err
	}()
	for echoes(t, terminal) { // until the read has begun
		if len(done) > 0 {
			t.Fatal(<-done)
		}
	}
	cancel()
	if err := <-done; err == nil {
		t.Error("got no error")
	}
	if !echoes(t, terminal) {
		t.Error("the terminal was left without echo")
	}
	if _, err := io.WriteString(keyboard, "\n"); err != nil { // ends the abandoned read
		t.Fatal(err)
	}
}

func TestConfirmOnTerminal(t *testing.T) {
	for answer, ok := range map[string]bool{"alice": true, "yes": false, "": false, "Alice": false} {
		keyboard, terminal := openTerminal(t)
		out := &typist{keyboard: keyboard, answers: []string{answer}}
		if err := confirm(t.Context(), terminal, out, "All is lost.", "alice"); (err == nil) != ok {
			t.Errorf("%q: %v", answer, err)
		}
	}
}

func TestLogOnTerminalIsText(t *testing.T) {
	screen, terminal := openTerminal(t)
	newLogger(terminal, config.LogAuto, slog.LevelInfo).Info("hello")
	line, err := bufio.NewReader(screen).ReadString('\n')
	if err != nil || !strings.Contains(line, "level=INFO msg=hello") {
		t.Errorf("%v: %q", err, line)
	}
}
