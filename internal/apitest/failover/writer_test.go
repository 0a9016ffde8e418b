package failover_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/activityd/activityd/internal/activity"
)

// writer writes events that nobody else writes to, each again until it is
// acknowledged, and keeps what was.
type writer struct {
	*client
	*rand.Rand
	number  int
	limited bool // to the folder f0 of c1
	ledger  map[string]*record
	live    []*record // those that were not deleted

	acknowledged, again int          // writes
	slowest             atomic.Int64 // of the last ones, in ns
}

// record is what an event must be.
type record struct {
	channel, id string
	folder      string // "" for none
	value       int32
	trashed     bool
	deleted     bool

	modified activity.Timestamp   // as it was acknowledged; 0 where it was not told
	acked    []activity.Timestamp // likewise, of all its changes
	least    int                  // updates that were acknowledged
	most     int                  // and that were sent
}

// run writes until ctx ends.
func (w *writer) run(ctx context.Context, t *testing.T) {
	for pause(ctx, time.Duration(w.IntN(60))*time.Millisecond) {
		w.h.gate.RLock()
		began := time.Now()
		ok := w.write(t)
		w.slowest.Store(max(w.slowest.Load(), int64(time.Since(began))))
		w.h.gate.RUnlock()
		if !ok {
			return
		}
		w.h.laps.Done(w.number)
		switch w.IntN(40) {
		case 0: // one that a balancer sends elsewhere
			w.next()
		case 1, 2, 3, 4, 5, 6, 7, 8:
			w.at = w.user.home
		}
	}
}

// write does one thing, and reports whether it was as it should be.
func (w *writer) write(t *testing.T) bool {
	n := w.IntN(100)
	switch {
	case n < 35 || len(w.live) == 0:
		return w.create(t)
	case n < 50:
		return w.createMany(t)
	case n < 75:
		return w.change(t)
	case n < 90:
		return w.trash(t)
	}
	return w.remove(t)
}

// send sends a write until it is acknowledged. Every other answer than the
// expected ones is a fault; one that says that the item is not there is expected
// where another try may have done it.
func (w *writer) send(t *testing.T, verb, path, body string, into any, gone bool) (tries int, ok bool) {
	answer, tries, err := w.client.again(context.Background(), verb, "/"+w.user.name+path, body)
	w.acknowledged++
	if tries > 1 {
		w.again++
	}
	switch {
	case err != nil:
		t.Errorf("writer %d: %v", w.number, err)
		return tries, false
	case gone && tries > 1 && (answer.status == http.StatusNotFound || answer.status == http.StatusForbidden):
		return tries, true
	case answer.status >= http.StatusBadRequest:
		t.Errorf("writer %d: %s %s %s, try %d: %s", w.number, verb, path, body, tries, answer)
		return tries, false
	}
	if err := json.Unmarshal([]byte(answer.body), into); err != nil {
		t.Errorf("writer %d: %s %s %s: %s: %v", w.number, verb, path, body, answer, err)
		return tries, false
	}
	return tries, true
}

// item is what is read of an event.
type item struct {
	ID       string
	Value    int32
	Trashed  bool
	FolderID string
	Modified activity.Timestamp
}

// acknowledge holds an answer to what the event must be now.
func (w *writer) acknowledge(t *testing.T, r *record, got item) bool {
	if got.ID != r.id || got.Value != r.value || got.Trashed != r.trashed || got.FolderID != r.folder || got.Modified <= r.modified {
		t.Errorf("writer %d: acknowledged was %+v, written %+v", w.number, got, *r)
		return false
	}
	r.modified, r.acked = got.Modified, append(r.acked, got.Modified)
	return true
}

// folder chooses a folder of the record's channel.
func (w *writer) folder(r *record) {
	switch {
	case w.limited:
		r.folder = "f0"
	case r.channel == "c1":
		r.folder = [...]string{"", "f0", "f1"}[w.IntN(3)]
	}
}

func (w *writer) fresh(channel string) *record {
	r := &record{channel: channel, id: uuid.NewString(), value: w.Int32()}
	w.folder(r)
	return r
}

func (w *writer) channel() string {
	if w.limited || w.IntN(2) == 0 {
		return "c1"
	}
	return "c0"
}

func (r *record) path() string { return "/" + r.channel + "/events/" + r.id }

// body is the request that makes the event.
func (r *record) body(ref string) string {
	folder := "null"
	if r.folder != "" {
		folder = `"` + r.folder + `"`
	}
	return fmt.Sprintf(`{%s"id": %q, "type": "test/any", "time": 1000.5, "value": %d, "folderId": %s}`, ref, r.id, r.value, folder)
}

func (w *writer) keep(r *record) {
	w.ledger[r.id] = r
	w.live = append(w.live, r)
}

func (w *writer) create(t *testing.T) bool {
	r := w.fresh(w.channel())
	var got item
	if _, ok := w.send(t, http.MethodPost, "/"+r.channel+"/events", r.body(""), &got, false); !ok {
		return false
	}
	w.keep(r)
	return w.acknowledge(t, r, got)
}

// createMany makes some events in one request. Those that could not be made are
// sent again.
func (w *writer) createMany(t *testing.T) bool {
	left := map[string]*record{}
	channel := w.channel()
	for i := range 2 + w.IntN(7) {
		left[fmt.Sprint("r", i)] = w.fresh(channel)
	}
	for limit := time.Now().Add(patience); len(left) > 0; {
		var bodies []string
		for ref, r := range left {
			bodies = append(bodies, r.body(fmt.Sprintf(`"tempRefId": %q, `, ref)))
		}
		var results map[string]struct {
			ID    string
			Error *struct{ ID string }
		}
		if _, ok := w.send(t, http.MethodPost, "/"+channel+"/events/batch", "["+strings.Join(bodies, ",")+"]", &results, false); !ok {
			return false
		}
		for ref, r := range left {
			switch one := results[ref]; {
			case one.Error != nil && one.Error.ID == "service-unavailable":
				continue
			case one.Error != nil || one.ID != r.id:
				t.Errorf("writer %d: of a batch: %+v, %v", w.number, one, one.Error)
				return false
			}
			w.keep(r)
			delete(left, ref)
		}
		if len(left) == 0 {
			break
		}
		w.again++
		w.next()
		if time.Now().After(limit) || !pause(context.Background(), 20*time.Millisecond) {
			t.Errorf("writer %d: %d events of a batch cannot be made", w.number, len(left))
			return false
		}
	}
	return true
}

// any gives an event that is there.
func (w *writer) any() *record { return w.live[w.IntN(len(w.live))] }

// put changes an event to what the record says.
func (w *writer) put(t *testing.T, r *record, body string) bool {
	var got item
	tries, ok := w.send(t, http.MethodPut, r.path(), body, &got, false)
	r.least, r.most = r.least+1, r.most+tries
	return ok && w.acknowledge(t, r, got)
}

func (w *writer) change(t *testing.T) bool {
	r := w.any()
	r.value++
	body := fmt.Sprintf(`{"value": %d}`, r.value)
	if !w.limited && r.channel == "c1" && w.IntN(3) == 0 {
		if w.folder(r); r.folder == "" {
			body = fmt.Sprintf(`{"value": %d, "folderId": null}`, r.value)
		} else {
			body = fmt.Sprintf(`{"value": %d, "folderId": %q}`, r.value, r.folder)
		}
	}
	return w.put(t, r, body)
}

func (w *writer) trash(t *testing.T) bool {
	r := w.any()
	r.trashed = !r.trashed
	return w.put(t, r, fmt.Sprintf(`{"trashed": %v}`, r.trashed))
}

// remove deletes an event that is in the trash. There it goes by an update:
// DELETE means another thing when it is sent twice.
func (w *writer) remove(t *testing.T) bool {
	at := w.IntN(len(w.live))
	r := w.live[at]
	if !r.trashed {
		r.trashed = true
		if !w.put(t, r, `{"trashed": true}`) {
			return false
		}
	}
	if _, ok := w.send(t, http.MethodDelete, r.path(), "", &struct{}{}, true); !ok {
		return false
	}
	r.deleted = true
	w.live[at] = w.live[len(w.live)-1]
	w.live = w.live[:len(w.live)-1]
	return true
}
