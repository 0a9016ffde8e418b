package main

import (
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/activityd/activityd/internal/storage/transfer"
)

// How often the progress is shown: on a terminal in one line that is written
// anew, elsewhere as a further line.
const (
	meterOnTerminal = 250 * time.Millisecond
	meterElsewhere  = 15 * time.Second
)

// meter shows how far a copy is until it is ended.
type meter struct {
	progress *transfer.Progress
	out      io.Writer
	rewrite  bool
	now      func() time.Time
	began    time.Time
	stop     chan struct{}
	done     sync.WaitGroup
}

func newMeter(p *transfer.Progress, out io.Writer, now func() time.Time) *meter {
	_, terminal := terminalOf(out)
	m := &meter{progress: p, out: out, rewrite: terminal, now: now, began: now(), stop: make(chan struct{})}
	every := meterElsewhere
	if terminal {
		every = meterOnTerminal
	}
	m.done.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				m.show()
			case <-m.stop:
				return
			}
		}
	})
	return m
}

// show writes a line. Nobody is left to tell when it cannot.
func (m *meter) show() {
	if m.rewrite {
		_, _ = fmt.Fprintf(m.out, "\r\x1b[K%s", m.line())
		return
	}
	_, _ = fmt.Fprintln(m.out, m.line())
}

// end ends the meter, and leaves an empty line on a terminal.
func (m *meter) end() {
	close(m.stop)
	m.done.Wait()
	if m.rewrite {
		_, _ = fmt.Fprint(m.out, "\r\x1b[K")
	}
}

// line tells how far it is: how many of about how many, how fast, and how long
// it will take at that speed.
func (m *meter) line() string {
	p := m.progress
	events, all := p.Events.Load(), p.AllEvents.Load()
	text := fmt.Sprintf("%s/%s users, %s/%s events", grouped(p.Users.Load()), grouped(p.AllUsers.Load()), grouped(events), grouped(max(all, events)))
	if rate := m.rate(); rate > 0 {
		text += fmt.Sprintf(", %s/s", grouped(int64(rate)))
		if left := time.Duration(float64(max(0, all-events)) / rate * float64(time.Second)).Round(time.Second); left > 0 {
			text += fmt.Sprintf(", %s left", left)
		}
	}
	if p.Checking.Load() {
		text += ", comparing"
	}
	return text
}

// rate gives the events in a second.
func (m *meter) rate() float64 {
	took := m.now().Sub(m.began).Seconds()
	if took <= 0 {
		return 0
	}
	return float64(m.progress.Events.Load()-m.progress.Found.Load()) / took
}

// total tells how much it was.
func (m *meter) total() string {
	p := m.progress
	text := fmt.Sprintf("%s users, %s events in %s", grouped(p.Users.Load()), grouped(p.Events.Load()), m.now().Sub(m.began).Round(100*time.Millisecond))
	if found := p.Found.Load(); found > 0 {
		text += fmt.Sprintf(" (%s of them were there already)", grouped(found))
	}
	return text
}

// grouped gives a number with commas between thousands.
func grouped(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
