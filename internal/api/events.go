package api

import (
	"context"
	"net/http"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

func (s *Service) eventMethods() []*Method {
	return []*Method{
		row(Method{
			ID: "events.get", Verb: http.MethodGet, Path: "/{channelId}/events", Status: http.StatusOK,
			Doc: "Lists the events that the access sees, newest first unless asked otherwise.",
		}, s.getEvents),
		row(Method{
			ID: "events.getOne", Verb: http.MethodGet, Path: "/{channelId}/events/{id}", Status: http.StatusOK,
			Doc: "Gives one event.",
		}, s.getEvent),
		row(Method{
			ID: "events.create", Verb: http.MethodPost, Path: "/{channelId}/events", Status: http.StatusCreated,
			Doc: "Records an event. With an id of the client's own it may be sent again: the answer is the first one's.",
		}, s.createEvent),
		row(Method{
			ID: "events.update", Verb: http.MethodPut, Path: "/{channelId}/events/{id}", Status: http.StatusOK,
			Doc: "Changes the given fields of an event: moves it between folders, puts it into the trash or takes it out too.",
		}, s.updateEvent),
		row(Method{
			ID: "events.delete", Verb: http.MethodDelete, Path: "/{channelId}/events/{id}", Status: http.StatusOK,
			Also: []string{"events.del"},
			Doc:  "Trashes an event; deletes one in the trash.",
		}, s.deleteEvent),
	}
}

// EventPath names an event in the path.
type EventPath struct {
	InChannel
	ID activity.EventID `json:"id" in:"path" doc:"The event's id."`
}

// EventView is an event as the API shows it.
type EventView struct {
	activity.Event
	StoppedID activity.EventID // the period that this write stopped; "" for none
}

// Version gives what the ETag is made of.
func (v EventView) Version() activity.Timestamp { return v.Modified }

// AppendJSON appends the event, and stoppedId when there is one.
func (v EventView) AppendJSON(b []byte) []byte {
	b = v.Event.AppendJSON(b)
	if v.StoppedID == "" {
		return b
	}
	b = append(b[:len(b)-1], `,"stoppedId":`...)
	return append(activity.AppendString(b, string(v.StoppedID)), '}')
}

// MarshalJSON gives what AppendJSON appends.
func (v EventView) MarshalJSON() ([]byte, error) { return v.AppendJSON(nil), nil }

// getEvent is events.getOne. Errors: CodeForbidden, CodeUnknownChannel,
// CodeUnknownEvent.
func (s *Service) getEvent(ctx context.Context, c *Call, p EventPath) (EventView, error) {
	var e activity.Event
	err := c.Tenant.View(ctx, func(tx storage.Tx) error {
		in, err := c.place(tx, p.ChannelID)
		if err != nil {
			return err
		}
		e, err = in.event(ctx, tx, p.ID, activity.Read)
		return err
	})
	return EventView{Event: e}, err
}

// deleteEvent is events.delete. Errors: CodeForbidden below contribute level
// on the event's folder, CodeUnknownChannel, CodeUnknownEvent,
// CodeItemChanged.
func (s *Service) deleteEvent(ctx context.Context, c *Call, p EventPath) (Empty, error) {
	if err := c.mayWrite(p.ChannelID); err != nil {
		return Empty{}, err
	}
	return Empty{}, c.Tenant.Update(ctx, c.Origin, func(tx storage.Tx) error {
		in, err := c.place(tx, p.ChannelID)
		if err != nil {
			return err
		}
		e, err := in.event(ctx, tx, p.ID, activity.Contribute)
		if err != nil {
			return err
		}
		if err := c.Unchanged(nil, e.Modified); err != nil {
			return err
		}
		if e.Trashed {
			return tx.DeleteEvent(ctx, e.ChannelID, e.ID)
		}
		e.Trashed, e.ModifiedBy = true, c.Access.Name
		return tx.UpdateEvent(ctx, &e)
	})
}

// event gives one event, for what needs the level. Errors: CodeForbidden,
// CodeUnknownEvent.
func (p *place) event(ctx context.Context, tx storage.Tx, id activity.EventID, level activity.Level) (activity.Event, error) {
	e, err := tx.Event(ctx, p.channel.ID, id)
	if isCode(err, activity.CodeUnknownEvent) {
		return e, p.absent(err)
	}
	if err != nil {
		return e, err
	}
	return e, p.scope.Require(level, p.tree.Chain(e.FolderID))
}
