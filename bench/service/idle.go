//go:build linux

package main

import (
	"context"
	"time"
)

// idle measures the memory of sockets that wait, each of a user of its own.
func (b *bench) idle(_ context.Context, h *house) error {
	const settling = 60 * time.Second
	users := h.users
	h.users = users[:100] // the paths of the code are warm then
	first, err := h.sockets(len(h.users), nil)
	if err != nil {
		return err
	}
	h.users = users[len(first):]
	before, err := h.SettledRSS(settling)
	if err != nil {
		return err
	}
	sockets, err := h.sockets(len(h.users), nil)
	if err != nil {
		return err
	}
	after, err := h.SettledRSS(settling)
	if err != nil {
		return err
	}
	b.add("RSS per idle signed-in socket, 5,000 users", float64(after-before)/1024/float64(len(sockets)), "KiB", "<= 8")
	return nil
}
