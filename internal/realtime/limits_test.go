package realtime_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/realtime"
	"github.com/activityd/activityd/internal/realtime/realtimetest"
)

// TestMaxSockets: one too many is refused, and let in when there is room again.
func TestMaxSockets(t *testing.T) {
	for name, limit := range map[string]func(*built){
		"in all":   func(b *built) { b.door.MaxSockets = 2 },
		"per user": func(b *built) { b.door.MaxSocketsPerUser = 2 },
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, limit)
			token, bobby := h.addUser("alice"), h.addUser("bobby")
			eachProtocol(t, func(t *testing.T, protocol int) {
				c := client{protocol: protocol, query: "auth=" + token + "&resource=/alice"}
				h.connect(c)
				conn, second, err := h.try(c)
				if err != nil {
					t.Fatal(err)
				}
				_, _, err = h.try(c)
				var refusal *realtimetest.Refusal
				if protocol != 1 || !errors.As(err, &refusal) { // which is told without a reason
					refusedWith(t, err, "too-many-requests")
				}
				if name == "per user" {
					if _, _, err := h.try(client{query: "auth=" + bobby, namespace: "/bobby"}); err != nil {
						t.Errorf("another user: %v", err)
					}
				}
				h.command(second, "channels.get", "")
				conn.Close()
				h.until(func() bool { _, _, err := h.try(c); return err == nil })
				h.restart()
			})
		})
	}
}

// until waits until something is so.
func (h *house) until(so func() bool) {
	h.t.Helper()
	end := time.After(realtimetest.Limit)
	for !so() {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-end:
			h.t.Fatal("it did not come to be so")
		}
	}
}

// restart ends all connections that the test has made, and waits until the
// server knows.
func (h *house) restart() {
	h.t.Helper()
	for _, c := range h.conns {
		c.Close()
	}
	h.conns = nil
	h.until(func() bool {
		left := int64(0)
		for _, n := range h.sockets.Stats().Connected {
			left += n
		}
		return left == 0
	})
}

// TestStalled: a client that does not read costs its set of topics, holds nobody
// up, and hears of everything when it reads again.
func TestStalled(t *testing.T) {
	d := openDiary(t)
	conn, s, err := d.try(client{polling: true, query: "auth=" + d.token})
	if err != nil {
		t.Fatal(err)
	}
	reader := d.connect(client{query: "auth=" + d.token})
	conn.Pause()
	before := d.sockets.Stats().Notifications["eventsChanged"]
	const events = 300
	for range events {
		d.event("null")
	}
	d.do(http.MethodPut, "/channels/diary", `{"clientData": {"last": 1}}`)
	d.wait(reader, "channelsChanged", "")
	// The reader was told of each, the stalled one of the first at most.
	if told := d.sockets.Stats().Notifications["eventsChanged"] - before; told > events+2 {
		t.Errorf("%d notifications were sent", told)
	}
	conn.Resume()
	d.wait(s, "eventsChanged", "diary")
	d.wait(s, "channelsChanged", "")
}

// TestAnswersAreNotPiledUp: commands wait while their socket does not read what
// was answered before.
func TestAnswersAreNotPiledUp(t *testing.T) {
	answered := make(chan realtime.Command, 1000)
	h := open(t, func(b *built) { b.door.Observe = func(c realtime.Command) { answered <- c } })
	token := h.addUser("alice")
	d := diary{h, token}
	d.do(http.MethodPost, "/channels", `{"id": "diary", "name": "Diary"}`)
	d.do(http.MethodPost, "/diary/events", `{"type": "note/txt", "value": "`+strings.Repeat("x", 100_000)+`"}`)
	conn, s, err := h.try(client{polling: true, query: "auth=" + token})
	if err != nil {
		t.Fatal(err)
	}
	conn.Pause()
	const commands = 30
	var answers []<-chan []json.RawMessage
	for range commands {
		answer, err := s.Start("diary.events.get", `{"limit": 1}`)
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, answer)
	}
	<-answered
	conn.Resume()
	for _, answer := range answers {
		if _, err := realtimetest.Result(answerOf(t, answer)); err != nil {
			t.Error(err)
		}
	}
}

// TestClose: the end of the server answers what it has taken, ends all
// connections, and lets nobody in any more.
func TestClose(t *testing.T) {
	eachProtocol(t, func(t *testing.T, protocol int) {
		for _, polling := range []bool{false, true} {
			var store *slowStore
			h := open(t, slow(&store))
			token := h.addUser("alice")
			c := client{protocol: protocol, polling: polling, query: "auth=" + token}
			conn, s, err := h.try(c)
			if err != nil {
				t.Fatal(err)
			}
			release := store.hold()
			answer, err := s.Start("channels.create", `{"name": "In time"}`)
			if err != nil {
				t.Fatal(err)
			}
			<-store.waits
			closed := make(chan error, 1)
			go func() { closed <- h.sockets.Close(context.Background()) }()
			h.until(func() bool { _, _, err := h.try(c); return err != nil })
			release()
			// A client between two polls has a second, which may be too short here.
			if err := answeredBy(answer, conn); err != nil && (!polling || !errors.Is(err, realtimetest.ErrClosed)) {
				t.Errorf("the last command, polling %t: %v\n%s", polling, err, h.log)
			}
			if err := <-closed; err != nil {
				t.Error(err)
			}
			<-conn.Done()
			if s.Away() {
				t.Error("the client was sent away for good")
			}
		}
	})
}

// answeredBy gives what a command was answered with, or the connection's end.
func answeredBy(answer <-chan []json.RawMessage, conn *realtimetest.Conn) error {
	select {
	case args := <-answer:
		_, err := realtimetest.Result(args)
		return err
	case <-conn.Done():
	}
	select {
	case args := <-answer:
		_, err := realtimetest.Result(args)
		return err
	default:
		return realtimetest.ErrClosed
	}
}

// TestCloseInTime: a command that does not end is not waited for for ever.
func TestCloseInTime(t *testing.T) {
	var store *slowStore
	h := open(t, slow(&store))
	s := h.connect(client{query: "auth=" + h.addUser("alice")})
	release := store.hold()
	defer release()
	if _, err := s.Start("channels.create", `{"name": "Never"}`); err != nil {
		t.Fatal(err)
	}
	<-store.waits
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := h.sockets.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it ended with %v", err)
	}
}

// TestWatched: what operators see.
func TestWatched(t *testing.T) {
	seen := make(chan realtime.Command, 100)
	h := open(t, func(b *built) { b.door.Observe = func(c realtime.Command) { seen <- c } })
	token := h.addUser("alice")
	labels := map[string]bool{}
	for _, label := range realtime.MethodLabels(h.service.Methods()) {
		labels[label] = true
	}
	var sockets []*realtimetest.Socket
	for _, protocol := range protocols() {
		sockets = append(sockets, h.connect(client{protocol: protocol, query: "auth=" + token}))
	}
	if _, _, err := h.try(client{query: "auth=secret-secret-secret"}); err == nil {
		t.Error("it was let in")
	}
	s := sockets[0]
	for _, one := range []struct {
		event, params string
		method        string
		code          activity.Code
	}{
		{"channels.create", `{"name": "Secret"}`, "channels.create", ""},
		{"batch", `[]`, "batch", ""},
		{"channels.getOne", `{"id": "secret"}`, "channels.getOne", activity.CodeUnknownChannel},
		{"secret.things.get", `{}`, "none", activity.CodeUnknownMethod},
		{"command", `{"id": 5}`, "none", activity.CodeInvalidRequestStructure},
	} {
		if _, err := s.Call(t.Context(), one.event, one.params); err != nil {
			t.Fatal(err)
		}
		got := <-seen
		if got.Method != one.method || got.Code != one.code || got.Took <= 0 || got.Bytes == 0 || !labels[got.Method] {
			t.Errorf("%s: %+v", one.event, got)
		}
	}
	for _, s := range sockets {
		h.wait(s, "channelsChanged", "")
	}
	h.until(func() bool { // it is counted when all have been told
		delays := uint64(0)
		for _, n := range h.sockets.Stats().Delays.Counts {
			delays += n
		}
		return delays == 1
	})
	stats := h.sockets.Stats()
	if fmt.Sprint(stats.Connected) != "map[0.9:1 1-2:1 1.0:1 3-4:1]" || stats.Refused != 1 || stats.Notifications["channelsChanged"] != 4 {
		t.Errorf("stats %+v", stats)
	}
	h.restart()
	if stats := h.sockets.Stats(); fmt.Sprint(stats.Connected) != "map[0.9:0 1-2:0 1.0:0 3-4:0]" {
		t.Errorf("afterwards %+v", stats)
	}
	log := h.log.String()
	if strings.Contains(log, "ecret") || strings.Contains(log, token) || strings.Contains(log, "alice") {
		t.Errorf("the log tells\n%s", log)
	}
	for _, want := range []string{`"msg":"socket connected","socket":"`, `"msg":"socket refused"`, `"msg":"socket disconnected"`, `"msg":"command","method":"channels.create"`} {
		if !strings.Contains(log, want) {
			t.Errorf("the log has no %s:\n%s", want, log)
		}
	}
}
