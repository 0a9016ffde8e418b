package model

import (
	"cmp"
	"math"
	"slices"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// Event gives the event of that id, nil for none.
func (c *Channel) Event(id activity.EventID) *activity.Event {
	for i := range c.Events {
		if c.Events[i].ID == id {
			return &c.Events[i]
		}
	}
	return nil
}

// CreateEvent adds e, and remembers the request if there is one.
func (t *Tenant) CreateEvent(e activity.Event, request *storage.Request) (refused []activity.Code) {
	c := t.Channel(e.ChannelID)
	if c == nil {
		return []activity.Code{activity.CodeUnknownChannel}
	}
	if c.Event(e.ID) != nil || slices.ContainsFunc(c.Gone, func(g Gone) bool { return g.ID == e.ID }) {
		refused = append(refused, activity.CodeItemIDAlreadyExists)
	}
	if e.FolderID != "" && c.Folder(e.FolderID) == nil {
		refused = append(refused, activity.CodeUnknownFolder)
	}
	if refused != nil {
		return refused
	}
	c.Events = append(c.Events, e)
	if request != nil {
		c.Requests = append(c.Requests, Request{e.ID, *request})
	}
	t.changed(activity.EventKind, activity.Created, string(e.ID), c.ID, nil, c.Chain(e.FolderID))
	return nil
}

// UpdateEvent puts e in the place of the one that has its id.
func (t *Tenant) UpdateEvent(e activity.Event) (refused []activity.Code) {
	c := t.Channel(e.ChannelID)
	if c == nil {
		return []activity.Code{activity.CodeUnknownChannel}
	}
	old := c.Event(e.ID)
	if old == nil {
		refused = append(refused, activity.CodeUnknownEvent)
	}
	if e.FolderID != "" && c.Folder(e.FolderID) == nil {
		refused = append(refused, activity.CodeUnknownFolder)
	}
	if refused != nil {
		return refused
	}
	before := c.Chain(old.FolderID)
	e.Created, e.CreatedBy = old.Created, old.CreatedBy
	*old = e
	t.changed(activity.EventKind, activity.Updated, string(e.ID), c.ID, before, c.Chain(e.FolderID))
	return nil
}

// DeleteEvent removes the event.
func (t *Tenant) DeleteEvent(channel activity.ChannelID, id activity.EventID) (refused []activity.Code) {
	c := t.Channel(channel)
	if c == nil {
		return []activity.Code{activity.CodeUnknownChannel}
	}
	e := c.Event(id)
	if e == nil {
		return []activity.Code{activity.CodeUnknownEvent}
	}
	before := c.Chain(e.FolderID)
	c.Gone = append(c.Gone, Gone{ID: id, Time: e.Time, Chain: before})
	c.Events = slices.DeleteFunc(c.Events, func(e activity.Event) bool { return e.ID == id })
	t.changed(activity.EventKind, activity.Deleted, string(id), channel, before, nil)
	return nil
}

// Replay gives the request that created the event.
func (c *Channel) Replay(id activity.EventID) (storage.Request, bool) {
	for _, r := range c.Requests {
		if r.ID == id && c.Event(id) != nil {
			return r.Request, true
		}
	}
	return storage.Request{}, false
}

// Periods gives the periods outside the trash that end after a time, by end,
// time and id.
func (c *Channel) Periods(after activity.Timestamp) []activity.Period {
	var found []activity.Period
	for _, e := range c.Events {
		end := e.Time
		if seconds, ended := e.Duration.Seconds(); ended {
			end += activity.Timestamp(seconds)
		}
		if e.ExactEnd != nil {
			end = *e.ExactEnd
		}
		if e.Duration.IsRunning() {
			end = activity.Timestamp(math.Inf(1))
		}
		if !e.Trashed && !e.Duration.IsZero() && end > after {
			found = append(found, activity.Period{ID: e.ID, FolderID: e.FolderID, Time: e.Time, End: end})
		}
	}
	slices.SortFunc(found, func(a, b activity.Period) int {
		return cmp.Or(cmp.Compare(a.End, b.End), cmp.Compare(a.Time, b.Time), cmp.Compare(a.ID, b.ID))
	})
	return found
}

// TimeCounts gives the seconds of periods within the span by folder.
func (c *Channel) TimeCounts(from, to activity.Timestamp) map[activity.FolderID]float64 {
	counts := map[activity.FolderID]float64{}
	for _, p := range c.Periods(activity.Timestamp(math.Inf(-1))) {
		if seconds := min(p.End, to) - max(p.Time, from); seconds > 0 {
			counts[p.FolderID] += float64(seconds)
		}
	}
	return counts
}

func byTime(a, b activity.Event) int {
	return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.ID, b.ID))
}
