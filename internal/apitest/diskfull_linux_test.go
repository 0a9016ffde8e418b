package apitest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/activityd/activityd/internal/apitest/stores"
	"github.com/activityd/activityd/internal/servertest"
	"github.com/google/uuid"
	"golang.org/x/sys/unix"
)

// TestDiskFull lets the server's files grow no further: writes are told to
// come again, reads go on, nothing is half done, and all works when there is
// room again.
func TestDiskFull(t *testing.T) {
	h := newHistory(t, stores.SQLite, servertest.Build(t), 0)
	h.owner = h.register(t)
	h.must(t, h.owner, http.MethodPost, "/alice/channels", `{"id": "home", "name": "Home"}`, nil)
	d := &diskFull{history: h, stored: map[string]bool{}}

	d.limitFiles(t, 1<<20)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for refused := 0; refused < 5; { // a small write may still find a place
				if d.record(t, uuid.NewString(), 8<<10) {
					refused = 0
				} else {
					refused++
				}
			}
		})
	}
	all.Wait()
	if len(d.stored) < 10 {
		t.Errorf("only %d events were stored before the disk was full", len(d.stored))
	}
	d.compare(t)
	d.many(t)
	d.compare(t)

	d.limitFiles(t, unix.RLIM_INFINITY)
	for _, id := range append(d.failed, uuid.NewString()) {
		if !d.record(t, id, 8<<10) {
			t.Errorf("%s is refused although there is room", id)
		}
	}
	d.compare(t)
	h.server().Kill()
	h.start(t, 0)
	d.compare(t)
}

// diskFull keeps what was acknowledged.
type diskFull struct {
	*history
	mu     sync.Mutex
	stored map[string]bool
	failed []string
}

// limitFiles lets no file of the server grow beyond the size.
func (d *diskFull) limitFiles(t *testing.T, size uint64) {
	t.Helper()
	var limit unix.Rlimit
	if err := unix.Prlimit(d.server().PID(), unix.RLIMIT_FSIZE, nil, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = min(size, limit.Max)
	if err := unix.Prlimit(d.server().PID(), unix.RLIMIT_FSIZE, &limit, nil); err != nil {
		t.Fatal(err)
	}
}

// record sends one event and reports whether it was stored. All but 503 with
// Retry-After is an error.
func (d *diskFull) record(t *testing.T, id string, size int) bool {
	answer, err := d.ask(d.owner, http.MethodPost, "/alice/home/events", newEventJSON(id, size))
	if err != nil {
		t.Error(err)
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if answer.status == http.StatusCreated {
		d.stored[id] = true
		return true
	}
	d.failed = append(d.failed, id)
	wait, err := strconv.Atoi(answer.header.Get("Retry-After"))
	if answer.status != http.StatusServiceUnavailable || answer.ID != "service-unavailable" || err != nil || wait < 1 {
		t.Errorf("%s, Retry-After %q", answer, answer.header.Get("Retry-After"))
	}
	return false
}

func newEventJSON(id string, size int) string {
	return fmt.Sprintf(`{"id": %q, "type": "test/any", "value": %q}`, id, strings.Repeat("x", size))
}

// many sends events in one request: each is stored, or told to come again.
func (d *diskFull) many(t *testing.T) {
	t.Helper()
	var events []string
	for range 50 {
		events = append(events, strings.Replace(newEventJSON(uuid.NewString(), 8<<10), `{`, fmt.Sprintf(`{"tempRefId": "%d", `, len(events)), 1))
	}
	answer, err := d.ask(d.owner, http.MethodPost, "/alice/home/events/batch", "["+strings.Join(events, ",")+"]")
	if err != nil {
		t.Fatal(err)
	}
	var results map[string]struct {
		ID    string
		Error *apiError
	}
	if answer.status == http.StatusServiceUnavailable {
		return
	}
	if err := json.Unmarshal([]byte(answer.body), &results); err != nil || len(results) != len(events) {
		t.Fatalf("%s: %v", answer, err)
	}
	for _, one := range results {
		if one.Error == nil {
			d.stored[one.ID] = true
		} else if one.Error.ID != "service-unavailable" {
			t.Errorf("an event of many: %+v", *one.Error)
		}
	}
}

// compare reads: what was acknowledged is there, and nothing else.
func (d *diskFull) compare(t *testing.T) {
	t.Helper()
	var events []struct {
		ID    string
		Value string
	}
	d.must(t, d.owner, http.MethodGet, "/alice/home/events?"+allEvents, "", &events)
	found := map[string]bool{}
	for _, e := range events {
		found[e.ID] = true
		if !d.stored[e.ID] || len(e.Value) != 8<<10 {
			t.Errorf("event %s is there, with %d bytes, and was not acknowledged", e.ID, len(e.Value))
		}
	}
	for id := range d.stored {
		if !found[id] {
			t.Errorf("event %s was acknowledged and is not there", id)
		}
	}
	d.must(t, d.owner, http.MethodGet, "/alice/channels", "", nil)
}
