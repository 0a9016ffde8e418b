package api_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/api/params"
	"github.com/activityd/activityd/internal/storage"
)

const racers = 50

// race lets 50 clients do something in the channel work at the same time.
func (w *world) race(t *testing.T, client func(i int, invoke func(method, in string) (string, error))) {
	t.Helper()
	w.ok(t, "owner", "channels.update", "work", `{"enforceNoEventsOverlap": true}`)
	methods := map[string]*api.Method{}
	for _, id := range []string{"events.start", "events.create", "events.stop", "events.createBatch", "events.get"} {
		methods[id] = w.method(t, id)
	}
	begin := make(chan struct{})
	var all sync.WaitGroup
	for i := range racers {
		all.Go(func() {
			<-begin
			client(i, func(method, in string) (string, error) {
				c := &api.Call{Username: "alice", Token: w.tokens["owner"], Remote: home}
				result, err := w.service.Invoke(t.Context(), methods[method], c, params.Input{Path: map[string]string{"channelId": "work"}, Body: []byte(in)})
				if err != nil {
					return "", err
				}
				return text(t, result)
			})
		})
	}
	close(begin)
	all.Wait()
}

// periods reads what the store has of the channel work, by time.
func (w *world) periods(t *testing.T) []activity.Period {
	t.Helper()
	user, err := w.store.Users().UserByName(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	var all []activity.Period
	err = w.store.Tenant(user.ID).View(t.Context(), func(tx storage.Tx) error {
		for p, err := range tx.Periods(t.Context(), "work", -1e300) {
			if err != nil {
				return err
			}
			all = append(all, p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	running := 0
	for _, p := range all {
		if p.IsRunning() {
			running++
		}
	}
	if found := activity.Overlaps(all); len(found) > 0 || running > 1 {
		t.Errorf("%d run, these overlap: %+v", running, found)
	}
	return all
}

// TestStartsAtOnce: each start stops the one before, so that the answers are a
// chain of all of them.
func TestStartsAtOnce(t *testing.T) { inEachWorld(t, testStartsAtOnce) }

func testStartsAtOnce(t *testing.T, w *world) {
	var mu sync.Mutex
	stops := map[activity.EventID]activity.EventID{} // by what it started
	w.race(t, func(i int, invoke func(method, in string) (string, error)) {
		w.advance(time.Duration(i) * time.Microsecond)
		answer, err := invoke("events.start", `{"type": "note/txt", "value": ""}`)
		var e struct{ ID, StoppedID activity.EventID }
		if err == nil {
			err = json.Unmarshal([]byte(answer), &e)
		}
		if err != nil {
			t.Error(err)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		stops[e.ID] = e.StoppedID
	})
	all := w.periods(t)
	byID := map[activity.EventID]activity.Period{}
	var last activity.Period
	for _, p := range all {
		byID[p.ID] = p
		if p.IsRunning() {
			last = p
		}
	}
	chain := 0
	for p := last; p.ID != ""; chain++ {
		before := byID[stops[p.ID]]
		if before.ID != "" && before.End != p.Time {
			t.Errorf("%+v was stopped by %+v", before, p)
		}
		delete(byID, p.ID)
		p = before
	}
	if chain != racers || len(all) != racers {
		t.Errorf("a chain of %d, %d periods", chain, len(all))
	}
}

// TestPeriodsAtOnce mixes all that makes and ends periods.
func TestPeriodsAtOnce(t *testing.T) { inEachWorld(t, testPeriodsAtOnce) }

func testPeriodsAtOnce(t *testing.T, w *world) {
	var mu sync.Mutex
	made, stopped := map[activity.EventID]bool{}, map[activity.EventID]bool{}
	note := func(id, stop activity.EventID) {
		mu.Lock()
		defer mu.Unlock()
		if id != "" {
			made[id] = true
		}
		if stopped[stop] {
			t.Errorf("%s was stopped twice", stop)
		}
		if stop != "" {
			stopped[stop] = true
		}
	}
	w.race(t, func(i int, invoke func(method, in string) (string, error)) {
		r := rand.New(rand.NewPCG(7, uint64(i)))
		for range 12 {
			method, in := randomPeriod(r)
			w.advance(time.Millisecond)
			answer, err := invoke(method, in)
			if word := outcome(err); err != nil && word != "periods-overlap" && word != "invalid-operation" {
				t.Errorf("%s %s: %v", method, in, err)
			}
			var all map[string]struct{ ID, StoppedID activity.EventID }
			var one struct{ ID, StoppedID activity.EventID }
			switch {
			case err != nil:
			case method == "events.createBatch" && json.Unmarshal([]byte(answer), &all) == nil:
				for _, e := range all {
					note(e.ID, e.StoppedID)
				}
			case json.Unmarshal([]byte(answer), &one) == nil:
				note(one.ID, one.StoppedID)
			}
		}
	})
	all := w.periods(t)
	if len(all) != len(made) || len(all) < racers {
		t.Errorf("%d periods, %d were made", len(all), len(made))
	}
	for _, p := range all {
		if !made[p.ID] || p.IsRunning() && stopped[p.ID] {
			t.Errorf("%+v was made: %t, stopped: %t", p, made[p.ID], stopped[p.ID])
		}
	}
}

// randomPeriod gives a method and its parameters; now is 1.7e9.
func randomPeriod(r *rand.Rand) (method, in string) {
	at := 1.7e9 + float64(r.IntN(4000))/4 - 900
	switch r.IntN(6) {
	case 0:
		return "events.stop", `{}`
	case 1:
		return "events.start", `{"type": "note/txt", "value": ""}`
	case 2:
		return "events.start", fmt.Sprintf(`{"type": "note/txt", "value": "", "time": %v}`, at)
	case 3:
		return "events.createBatch", fmt.Sprintf(`[{"tempRefId": "a", "type": "note/txt", "value": "", "time": %v, "duration": 1}, {"tempRefId": "b", "type": "note/txt", "value": "", "duration": null}]`, at)
	}
	return "events.create", fmt.Sprintf(`{"type": "note/txt", "value": "", "time": %v, "duration": %v}`, at, r.IntN(3))
}
