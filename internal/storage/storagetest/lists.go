package storagetest

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

func listCases() []testCase {
	return []testCase{
		{name: "the zero query is all outside the trash, newest first", check: listZero},
		{name: "by time, equal times by id, both ways", check: listOrder},
		{name: "within bounds of time", check: listBounds},
		{name: "by folder", check: listFolders},
		{name: "by tags, type, running and state", check: listFilters},
		{name: "modified since", check: listModifiedSince},
		{name: "of one channel", check: listOneChannel},
		{name: "within a scope", check: listScopes},
		{name: "left early", check: listLeftEarly},
	}
}

// ascending orders events as lists do.
func ascending(a, b activity.Event) int {
	return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.ID, b.ID))
}

func at(f float64) *activity.Timestamp {
	t := activity.Timestamp(f)
	return &t
}

func listZero(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	trashed := note("c", "", 2)
	trashed.Trashed = true
	made := u.put(note("c", "f", -1), trashed, note("c", "", 1e10), note("c", "g", 0))
	sameEvents(t, u.list(storage.EventQuery{Channel: "c", Scope: activity.WholeScope(activity.Read)}), []activity.Event{made[2], made[3], made[0]})
	sameEvents(t, u.list(storage.EventQuery{Channel: "c"}), nil) // the zero scope sees nothing
}

func listOrder(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	var events []activity.Event
	for i := range 60 {
		events = append(events, note("c", []activity.FolderID{"", "f", "g"}[i%3], activity.Timestamp(i%4)))
	}
	want := u.put(events...)
	slices.SortFunc(want, ascending)
	q := everything("c")
	q.Ascending = true
	sameEvents(t, u.list(q), want)
	slices.Reverse(want)
	q.Ascending = false
	sameEvents(t, u.list(q), want)
	for i := range want { // moved in time, they are listed there
		if i%7 == 0 {
			want[i].Time = 3 - want[i].Time
			want[i] = u.change(want[i])
		}
	}
	slices.SortFunc(want, ascending)
	slices.Reverse(want)
	sameEvents(t, u.list(q), want)
}

func listBounds(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	made := u.put(period("c", -1, activity.Running), note("c", "", 1), period("c", 2, activity.Seconds(100)), note("c", "f", 3), note("c", "", 3.0000000000000004))
	for _, tt := range []struct {
		from, to *activity.Timestamp
		want     []activity.Event
	}{
		{nil, nil, made},
		{at(1), at(3), made[1:4]}, // inclusive; by the time alone, however long it lasts
		{at(1), nil, made[1:]},
		{nil, at(1), made[:2]},
		{at(3), at(3), made[3:4]},
		{at(3), at(1), nil},
		{at(-1), at(-1), made[:1]},
		{at(50), at(60), nil},
		{at(1.0000000000000002), at(2.9999999999999996), made[2:3]},
		{at(-1e308), at(1e308), made},
	} {
		q := everything("c")
		q.From, q.To, q.Ascending = tt.from, tt.to, true
		sameEvents(t, u.list(q), tt.want)
		q.Ascending = false
		back := slices.Clone(tt.want)
		slices.Reverse(back)
		sameEvents(t, u.list(q), back)
	}
}

func listFolders(t *testing.T, s storage.Store) {
	u := nested(t, s) // p > a > b, z
	made := u.put(note("c", "", 1), note("c", "p", 2), note("c", "a", 3), note("c", "b", 4), note("c", "z", 5))
	for _, tt := range []struct {
		folders  []activity.FolderID
		noFolder bool
		want     []activity.Event
	}{
		{nil, false, nil},
		{nil, true, made[:1]},
		{[]activity.FolderID{"p"}, false, made[1:4]},
		{[]activity.FolderID{"a"}, false, made[2:4]},
		{[]activity.FolderID{"b"}, true, []activity.Event{made[0], made[3]}},
		{[]activity.FolderID{"b", "p", "b", "a"}, false, made[1:4]},
		{[]activity.FolderID{"z", "a"}, true, []activity.Event{made[0], made[2], made[3], made[4]}},
		{[]activity.FolderID{"nope"}, false, nil},
		{[]activity.FolderID{"nope", "z"}, false, made[4:]},
		{[]activity.FolderID{"P"}, false, nil},
	} {
		q := everything("c")
		q.Folders, q.Ascending = &storage.FolderFilter{Folders: tt.folders, NoFolder: tt.noFolder}, true
		sameEvents(t, u.list(q), tt.want)
	}
}

func listFilters(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	events := []activity.Event{
		note("c", "f", 0), note("c", "f", 1), period("c", 2, activity.Running), period("c", 3, activity.Running), period("c", 4, activity.Seconds(9)), note("c", "g", 5),
	}
	events[1].Tags, events[2].Tags, events[5].Tags = []string{"x", "y"}, []string{"y"}, []string{"y", "x"}
	events[1].Trashed, events[3].Trashed = true, true
	events[4].Type, events[5].Type = activity.Type{Class: "mass", Format: "kg"}, activity.Type{Class: "mass", Format: "g"}
	made := u.put(events...)
	pick := func(at ...int) (want []activity.Event) {
		for _, i := range at {
			want = append(want, made[i])
		}
		return want
	}
	whole := activity.WholeScope(activity.Read)
	for i, tt := range []struct {
		q    storage.EventQuery
		want []activity.Event
	}{
		{storage.EventQuery{Tags: []string{"y"}}, pick(2, 5)},
		{storage.EventQuery{Tags: []string{"y", "x"}}, pick(5)},
		{storage.EventQuery{Tags: []string{"x"}, State: storage.AllState}, pick(1, 5)},
		{storage.EventQuery{Tags: []string{"nope"}, State: storage.AllState}, nil},
		{storage.EventQuery{State: storage.TrashedState}, pick(1, 3)},
		{storage.EventQuery{State: storage.DefaultState}, pick(0, 2, 4, 5)},
		{storage.EventQuery{State: storage.AllState}, made},
		{storage.EventQuery{Running: true}, pick(2)},
		{storage.EventQuery{Running: true, State: storage.AllState}, pick(2)}, // nothing in the trash runs
		{storage.EventQuery{Running: true, State: storage.TrashedState}, nil},
		{storage.EventQuery{Types: []storage.TypeFilter{{Class: "mass", Format: "*"}}}, pick(4, 5)},
		{storage.EventQuery{Types: []storage.TypeFilter{{Class: "mass", Format: "kg"}, {Class: "note", Format: "*"}}}, pick(0, 2, 4)},
		{storage.EventQuery{Types: []storage.TypeFilter{{Class: "mass", Format: "mg"}}}, nil},
		{storage.EventQuery{Types: []storage.TypeFilter{{Class: "mass", Format: "*"}}, Tags: []string{"x"}, From: at(5), To: at(5)}, pick(5)},
		{storage.EventQuery{Tags: []string{"y"}, Folders: &storage.FolderFilter{Folders: []activity.FolderID{"f"}}, State: storage.AllState}, pick(1, 5)},
		{storage.EventQuery{Running: true, Folders: &storage.FolderFilter{NoFolder: true}, To: at(2.5)}, pick(2)},
		{storage.EventQuery{State: storage.AllState, Skip: 2, Limit: 2}, pick(2, 3)},
		{storage.EventQuery{Tags: []string{"y"}, State: storage.AllState, Skip: 1, Limit: 1}, pick(2)},
		{storage.EventQuery{Tags: []string{"y"}, State: storage.AllState, After: &made[1].ID}, pick(2, 5)},
	} {
		tt.q.Channel, tt.q.Scope, tt.q.Ascending = "c", whole, true
		if got := u.list(tt.q); texts(got) != texts(tt.want) {
			t.Errorf("query %d, %+v:\n%swant\n%s", i, tt.q, texts(got), texts(tt.want))
		}
	}
}

func listModifiedSince(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	made := u.put(note("c", "", 3), note("c", "f", 1), note("c", "g", 2))
	q := everything("c")
	since := func(ts activity.Timestamp) []activity.Event {
		q.ModifiedSince = &ts
		return u.list(q)
	}
	sameEvents(t, since(0), []activity.Event{made[0], made[2], made[1]})
	sameEvents(t, since(made[0].Modified), []activity.Event{made[2], made[1]}) // exclusive
	sameEvents(t, since(made[1].Modified), made[2:])
	sameEvents(t, since(made[2].Modified), nil)
	made[0].Tags = []string{"changed"}
	made[0] = u.change(made[0])
	sameEvents(t, since(made[2].Modified), made[:1])
	u.do(func(tx storage.Tx) error {
		return tx.UpdateFolder(t.Context(), &activity.Folder{ID: "f", ChannelID: "c", Name: "renamed"})
	})
	sameEvents(t, since(made[0].Modified), nil) // a folder's change is none of its events
	q.From, q.Limit = at(2.5), 1
	sameEvents(t, since(0), made[:1])
}

func listOneChannel(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	made := map[activity.ChannelID][]activity.Event{}
	for i := range 3 {
		c := activity.ChannelID(fmt.Sprint("c", i))
		u.channel(c)
		u.folder(c, "", "f")
		made[c] = u.put(note(c, "f", activity.Timestamp(i)), note(c, "", activity.Timestamp(-i)))
	}
	for c, want := range made {
		q := everything(c)
		q.Ascending = true
		slices.SortFunc(want, ascending)
		sameEvents(t, u.list(q), want)
	}
}

func listScopes(t *testing.T, s storage.Store) {
	u := nested(t, s) // p > a > b, z
	made := u.put(note("c", "", 1), note("c", "p", 2), note("c", "a", 3), note("c", "b", 4), note("c", "z", 5))
	in := func(folders ...activity.FolderID) activity.Scope {
		var list []activity.FolderPermission
		for _, f := range folders {
			list = append(list, activity.FolderPermission{FolderID: f, Level: activity.Read})
		}
		a := activity.Access{Type: activity.SharedAccess, Permissions: []activity.Permission{{ChannelID: "c", FolderPermissions: list}}}
		return a.Scope("c")
	}
	for i, tt := range []struct {
		scope  activity.Scope
		filter *storage.FolderFilter
		want   []activity.Event
	}{
		{in("a"), nil, made[2:4]},
		{in("a", ""), nil, []activity.Event{made[0], made[2], made[3]}},
		{in(""), nil, made[:1]},
		{in("nope"), nil, nil},
		{in("a"), &storage.FolderFilter{Folders: []activity.FolderID{"p"}, NoFolder: true}, made[2:4]},
		{in("p", ""), &storage.FolderFilter{Folders: []activity.FolderID{"a", "z"}, NoFolder: true}, []activity.Event{made[0], made[2], made[3]}},
		{in("z"), &storage.FolderFilter{Folders: []activity.FolderID{"a"}}, nil},
		{activity.Scope{}, &storage.FolderFilter{Folders: []activity.FolderID{"a"}, NoFolder: true}, nil},
	} {
		q := storage.EventQuery{Channel: "c", Scope: tt.scope, Folders: tt.filter, Ascending: true}
		if got := u.list(q); texts(got) != texts(tt.want) {
			t.Errorf("query %d:\n%swant\n%s", i, texts(got), texts(tt.want))
		}
	}
	q := storage.EventQuery{Channel: "c", Scope: in("z"), After: &made[2].ID}
	if _, err := u.tryList(t.Context(), q); err == nil {
		t.Error("a list begins after an event that the scope does not include")
	}
}

func listLeftEarly(t *testing.T, s storage.Store) {
	u := inFolder(t, s)
	u.many("c", "f", 1000)
	for range 40 { // more often than a store has readers
		for _, err := range u.Events(t.Context(), everything("c")) {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	u.do(func(tx storage.Tx) error {
		for _, err := range tx.ListEvents(t.Context(), everything("c")) {
			if err != nil {
				return err
			}
			break
		}
		e := note("c", "f", 1)
		return tx.CreateEvent(t.Context(), &e, nil)
	})
}
