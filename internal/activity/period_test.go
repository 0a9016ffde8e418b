package activity_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/activityd/activityd/internal/activity"
)

var endless = activity.Timestamp(math.Inf(1))

func TestPeriodIntersects(t *testing.T) {
	type span struct{ from, to activity.Timestamp }
	for _, tt := range []struct {
		a, b span
		want bool
	}{
		{span{10, 20}, span{20, 30}, false},
		{span{10, 20}, span{0, 10}, false},
		{span{10, 20}, span{19, 30}, true},
		{span{10, 20}, span{12, 13}, true},
		{span{10, 20}, span{10, 20}, true},
		{span{10, 20}, span{10, 11}, true},
		{span{10, 20}, span{15, 15}, true},
		{span{10, 20}, span{10, 10}, false},
		{span{10, 20}, span{20, 20}, false},
		{span{15, 15}, span{15, 15}, false},
		{span{10, endless}, span{1e300, 1e300}, true},
		{span{10, endless}, span{10, 10}, false},
		{span{10, endless}, span{1e300, endless}, true},
		{span{10, endless}, span{0, 10}, false},
		{span{10, endless}, span{0, 10.5}, true},
	} {
		a, b := activity.Period{Time: tt.a.from, End: tt.a.to}, activity.Period{Time: tt.b.from, End: tt.b.to}
		if a.Intersects(b) != tt.want || b.Intersects(a) != tt.want {
			t.Errorf("%v and %v: %t and %t, want %t", tt.a, tt.b, a.Intersects(b), b.Intersects(a), tt.want)
		}
	}
}

// TestOverlaps compares with asking each pair.
func TestOverlaps(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		all := make([]activity.Period, r.IntN(7))
		for i := range all {
			from := activity.Timestamp(r.IntN(12))
			all[i] = activity.Period{ID: activity.EventID(fmt.Sprint(i)), Time: from, End: from + activity.Timestamp(r.IntN(4))}
			if r.IntN(9) == 0 {
				all[i].End = endless
			}
		}
		var want []activity.Period
		for i, p := range all {
			if slices.ContainsFunc(all, func(q activity.Period) bool { return q.ID != all[i].ID && q.Intersects(p) }) {
				want = append(want, p)
			}
		}
		slices.SortFunc(want, activity.ByTime)
		if got := activity.Overlaps(slices.Clone(all)); !slices.Equal(got, want) {
			t.Fatalf("of %+v\ngot  %+v\nwant %+v", all, got, want)
		}
	}
}

func TestEventEndAt(t *testing.T) {
	inexact := 0
	for _, tt := range []struct{ from, to activity.Timestamp }{
		{0, 0}, {5, 5}, {0.1, 0.3}, {1753712345.1, 1753712345.4}, {1753712345.1, 1853712345.7}, {-0.7, 0.1}, {-1.0 / 3, 1e-20}, {-1e308, 1e308},
	} {
		e := activity.Event{Time: tt.from, Duration: activity.Running}
		e.EndAt(tt.to)
		seconds, ended := e.Duration.Seconds()
		if end, ok := e.End(); end != tt.to || !ok || !ended || seconds < 0 || math.IsInf(seconds, 0) {
			t.Errorf("from %v to %v: it ends at %v, after %v s", tt.from, tt.to, end, seconds)
		}
		if p, ok := e.Period(); !ok || p.Time != tt.from || p.End != tt.to || p.IsRunning() {
			t.Errorf("from %v to %v: the period is %+v", tt.from, tt.to, p)
		}
		if e.ExactEnd != nil {
			inexact++
			if tt.from+activity.Timestamp(seconds) == tt.to {
				t.Errorf("from %v to %v needs no exact end", tt.from, tt.to)
			}
		}
	}
	if inexact < 2 {
		t.Errorf("%d of the cases need an exact end", inexact)
	}
	mark := activity.Event{Time: 5}
	if _, ok := mark.Period(); ok {
		t.Error("a mark is a period")
	}
	if p, ok := (&activity.Event{Time: 5, Duration: activity.Running}).Period(); !ok || !p.IsRunning() {
		t.Errorf("a running period is %+v", p)
	}
}
