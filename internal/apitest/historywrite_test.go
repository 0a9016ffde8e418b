package apitest_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/google/uuid"
)

// historyWriter writes at random and keeps what was acknowledged.
type historyWriter struct {
	*history
	*rand.Rand
	token    string
	channels []string // where it writes, mostly with success
	acked    []acknowledged

	// door sends a write; nil for REST.
	door func(verb, path, body string) (reply, error)
}

// acknowledged is a write that was answered.
type acknowledged struct {
	kind     activity.Kind
	where    where
	modified activity.Timestamp
}

func (w *historyWriter) folder() string {
	if w.IntN(4) == 0 {
		return "null"
	}
	return fmt.Sprintf(`"f%d"`, w.IntN(historyFolders))
}

// known gives an event that was sent.
func (w *historyWriter) known() where {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.events) == 0 {
		return where{"c0", uuid.NewString()}
	}
	return w.events[len(w.events)-1-w.IntN(min(len(w.events), 200))]
}

// write sends one write and reports whether the server answered. A refusal is
// an answer.
func (w *historyWriter) write(t *testing.T) bool {
	channel, folder := w.channels[w.IntN(len(w.channels))], fmt.Sprint("f", w.IntN(historyFolders))
	switch n := w.IntN(100); {
	case n < 32:
		id := uuid.NewString()
		w.mu.Lock()
		w.events = append(w.events, where{channel, id})
		w.mu.Unlock()
		body := fmt.Sprintf(`{"id": %q, "type": "test/any", "value": %d, "time": %d.5, "folderId": %s}`, id, w.Int32(), w.IntN(1000), w.folder())
		return w.send(t, activity.EventKind, where{channel, id}, http.MethodPost, "/"+channel+"/events", body)
	case n < 48:
		e := w.known()
		body := [...]string{`{"folderId": ` + w.folder() + `}`, fmt.Sprintf(`{"value": %d}`, w.Int32()), `{"trashed": true}`, `{"trashed": false}`}[w.IntN(4)]
		return w.send(t, activity.EventKind, e, http.MethodPut, "/"+e.channel+"/events/"+e.id, body)
	case n < 54:
		e := w.known()
		return w.send(t, "", e, http.MethodDelete, "/"+e.channel+"/events/"+e.id, "")
	case n < 66:
		body := fmt.Sprintf(`{"id": %q, "name": "%s", "parentId": %s}`, folder, folder, w.folder())
		return w.send(t, activity.FolderKind, where{channel, folder}, http.MethodPost, "/"+channel+"/folders", body)
	case n < 91:
		body := [...]string{`{"parentId": ` + w.folder() + `}`, fmt.Sprintf(`{"name": "%s %d"}`, folder, w.IntN(9)), fmt.Sprintf(`{"hidden": %v}`, w.IntN(2) == 0)}[max(0, w.IntN(6)-3)]
		return w.send(t, activity.FolderKind, where{channel, folder}, http.MethodPut, "/"+channel+"/folders/"+folder, body)
	case n < 97:
		path := fmt.Sprintf("/%s/folders/%s?mergeEventsWithParent=%v", channel, folder, w.IntN(2) == 0)
		return w.deleteTwice(t, path)
	case n < 98 && w.IntN(4) == 0:
		return w.deleteTwice(t, "/channels/"+channel)
	case n < 99:
		return w.send(t, activity.ChannelKind, where{channel, channel}, http.MethodPut, "/channels/"+channel, fmt.Sprintf(`{"clientData": {"n": %d}}`, w.Int32()))
	}
	return w.send(t, activity.ChannelKind, where{channel, channel}, http.MethodPost, "/channels", fmt.Sprintf(`{"id": %q, "name": "Channel %s"}`, channel, channel))
}

// deleteTwice trashes an item, then deletes it.
func (w *historyWriter) deleteTwice(t *testing.T, path string) bool {
	for range 2 {
		if !w.send(t, "", where{}, http.MethodDelete, path, "") {
			return false
		}
	}
	return true
}

func (w *historyWriter) send(t *testing.T, kind activity.Kind, at where, verb, path, body string) bool {
	var answer reply
	var err error
	if w.door != nil {
		answer, err = w.door(verb, path, body)
	} else {
		answer, err = w.call(w.token, verb, "/alice"+path, body)
	}
	if err != nil {
		return false
	}
	if answer.status >= http.StatusInternalServerError || answer.status == http.StatusUnauthorized {
		t.Errorf("%s %s %s: %s", verb, path, body, answer)
		return false
	}
	if answer.status >= http.StatusBadRequest || kind == "" {
		return true
	}
	var item struct{ Modified activity.Timestamp }
	if err := json.Unmarshal([]byte(answer.body), &item); err != nil {
		t.Errorf("%s %s: %s", verb, path, answer)
		return false
	}
	w.acked = append(w.acked, acknowledged{kind, at, item.Modified})
	return true
}
