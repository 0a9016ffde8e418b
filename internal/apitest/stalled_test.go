package apitest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/apitest/rawsocket"
	"github.com/activityd/activityd/internal/apitest/stores"
	"github.com/activityd/activityd/internal/realtime"
	"github.com/activityd/activityd/internal/storage"
)

// TestStalledSocket lets some sockets of a hundred, one of each kind, stop
// reading while much is written, over connections without a buffer. All others
// are told everything at once. For these the server keeps no more than the
// newest of each kind, and in the end they are closed.
func TestStalledSocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t)
		for i, form := range rawsocket.Forms() {
			c.stalled = append(c.stalled, c.join(t, form, i%4 < 2))
		}
		for i := range crowdSize - len(c.stalled) {
			c.others = append(c.others, c.join(t, rawsocket.Forms()[i%len(rawsocket.Forms())], i%3 == 0))
		}
		synctest.Wait()
		c.resumeLater(t)
		c.neverResume(t)
	})
}

const (
	crowdSize     = 100
	crowdChannels = 3
	crowdPing     = 25 * time.Second
	crowdPatience = 20 * time.Second
)

// resumeLater lets the stalled ones read again before anybody's time is up.
func (c *crowd) resumeLater(t *testing.T) {
	t.Helper()
	for _, m := range c.stalled {
		m.socket.Stall()
	}
	c.write(t, 150)
	synctest.Wait()
	last := c.last(t)
	c.allTold(t, c.others, last)
	before := make([]int, len(c.stalled))
	for i, m := range c.stalled {
		before[i] = m.count()
		m.socket.Resume()
	}
	synctest.Wait()
	c.allTold(t, c.stalled, last)
	for i, m := range c.stalled {
		// What was being written, the set that it found, and the set of meanwhile.
		if told := m.count() - before[i]; told > 3*len(last)+2 {
			t.Errorf("%s: %d notifications were kept for a stalled socket", m.form, told)
		}
	}
}

// neverResume lets them read again when it is too late.
func (c *crowd) neverResume(t *testing.T) {
	t.Helper()
	for _, m := range c.stalled {
		m.socket.Stall()
	}
	c.write(t, 20)
	synctest.Wait()
	<-time.After(2 * (crowdPing + crowdPatience)) // no time passes but the test's
	synctest.Wait()
	if here := c.connected(); here != int64(len(c.others)) {
		t.Errorf("%d sockets are connected, want %d", here, len(c.others))
	}
	c.write(t, 5)
	synctest.Wait()
	c.allTold(t, c.others, c.last(t))
	for _, m := range c.others {
		if err := m.socket.Err(); err != nil {
			t.Errorf("%s: %v", m.form, err)
		}
	}
	for _, m := range c.stalled {
		m.socket.Resume()
	}
	synctest.Wait()
	for _, m := range c.stalled {
		if m.socket.Err() == nil {
			t.Errorf("%s: it does not know that it was closed", m.form)
		}
	}
}

// crowd is many sockets of one account.
type crowd struct {
	*account
	pipes           *pipes
	door            *realtime.Server
	stalled, others []*member
	epoch           string
	user            activity.UserID
}

// member is one of them, and the newest that it was told of each kind.
type member struct {
	form   rawsocket.Form
	socket *rawsocket.Client

	mu     sync.Mutex
	newest map[topic]activity.Cursor
	told   int
}

func newCrowd(t *testing.T) *crowd {
	t.Helper()
	h := open(t, stores.SQLite) // no other works in synthetic time
	c := &crowd{account: h.openAccount(t, "alice-crowd"), pipes: newPipes()}
	_, c.door = h.serveSockets(t, realtime.Options{PingInterval: crowdPing, PingTimeout: crowdPatience}, c.pipes)
	t.Cleanup(func() { // before the server's
		for _, m := range slices.Concat(c.stalled, c.others) {
			m.socket.Cut()
			<-m.socket.Done()
		}
	})
	for i := range crowdChannels {
		c.must(t, c.request(http.MethodPost, "/channels", fmt.Sprintf(`{"id": "c%d", "name": "Channel %d"}`, i, i)), nil)
	}
	user, err := h.store.Users().UserByName(t.Context(), activity.Username(c.name))
	if err != nil {
		t.Fatal(err)
	}
	c.user = user.ID
	err = h.store.Tenant(user.ID).View(t.Context(), func(tx storage.Tx) error {
		c.epoch, _, err = tx.LogHead(t.Context())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *crowd) request(verb, path, body string) request {
	return request{verb: verb, user: c.name, path: path, token: c.token, body: body}
}

func (c *crowd) join(t *testing.T, form rawsocket.Form, items bool) *member {
	t.Helper()
	m := &member{form: form, newest: map[topic]activity.Cursor{}}
	o := rawsocket.Options{Form: form, Dial: c.pipes.dial, Host: c.name + "." + domain, Namespace: "/" + c.name, Token: c.token, Items: items, Event: m.hear}
	var err error
	if m.socket, err = rawsocket.Dial(t.Context(), o); err != nil {
		t.Fatalf("%s: %v", form, err)
	}
	return m
}

func (m *member) hear(name string, args []json.RawMessage) {
	var first struct {
		ChannelID string
		Cursor    activity.Cursor
	}
	_ = json.Unmarshal(args[0], &first) // then it was told nothing
	m.mu.Lock()
	defer m.mu.Unlock()
	m.newest[topic{name, first.ChannelID}] = first.Cursor
	m.told++
}

func (m *member) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.told
}

// write makes folders and events in all channels.
func (c *crowd) write(t *testing.T, times int) {
	t.Helper()
	for i := range times {
		path := fmt.Sprintf("/c%d/events", i%crowdChannels)
		c.must(t, c.request(http.MethodPost, path, `{"type": "test/any", "value": "a text"}`), nil)
		if i%5 == 0 {
			c.must(t, c.request(http.MethodPost, fmt.Sprintf("/c%d/folders", i/5%crowdChannels), given{"name": quote(c.fresh())}.object()), nil)
		}
	}
}

// last gives the last change under each topic.
func (c *crowd) last(t *testing.T) map[topic]activity.Seq {
	t.Helper()
	all, last := newChronicle(), map[topic]activity.Seq{}
	err := c.store.Tenant(c.user).View(t.Context(), func(tx storage.Tx) error {
		var err error
		all.log, _, err = tx.Log(t.Context(), 0, 1<<30)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range all.log {
		must, _ := all.topics(&all.log[i], nil)
		for _, one := range must {
			last[one] = all.log[i].Seq
		}
	}
	delete(last, topic{name: "channelsChanged"}) // before all were here
	return last
}

// allTold finds the last changes in what the members were told.
func (c *crowd) allTold(t *testing.T, members []*member, last map[topic]activity.Seq) {
	t.Helper()
	for _, m := range members {
		m.mu.Lock()
		for one, seq := range last {
			if told, _ := m.newest[one].Seq(c.epoch, c.user); told < seq {
				t.Errorf("%s: told %v up to %d of %d", m.form, one, told, seq)
			}
		}
		m.mu.Unlock()
	}
}

func (c *crowd) connected() (n int64) {
	for _, of := range c.door.Stats().Connected {
		n += of
	}
	return n
}
