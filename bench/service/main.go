//go:build linux

// Command service measures the whole of activityd, as a process of its own on a
// SQLite file with synchronous=FULL: how soon sockets hear of what REST wrote,
// what an idle signed-in socket costs, and how fast commands are. Its arguments
// are the parts to run, all without any.
package main

import (
	"context"
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
	"github.com/activityd/activityd/bench/report"
	"github.com/activityd/activityd/bench/swarm"
	"github.com/activityd/activityd/internal/storage/sqlite"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "service:", err)
		os.Exit(1)
	}
}

// bench is one run of this program.
type bench struct {
	binary string
	table  report.Table
}

// part is one kind of load, on a new server with a number of users.
type part struct {
	name  string
	users int
	run   func(*bench, context.Context, *house) error
}

func parts() []part {
	return []part{
		{"latency", 1, (*bench).latency},
		{"load", 2_500, (*bench).load},
		{"stalled", 500, (*bench).stalled},
		{"idle", 5_000, (*bench).idle},
		{"commands", 64, (*bench).commands},
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) (err error) {
	flags := flag.NewFlagSet("service", flag.ContinueOnError)
	if err := flags.Parse(args); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	if _, err := proc.RaiseDescriptors(32_768); err != nil {
		return err
	}
	b := &bench{binary: filepath.Join(tmp, "activityd"), table: report.Table{{"", "measured", "to reach"}}}
	if err := activityd.Build(ctx, b.binary); err != nil {
		return err
	}
	before, err := proc.Load()
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(stdout, "load average at the start: %.2f\n", before); err != nil {
		return err
	}
	for _, p := range parts() {
		if len(flags.Args()) > 0 && !slices.Contains(flags.Args(), p.name) {
			continue
		}
		if err := b.measure(ctx, p, filepath.Join(tmp, p.name)); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	_, err = b.table.WriteTo(stdout)
	return err
}

// seed makes users in a new store.
func seed(ctx context.Context, dir string, n int) (users []activityd.User, err error) {
	store, err := sqlite.Open(ctx, sqlite.Options{Dir: dir})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	users = activityd.NewUsers(n)
	return users, activityd.AddUsers(ctx, store, users)
}

func (b *bench) measure(ctx context.Context, p part, dir string) error {
	users, err := seed(ctx, dir, p.users)
	if err != nil {
		return err
	}
	server, err := activityd.Start(ctx, b.binary, "--data-dir", dir)
	if err != nil {
		return err
	}
	h := &house{Server: server, users: users}
	if h.swarm, err = swarm.New(); err == nil {
		err = errors.Join(p.run(b, ctx, h), h.swarm.Close())
	}
	return errors.Join(err, server.Stop())
}

// house is a server with users and a swarm of their sockets.
type house struct {
	*activityd.Server
	users []activityd.User
	swarm *swarm.Swarm
}

// window is how many sockets are being connected at a time.
const window = 64

// sockets opens a socket for each of n users, in turn. event is called with the
// user for whom one comes; it may be nil.
func (h *house) sockets(n int, event func(user int)) ([]*swarm.Socket, error) {
	return h.swarm.Open(n, window, func(i int) swarm.Target {
		who := i % len(h.users)
		t := h.target(who)
		if event != nil {
			t.Event = func(_ *swarm.Socket, array []byte) {
				if strings.HasPrefix(string(array), `["eventsChanged"`) {
					event(who)
				}
			}
		}
		return t
	})
}

func (h *house) target(who int) swarm.Target {
	u := h.users[who]
	return swarm.Target{Addr: h.Addr, Namespace: "/" + u.Name, Auth: `{"auth":"` + u.Token + `"}`}
}

func (b *bench) add(name string, value float64, unit, goal string) {
	b.table.Add(name, report.Number(value)+" "+unit, goal)
}

// addTimes adds percentiles of times.
func (b *bench) addTimes(name string, times []time.Duration, goals map[float64]string) {
	for i, t := range report.Percentiles(times, 50, 99) {
		p := []float64{50, 99}[i]
		b.add(fmt.Sprintf("%s, p%.0f", name, p), float64(t)/float64(time.Millisecond), "ms", goals[p])
	}
}
