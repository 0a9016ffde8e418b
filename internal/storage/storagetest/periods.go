package storagetest

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

func periodCases() []testCase {
	return []testCase{
		{name: "that end after a time", check: periodsAfter},
		{name: "by end, time and id", check: periodsOrder},
		{name: "not marks, not the trash, not other channels", check: periodsLeaveOut},
		{name: "as far as they are taken", check: periodsInPart},
		{name: "after changes, moves and deletions", check: periodsFollow},
		{name: "an end is time and duration as doubles add", check: endsAdd},
		{name: "an exact end is kept to the bit", check: endsAreKept},
		{name: "of an unknown channel", check: periodsOfNoChannel},
		{name: "counted, each clipped to the span", check: timeClipped},
		{name: "counted by folder, after changes, moves and deletions", check: timeByFolder},
	}
}

var forever = activity.Timestamp(math.Inf(1)) //nolint:gochecknoglobals // never changed

// periods gives all periods of c that end after a time.
func (u *tenant) periods(after activity.Timestamp) (found []activity.Period) {
	u.t.Helper()
	u.read(func(tx storage.Tx) (err error) {
		found, err = takePeriods(u.t, tx, "c", after, -1)
		return err
	})
	return found
}

// takePeriods takes at most so many periods, all for -1.
func takePeriods(t *testing.T, tx storage.Tx, channel activity.ChannelID, after activity.Timestamp, most int) (found []activity.Period, err error) {
	for p, err := range tx.Periods(t.Context(), channel, after) {
		if err != nil {
			return found, err
		}
		found = append(found, p)
		if len(found) == most {
			break
		}
	}
	return found, nil
}

// samePeriods fails the test unless the periods are those of the events, in
// that order.
func (u *tenant) samePeriods(got []activity.Period, want ...activity.Event) {
	u.t.Helper()
	var wanted []activity.Period
	for _, e := range want {
		p, ok := e.Period()
		if !ok {
			u.t.Fatalf("%s is no period", text(e))
		}
		wanted = append(wanted, p)
	}
	if !slices.Equal(got, wanted) {
		u.t.Errorf("periods %s\nwant %s", periodTexts(got), periodTexts(wanted))
	}
}

func periodTexts(all []activity.Period) string {
	var b strings.Builder
	for _, p := range all {
		fmt.Fprintf(&b, "%+v\n", p)
	}
	return b.String()
}

func periodsAfter(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	first := period("c", 10, activity.Seconds(10))
	first.FolderID = "f"
	made := u.put(first, period("c", 20, activity.Seconds(0)), period("c", 30, activity.Running))
	u.samePeriods(u.periods(-forever), made...)
	u.samePeriods(u.periods(19.5), made...)
	u.samePeriods(u.periods(20), made[2])
	u.samePeriods(u.periods(1e300), made[2])
	u.samePeriods(u.periods(forever))
	made[2].Duration = activity.Seconds(5)
	u.change(made[2])
	u.samePeriods(u.periods(20), made[2])
	u.samePeriods(u.periods(35))
}

func periodsOrder(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	made := u.put(
		period("c", 3, activity.Seconds(100)), period("c", 1, activity.Running), period("c", 2, activity.Seconds(1)),
		period("c", 103, activity.Seconds(0)), period("c", -7, activity.Seconds(110)), period("c", 0, activity.Running))
	for _, folder := range []activity.FolderID{"f", ""} { // which stands in no way of the order
		made[4].FolderID = folder
		made[4] = u.change(made[4])
		u.samePeriods(u.periods(-forever), made[2], made[4], made[0], made[3], made[5], made[1])
	}
	twins := u.put(period("c", 500, activity.Seconds(0)), period("c", 500, activity.Seconds(0)))
	slices.SortFunc(twins, func(a, b activity.Event) int { return strings.Compare(string(a.ID), string(b.ID)) })
	u.samePeriods(u.periods(200)[:2], twins...)
}

func periodsLeaveOut(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	u.channel("d")
	trashed, elsewhere := period("c", 10, activity.Seconds(10)), period("d", 10, activity.Seconds(10))
	trashed.Trashed = true
	runs := period("c", 10, activity.Running)
	runs.Trashed = true
	made := u.put(note("c", "", 15), trashed, elsewhere, runs)
	u.samePeriods(u.periods(-forever))
	made[1].Trashed = false
	e := u.change(made[1])
	u.samePeriods(u.periods(-forever), e)
	e.Duration = activity.Duration{}
	u.change(e)
	u.samePeriods(u.periods(-forever))
}

func periodsInPart(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	made := u.put(period("c", 1, activity.Seconds(1)), period("c", 2, activity.Seconds(1)), period("c", 3, activity.Running))
	u.do(func(tx storage.Tx) error {
		for _, most := range []int{1, 2, -1, 1} {
			got, err := takePeriods(t, tx, "c", 0, most)
			if err != nil {
				return err
			}
			if most == -1 {
				most = 3
			}
			u.samePeriods(got, made[:most]...)
			made[2].Duration = activity.Seconds(float64(4 + most)) // a write between does no harm
			if err := tx.UpdateEvent(t.Context(), &made[2]); err != nil {
				return err
			}
		}
		return nil
	})
	func() {
		defer func() { _ = recover() }()
		_ = u.View(t.Context(), func(tx storage.Tx) error {
			for p, err := range tx.Periods(t.Context(), "c", 0) {
				panic(fmt.Sprint("within the list: ", p, err))
			}
			return nil
		})
	}()
	u.samePeriods(u.periods(0), made...)
}

func periodsFollow(t *testing.T, s storage.Store) {
	u := nested(t, s)
	inA := period("c", 10, activity.Seconds(10))
	inA.FolderID = "a"
	e := u.put(inA)[0]
	e.Time = 100
	e = u.change(e)
	u.samePeriods(u.periods(50), e)
	u.samePeriods(u.periods(110))
	e.Duration = activity.Seconds(20)
	e = u.change(e)
	u.samePeriods(u.periods(110), e)
	u.do(func(tx storage.Tx) error { return tx.DeleteFolder(t.Context(), "c", "a", true) })
	e.FolderID = "p"
	u.samePeriods(u.periods(0), e)
	u.do(func(tx storage.Tx) error { return tx.DeleteFolder(t.Context(), "c", "p", false) })
	u.samePeriods(u.periods(0))
	other := u.put(period("c", 1, activity.Running))[0]
	u.samePeriods(u.periods(0), other)
	u.remove(other)
	u.samePeriods(u.periods(0))
}

func endsAdd(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	for _, tt := range []struct{ time, seconds float64 }{{0.1, 0.2}, {1753712345.1, 0.3}, {-0.7, 0.1}, {1e16, 1}, {5e-324, 5e-324}} {
		e := u.put(period("c", activity.Timestamp(tt.time), activity.Seconds(tt.seconds)))[0]
		got := u.periods(-forever)
		u.samePeriods(got, e)
		if want := activity.Timestamp(tt.time + tt.seconds); len(got) == 1 && got[0].End != want {
			t.Errorf("%v and %v end at %v, want %v", tt.time, tt.seconds, got[0].End, want)
		}
		u.remove(e)
	}
}

func endsAreKept(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	for _, tt := range []struct{ from, to activity.Timestamp }{{-0.7, 0.1}, {-1.0 / 3, 1e-20}, {-1e308, 1e308}, {1753712345.1, 1753712345.4}, {5, 5}} {
		e := u.put(period("c", tt.from, activity.Running))[0]
		e.EndAt(tt.to)
		e = u.change(e)
		sameEvent(t, u.event("c", e.ID), e)
		sameEvents(t, u.list(everything("c")), []activity.Event{e})
		u.samePeriods(u.periods(-forever), e)
		if before := activity.Timestamp(math.Nextafter(float64(tt.to), math.Inf(-1))); len(u.periods(tt.to)) != 0 || len(u.periods(before)) != 1 {
			t.Errorf("%v to %v does not end there", tt.from, tt.to)
		}
		e.Tags = []string{"changed"}
		sameEvent(t, u.event("c", u.change(e).ID), u.event("c", e.ID))
		u.samePeriods(u.periods(-forever), e)
		e.Duration, e.ExactEnd = activity.Seconds(0.5), nil
		u.change(e)
		u.samePeriods(u.periods(-forever), e)
		u.remove(e)
	}
}

func periodsOfNoChannel(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	wantCode(t, u.View(t.Context(), func(tx storage.Tx) error {
		_, err := takePeriods(t, tx, "none", 0, -1)
		return err
	}), activity.CodeUnknownChannel)
	wantCode(t, u.View(t.Context(), func(tx storage.Tx) error {
		_, err := tx.TimeCounts(t.Context(), "none", 0, 1)
		return err
	}), activity.CodeUnknownChannel)
}

// times checks the seconds of c by folder.
func (u *tenant) times(from, to activity.Timestamp, want map[activity.FolderID]float64) {
	u.t.Helper()
	u.read(func(tx storage.Tx) error {
		got, err := tx.TimeCounts(u.t.Context(), "c", from, to)
		if err != nil {
			return err
		}
		for _, folder := range []activity.FolderID{"", "f", "p", "a"} {
			if got[folder] != want[folder] {
				u.t.Errorf("%v to %v: %v in %q, want %v", from, to, got[folder], folder, want[folder])
			}
		}
		return nil
	})
}

func timeClipped(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	u.put(period("c", 10, activity.Seconds(10)), period("c", 15, activity.Seconds(0)), note("c", "", 15))
	for _, tt := range []struct {
		from, to activity.Timestamp
		want     float64
	}{
		{0, 100, 10}, {10, 20, 10}, {12, 100, 8}, {0, 12, 2}, {12, 13, 1}, {0, 10, 0}, {20, 30, 0}, {0, 5, 0}, {25, 30, 0}, {15, 15, 0}, {18, 12, 0}, {-1e300, 1e300, 10},
	} {
		u.times(tt.from, tt.to, map[activity.FolderID]float64{"": tt.want})
	}
	runs := u.put(period("c", 50, activity.Running))[0]
	u.times(0, 40, map[activity.FolderID]float64{"": 10})
	u.times(0, 60.5, map[activity.FolderID]float64{"": 20.5})
	u.times(55, 60, map[activity.FolderID]float64{"": 5})
	runs.Trashed = true
	u.change(runs)
	u.times(0, 60, map[activity.FolderID]float64{"": 10})
}

func timeByFolder(t *testing.T, s storage.Store) {
	u := nested(t, s)
	inA, inP := period("c", 10, activity.Seconds(10)), period("c", 15, activity.Seconds(20))
	inA.FolderID, inP.FolderID = "a", "p"
	made := u.put(inA, inP, period("c", 0, activity.Seconds(1)))
	u.times(0, 100, map[activity.FolderID]float64{"a": 10, "p": 20, "": 1})
	made[0].Duration = activity.Seconds(5)
	u.change(made[0])
	u.times(0, 100, map[activity.FolderID]float64{"a": 5, "p": 20, "": 1})
	u.do(func(tx storage.Tx) error { return tx.DeleteFolder(t.Context(), "c", "a", true) })
	u.times(0, 100, map[activity.FolderID]float64{"p": 25, "": 1})
	u.do(func(tx storage.Tx) error { return tx.DeleteFolder(t.Context(), "c", "p", false) })
	u.times(0, 100, map[activity.FolderID]float64{"": 1})
}
