package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// maxLine bounds what is read as an answer or a password, in bytes.
const maxLine = 4096

// terminalOf tells whether a stream is a terminal, and which.
func terminalOf(stream any) (*os.File, bool) {
	file, ok := stream.(*os.File)
	return file, ok && term.IsTerminal(int(file.Fd()))
}

// askPassword returns the first line of in, if told so, or else asks twice on
// the terminal, without echo.
func askPassword(ctx context.Context, in io.Reader, out io.Writer, username string, fromStdin bool) (string, error) {
	if fromStdin {
		password, err := readLine(ctx, in)
		if err == nil && password == "" {
			err = errors.New("the password on standard input is empty")
		}
		return password, err
	}
	terminal, ok := terminalOf(in)
	if !ok {
		return "", usagef("there is no terminal to ask for the password: pipe it in with --password-stdin")
	}
	first, err := readHidden(ctx, terminal, out, "Password for "+username+": ")
	if err != nil {
		return "", err
	}
	second, err := readHidden(ctx, terminal, out, "The same again: ")
	if err != nil {
		return "", err
	}
	if first != second {
		return "", errors.New("the two passwords differ; nothing was changed")
	}
	return first, nil
}

// confirm asks on the terminal for the name of what is going to be lost.
func confirm(ctx context.Context, in io.Reader, out io.Writer, question, name string) error {
	if _, ok := terminalOf(in); !ok {
		return usagef("there is no terminal to ask for confirmation: confirm with --yes")
	}
	if _, err := fmt.Fprintf(out, "%s\nType %s to confirm: ", question, name); err != nil {
		return err
	}
	answer, err := readLine(ctx, in)
	if err != nil {
		return err
	}
	if answer != name {
		return errors.New("not confirmed; nothing was changed")
	}
	return nil
}

// readHidden reads a line from the terminal without showing it.
func readHidden(ctx context.Context, terminal *os.File, out io.Writer, prompt string) (string, error) {
	fd := int(terminal.Fd())
	state, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("read terminal state: %w", err)
	}
	if _, err := fmt.Fprint(out, prompt); err != nil {
		return "", err
	}
	line, err := interruptible(ctx, func() (string, error) {
		line, err := term.ReadPassword(fd)
		return string(line), err
	})
	if ctx.Err() != nil {
		// The abandoned read would leave the terminal without echo.
		err = errors.Join(err, term.Restore(fd, state))
	}
	if _, printErr := fmt.Fprintln(out); printErr != nil {
		err = errors.Join(err, printErr)
	}
	if err != nil {
		return "", fmt.Errorf("read password: %w", err)
	}
	return line, nil
}

// readLine reads up to the end of a line or of the input, without it.
func readLine(ctx context.Context, in io.Reader) (string, error) {
	line, err := interruptible(ctx, func() (string, error) {
		return bufio.NewReader(io.LimitReader(in, maxLine+1)).ReadString('\n')
	})
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return "", fmt.Errorf("read a line: %w", err)
	case len(line) > maxLine:
		return "", fmt.Errorf("read a line: it is longer than %d bytes", maxLine)
	}
	return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), nil
}

// interruptible runs a read that knows no context. When ctx ends first, the
// read is abandoned with its goroutine; the process is about to end then.
func interruptible(ctx context.Context, read func() (string, error)) (string, error) {
	type result struct {
		line string
		err  error
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	done := make(chan result, 1)
	go func() {
		line, err := read()
		done <- result{line, err}
	}()
	select {
	case r := <-done:
		return r.line, r.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
