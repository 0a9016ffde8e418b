//go:build linux

// Command sockets measures our Socket.IO library beside the reference server for
// Node: the same load on both, in one run, each server a process of its own. Its
// arguments are the parts to run, all without any. It imports nothing of
// activityd: the servers are programs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/activityd/activityd/bench/proc"
	"github.com/activityd/activityd/bench/subject"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "sockets:", err)
		os.Exit(1)
	}
}

// contender is a server that is measured.
type contender struct {
	name    string
	command []string
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("sockets", flag.ContinueOnError)
	profiles := flags.String("profiles", "", "folder for profiles of our server")
	alone := flags.Bool("alone", false, "leave Node out")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := choose(flags.Args())
	if err != nil {
		return err
	}
	files, err := proc.RaiseDescriptors(65_536)
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp) //nolint:errcheck // what is left lies in the folder for it
	ours := filepath.Join(tmp, "bareserver")
	build := exec.CommandContext(ctx, "go", "build", "-o", ours, "./bench/bareserver")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building our server: %w", err)
	}
	contenders := []contender{{"activityd", []string{ours, "-profiles", *profiles}}}
	if !*alone {
		contenders = append(contenders, contender{"Node", []string{"node", "--expose-gc", "bench/node/server.mjs"}})
	}
	// Some descriptors are the servers' and our own.
	b := &bench{files: int(files) - 64, out: stdout}
	if err := b.preface(); err != nil {
		return err
	}
	results := &results{contenders: contenders}
	for _, p := range chosen {
		for _, c := range contenders {
			if err := b.measure(ctx, p, c, results); err != nil {
				return fmt.Errorf("%s, %s: %w", p.name, c.name, err)
			}
		}
	}
	return results.print(stdout)
}

// choose returns the parts of some names, all for none.
func choose(names []string) ([]part, error) {
	all := parts()
	if len(names) == 0 {
		return all, nil
	}
	var chosen []part
	for _, name := range names {
		i := slices.IndexFunc(all, func(p part) bool { return p.name == name })
		if i < 0 {
			var known []string
			for _, p := range all {
				known = append(known, p.name)
			}
			return nil, fmt.Errorf("no part %q; there are %s", name, strings.Join(known, ", "))
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// measure runs one part against a new process of one server.
func (b *bench) measure(ctx context.Context, p part, c contender, results *results) error {
	if _, err := fmt.Fprintf(b.out, "%s: %s\n", p.name, c.name); err != nil {
		return err
	}
	server, err := subject.Start(ctx, c.command[0], c.command[1:]...)
	if err != nil {
		return err
	}
	figures, err := b.figures(p, server)
	if err := errors.Join(err, server.Stop()); err != nil {
		return err
	}
	results.add(c.name, figures)
	return nil
}
