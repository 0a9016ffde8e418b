package api

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/params"
	"github.com/activityd/activityd/internal/storage"
)

// Tags are what an event is tagged with, trimmed, without empty and repeated
// ones. Nil is absent.
type Tags []string

// Check cleans the tags.
func (t *Tags) Check() []activity.Fault {
	clean, fault := activity.CleanTags(*t)
	if fault != nil {
		return []activity.Fault{*fault}
	}
	*t = clean
	return nil
}

// EventFields are the parts of an event that both creation and update take.
type EventFields struct {
	Duration   activity.Duration `json:"duration" doc:"How long it lasts, in seconds; null for a period that runs; absent in a new event for a point in time."`
	Value      activity.Value    `json:"value" doc:"Any JSON value."`
	Tags       Tags              `json:"tags" doc:"Words to find it by: trimmed, empty and repeated ones dropped."`
	ClientData activity.Object   `json:"clientData" doc:"Anything that the client keeps with it. In an update: keys to set; null removes one; others stay."`

	Time        params.Optional[activity.Timestamp] `json:"time" doc:"When it happened or began, in seconds since 1970-01-01 UTC; of a new event now by default."`
	Description params.Optional[string]             `json:"description" max:"65536" doc:"A text about it."`
}

// CreateEvent is a new event.
type CreateEvent struct {
	InChannel
	ID       params.Optional[string] `json:"id" doc:"A UUID for the event, so that the request can be repeated safely; made up when absent."`
	Type     activity.Type           `json:"type" required:"true" doc:"What the value is: class/format, or an object of both."`
	FolderID FolderRef               `json:"folderId" doc:"The folder that it stands in; null for none."`
	Trashed  bool                    `json:"trashed" doc:"Whether it is in the trash."`
	EventFields
	Given params.Given
}

// createEvent is events.create. Errors: CodeForbidden below contribute level
// on the folder, or on that of a period that it would stop; CodeUnknownChannel,
// CodeInvalidItemID, CodeUnknownFolder, CodeInvalidOperation for a trashed
// channel or folder, CodePeriodsOverlap, CodeItemIDAlreadyExists for a given id
// that is not this request's retry.
func (s *Service) createEvent(ctx context.Context, c *Call, p CreateEvent) (EventView, error) {
	if err := c.mayWrite(p.ChannelID); err != nil {
		return EventView{}, err
	}
	n, err := p.creation(p.Given.Hash)
	if err != nil {
		return EventView{}, err
	}
	return s.createOne(ctx, c, n)
}

// createOne records an event in a unit of its own.
func (s *Service) createOne(ctx context.Context, c *Call, n creation) (EventView, error) {
	var view EventView
	err := c.Tenant.Update(ctx, c.Origin, func(tx storage.Tx) error {
		var err error
		view, err = s.create(ctx, c, tx, n)
		return err
	})
	return view, err
}

// creation is an event to be recorded: all that is the same when its unit of
// work runs again.
type creation struct {
	event   activity.Event // Time aside, where it is not given
	timed   bool           // the time is given
	request *storage.Request
}

// creation takes the parameters; hash is asked only for a request that gives an
// id. CodeInvalidItemID.
func (p *CreateEvent) creation(hash func() [32]byte) (creation, error) {
	id, err := givenOrNew(p.ID, activity.ParseEventID)
	if err != nil {
		return creation{}, err
	}
	n := creation{timed: p.Time.Set, event: activity.Event{
		ID: id, ChannelID: p.ChannelID, Time: p.Time.Value, Duration: p.Duration, Type: p.Type, Value: p.Value,
		FolderID: p.FolderID.folder(), Tags: p.Tags, Description: pointer(p.Description),
		ClientData: asGiven(p.ClientData), Trashed: p.Trashed,
	}}
	if p.ID.Set {
		n.request = &storage.Request{Hash: hash()}
	}
	return n, nil
}

// begin gives the event and the request as they are in this run of the unit.
// An event without a time happens when it is recorded, which is in the unit:
// of requests that wait for each other, those recorded later would else begin
// earlier.
func (n creation) begin(c *Call, now activity.Timestamp) (activity.Event, *storage.Request) {
	e := n.event
	e.CreatedBy, e.ModifiedBy = c.Access.Name, c.Access.Name
	if !n.timed {
		e.Time = now
	}
	if n.request == nil {
		return e, nil
	}
	return e, &storage.Request{Access: c.Access.ID, Hash: n.request.Hash, Time: e.Time}
}

// create records the event in a unit of work.
func (s *Service) create(ctx context.Context, c *Call, tx storage.Tx, n creation) (EventView, error) {
	e, request := n.begin(c, s.now())
	in, err := c.place(tx, e.ChannelID)
	if err != nil {
		return EventView{}, err
	}
	if request != nil {
		first, ok, err := tx.Replay(ctx, e.ChannelID, e.ID)
		if err != nil {
			return EventView{}, err
		}
		if ok {
			return replay(ctx, tx, e, request, first)
		}
	}
	if err := in.events(e.FolderID); err != nil {
		return EventView{}, err
	}
	if err := in.open(); err != nil {
		return EventView{}, err
	}
	if err := in.openFolder(e.FolderID); err != nil {
		return EventView{}, err
	}
	stopped, err := c.admit(ctx, tx, &in, &e)
	if err != nil {
		return EventView{}, err
	}
	if request != nil {
		request.Stopped = stopped
	}
	if err := tx.CreateEvent(ctx, &e, request); err != nil {
		return EventView{}, err
	}
	return EventView{Event: e, StoppedID: stopped}, nil
}

// replay answers a repeated request as the first time. All that the answer
// holds but the times and the access's name then comes from the request
// itself, so it does not ask whether its folder is still there.
func replay(ctx context.Context, tx storage.Tx, e activity.Event, again *storage.Request, first storage.Request) (EventView, error) {
	if first.Access != again.Access || first.Hash != again.Hash {
		return EventView{}, activity.NewError(activity.CodeItemIDAlreadyExists,
			"Another event has this id, or had it: give another, or none to have one made.")
	}
	made, err := tx.Event(ctx, e.ChannelID, e.ID)
	if err != nil {
		return EventView{}, err
	}
	e.Time, e.Created, e.Modified = first.Time, first.Modified, first.Modified
	e.CreatedBy, e.ModifiedBy = made.CreatedBy, made.CreatedBy
	return EventView{Event: e, StoppedID: first.Stopped}, nil
}

// UpdateEvent is what changes of an event.
type UpdateEvent struct {
	EventPath
	Type     params.Optional[activity.Type] `json:"type" doc:"What the value is: class/format, or an object of both."`
	FolderID params.Optional[FolderRef]     `json:"folderId" doc:"The folder to move it into; null for none."`
	Trashed  params.Optional[bool]          `json:"trashed" doc:"Puts it into the trash or takes it out."`
	Unset    []string                       `json:"unset" enum:"duration value description" doc:"Parts to remove; without duration a period becomes a point in time."`
	EventFields

	CreatedBy   *string        `json:"createdBy" doc:"Read-only."`
	ModifiedBy  *string        `json:"modifiedBy" doc:"Read-only."`
	Attachments activity.Value `json:"attachments" doc:"Read-only."`
	StoppedID   vain           `json:"stoppedId" doc:"Ignored."`
	Record
	Ignored
}

// Check refuses a part that is both set and removed.
func (p *UpdateEvent) Check() []activity.Fault {
	given := map[string]bool{"duration": !p.Duration.IsZero(), "value": p.Value != nil, "description": p.Description.Set}
	for i, part := range p.Unset {
		if given[part] {
			return []activity.Fault{{Path: "unset", Code: "conflict", Message: "The " + p.Unset[i] + " is both given and unset: choose one."}}
		}
	}
	return nil
}

// updateEvent is events.update. Errors: CodeForbidden below contribute level
// on the event's folder, before and after; CodeUnknownChannel,
// CodeUnknownEvent, CodeUnknownFolder, CodeInvalidOperation for a move into a
// trashed folder, and as readmit; CodePeriodsOverlap, CodeItemChanged.
func (s *Service) updateEvent(ctx context.Context, c *Call, p UpdateEvent) (EventView, error) {
	if err := c.mayWrite(p.ChannelID); err != nil {
		return EventView{}, err
	}
	var view EventView
	err := c.Tenant.Update(ctx, c.Origin, func(tx storage.Tx) error {
		in, err := c.place(tx, p.ChannelID)
		if err != nil {
			return err
		}
		e, err := in.event(ctx, tx, p.ID, activity.Contribute)
		if err != nil {
			return err
		}
		old := e
		if err := p.check(c, &e); err != nil {
			return err
		}
		if err := in.moveEvent(&e, p.FolderID); err != nil {
			return err
		}
		p.apply(&e)
		if err := s.checkValue(&p, &e); err != nil {
			return err
		}
		e.ModifiedBy = c.Access.Name
		stopped, err := c.readmit(ctx, tx, &in, &old, &e)
		if err != nil {
			return err
		}
		if err := tx.UpdateEvent(ctx, &e); err != nil {
			return err
		}
		view = EventView{Event: e, StoppedID: stopped}
		return nil
	})
	return view, err
}

func (p *UpdateEvent) check(c *Call, e *activity.Event) error {
	return p.Record.check(c, e.Created, e.Modified,
		same("createdBy", p.CreatedBy, e.CreatedBy),
		same("modifiedBy", p.ModifiedBy, e.ModifiedBy),
		sameJSON("attachments", p.Attachments, attachmentsJSON(e.Attachments)))
}

// attachmentsJSON gives the attachments as the API shows them.
func attachmentsJSON(all []activity.Attachment) activity.Value {
	byName := make(map[string]activity.Attachment, len(all))
	for _, a := range all {
		byName[a.Name] = a
	}
	text, err := json.Marshal(byName)
	if err != nil {
		return nil // cannot be: strings and numbers
	}
	return text
}

// moveEvent puts the event into another folder, when the access may.
func (p *place) moveEvent(e *activity.Event, to params.Optional[FolderRef]) error {
	folder := to.Value.folder()
	if !to.Set || folder == e.FolderID {
		return nil
	}
	if err := p.events(folder); err != nil {
		return err
	}
	e.FolderID = folder
	return p.openFolder(folder)
}

// apply changes what is given, the folder aside.
func (p *UpdateEvent) apply(e *activity.Event) {
	before := *e
	e.Time = p.Time.Or(e.Time)
	e.Type = p.Type.Or(e.Type)
	if !p.Duration.IsZero() {
		e.Duration = p.Duration
	}
	if p.Value != nil {
		e.Value = p.Value
	}
	if p.Tags != nil {
		e.Tags = p.Tags
	}
	if p.Description.Set {
		e.Description = pointer(p.Description)
	}
	e.ClientData = e.ClientData.Merge(p.ClientData)
	e.Trashed = p.Trashed.Or(e.Trashed)
	p.remove(e)
	if e.Time != before.Time || e.Duration != before.Duration {
		e.ExactEnd = nil
	}
}

func (p *UpdateEvent) remove(e *activity.Event) {
	if slices.Contains(p.Unset, "duration") {
		e.Duration = activity.Duration{}
	}
	if slices.Contains(p.Unset, "value") {
		e.Value = nil
	}
	if slices.Contains(p.Unset, "description") {
		e.Description = nil
	}
}

func pointer[T any](o params.Optional[T]) *T {
	if !o.Set {
		return nil
	}
	return &o.Value
}
