//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/activityd/activityd/bench/activityd"
	"github.com/activityd/activityd/bench/proc"
	"github.com/activityd/activityd/bench/report"
	"github.com/activityd/activityd/bench/swarm"
	"github.com/activityd/activityd/bench/wire"
)

// So many of the users have a socket at the server that follows.
const watched = 16

// follow measures what a server does for a change that was made through another
// one: its processor time, without what it takes when nothing happens.
func (b *bench) follow(ctx context.Context) error {
	if b.only != "" && b.only != ours {
		return nil
	}
	for range b.rounds {
		err := b.onNew(ctx, "follow", func(database string) error {
			return b.withServers(ctx, database, 2, func(all []*activityd.Server) (err error) {
				w, err := swarm.New()
				if err != nil {
					return err
				}
				defer func() { err = errors.Join(err, w.Close()) }()
				var told atomic.Int64
				if err := connect(w, all[1], b.users[:watched], func() { told.Add(1) }); err != nil {
					return err
				}
				one := &writing{from: all[0].Addr, users: b.users, rate: 1_000, each: 1}
				ten := &writing{from: all[0].Addr, users: b.users, rate: 3_000, each: 10}
				for _, k := range []*writing{one, ten} {
					if err := b.followed(k, all[1].PID, &told); err != nil {
						return err
					}
				}
				return nil
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// followed measures one kind of writing.
func (b *bench) followed(k *writing, server proc.PID, told *atomic.Int64) error {
	const settling = time.Second // the last ones are under way
	spent := func(work func() error) (time.Duration, error) {
		before, err := server.CPU()
		err = errors.Join(err, work())
		time.Sleep(settling)
		after, err2 := server.CPU()
		return after - before, errors.Join(err, err2)
	}
	idle, err := spent(func() error {
		time.Sleep(b.measuring)
		return nil
	})
	if err != nil {
		return err
	}
	told.Store(0)
	busy, err := spent(func() error { return k.run(b.measuring) })
	if err != nil {
		return err
	}
	made := float64(k.made.Load())
	if made == 0 {
		return errors.New("nothing was written")
	}
	name := fmt.Sprintf("follow %s changes a second, %d in a request", report.Count(int64(k.rate)), k.each)
	b.add(name+": CPU of each", "us", "<= 30", ours, float64(busy-idle)/float64(time.Microsecond)/made)
	b.add(name+": made", "a second", "", ours, made/b.measuring.Seconds())
	b.add("CPU of a server that has nothing to follow", "ms a second", "", ours, milliseconds(idle)/(b.measuring+settling).Seconds())
	if told.Load() == 0 {
		return errors.New("no socket was told")
	}
	return nil
}

// writing makes events at a steady rate, so many in each request.
type writing struct {
	from       string
	users      []activityd.User
	rate, each int // events a second
	made       atomic.Int64
}

// run writes for some time.
func (k *writing) run(during time.Duration) error {
	const connections = 32
	begun, failed := time.Now(), make(chan error, connections)
	var working sync.WaitGroup
	for i := range connections {
		working.Go(func() { failed <- k.work(i, connections, begun, begun.Add(during)) })
	}
	working.Wait()
	close(failed)
	var err error
	for one := range failed {
		err = errors.Join(err, one)
	}
	return err
}

// work makes the requests i, i+of, i+2*of ... each when it is due.
func (k *writing) work(i, of int, begun, end time.Time) (err error) {
	conn, err := wire.Dial(k.from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	between := time.Second * time.Duration(k.each) / time.Duration(k.rate)
	for n := i; ; n += of {
		due := begun.Add(time.Duration(n) * between)
		if due.After(end) || time.Now().After(end) {
			return nil
		}
		time.Sleep(time.Until(due))
		status, body, err := conn.Do(k.request(k.users[n%len(k.users)]))
		if err != nil {
			return err
		}
		if status != http.StatusCreated && status != http.StatusOK || strings.Contains(string(body), `"error"`) {
			return fmt.Errorf("events were not created: %d: %s", status, body)
		}
		k.made.Add(int64(k.each))
	}
}

func (k *writing) request(u activityd.User) []byte {
	if k.each == 1 {
		return wire.Request("POST", "/"+u.Name+"/work/events", k.from, u.Token, []byte(event))
	}
	items := make([]string, k.each)
	for i := range items {
		items[i] = fmt.Sprintf(`{"tempRefId":"%d",%s`, i, event[1:])
	}
	return wire.Request("POST", "/"+u.Name+"/work/events/batch", k.from, u.Token, []byte("["+strings.Join(items, ",")+"]"))
}
