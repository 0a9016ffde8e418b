package failover_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/apitest/rawsocket"
)

// listener is a socket that connects to another server when its own has gone.
type listener struct {
	*client
	sight
	form  rawsocket.Form
	items bool // changes=items

	mu    sync.Mutex
	conns []*connection
}

// connection is one of a listener's sockets, and all that came through it.
type connection struct {
	socket *rawsocket.Client
	armed  activity.Seq // every later change must be told

	mu     sync.Mutex
	told   []notice
	newest map[string]activity.Seq // told, by channel
	wrong  []string                // what should not have come
}

// notice is an eventsChanged.
type notice struct {
	channel string
	seq     activity.Seq
	items   map[string]activity.Timestamp // nil for none
}

// follow connects again and again.
func (l *listener) follow(ctx context.Context, t *testing.T) {
	for {
		k, err := l.connect(ctx)
		var refusal *rawsocket.Refusal
		switch {
		case err == nil:
			select {
			case <-k.socket.Done():
			case <-ctx.Done():
				k.socket.Cut()
				<-k.socket.Done()
				return
			}
		// Protocol 1 tells no reason at its join.
		case errors.As(err, &refusal) && refusal.Object != nil && errorID(refusal.Object) != "service-unavailable":
			t.Errorf("%s: %v", l, err)
			return
		}
		l.next()
		if !pause(ctx, 100*time.Millisecond) {
			return
		}
	}
}

// String names the listener.
func (l *listener) String() string { return fmt.Sprintf("a %s socket of %s", l.form, l.user.name) }

// connect opens a socket and finds, at the same server, from where on it must be
// told everything.
func (l *listener) connect(ctx context.Context) (*connection, error) {
	root := l.place()
	if root == "" {
		return nil, errAway
	}
	_, port, _ := strings.Cut(strings.TrimPrefix(root, "http://"), ":")
	k := &connection{newest: map[string]activity.Seq{}}
	var err error
	k.socket, err = rawsocket.Dial(ctx, rawsocket.Options{
		Form: l.form, Address: "127.0.0.1:" + port, Host: "localhost:" + port, Namespace: "/" + l.user.name, Token: l.token, Items: l.items,
		Event: func(name string, args []json.RawMessage) { k.hear(l.user, name, args) },
	})
	if err != nil {
		return nil, err
	}
	answer, err := l.ask(ctx, http.MethodGet, "/"+l.user.name+"/changes", "")
	var page struct{ Cursor activity.Cursor }
	if err != nil || answer.status != http.StatusOK || json.Unmarshal([]byte(answer.body), &page) != nil {
		k.socket.Cut()
		<-k.socket.Done()
		return nil, fmt.Errorf("%w: %s", errAway, answer)
	}
	k.armed = l.user.seq(page.Cursor)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns = append(l.conns, k)
	return k, nil
}

// hear takes an event of the socket.
func (k *connection) hear(u *user, name string, args []json.RawMessage) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var first struct {
		ChannelID string
		Cursor    activity.Cursor
	}
	var items []struct {
		ID   string
		Time activity.Timestamp
	}
	switch {
	case len(args) < 1 || json.Unmarshal(args[0], &first) != nil || u.seq(first.Cursor) < 1,
		len(args) > 1 && (json.Unmarshal(args[1], &items) != nil || len(items) == 0 || len(items) > 100):
		k.wrong = append(k.wrong, fmt.Sprintf("%s %s", name, args))
		return
	case name != "eventsChanged":
		return // one of those that are sent where a server cannot know
	}
	n := notice{channel: first.ChannelID, seq: u.seq(first.Cursor)}
	if len(args) > 1 {
		n.items = map[string]activity.Timestamp{}
		for _, one := range items {
			n.items[one.ID] = max(n.items[one.ID], one.Time)
		}
	}
	if n.seq < k.newest[n.channel] {
		k.wrong = append(k.wrong, fmt.Sprintf("%s %s after %d", name, args[0], k.newest[n.channel]))
	}
	k.newest[n.channel] = n.seq
	k.told = append(k.told, n)
}

// current gives the connection that lives, nil for none.
func (l *listener) current() *connection {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.conns) == 0 || l.conns[len(l.conns)-1].socket.Err() != nil {
		return nil
	}
	return l.conns[len(l.conns)-1]
}

func (l *listener) behind() string {
	k := l.current()
	if k == nil {
		return l.String() + " is not connected"
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, seq := range k.newest {
		if seq > l.user.goal {
			return ""
		}
	}
	return fmt.Sprintf("%s was told up to %v, not beyond %d", l, k.newest, l.user.goal)
}

func (l *listener) missing() string {
	k := l.current()
	if k == nil {
		return l.String() + " is not connected"
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	done := map[activity.ChannelID]bool{}
	for _, c := range slices.Backward(l.user.log) {
		if c.Seq <= k.armed || len(done) == 2 {
			return ""
		}
		if c.Kind != activity.EventKind || done[c.Channel] || !l.sees(&c) {
			continue
		}
		if k.newest[string(c.Channel)] < c.Seq {
			return fmt.Sprintf("%s, armed at %d, was not told of %v: only up to %v", l, k.armed, c, k.newest)
		}
		done[c.Channel] = true
	}
	return ""
}

// judge holds all that was told to what happened.
func (l *listener) judge(t *testing.T) {
	t.Helper()
	for _, k := range l.conns {
		for _, text := range k.wrong {
			t.Errorf("%s was sent %s", l, text)
		}
		none := 0
		for _, n := range k.told {
			if int(n.seq) > len(l.user.log) {
				t.Errorf("%s was told of %d of %d changes", l, n.seq, len(l.user.log))
			}
			if n.items == nil {
				none++
			}
		}
		if l.items {
			l.judgeItems(t, k)
			t.Logf("%s: %d notifications, %d without items", l, len(k.told), none)
		}
	}
}

// judgeItems looks for every change after the socket was armed: the first
// notification that is as late names it, or names nothing.
func (l *listener) judgeItems(t *testing.T, k *connection) {
	t.Helper()
	at := map[string]int{} // of each channel, the notification that is looked at
	for i := int(k.armed); i < len(l.user.log); i++ {
		c := &l.user.log[i]
		if !l.sees(c) {
			continue
		}
		n := at[string(c.Channel)]
		for n < len(k.told) && (k.told[n].channel != string(c.Channel) || k.told[n].seq < c.Seq) {
			n++
		}
		at[string(c.Channel)] = n
		if n == len(k.told) || k.told[n].items == nil {
			continue // it ended before, or told no items
		}
		if k.told[n].items[c.Item] < c.Time {
			t.Errorf("%s: the notification up to %d tells nothing of %v", l, k.told[n].seq, *c)
		}
	}
}
