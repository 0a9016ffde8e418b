package activity

import (
	"cmp"
	"math"
	"slices"
)

// Period is what of a period event decides whether it overlaps another: a span
// of time and whose it is.
type Period struct {
	ID       EventID
	FolderID FolderID
	Time     Timestamp
	End      Timestamp // +Inf while it runs
}

// IsRunning reports whether the period still runs. It covers all time from its
// start then.
func (p Period) IsRunning() bool { return math.IsInf(float64(p.End), 1) }

// Intersects reports whether the two share more than a touch. One without
// length intersects what begins before and ends after it.
func (p Period) Intersects(q Period) bool { return p.Time < q.End && q.Time < p.End }

// Overlaps gives those of the periods that intersect another one of them, by
// time. It sorts the slice that it is given.
func Overlaps(all []Period) []Period {
	// At one time those without length come first, so that each intersects an
	// earlier one in this order if that one's end is behind its start.
	slices.SortFunc(all, ByTime)
	var found []Period
	end := Timestamp(math.Inf(-1)) // the last of the ends before
	for i, p := range all {
		if p.Time < end || i+1 < len(all) && all[i+1].Time < p.End {
			found = append(found, p)
		}
		end = max(end, p.End)
	}
	return found
}

// ByTime orders periods by their start, equal starts by end, then by id.
func ByTime(p, q Period) int {
	return cmp.Or(cmp.Compare(p.Time, q.Time), cmp.Compare(p.End, q.End), cmp.Compare(p.ID, q.ID))
}

// End gives the end of a period, +Inf while it runs; ok is false for a mark.
// It is the exact end where a stop gave one, else Time and Duration as doubles
// add.
func (e *Event) End() (end Timestamp, ok bool) {
	seconds, ended := e.Duration.Seconds()
	switch {
	case e.Duration.IsRunning():
		return Timestamp(math.Inf(1)), true
	case ended && e.ExactEnd != nil:
		return *e.ExactEnd, true
	case ended:
		return e.Time + Timestamp(seconds), true
	}
	return 0, false
}

// EndAt gives a period its end, which must not be before its start. What begins
// at that very time touches it: rounding moves the duration that is shown, never
// the end.
func (e *Event) EndAt(end Timestamp) {
	e.Duration = Seconds(min(float64(end-e.Time), math.MaxFloat64))
	e.ExactEnd = nil
	if sum, _ := e.End(); sum != end {
		e.ExactEnd = &end
	}
}

// Period gives the event as a period; ok is false for a mark.
func (e *Event) Period() (p Period, ok bool) {
	end, ok := e.End()
	return Period{ID: e.ID, FolderID: e.FolderID, Time: e.Time, End: end}, ok
}
