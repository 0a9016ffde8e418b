package apitest_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/apitest/rawsocket"
)

// listener is a follower that asks for changes when its socket was told of
// some, and at no other time: if it is not told, its view grows old.
type listener struct {
	*follower
	world   *socketHistory
	options rawsocket.Options
	grants  []grant // what its access was given, with the times of the changes

	marked  chan struct{}   // holds one when it is to ask
	over    <-chan struct{} // closed when it is to stop
	viewing sync.Mutex      // held while the view changes

	mu      sync.Mutex
	conns   []*connection
	busy    bool            // it asks, or is to
	refused bool            // with invalid-access-token
	ended   activity.Cursor // its access had ended before this; "" for one that lives
}

// grant is what an access may do from a change of it on.
type grant struct {
	from        activity.Timestamp // of the change of the access; 0 for the first
	permissions []activity.Permission
}

// connection is one of a listener's sockets, and all that came through it.
type connection struct {
	socket *rawsocket.Client
	from   activity.Cursor // known when it was dialed

	mu    sync.Mutex
	armed activity.Cursor // everything after it must be told; "" until that is known
	told  []notice
	own   map[moment]bool
	wrong []string // what should not have come
}

// notice is a notification.
type notice struct {
	topic  topic
	cursor activity.Cursor
	items  []change // nil for none
}

// topic is what a notification is about.
type topic struct{ name, channel string }

// hear takes an event of the socket.
func (k *connection) hear(name string, args []json.RawMessage, items bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := notice{topic: topic{name: name}}
	var first struct {
		ChannelID *string
		Cursor    activity.Cursor
	}
	known := name == "channelsChanged" || name == "foldersChanged" || name == "eventsChanged"
	if !known || len(args) < 1 || len(args) > 2 || json.Unmarshal(args[0], &first) != nil || first.Cursor == "" ||
		(first.ChannelID == nil) != (name == "channelsChanged") {
		k.wrong = append(k.wrong, name+" with "+string(asJSONList(args)))
		return
	}
	n.cursor = first.Cursor
	if first.ChannelID != nil {
		n.topic.channel = *first.ChannelID
	}
	if len(args) == 2 {
		if !items || json.Unmarshal(args[1], &n.items) != nil || len(n.items) == 0 || len(n.items) > 100 {
			k.wrong = append(k.wrong, name+" with the items "+string(args[1]))
		}
	}
	k.told = append(k.told, n)
}

func asJSONList(args []json.RawMessage) []byte {
	b, err := json.Marshal(args)
	if err != nil {
		return []byte(err.Error())
	}
	return b
}

// mark lets the listener ask for changes.
func (l *listener) mark() {
	l.mu.Lock()
	l.busy = true
	l.mu.Unlock()
	select {
	case l.marked <- struct{}{}:
	default:
	}
}

// current gives the newest connection, nil for none.
func (l *listener) current() *connection {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.conns) == 0 {
		return nil
	}
	return l.conns[len(l.conns)-1]
}

// live waits for a connection that lives; nil when it is over before.
func (l *listener) live(over <-chan struct{}) *connection {
	for {
		if k := l.current(); k != nil && k.socket.Err() == nil {
			return k
		}
		if !pause(over) {
			return nil
		}
	}
}

// pause waits a little before a condition is looked at again, and reports
// whether it is not over.
func pause(over <-chan struct{}) bool {
	select {
	case <-over:
		return false
	case <-time.After(5 * time.Millisecond):
		return true
	}
}

// listen connects, again and again, and asks when it is told to, until the
// server has ended or its access has.
func (l *listener) listen(t *testing.T) {
	for {
		k, err := l.connect(t)
		var refusal *rawsocket.Refusal
		if errors.As(err, &refusal) {
			if !l.isRefused(t, refusal) {
				return
			}
			err = errServerGone
		}
		if err == nil {
			err = l.catchUp(t, k)
		}
		if err == nil {
			err = l.serve(t, k)
		}
		if err != nil && !pause(l.over) {
			return
		}
		select {
		case <-l.over:
			return
		default:
		}
	}
}

// isRefused judges a refusal, and reports whether to try again.
func (l *listener) isRefused(t *testing.T, refusal *rawsocket.Refusal) bool {
	t.Helper()
	answer := replyOf(http.StatusUnauthorized, nil, string(refusal.Object))
	if answer.ID == "service-unavailable" || refusal.Object == nil { // protocol 1 is told why at its handshake only
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused = answer.ID == "invalid-access-token"
	if l.name != doomedName || !l.refused {
		t.Errorf("%s, %s: %v", l.name, l.options.Form, refusal)
	}
	return false
}

func (l *listener) connect(t *testing.T) (*connection, error) {
	t.Helper()
	k := &connection{from: activity.Cursor(l.cursor), own: map[moment]bool{}}
	o := l.options
	o.Token, o.Namespace, o.Address = l.token, "/alice", "127.0.0.1:"+l.server().Port
	o.Host = domain + ":" + l.server().Port
	if l.IntN(2) == 0 {
		o.Host = "alice." + o.Host
	}
	o.Event = func(name string, args []json.RawMessage) {
		k.hear(name, args, o.Items)
		l.mark()
	}
	var err error
	if k.socket, err = rawsocket.Dial(t.Context(), o); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns = append(l.conns, k)
	return k, nil
}

// catchUp closes the gap since the connection before, and finds from where on
// this one must tell everything.
func (l *listener) catchUp(t *testing.T, k *connection) error {
	t.Helper()
	l.mark()
	answer, err := l.call(l.token, http.MethodGet, "/alice/changes", "")
	if err != nil {
		return err
	}
	var page struct{ Cursor activity.Cursor }
	if answer.status == http.StatusUnauthorized && l.name == doomedName {
		return nil // the socket is about to end
	}
	if err := json.Unmarshal([]byte(answer.body), &page); err != nil || page.Cursor == "" {
		t.Errorf("%s: %s", l.name, answer)
		return errServerGone
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.armed = page.Cursor
	return nil
}

// serve asks for changes whenever it is marked, until the socket ends.
func (l *listener) serve(t *testing.T, k *connection) error {
	t.Helper()
	for {
		select {
		case <-l.marked:
		case <-k.socket.Done():
			return nil
		case <-l.over:
			return nil
		}
		if err := l.sync(t, k); err != nil {
			l.mark()
			return err
		}
	}
}

// sync does what it was marked for.
func (l *listener) sync(t *testing.T, k *connection) error {
	t.Helper()
	k.mu.Lock()
	newest := activity.Cursor("")
	if len(k.told) > 0 {
		newest = k.told[len(k.told)-1].cursor
	}
	k.mu.Unlock()
	l.mu.Lock()
	l.busy = len(l.marked) > 0
	l.mu.Unlock()
	if err := l.askAll(t); err != nil || newest == "" {
		return err
	}
	// What was told is there: the cursor leads no further than the history.
	if told, asked := l.world.seq(newest), l.world.seq(activity.Cursor(l.cursor)); asked < told {
		t.Errorf("%s was told of the change %d when there were %d", l.name, told, asked)
	}
	if l.IntN(8) > 0 {
		return nil
	}
	answer, err := l.askPage(url.Values{"since": {string(newest)}, "limit": {"1"}})
	if err == nil && answer.status != http.StatusOK && (!l.changing || answer.ID != "cursor-expired") {
		t.Errorf("%s: the cursor of a notification: %s", l.name, answer)
	}
	return err
}

// askAll asks until there is no more.
func (l *listener) askAll(t *testing.T) error {
	t.Helper()
	l.viewing.Lock()
	defer l.viewing.Unlock()
	l.complete = false
	for !l.complete {
		if err := l.follow(t); err != nil {
			return err
		}
	}
	return nil
}

// idle reports whether the listener has done all that it was told to, on a
// connection that lives.
func (l *listener) idle() bool {
	k := l.current()
	if k == nil || k.socket.Err() != nil {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	return k.armed != "" && !l.busy
}
