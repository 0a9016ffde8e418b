package storagetest

import (
	"math"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

func overlapCases() []testCase {
	return []testCase{
		{name: "by more than a touch", check: overlapTouch},
		{name: "periods without length", check: overlapZero},
		{name: "running periods", check: overlapRunning},
		{name: "not marks, not the trash, not other channels", check: overlapLeavesOut},
		{name: "by time, at most limit", check: overlapLimit},
		{name: "after changes, moves and deletions", check: overlapFollows},
		{name: "to the bit", check: overlapBits},
	}
}

var forever = activity.Timestamp(math.Inf(1)) //nolint:gochecknoglobals // never changed

// overlapping asks for at most limit periods that intersect the span.
func (u *tenant) overlapping(from, to activity.Timestamp, limit int) (events []activity.Event) {
	u.t.Helper()
	u.read(func(tx storage.Tx) (err error) {
		events, err = tx.Overlapping(u.t.Context(), "c", from, to, limit)
		return err
	})
	return events
}

type span struct {
	from, to activity.Timestamp
	found    bool
}

func (u *tenant) checkSpans(e activity.Event, spans ...span) {
	u.t.Helper()
	for _, s := range spans {
		got := u.overlapping(s.from, s.to, 10)
		if s.found {
			sameEvents(u.t, got, []activity.Event{e})
		} else if len(got) > 0 {
			u.t.Errorf("in %v to %v there is %s", s.from, s.to, texts(got))
		}
	}
}

func overlapTouch(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	e := u.put(period("c", 10, activity.Seconds(10)))[0]
	u.checkSpans(e,
		span{0, 10, false}, span{20, 30, false}, span{0, 5, false}, span{25, forever, false}, span{20, forever, false},
		span{0, 11, true}, span{19, 30, true}, span{0, 30, true}, span{12, 13, true}, span{10, 20, true}, span{10, 11, true}, span{19, 20, true},
		span{-1e300, forever, true}, span{15, forever, true}, span{-1e300, 10, false})
}

func overlapZero(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	long := u.put(period("c", 10, activity.Seconds(10)))[0]
	u.checkSpans(long, span{10, 10, false}, span{20, 20, false}, span{15, 15, true}, span{5, 5, false})
	u.remove(long)
	zero := u.put(period("c", 15, activity.Seconds(0)))[0]
	u.checkSpans(zero, span{10, 20, true}, span{15, 20, false}, span{10, 15, false}, span{15, 15, false}, span{0, forever, true}, span{15, forever, false})
}

func overlapRunning(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	e := u.put(period("c", 10, activity.Running))[0]
	u.checkSpans(e,
		span{0, 10, false}, span{0, 10.5, true}, span{10, forever, true}, span{1e300, forever, true}, span{1e300, 1e301, true},
		span{0, 5, false}, span{10, 10, false}, span{11, 11, true})
	e.Duration = activity.Seconds(5)
	e = u.change(e)
	u.checkSpans(e, span{15, forever, false}, span{14, forever, true})
}

func overlapLeavesOut(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	u.channel("d")
	trashed, elsewhere := period("c", 10, activity.Seconds(10)), period("d", 10, activity.Seconds(10))
	trashed.Trashed = true
	runs := period("c", 10, activity.Running)
	runs.Trashed = true
	made := u.put(note("c", "", 15), trashed, elsewhere, runs)
	if got := u.overlapping(0, forever, 10); len(got) > 0 {
		t.Errorf("there are %s", texts(got))
	}
	made[1].Trashed = false
	e := u.change(made[1])
	u.checkSpans(e, span{0, forever, true})
}

func overlapLimit(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	made := u.put(period("c", 3, activity.Seconds(100)), period("c", 1, activity.Running), period("c", 2, activity.Seconds(1)), period("c", 50, activity.Seconds(0)))
	want := []activity.Event{made[1], made[2], made[0], made[3]}
	for limit := 1; limit <= 5; limit++ {
		sameEvents(t, u.overlapping(0, forever, limit), want[:min(limit, 4)])
	}
	sameEvents(t, u.overlapping(3, 60, 5), []activity.Event{made[1], made[0], made[3]})
}

func overlapFollows(t *testing.T, s storage.Store) {
	u := nested(t, s)
	inA := period("c", 10, activity.Seconds(10))
	inA.FolderID = "a"
	e := u.put(inA)[0]
	e.Time = 100
	e = u.change(e)
	u.checkSpans(e, span{0, 50, false}, span{105, 106, true}, span{110, 120, false})
	e.Duration = activity.Seconds(20)
	e = u.change(e)
	u.checkSpans(e, span{115, 116, true})
	u.do(func(tx storage.Tx) error { return tx.DeleteFolder(t.Context(), "c", "a", true) })
	if got := u.overlapping(0, forever, 10); len(got) != 1 || got[0].FolderID != "p" {
		t.Errorf("after a merge: %s", texts(got))
	}
	u.do(func(tx storage.Tx) error { return tx.DeleteFolder(t.Context(), "c", "p", false) })
	if got := u.overlapping(0, forever, 10); len(got) > 0 {
		t.Errorf("after a deletion: %s", texts(got))
	}
}

// overlapBits: an end is time plus duration as doubles add them.
func overlapBits(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	for _, tt := range []struct{ time, seconds float64 }{{0.1, 0.2}, {1753712345.1, 0.3}, {-0.7, 0.1}, {1e16, 1}, {5e-324, 5e-324}} {
		e := u.put(period("c", activity.Timestamp(tt.time), activity.Seconds(tt.seconds)))[0]
		end, _ := e.End()
		before := activity.Timestamp(math.Nextafter(float64(end), math.Inf(-1)))
		u.checkSpans(e, span{end, end + 1, false}, span{before, end, end > e.Time})
		u.remove(e)
	}
}
