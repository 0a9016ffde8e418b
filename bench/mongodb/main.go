//go:build linux

// Command mongodb measures activityd on MongoDB beside a service of Feathers 5
// and the driver alone, all on one mongod that it starts, one after the other,
// in turns. Its arguments are the parts to run, all without any.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/activityd/activityd/bench/activityd"
	"github.com/activityd/activityd/bench/proc"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mongodb:", err)
		os.Exit(1)
	}
}

// bench is one run of this program.
type bench struct {
	tmp    string // our folder
	binary string // of activityd
	mongod *mongod
	users  []activityd.User
	tokens string // a file: names by token
	out    io.Writer
	results

	databases int // made so far

	only            string // the subject that is measured; all if it is empty
	rounds          int
	warm, measuring time.Duration
}

// part is one kind of load.
type part struct {
	name string
	run  func(*bench, context.Context) error
}

func parts() []part {
	return []part{
		{"create", (*bench).create},
		{"lists", (*bench).lists},
		{"latency", (*bench).latency},
		{"follow", (*bench).follow},
	}
}

const manyUsers = 128

func run(ctx context.Context, args []string, stdout io.Writer) (err error) {
	b := &bench{users: activityd.NewUsers(manyUsers), out: stdout}
	flags := flag.NewFlagSet("mongodb", flag.ContinueOnError)
	flags.StringVar(&b.binary, "binary", "", "an activityd that is built already")
	flags.StringVar(&b.only, "only", "", "measure this subject alone: "+strings.Join(columns(), ", "))
	flags.IntVar(&b.rounds, "rounds", 2, "how often each is measured, in turns")
	flags.DurationVar(&b.warm, "warm", 3*time.Second, "how long each works before it is measured")
	flags.DurationVar(&b.measuring, "measure", 10*time.Second, "how long each is measured")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := choose(flags.Args())
	if err != nil {
		return err
	}
	if b.only != "" && !slices.Contains(columns(), b.only) {
		return fmt.Errorf("no subject %q; there are %s", b.only, strings.Join(columns(), ", "))
	}
	if b.tmp, err = os.MkdirTemp("", "bench"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.tmp)) }()
	if err := b.prepare(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.mongod.stop()) }()
	for _, p := range chosen {
		if err := p.run(b, ctx); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return b.print(stdout)
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

// prepare makes all that the parts share, and says what the figures depend on.
func (b *bench) prepare(ctx context.Context) error {
	if b.binary == "" {
		b.binary = filepath.Join(b.tmp, "activityd")
		if err := activityd.Build(ctx, b.binary); err != nil {
			return err
		}
	}
	names := make(map[string]string)
	for _, u := range b.users {
		names[u.Token] = u.Name
	}
	text, err := json.Marshal(names)
	if err != nil {
		return err
	}
	b.tokens = filepath.Join(b.tmp, "tokens.json")
	if err := os.WriteFile(b.tokens, text, 0o600); err != nil {
		return err
	}
	load, err := proc.Load()
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(b.out, "load average at the start: %.2f\n", load); err != nil {
		return err
	}
	b.mongod, err = startMongod(ctx, filepath.Join(b.tmp, "mongod"))
	return err
}

// say prints how far we are.
func (b *bench) say(format string, args ...any) error {
	_, err := fmt.Fprintf(b.out, format+"\n", args...)
	return err
}
