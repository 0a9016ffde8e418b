//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/activityd/activityd/bench/swarm"
)

// commands measures one call after the other on each of 64 sockets, and on as
// many connections of REST.
func (b *bench) commands(ctx context.Context, h *house) error {
	rest, err := h.restRate(ctx)
	if err != nil {
		return err
	}
	sockets, err := h.sockets(len(h.users), nil)
	if err != nil {
		return err
	}
	create, _, err := h.commandRate(sockets, `,{"id":"work.events.create","params":`+event+`}`)
	if err != nil {
		return err
	}
	info, cpu, err := h.commandRate(sockets, `,{"id":"accessInfo.get","params":{}}`)
	if err != nil {
		return err
	}
	b.add("POST of an event, 64 connections", rest, "a second", "")
	b.add("events.create, 64 sockets", create, "a second", fmt.Sprintf(">= %.0f (80 %% of REST's)", 0.8*rest))
	b.add("accessInfo.get, 64 sockets", info, "a second", ">= 1.3 x Node's bare ack (make bench BENCH=sockets:calls)")
	b.add("CPU per accessInfo.get", cpu, "us", "")
	return nil
}

// restRate gives how many events a second are recorded by REST.
func (h *house) restRate(ctx context.Context) (float64, error) {
	all, err := clients(h.Addr, len(h.users))
	if err != nil {
		return 0, err
	}
	var count atomic.Int64
	var stopped atomic.Bool
	ended := make(chan error, len(all))
	for i, c := range all {
		go func() {
			var err error
			for err == nil && !stopped.Load() && ctx.Err() == nil {
				err = c.create(h.users[i])
				count.Add(1)
			}
			ended <- errors.Join(err, ctx.Err(), c.conn.Close())
		}()
	}
	time.Sleep(warming)
	before, begun := count.Load(), time.Now()
	time.Sleep(measuring)
	rate := float64(count.Load()-before) / time.Since(begun).Seconds()
	stopped.Store(true)
	for range all {
		err = errors.Join(err, <-ended)
	}
	return rate, err
}

// commandRate gives how many commands a second are answered, and the server's
// processor time for each, in microseconds.
func (h *house) commandRate(sockets []*swarm.Socket, args string) (rate, cpu float64, err error) {
	count, failed, stopped := 0, []byte(nil), false
	var call func(*swarm.Socket)
	call = func(s *swarm.Socket) {
		s.Call("command", args, func(array []byte) {
			if !bytes.HasPrefix(array, []byte("[null,")) {
				failed = bytes.Clone(array)
				return
			}
			count++
			if !stopped {
				call(s)
			}
		})
	}
	h.swarm.Do(func() {
		for _, s := range sockets {
			call(s)
		}
	})
	time.Sleep(warming)
	h.swarm.Do(func() { count = 0 })
	begun := time.Now()
	before, err := h.CPU()
	if err != nil {
		return 0, 0, err
	}
	time.Sleep(measuring)
	n := 0
	h.swarm.Do(func() { n, stopped = count, true })
	took := time.Since(begun)
	after, err := h.CPU()
	if err == nil && failed != nil {
		err = fmt.Errorf("a command failed: %s", failed)
	}
	return float64(n) / took.Seconds(), float64(after-before) / float64(time.Microsecond) / float64(max(n, 1)), err
}
