package storagetest

import (
	"errors"
	"slices"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// query asks both sides the same random question.
func (w *walk) query() {
	w.t.Helper()
	switch w.r.IntN(6) {
	case 0:
		w.queryPeriods()
	case 1:
		w.queryOne()
	default:
		w.queryList()
	}
}

func (w *walk) queryList() {
	w.t.Helper()
	access := w.queryAccess()
	q := w.randomQuery()
	q.Scope = access.Scope(q.Channel)
	if w.m.Channel(q.Channel) == nil {
		return // what a list of an unknown channel is, is left open
	}
	want, errWant := w.m.List(q, access)
	got, err := w.tryList(w.t.Context(), q)
	if !errors.Is(err, errWant) || errWant != nil && len(got) > 0 || texts(got) != texts(want) {
		w.t.Fatalf("query %+v, filter %+v, after %v, %s %+v:\n%sand %v; the model has\n%sand %v",
			q, q.Folders, q.After, access.Type, access.Permissions, texts(got), err, texts(want), errWant)
	}
}

func (w *walk) queryAccess() activity.Access {
	a := activity.Access{Type: activity.SharedAccess}
	if w.often(40) {
		a.Type = activity.PersonalAccess
	}
	for range 1 + w.r.IntN(2) {
		p := activity.Permission{ChannelID: w.channelID(), Level: activity.Read}
		if w.often(30) {
			p.ChannelID = activity.AllChannels
		}
		if w.often(70) {
			p.FolderPermissions = []activity.FolderPermission{}
			for range w.r.IntN(4) {
				p.FolderPermissions = append(p.FolderPermissions, activity.FolderPermission{FolderID: w.folderOrNone(), Level: activity.Read})
			}
		}
		a.Permissions = append(a.Permissions, p)
	}
	return a
}

func (w *walk) randomQuery() storage.EventQuery {
	q := storage.EventQuery{
		Channel: w.channelID(), Ascending: w.often(50), Running: w.often(15),
		State: []storage.State{"", storage.DefaultState, storage.TrashedState, storage.AllState}[w.r.IntN(4)],
	}
	if w.often(30) {
		q.From = at(float64(w.r.IntN(30)))
	}
	if w.often(30) {
		q.To = at(float64(w.r.IntN(30)))
	}
	if w.often(40) {
		q.Folders = &storage.FolderFilter{NoFolder: w.often(40)}
		for range w.r.IntN(4) {
			q.Folders.Folders = append(q.Folders.Folders, w.folderID())
		}
	}
	if w.often(25) {
		q.Tags = []string{"x", "X", "y\x00"}[:1+w.r.IntN(3)]
	}
	if w.often(25) {
		q.Types = []storage.TypeFilter{{Class: "note", Format: "*"}, {Class: "mass", Format: "kg"}, {Class: "mass", Format: "*"}}[:1+w.r.IntN(3)]
	}
	w.addPaging(&q)
	return q
}

func (w *walk) addPaging(q *storage.EventQuery) {
	c := w.m.Channel(q.Channel)
	if c != nil && len(c.Events) > 0 && w.often(30) {
		since := c.Events[w.r.IntN(len(c.Events))].Modified
		if w.often(20) {
			since = 0
		}
		q.ModifiedSince, q.Deletions = &since, w.often(70)
	}
	if w.often(25) {
		q.Skip = w.r.IntN(4)
	}
	if w.often(35) {
		q.Limit = 1 + w.r.IntN(6)
	}
	if c != nil && len(c.Events) > 0 && w.often(30) {
		id := c.Events[w.r.IntN(len(c.Events))].ID
		if w.often(10) {
			id = newEventID()
		}
		if len(c.Gone) > 0 && w.often(40) {
			if gone := c.Gone[w.r.IntN(len(c.Gone))]; !q.Deletions || gone.Deleted > *q.ModifiedSince {
				id = gone.ID
			}
		}
		q.After = &id
	}
}

func (w *walk) queryPeriods() {
	w.t.Helper()
	channel := w.channelID()
	from := activity.Timestamp(float64(w.r.IntN(64)) / 2)
	to, most := from+activity.Timestamp(float64(w.r.IntN(12))/2), 1+w.r.IntN(8)
	if w.often(20) {
		from = -forever
	}
	c := w.m.Channel(channel)
	if c == nil {
		return
	}
	w.read(func(tx storage.Tx) error {
		got, err := takePeriods(w.t, tx, channel, from, most)
		if err != nil {
			return err
		}
		if want := c.Periods(from); !slices.Equal(got, want[:min(most, len(want))]) {
			w.t.Errorf("periods after %v, at most %d:\n%sthe model has\n%s", from, most, periodTexts(got), periodTexts(want))
		}
		times, err := tx.TimeCounts(w.t.Context(), channel, from, to)
		if err != nil {
			return err
		}
		for folder, want := range c.TimeCounts(from, to) {
			if times[folder] != want {
				w.t.Errorf("from %v to %v in %q: %v, the model has %v", from, to, folder, times[folder], want)
			}
			delete(times, folder)
		}
		for folder, seconds := range times {
			if seconds != 0 {
				w.t.Errorf("from %v to %v in %q: %v, the model has none", from, to, folder, seconds)
			}
		}
		return nil
	})
}

func (w *walk) queryOne() {
	w.t.Helper()
	channel, id, folders := w.channelID(), w.eventID(), []activity.FolderID{w.folderID(), w.folderID()}
	c := w.m.Channel(channel)
	if c == nil {
		return
	}
	w.read(func(tx storage.Tx) error {
		got, err := tx.Event(w.t.Context(), channel, id)
		if err != nil && !isCode(err, activity.CodeUnknownEvent) {
			return err
		}
		switch want := c.Event(id); {
		case want == nil && !isCode(err, activity.CodeUnknownEvent):
			w.t.Errorf("event %s of %s: %s, %v; the model has none", id, channel, text(got), err)
		case want != nil && (err != nil || text(got) != text(*want)):
			w.t.Errorf("event %s of %s:\n%s, %v; the model has\n%s", id, channel, text(got), err, text(*want))
		}
		request, ok, err := tx.Replay(w.t.Context(), channel, id)
		if err != nil {
			return err
		}
		if want, wantOK := c.Replay(id); ok != wantOK || request != want {
			w.t.Errorf("request of %s of %s: %+v, %t, %v; the model has %+v, %t", id, channel, request, ok, err, want, wantOK)
		}
		has, err := tx.HasEvents(w.t.Context(), channel, folders)
		if err != nil {
			return err
		}
		if want := c.HasEvents(folders); has != want {
			w.t.Errorf("folders %v of %s have events: %t, %v; the model says %t", folders, channel, has, err, want)
		}
		return nil
	})
}
