package realtime_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/realtime/realtimetest"
)

// TestCommands: the shapes of commands, right and wrong ones, answer the same in
// all generations.
func TestCommands(t *testing.T) {
	h := open(t)
	token := h.addUser("alice")
	h.must("alice", token, http.MethodPost, "/channels", `{"id": "diary", "name": "Diary"}`, nil)
	const structure, format, unknown, missing = "invalid-request-structure", "invalid-parameters-format", "unknown-method", "missing-parameter"
	deep := strings.Repeat("[", 5000) + strings.Repeat("]", 5000)
	for _, one := range []struct {
		name  string
		event string
		args  []string
		want  string // the beginning of the result, or the id of the error
	}{
		{"without params", "command", []string{`{"id": "channels.get"}`}, `[{"id":"diary"`},
		{"with empty params", "command", []string{`{"id": "channels.get", "params": {}}`}, `[{"id":"diary"`},
		{"with space", "command", []string{" { \"params\" : { } , \"id\" : \"channels.get\" } "}, `[{"id":"diary"`},
		{"escaped", "command", []string{`{"\u0069d": "\u0063hannels.get"}`}, `[{"id":"diary"`},
		{"below a channel", "command", []string{`{"id": "diary.events.get", "params": {"limit": 3}}`}, `[]`},
		{"a direct event", "channels.get", nil, `[{"id":"diary"`},
		{"a direct event with params", "channels.getOne", []string{`{"id": "diary"}`}, `{"id":"diary"`},
		{"an update, flat", "channels.update", []string{`{"id": "diary", "clientData": {"a": 1}}`}, `{"id":"diary"`},
		{"an update, wrapped", "channels.update", []string{`{"id": "diary", "update": {"clientData": {"a": 1}}}`}, `{"id":"diary"`},
		{"a batch", "command", []string{`{"id": "batch", "params": [{"method": "channels.get"}, {"method": "nothing"}]}`}, `[{"result":[{"id":"diary"`},
		{"a direct batch", "batch", []string{`[{"method": "diary.events.get"}]`}, `[{"result":[]}]`},
		{"an array of events", "diary.events.createBatch", []string{`[]`}, `{}`},

		{"no argument", "command", nil, structure},
		{"two arguments", "command", []string{`{"id": "channels.get"}`, `{}`}, structure},
		{"a string", "command", []string{`"channels.get"`}, structure},
		{"null", "command", []string{`null`}, structure},
		{"an array", "command", []string{`[{"id": "channels.get"}]`}, structure},
		{"no id", "command", []string{`{"params": {}}`}, structure},
		{"an empty id", "command", []string{`{"id": ""}`}, structure},
		{"a number as id", "command", []string{`{"id": 5}`}, structure},
		{"null as id", "command", []string{`{"id": null}`}, structure},
		{"the id twice", "command", []string{`{"id": "channels.get", "id": "channels.get"}`}, structure},
		{"params twice", "command", []string{`{"id": "channels.get", "params": {}, "params": {}}`}, structure},
		{"another key", "command", []string{`{"id": "channels.get", "parms": {}}`}, structure},
		{"a batch's key", "command", []string{`{"method": "channels.get"}`}, structure},
		{"params as an array", "command", []string{`{"id": "channels.get", "params": []}`}, structure},
		{"params as null", "command", []string{`{"id": "channels.get", "params": null}`}, structure},
		{"params as a string", "command", []string{`{"id": "channels.get", "params": "{}"}`}, structure},
		{"a direct event with a string", "channels.get", []string{`"all"`}, structure},
		{"a direct event with two arguments", "channels.get", []string{`{}`, `{}`}, structure},
		{"a key of params twice", "channels.get", []string{`{"state": "all", "state": "all"}`}, structure},
		{"a lone surrogate", "channels.create", []string{`{"name": "\ud800"}`}, structure},
		{"a batch that is none", "batch", []string{`{"method": "channels.get"}`}, structure},
		{"a batch without anything", "command", []string{`{"id": "batch"}`}, structure},
		{"deep nesting", "channels.create", []string{`{"name": "n", "clientData": {"a": ` + deep + `}}`}, format},
		{"a typo", "channels.create", []string{`{"nom": "n"}`}, format},
		{"a missing one", "channels.getOne", []string{`{}`}, missing},
		{"an unknown command", "command", []string{`{"id": "channels.gte"}`}, unknown},
		{"an unknown event", "channels.gte", nil, unknown},
		{"an unknown event with what would be malformed", "hello", []string{"1", "2"}, unknown},
		{"no command", "command", []string{`{"id": "auth.login", "params": {"password": "x", "appId": "y"}}`}, unknown},
		{"the service's", "command", []string{`{"id": "users.create", "params": {}}`}, unknown},
		{"the command itself", "command", []string{`{"id": "command"}`}, unknown},
		{"a prototype", "command", []string{`{"id": "__proto__.events.get"}`}, "unknown-channel"},
	} {
		t.Run(one.name, func(t *testing.T) {
			eachProtocol(t, func(t *testing.T, protocol int) {
				s := h.connect(client{protocol: protocol, query: "auth=" + token})
				args, err := s.Call(t.Context(), one.event, one.args...)
				if err != nil {
					t.Fatal(err)
				}
				result, err := realtimetest.Result(args)
				var failed *realtimetest.APIError
				switch {
				case errors.As(err, &failed) && failed.ID == one.want && failed.Message != "":
				case err == nil && strings.HasPrefix(string(result), one.want):
				default:
					t.Errorf("acknowledged with %s, want %s", args, one.want)
				}
				h.command(s, "channels.get", "") // it goes on
			})
		})
	}
}

// TestWithoutCallback: a command runs though nobody waits for its answer, and a
// wrong one does no harm.
func TestWithoutCallback(t *testing.T) {
	h := open(t)
	token := h.addUser("alice")
	eachProtocol(t, func(t *testing.T, protocol int) {
		s := h.connect(client{protocol: protocol, query: "auth=" + token})
		id := fmt.Sprint("channel-", protocol)
		for _, args := range [][]string{{"command", `5`}, {"command"}, {"nothing", `{}`}, {"channels.get", `5`},
			{"command", `{"id": "channels.create", "params": {"id": "` + id + `", "name": "` + id + `"}}`}} {
			if err := s.Emit(args[0], args[1:]...); err != nil {
				t.Fatal(err)
			}
		}
		h.wait(s, "channelsChanged", "")
		h.command(s, "channels.getOne", `{"id": "`+id+`"}`)
	})
}

// TestBinary: what has binary values is refused, and the socket goes on.
func TestBinary(t *testing.T) {
	h := open(t)
	token := h.addUser("alice")
	conn, s, err := h.try(client{query: "auth=" + token})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := s.StartBinary([]byte{1, 2, 3}, "command", `{"id": "channels.create", "params": {"name": {"_placeholder": true, "num": 0}}}`)
	if err != nil {
		t.Fatal(err)
	}
	select {
	case args := <-answer:
		if _, err := realtimetest.Result(args); err == nil || !strings.Contains(err.Error(), "invalid-request-structure") {
			t.Errorf("acknowledged with %s", args)
		}
	case <-conn.Done():
		t.Fatal("the connection ended")
	}
	h.command(s, "channels.get", "")
}

// TestOrder: the commands of one socket run one after the other, as they came;
// what would be one too many to wait is refused at once.
func TestOrder(t *testing.T) {
	var store *slowStore
	h := open(t, slow(&store), func(b *built) { b.door.MaxPendingCommands = 10 })
	token := h.addUser("alice")
	eachProtocol(t, func(t *testing.T, protocol int) {
		s := h.connect(client{protocol: protocol, query: "auth=" + token})
		release := store.hold()
		defer release()
		var answers []<-chan []json.RawMessage
		start := func(n int) {
			answer, err := s.Start("channels.create", fmt.Sprintf(`{"id": "c%d-%d", "name": "c%d-%d"}`, protocol, n, protocol, n))
			if err != nil {
				t.Fatal(err)
			}
			answers = append(answers, answer)
		}
		start(0)
		<-store.waits // it runs
		for n := range 12 {
			start(n + 1)
		}
		for _, refused := range answers[11:] { // one runs, ten wait
			if _, err := realtimetest.Result(<-refused); err == nil || !strings.Contains(err.Error(), "too-many-requests") {
				t.Errorf("one too many: %v", err)
			}
		}
		release()
		last := 0.0
		for n, answer := range answers[:11] {
			result, err := realtimetest.Result(<-answer)
			var made struct{ Created float64 }
			if err != nil || json.Unmarshal(result, &made) != nil || made.Created <= last {
				t.Errorf("number %d: %s, %v", n, result, err)
			}
			last = made.Created
		}
		h.command(s, "channels.get", "") // it takes more
	})
}

// TestSlowSocketDoesNotHoldOthers: while commands of one socket wait, others run.
func TestSlowSocketDoesNotHoldOthers(t *testing.T) {
	var store *slowStore
	h := open(t, slow(&store))
	token := h.addUser("alice")
	one, other := h.connect(client{query: "auth=" + token}), h.connect(client{query: "auth=" + token})
	release := store.hold()
	defer release()
	answer, err := one.Start("channels.create", `{"name": "slow"}`)
	if err != nil {
		t.Fatal(err)
	}
	<-store.waits
	h.command(other, "channels.get", "")
	release()
	if _, err := realtimetest.Result(<-answer); err != nil {
		t.Error(err)
	}
}

// TestLimits: what an answer and the commands that wait may have in bytes.
func TestLimits(t *testing.T) {
	var store *slowStore
	h := open(t, slow(&store), func(b *built) {
		b.service.Limits = api.Limits{MaxBody: 1 << 20, MaxAnswer: 2000, MaxDepth: 64, MaxBatch: 3}
		b.door.MaxPacket = 10_000
	})
	token := h.addUser("alice")
	s := h.connect(client{query: "auth=" + token})
	h.command(s, "channels.create", `{"id": "diary", "name": "Diary"}`)
	for range 20 {
		h.command(s, "diary.events.create", `{"type": "note/txt", "value": "`+strings.Repeat("x", 100)+`"}`)
	}
	tooLarge := func(id, params, limit string) {
		t.Helper()
		_, err := s.Command(t.Context(), id, params)
		var failed *realtimetest.APIError
		if !errors.As(err, &failed) || failed.ID != "request-too-large" || !strings.Contains(string(failed.Data), limit) {
			t.Errorf("%s: %v", id, err)
		}
	}
	tooLarge("diary.events.get", `{"limit": 20}`, `"max_answer"`)
	tooLarge("batch", `[{"method": "diary.events.get"}]`, `"max_answer"`)
	tooLarge("batch", `[{}, {}, {}, {}]`, `"max_batch"`)
	release := store.hold()
	defer release()
	var answers []<-chan []json.RawMessage
	for n := range 8 { // 9,000 bytes each; one runs, four wait
		answer, err := s.Start("diary.events.create", `{"type": "note/txt", "value": "`+strings.Repeat("y", 9000)+`"}`)
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, answer)
		if n == 0 {
			<-store.waits
		}
	}
	for _, refused := range answers[5:] {
		if _, err := realtimetest.Result(<-refused); err == nil || !strings.Contains(err.Error(), "too-many-requests") {
			t.Errorf("more than four packets of bytes: %v", err)
		}
	}
	release()
	for n, answer := range answers[:5] {
		// The event itself is longer than an answer may be; it is made all the same.
		if _, err := realtimetest.Result(<-answer); err == nil || !strings.Contains(err.Error(), "request-too-large") {
			t.Errorf("number %d: %v", n, err)
		}
	}
}

// TestPanic: a command whose handler panics fails, and nothing else does.
func TestPanic(t *testing.T) {
	h := open(t, func(b *built) { b.store = panicStore{b.store} })
	token := h.addUser("alice")
	s := h.connect(client{query: "auth=" + token})
	_, err := s.Command(t.Context(), "channels.create", `{"name": "Boom"}`)
	var failed *realtimetest.APIError
	if !errors.As(err, &failed) || failed.ID != "internal-error" {
		t.Errorf("it failed with %v", err)
	}
	h.command(s, "channels.get", "")
	if log := h.log.String(); !strings.Contains(log, `"code":"internal-error"`) || !strings.Contains(log, "panicStore") || strings.Contains(log, "Boom") {
		t.Errorf("the log is\n%s", log)
	}
}
