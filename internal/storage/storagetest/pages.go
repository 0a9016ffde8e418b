package storagetest

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

func pageCases() []testCase {
	return []testCase{
		{name: "skip and limit", check: pagesBySkip},
		{name: "after, both ways, through equal times", check: pagesByKey},
		{name: "after an event that the filters leave out", check: pagesAfterFiltered},
		{name: "after an unknown event", check: pagesAfterUnknown},
		{name: "of a long list", check: pagesLong},
		{name: "of a long list by what was modified", check: pagesLongModified},
		{name: "of big values", check: pagesBig},
		{name: "while others write, each stable event once", check: pagesWhileWriting},
		{name: "a list whose context ends", check: pagesContextEnds},
		{name: "a slow reader holds up nobody", check: pagesSlowReader},
	}
}

// spread stores n events in the folders f and g and in none, with few times.
func (u *tenant) spread(n int) []activity.Event {
	u.t.Helper()
	var events []activity.Event
	for i := range n {
		e := note("c", []activity.FolderID{"", "f", "g"}[i%3], activity.Timestamp(i/7))
		if i%5 == 0 {
			e.Tags = []string{"fifth"}
		}
		events = append(events, e)
	}
	return u.put(events...)
}

func pagesBySkip(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	all := u.spread(50)
	slices.SortFunc(all, ascending)
	for _, tt := range []struct{ skip, limit int }{{0, 0}, {0, 1}, {0, 50}, {0, 51}, {1, 0}, {10, 7}, {48, 10}, {50, 1}, {1000, 0}} {
		q := everything("c")
		q.Skip, q.Limit, q.Ascending = tt.skip, tt.limit, true
		want := all[min(tt.skip, len(all)):]
		if tt.limit > 0 {
			want = want[:min(tt.limit, len(want))]
		}
		sameEvents(t, u.list(q), want)
	}
}

func pagesByKey(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	all := u.spread(60)
	slices.SortFunc(all, ascending)
	for _, up := range []bool{true, false} {
		for _, size := range []int{1, 4, 7, 59, 60, 61} {
			q := everything("c")
			q.Ascending, q.Limit = up, size
			var got []activity.Event
			for {
				page := u.list(q)
				got = append(got, page...)
				if len(page) < size {
					break
				}
				q.After = &page[len(page)-1].ID
			}
			sameEvents(t, got, all)
		}
		slices.Reverse(all)
	}
	q := everything("c")
	q.Ascending, q.After, q.Skip, q.Limit = true, &all[40].ID, 3, 5 // all is reversed twice by now
	sameEvents(t, u.list(q), all[44:49])
}

func pagesAfterFiltered(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	all := u.spread(40)
	slices.SortFunc(all, ascending)
	for i, e := range all {
		q := everything("c")
		q.Ascending, q.After, q.Tags = true, &e.ID, []string{"fifth"}
		var want []activity.Event
		for _, later := range all[i+1:] {
			if len(later.Tags) > 0 {
				want = append(want, later)
			}
		}
		sameEvents(t, u.list(q), want)
	}
}

func pagesAfterUnknown(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	u.channel("d")
	elsewhere := u.put(note("d", "", 1), note("c", "", 1))[0]
	unknown, never := newEventID(), activity.EventID("")
	for _, id := range []*activity.EventID{&unknown, &elsewhere.ID, &never} {
		q := everything("c")
		q.After = id
		events, err := u.tryList(t.Context(), q)
		if len(events) > 0 || !errors.Is(err, storage.ErrUnknownAfter) {
			t.Errorf("after %q: %s, %v", *id, texts(events), err)
		}
	}
}

func pagesLong(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	want := u.many("c", "f", 3000)
	q := everything("c")
	q.Ascending = true
	sameEvents(t, u.list(q), want)
	q.Skip, q.Limit = 1234, 1500
	sameEvents(t, u.list(q), want[1234:2734])
	q.Ascending, q.Skip, q.Limit = false, 0, 0
	slices.Reverse(want)
	sameEvents(t, u.list(q), want)
	q.Folders = &storage.FolderFilter{Folders: []activity.FolderID{"f"}, NoFolder: true}
	sameEvents(t, u.list(q), want)
}

func pagesLongModified(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	early := u.bury(u.put(note("c", "f", -1))[0])
	want := u.many("c", "f", 3000)
	sameEvents(t, u.list(withDeletions(early.Modified)), want) // exclusive, in long lists too
	sameEvents(t, u.list(withDeletions(early.Modified-1)), slices.Concat([]activity.Event{early}, want))
	gone := u.put(note("c", "f", 500.5), note("c", "g", 2500.5))
	gone[0] = u.bury(gone[0])
	changes := u.deleteFolder("g", false)
	gone[1] = tombstone(gone[1], changes[0].Time)
	since := want[100].Modified
	q := withDeletions(since)
	all := slices.Concat(want[101:501], gone[:1], want[501:2501], gone[1:], want[2501:])
	sameEvents(t, u.list(q), all)
	q.Ascending = false
	slices.Reverse(all)
	sameEvents(t, u.list(q), all)
	q.Skip, q.Limit = 450, 1700
	sameEvents(t, u.list(q), all[450:2150])
	last := want[2899].Modified
	q = withDeletions(last)
	sameEvents(t, u.list(q), slices.Concat(gone[:1], gone[1:], want[2900:]))
}

func pagesBig(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	var events []activity.Event
	for i := range 24 {
		e := note("c", "f", activity.Timestamp(i))
		e.Value = activity.Value(`"` + strings.Repeat("big ", 50_000) + `"`)
		events = append(events, e)
	}
	want := u.put(events...)
	q := everything("c")
	q.Ascending = true
	sameIDs(t, u.list(q), want...)
	q.Skip, q.Limit = 3, 15
	sameIDs(t, u.list(q), want[3:18]...)
	q.After, q.Skip = &want[10].ID, 2
	sameIDs(t, u.list(q), want[13:]...)
}

// pagesWhileWriting reads long lists while other events are created, moved in
// time and folder, and deleted all around the stable ones.
func pagesWhileWriting(t *testing.T, s storage.Store) {
	const readers = 6
	u := inFolder(t, s)
	stable := u.many("c", "f", 3000)
	var loose []activity.Event
	for i := range 200 {
		loose = append(loose, note("c", "g", activity.Timestamp(i*15)))
	}
	loose = u.put(loose...)
	done := make(chan struct{})
	errs := atOnce(2, func(worker int) error {
		if worker == 0 {
			return u.disturb(loose, done)
		}
		defer close(done)
		for i := range readers {
			if err := u.readStable(stable, i%2 == 0); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func (u *tenant) disturb(loose []activity.Event, done <-chan struct{}) error {
	r := rand.New(rand.NewPCG(1, 2))
	for i := 0; ; i++ {
		select {
		case <-done:
			return nil
		default:
		}
		e := loose[i%len(loose)]
		err := u.Update(context.Background(), u.origin, func(tx storage.Tx) error {
			fresh := note("c", "", activity.Timestamp(r.Float64()*3000))
			if err := tx.CreateEvent(context.Background(), &fresh, nil); err != nil {
				return err
			}
			e.Time = activity.Timestamp(r.Float64() * 3000)
			e.FolderID = []activity.FolderID{"", "f", "g"}[i%3]
			if err := tx.UpdateEvent(context.Background(), &e); err != nil {
				return err
			}
			return tx.DeleteEvent(context.Background(), "c", fresh.ID)
		})
		if err != nil {
			return err
		}
	}
}

// readStable reads the list and looks whether each stable event is there once,
// in order.
func (u *tenant) readStable(stable []activity.Event, up bool) error {
	wanted := map[activity.EventID]int{}
	for i, e := range stable {
		wanted[e.ID] = i
	}
	q := everything("c")
	q.Ascending = up
	var order []int
	for e, err := range u.Events(context.Background(), q) {
		if err != nil {
			return err
		}
		if i, ok := wanted[e.ID]; ok {
			order = append(order, i)
		}
	}
	if !up {
		slices.Reverse(order)
	}
	for i := range stable {
		if i >= len(order) || order[i] != i {
			return errors.New("a stable event is missing, doubled or out of order")
		}
	}
	if len(order) != len(stable) {
		return errors.New("a stable event is doubled")
	}
	return nil
}

func pagesContextEnds(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	u.many("c", "f", 2000)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen := 0
	var last error
	for _, err := range u.Events(ctx, everything("c")) {
		if last = err; err != nil {
			continue
		}
		if seen++; seen == 1 {
			cancel()
		}
	}
	if last == nil || seen == 2000 {
		t.Errorf("the list went on to %d events, its last error is %v", seen, last)
	}
}

func pagesSlowReader(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	want := u.many("c", "f", 1000)
	for range 40 { // more of them than a store has readers
		next, stop := iter.Pull2(u.Events(t.Context(), everything("c")))
		defer stop()
		if e, err, ok := next(); !ok || err != nil || e.ID != want[999].ID {
			t.Fatalf("the first is %s, %v, %t", text(e), err, ok)
		}
	}
	later := u.put(note("c", "f", 1e6))[0]
	u.stored(later)
}
