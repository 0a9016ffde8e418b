package api

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strings"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/params"
	"github.com/activityd/activityd/internal/storage"
)

const (
	defaultEvents = 20           // listed when no time bound is given
	defaultSpan   = 24 * 60 * 60 // seconds before a toTime that is given alone
)

// TypeFilter is a parameter that selects events by type: "class/format" or
// "class/*".
type TypeFilter storage.TypeFilter

// UnmarshalJSON takes what activity.Type takes, and "*" as the format.
func (f *TypeFilter) UnmarshalJSON(b []byte) error {
	var text string
	var parts map[string]string
	if json.Unmarshal(b, &text) == nil {
		return f.UnmarshalText([]byte(text))
	}
	if json.Unmarshal(b, &parts) == nil && len(parts) == 2 && parts["format"] == "*" {
		return f.UnmarshalText([]byte(parts["class"] + "/*"))
	}
	return (*activity.Type)(f).UnmarshalJSON(b)
}

// UnmarshalText takes "class/format" or "class/*".
func (f *TypeFilter) UnmarshalText(b []byte) error {
	text := string(b)
	class, every := strings.CutSuffix(text, "/*")
	if every {
		text = class + "/any"
	}
	t, fault := activity.ParseType(text)
	if fault != nil {
		return fault
	}
	if every {
		t.Format = "*"
	}
	*f = TypeFilter(t)
	return nil
}

// GetEvents selects events. Empty arrays select like absent ones.
type GetEvents struct {
	InChannel
	FromTime         params.Optional[activity.Timestamp] `json:"fromTime" doc:"The earliest time; 24 hours before toTime when only that is given."`
	ToTime           params.Optional[activity.Timestamp] `json:"toTime" doc:"The latest time; now by default, without bound with modifiedSince."`
	OnlyFolders      []FolderRef                         `json:"onlyFolders" doc:"Only events in these folders and below; null stands for events without a folder."`
	Tags             Tags                                `json:"tags" doc:"Only events with all of these tags."`
	Types            []TypeFilter                        `json:"types" doc:"Only events of one of these types: class/format or class/*."`
	Running          bool                                `json:"running" doc:"Only periods that run."`
	State            storage.State                       `json:"state" enum:"default trashed all" doc:"Which events, by whether they are in the trash; default: those that are not."`
	ModifiedSince    params.Optional[activity.Timestamp] `json:"modifiedSince" doc:"Only events modified after it."`
	IncludeDeletions bool                                `json:"includeDeletions" doc:"With modifiedSince: also {id, deleted} of events deleted after it."`
	SortAscending    bool                                `json:"sortAscending" doc:"Oldest first."`
	Skip             int                                 `json:"skip" min:"0" doc:"How many matches to leave out."`
	After            params.Optional[activity.EventID]   `json:"after" doc:"Begin behind the event of this id: the last one of the page before."`
	Limit            params.Optional[int]                `json:"limit" min:"1" doc:"The most events to list; 20 by default when neither a time nor modifiedSince is given, else all."`
}

// Check refuses includeDeletions where nothing says since when.
func (p *GetEvents) Check() []activity.Fault {
	if p.IncludeDeletions && !p.ModifiedSince.Set {
		return []activity.Fault{{Path: "includeDeletions", Code: "requires", Message: "Deletions are listed with modifiedSince: add it."}}
	}
	return nil
}

// getEvents is events.get. Errors: CodeForbidden, CodeUnknownChannel,
// CodeUnknownFolder; as the list's first element CodeInvalidParametersFormat
// for an unknown after.
func (s *Service) getEvents(ctx context.Context, c *Call, p GetEvents) (Stream, error) {
	q := p.query(s.now())
	err := c.Tenant.View(ctx, func(tx storage.Tx) error {
		in, err := c.place(tx, p.ChannelID)
		if err != nil {
			return err
		}
		q.Scope = in.scope
		return in.known(p.folders()...)
	})
	if err != nil {
		return nil, err
	}
	return EventStream(afterKnown(c.Tenant.Events(ctx, q))), nil
}

func (p *GetEvents) folders() []activity.FolderID {
	ids := make([]activity.FolderID, len(p.OnlyFolders))
	for i, ref := range p.OnlyFolders {
		ids[i] = ref.folder()
	}
	return ids
}

// query gives what is asked for, the scope aside.
func (p *GetEvents) query(now activity.Timestamp) storage.EventQuery {
	q := storage.EventQuery{
		Channel: p.ChannelID, From: pointer(p.FromTime), To: pointer(p.ToTime),
		Tags: p.Tags, Running: p.Running, State: p.State,
		ModifiedSince: pointer(p.ModifiedSince), Deletions: p.IncludeDeletions,
		Ascending: p.SortAscending, Skip: p.Skip, After: pointer(p.After), Limit: p.Limit.Value,
	}
	for _, t := range p.Types {
		q.Types = append(q.Types, storage.TypeFilter(t))
	}
	for _, id := range p.folders() {
		if q.Folders == nil {
			q.Folders = &storage.FolderFilter{}
		}
		if id == "" {
			q.Folders.NoFolder = true
		} else {
			q.Folders.Folders = append(q.Folders.Folders, id)
		}
	}
	p.bound(&q, now)
	return q
}

// bound adds the default bounds of time and number.
func (p *GetEvents) bound(q *storage.EventQuery, now activity.Timestamp) {
	if q.From == nil && q.To == nil && q.ModifiedSince == nil && !p.Limit.Set {
		q.Limit = defaultEvents
	}
	switch {
	case q.To != nil && q.From == nil:
		from := *q.To - defaultSpan
		q.From = &from
	case q.To == nil && q.ModifiedSince == nil:
		q.To = &now
	}
}

// afterKnown gives the events with the store's ErrUnknownAfter told in the
// words of the API.
func afterKnown(events iter.Seq2[activity.Event, error]) iter.Seq2[activity.Event, error] {
	return func(yield func(activity.Event, error) bool) {
		for e, err := range events {
			if errors.Is(err, storage.ErrUnknownAfter) {
				err = unknownAfter()
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

func unknownAfter() error {
	return activity.FaultsError([]activity.Fault{{Path: "after", Code: "unknown-event", Message: "No event that this access sees has this id: begin the list anew."}})
}
