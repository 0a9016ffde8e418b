package api

import (
	"context"
	"net/http"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/params"
	"github.com/activityd/activityd/internal/storage"
)

const (
	defaultChanges = 1000   // told at once when no limit is given
	maxScanned     = 10_000 // changes looked at for one answer, told or not
)

func (s *Service) changeMethods() []*Method {
	return []*Method{
		row(Method{
			ID: "changes.get", Verb: http.MethodGet, Path: "/changes", Status: http.StatusOK,
			Doc: "Tells what changed after a cursor, in the order of the commits; without one, the present cursor.",
		}, s.getChanges),
	}
}

// GetChanges asks for what happened after a cursor.
type GetChanges struct {
	Since   params.Optional[activity.Cursor] `json:"since" doc:"The cursor of an answer before; without it there are no changes, just the present cursor."`
	Limit   params.Optional[int]             `json:"limit" min:"1" max:"10000" doc:"The most changes to tell; 1,000 by default. An answer may have fewer though more follow: see more."`
	Include string                           `json:"include" enum:"items" doc:"With items, each change carries the item as it is now."`
}

// ChangesPage is a part of the history as one access sees it.
type ChangesPage struct {
	Changes []ChangeView
	Cursor  activity.Cursor // behind all that this page was made of
	More    bool            // whether there was more behind the cursor
}

// ChangeView is a change as one access sees it. Created is what came into its
// sight, Deleted what left it.
type ChangeView struct {
	Kind      activity.Kind
	Action    activity.Action
	ID        string
	ChannelID activity.ChannelID // "" for accesses
	Time      activity.Timestamp
	Item      []byte // JSON; nil for none

	seq activity.Seq
}

// AppendJSON appends {changes, cursor, more}.
func (p ChangesPage) AppendJSON(b []byte) []byte {
	b = append(b, `{"changes":[`...)
	for i := range p.Changes {
		if i > 0 {
			b = append(b, ',')
		}
		b = p.Changes[i].AppendJSON(b)
	}
	b = activity.AppendString(append(b, `],"cursor":`...), string(p.Cursor))
	return append(appendBool(append(b, `,"more":`...), p.More), '}')
}

// MarshalJSON gives what AppendJSON appends.
func (p ChangesPage) MarshalJSON() ([]byte, error) { return p.AppendJSON(nil), nil }

// AppendJSON appends {kind, action, id, channelId?, time, item?}.
func (v *ChangeView) AppendJSON(b []byte) []byte {
	b = activity.AppendString(append(b, `{"kind":`...), string(v.Kind))
	b = activity.AppendString(append(b, `,"action":`...), string(v.Action))
	b = activity.AppendString(append(b, `,"id":`...), v.ID)
	if v.ChannelID != "" {
		b = activity.AppendString(append(b, `,"channelId":`...), string(v.ChannelID))
	}
	b = v.Time.AppendJSON(append(b, `,"time":`...))
	if v.Item != nil {
		b = append(append(b, `,"item":`...), v.Item...)
	}
	return append(b, '}')
}

// JSONSchema describes a page of changes.
func (ChangesPage) JSONSchema() string {
	return `{"type": "object", "required": ["changes", "cursor", "more"], "additionalProperties": false, "properties": {
		"changes": {"type": "array", "items": {"type": "object", "required": ["kind", "action", "id", "time"], "additionalProperties": false, "properties": {
			"kind": {"enum": ["channel", "folder", "event", "access"]},
			"action": {"enum": ["created", "updated", "deleted"], "description": "Created: it came into sight. Deleted: it left the sight of this access, with everything below it."},
			"id": {"type": "string"},
			"channelId": {"type": "string", "description": "Of channels, folders and events."},
			"time": {"type": "number", "description": "Of the change; seconds since 1970-01-01 UTC."},
			"item": {"type": "object", "description": "With include=items: the item as it is now; none for a deleted one."}}}},
		"cursor": {"type": "string", "description": "To go on from, as since."},
		"more": {"type": "boolean", "description": "Whether to ask again at once."}}}`
}

// getChanges is changes.get. Errors: CodeCursorExpired for a cursor that is
// malformed, of another history, beyond its end or no longer reached by it, and
// for one from before the last change of this access's permissions.
func (s *Service) getChanges(ctx context.Context, c *Call, p GetChanges) (ChangesPage, error) {
	var page ChangesPage
	err := c.Tenant.View(ctx, func(tx storage.Tx) error {
		epoch, head, err := tx.LogHead(ctx)
		if err != nil {
			return err
		}
		page = ChangesPage{Cursor: activity.NewCursor(epoch, c.User, head)}
		if !p.Since.Set {
			return nil
		}
		// The access as of the same snapshot: judged by permissions from before
		// a change of them, the cursor would be led past that change.
		access, _, err := s.authenticate(c, tx)
		if err != nil {
			return err
		}
		since, ok := p.Since.Value.Seq(epoch, c.User)
		if !ok || since > head || !access.Personal() && since < access.PermissionsSeq {
			return cursorExpired()
		}
		r := newChangeReader(tx, &access, p.Limit.Or(defaultChanges))
		end, err := r.read(ctx, since, head)
		if err != nil {
			return err
		}
		if p.Include == "items" {
			if end, err = r.addItems(ctx, end, s.Limits.MaxAnswer/2); err != nil {
				return err
			}
		}
		page = ChangesPage{Changes: r.views, Cursor: activity.NewCursor(epoch, c.User, end), More: end < head}
		return nil
	})
	return page, err
}

func cursorExpired() error {
	return activity.NewError(activity.CodeCursorExpired,
		"The history of changes does not reach back to this cursor for this access: get the present cursor, then read everything anew.")
}
