//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/activityd/activityd/bench/activityd"
	"github.com/activityd/activityd/bench/report"
	"github.com/activityd/activityd/bench/swarm"
)

// pace is how many events a second are created, each when the one before has
// arrived.
const pace = 100

// arrival is a way from a creation to those who hear of it.
type arrival struct {
	name, subject string
	p50, p99      string // to reach
	answered      bool   // the times to the answers count too
	// run calls measure with what creates an event, and with the times at which
	// they arrive.
	run func(b *bench, ctx context.Context, database string, measure measure) error
}

type measure func(create func(context.Context) error, arrived <-chan time.Time) error

// latency measures the time from the beginning of a creation to its arrival: at a
// socket of the server that was asked, at one of another server, and at a bare
// change stream of another client of the driver.
func (b *bench) latency(ctx context.Context) error {
	arrivals := []arrival{
		{"create to notification, 100 a second", ours, "<= 2.5", "<= 6", true, (*bench).hearHere},
		{"create to notification, 100 a second", stream, "", "", true, (*bench).hearStream},
		{"create to notification at another server, 100 a second", ours, "", "", false, (*bench).hearThere},
	}
	for range b.rounds {
		for _, a := range arrivals {
			if b.only != "" && b.only != a.subject {
				continue
			}
			err := b.onNew(ctx, a.subject, func(database string) error {
				return a.run(b, ctx, database, func(create func(context.Context) error, arrived <-chan time.Time) error {
					return b.hear(ctx, &a, create, arrived)
				})
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// hear measures one way and adds what it found.
func (b *bench) hear(ctx context.Context, a *arrival, create func(context.Context) error, arrived <-chan time.Time) error {
	ticks := time.NewTicker(time.Second / pace)
	defer ticks.Stop()
	var answers, told []time.Duration
	end := time.Now().Add(b.warm + b.measuring)
	from := time.Now().Add(b.warm)
	for time.Now().Before(end) {
		<-ticks.C
		begun := time.Now()
		if err := create(ctx); err != nil {
			return err
		}
		answered := time.Now()
		select {
		case at := <-arrived:
			if begun.After(from) {
				answers, told = append(answers, answered.Sub(begun)), append(told, at.Sub(begun))
			}
		case <-time.After(10 * time.Second):
			return errors.New("nobody heard of an event")
		}
	}
	for i, p := range []string{"p50", "p99"} {
		goal := []string{a.p50, a.p99}[i]
		b.add(a.name+", "+p, "ms", goal, a.subject, milliseconds(report.Percentiles(told, 50, 99)[i]))
		if a.answered {
			b.add("create to its answer then, "+p, "ms", "", a.subject, milliseconds(report.Percentiles(answers, 50, 99)[i]))
		}
	}
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func (b *bench) hearHere(ctx context.Context, database string, measure measure) error {
	return b.withServers(ctx, database, 1, func(all []*activityd.Server) error {
		return b.hearSocket(all[0], all[0], measure)
	})
}

func (b *bench) hearThere(ctx context.Context, database string, measure measure) error {
	return b.withServers(ctx, database, 2, func(all []*activityd.Server) error {
		return b.hearSocket(all[0], all[1], measure)
	})
}

// withServers makes our database and runs do with so many servers on it.
func (b *bench) withServers(ctx context.Context, database string, n int, do func([]*activityd.Server) error) (err error) {
	if err := b.makeStore(ctx, database, nil); err != nil {
		return err
	}
	var all []*activityd.Server
	for range n {
		one, failed := b.startOurs(ctx, database)
		if failed != nil {
			return failed
		}
		defer func() { err = errors.Join(err, one.Stop()) }()
		all = append(all, one)
	}
	return do(all)
}

// hearSocket creates at one server and hears at a socket of another, or of the
// same.
func (b *bench) hearSocket(from, to *activityd.Server, measure measure) (err error) {
	w, err := swarm.New()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	arrived := make(chan time.Time, 16)
	if err := connect(w, to, b.users[:1], func() { arrived <- time.Now() }); err != nil {
		return err
	}
	one, err := requestsOf(from).creator(b.users[:1], 0, 1)
	if err != nil {
		return err
	}
	return errors.Join(measure(one.call, arrived), one.close())
}

// connect opens a socket for each of some users. told is called for each
// notification of events.
func connect(w *swarm.Swarm, to *activityd.Server, users []activityd.User, told func()) error {
	const window = 64
	_, err := w.Open(len(users), window, func(i int) swarm.Target {
		return swarm.Target{
			Addr: to.Addr, Namespace: "/" + users[i].Name, Auth: `{"auth":"` + users[i].Token + `"}`,
			Event: func(_ *swarm.Socket, array []byte) {
				if strings.HasPrefix(string(array), `["eventsChanged"`) {
					told()
				}
			},
		}
	})
	return err
}

// hearStream creates by the driver and hears by a change stream of another
// client.
func (b *bench) hearStream(ctx context.Context, database string, measure measure) (err error) {
	d, err := b.openDriver(ctx, database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	other, err := b.openDriver(ctx, database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, other.close()) }()
	changes, err := other.db.Collection("events").Watch(ctx, mongo.Pipeline{
		bson.D{{Key: "$match", Value: bson.D{{Key: "operationType", Value: "insert"}}}},
	})
	if err != nil {
		return fmt.Errorf("watching: %w", err)
	}
	arrived, ended := make(chan time.Time, 16), make(chan struct{})
	following, stop := context.WithCancel(ctx)
	go func() {
		defer close(ended)
		for changes.Next(following) {
			arrived <- time.Now()
		}
	}()
	defer func() {
		stop()
		<-ended
		err = errors.Join(err, changes.Close(context.WithoutCancel(ctx)))
	}()
	one, err := d.inserter(0, len(b.users))
	if err != nil {
		return err
	}
	return measure(one.call, arrived)
}
