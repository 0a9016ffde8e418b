package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/storage/transfer"
)

func TestMeterLine(t *testing.T) {
	var p transfer.Progress
	now := time.Unix(1000, 0)
	m := &meter{progress: &p, now: func() time.Time { return now }, began: now}
	if got := m.line(); got != "0/0 users, 0/0 events" {
		t.Errorf("at first: %s", got)
	}
	p.AllUsers.Store(1234)
	p.AllEvents.Store(1_000_000)
	p.Users.Store(12)
	p.Events.Store(250_000)
	p.Found.Store(50_000)
	now = now.Add(10 * time.Second)
	if got := m.line(); got != "12/1,234 users, 250,000/1,000,000 events, 20,000/s, 38s left" {
		t.Errorf("at work: %s", got)
	}
	p.Events.Store(1_000_100) // some were recorded since they were counted
	p.Checking.Store(true)
	if got := m.line(); got != "12/1,234 users, 1,000,100/1,000,100 events, 95,010/s, comparing" {
		t.Errorf("at the end: %s", got)
	}
	if got := m.total(); got != "12 users, 1,000,100 events in 10s (50,000 of them were there already)" {
		t.Errorf("in all: %s", got)
	}
}

// On a terminal one line is written anew; elsewhere lines follow each other.
func TestMeterShows(t *testing.T) {
	screen, terminal := openTerminal(t)
	for _, test := range []struct {
		m    *meter
		want string
	}{
		{newMeter(&transfer.Progress{}, terminal, time.Now), "\r\x1b[K0/0 users, 0/0 events"},
		{newMeter(&transfer.Progress{}, &bytes.Buffer{}, time.Now), "0/0 users, 0/0 events\n"},
	} {
		test.m.show()
		test.m.end()
		got := make([]byte, 100)
		if out, ok := test.m.out.(*bytes.Buffer); ok {
			got = out.Bytes()
		} else {
			n, err := screen.Read(got)
			if err != nil {
				t.Fatal(err)
			}
			got = got[:n]
		}
		if !strings.HasPrefix(string(got), test.want) {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
