package apitest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/apitest/rawsocket"
)

// commandOf makes the command that is a request of REST below the user's root.
func commandOf(verb, path, body string) command {
	path, query, _ := strings.Cut(path, "?")
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	actions := map[string]string{http.MethodPost: "create", http.MethodPut: "update", http.MethodDelete: "delete", http.MethodGet: "get"}
	members := map[string]json.RawMessage{}
	if body != "" && json.Unmarshal([]byte(body), &members) != nil {
		panic("a writer's body is an object: " + body)
	}
	values, _ := url.ParseQuery(query) // writers make only well-formed ones
	for name := range values {
		members[name] = json.RawMessage(values.Get(name))
		if !json.Valid(members[name]) {
			members[name] = json.RawMessage(quote(values.Get(name)))
		}
	}
	kind := parts[0]
	if kind != "channels" && len(parts) > 1 {
		kind, parts = parts[0]+"."+parts[1], parts[1:]
	}
	if len(parts) > 1 {
		members["id"] = json.RawMessage(quote(parts[1]))
	}
	params, err := json.Marshal(members)
	if err != nil {
		panic(err) // it was JSON
	}
	return command{id: kind + "." + actions[verb], params: string(params)}
}

// byBatch sends a write as an entry of a batch, beside others that read.
func (w *historyWriter) byBatch(verb, path, body string) (reply, error) {
	c := commandOf(verb, path, body)
	entries := make([]string, 1+w.IntN(3))
	for i := range entries {
		entries[i] = `{"method": "channels.get"}`
	}
	at := w.IntN(len(entries))
	entries[at] = fmt.Sprintf(`{"method": %s, "params": %s}`, quote(c.id), c.params)
	whole, err := w.call(w.token, http.MethodPost, "/alice", "["+strings.Join(entries, ",")+"]")
	if err != nil || whole.status != http.StatusOK {
		return whole, err
	}
	var results []struct {
		Result json.RawMessage
		Error  *json.RawMessage
	}
	if json.Unmarshal([]byte(whole.body), &results) != nil || len(results) != len(entries) {
		return whole, nil // no item is to be read there
	}
	if e := results[at].Error; e != nil {
		return socketReply(replyOf(http.StatusBadRequest, nil, string(*e)))
	}
	return reply{status: http.StatusOK, body: string(results[at].Result)}, nil
}

// socketReply gives an answer the status that matters to writers and followers.
func socketReply(answer reply) (reply, error) {
	switch answer.ID {
	case "internal-error":
		answer.status = http.StatusInternalServerError
	case "invalid-access-token":
		answer.status = http.StatusUnauthorized
	case "service-unavailable":
		return answer, errServerGone
	}
	return answer, nil
}

// writeBy lets a writer write over the listener's socket. What is lost with the
// socket counts as refused: nobody knows.
func (l *listener) writeBy(t *testing.T, w *historyWriter) {
	t.Helper()
	w.token = l.token
	w.door = func(verb, path, body string) (reply, error) {
		k := l.live(l.world.gone)
		if k == nil {
			return reply{}, errServerGone
		}
		c := commandOf(verb, path, body)
		c.direct = w.IntN(2) == 0
		answer, err := c.by(t, k.socket)
		if errors.Is(err, rawsocket.ErrEnded) {
			return reply{status: http.StatusBadRequest}, nil
		}
		if answer, err = socketReply(answer); err == nil {
			k.keepOwn(verb, path, answer)
			if l.options.NotOwn {
				l.mark() // it is not told, and asks by itself
			}
		}
		return answer, err
	}
}

// keepOwn notes what was written over the connection, by the item's times.
func (k *connection) keepOwn(verb, path string, answer reply) {
	if answer.status != http.StatusOK || verb == http.MethodDelete {
		return
	}
	var item struct {
		ID       string
		Modified activity.Timestamp
	}
	if json.Unmarshal([]byte(answer.body), &item) != nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.own[moment{item.ID, item.Modified}] = true
}

// moment is one change of an item.
type moment struct {
	id string
	at activity.Timestamp
}

// changesPage asks changes.get, over the listener's socket now and then.
func (l *listener) changesPage(t *testing.T, query url.Values) (reply, error) {
	t.Helper()
	answer, err := l.pageByEither(t, query)
	if answer.status == http.StatusUnauthorized && l.name == doomedName {
		return answer, errServerGone // to this one
	}
	return answer, err
}

func (l *listener) pageByEither(t *testing.T, query url.Values) (reply, error) {
	t.Helper()
	k := l.current()
	if k == nil || k.socket.Err() != nil || l.IntN(3) > 0 {
		return l.call(l.token, http.MethodGet, "/alice/changes?"+query.Encode(), "")
	}
	answer, err := commandOf(http.MethodGet, "/changes?"+query.Encode(), "").by(t, k.socket)
	if errors.Is(err, rawsocket.ErrEnded) || errors.Is(err, context.Canceled) {
		return l.call(l.token, http.MethodGet, "/alice/changes?"+query.Encode(), "")
	}
	return socketReply(answer)
}
