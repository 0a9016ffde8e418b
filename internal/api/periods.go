package api

import (
	"context"
	"crypto/sha256"
	"net/http"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/params"
	"github.com/activityd/activityd/internal/storage"
)

func (s *Service) periodMethods() []*Method {
	return []*Method{
		row(Method{
			ID: "events.start", Verb: http.MethodPost, Path: "/{channelId}/events/start", Status: http.StatusCreated,
			Doc: "Records a period that runs. Where the channel allows no overlap it ends the one that ran.",
		}, s.startEvent),
		row(Method{
			ID: "events.stop", Verb: http.MethodPost, Path: "/{channelId}/events/stop", Status: http.StatusOK,
			Doc: "Ends a period that runs: the one of the id, or, where the channel allows no overlap, the one there is.",
		}, s.stopEvent),
		row(Method{
			ID: "events.getRunning", Verb: http.MethodGet, Path: "/{channelId}/events/running", Status: http.StatusOK,
			Doc: "Lists the periods that run, newest first.",
		}, s.getRunning),
	}
}

// StartEvent is a new period that runs.
type StartEvent struct{ CreateEvent }

// Check refuses a duration.
func (p *StartEvent) Check() []activity.Fault {
	if _, ended := p.Duration.Seconds(); ended {
		return []activity.Fault{{Path: "duration", Code: "conflict", Message: "A period that is started runs: leave the duration out, or create the event with it."}}
	}
	return nil
}

// startEvent is events.start. Errors: as events.create.
func (s *Service) startEvent(ctx context.Context, c *Call, p StartEvent) (EventView, error) {
	if err := c.mayWrite(p.ChannelID); err != nil {
		return EventView{}, err
	}
	p.Duration = activity.Running
	n, err := p.creation(p.hash)
	if err != nil {
		return EventView{}, err
	}
	return s.createOne(ctx, c, n)
}

// hash tells the request apart from one of the same parameters to
// events.create, which asks for something else.
func (p *StartEvent) hash() [sha256.Size]byte {
	h := p.Given.Hash()
	return sha256.Sum256(append([]byte("events.start "), h[:]...))
}

// StopEvent says which period ends, and when.
type StopEvent struct {
	InChannel
	ID   params.Optional[activity.EventID]   `json:"id" doc:"The period's id; where the channel allows no overlap it may be left out."`
	Time params.Optional[activity.Timestamp] `json:"time" doc:"When it ends, in seconds since 1970-01-01 UTC; now by default."`
}

// Stopped is the result of events.stop.
type Stopped struct {
	StoppedID *activity.EventID `json:"stoppedId" doc:"The period that ended; null when nothing ran."`
}

// stopEvent is events.stop. Errors: CodeForbidden below contribute level on the
// period's folder, CodeUnknownChannel, CodeUnknownEvent, CodeMissingParameter
// for the id, CodeInvalidOperation for an event that does not run or begins
// later, CodeItemChanged.
func (s *Service) stopEvent(ctx context.Context, c *Call, p StopEvent) (Stopped, error) {
	if err := c.mayWrite(p.ChannelID); err != nil {
		return Stopped{}, err
	}
	var result Stopped
	err := c.Tenant.Update(ctx, c.Origin, func(tx storage.Tx) error {
		result = Stopped{}
		at := p.Time.Or(s.now()) // in the unit, as of new events
		in, err := c.place(tx, p.ChannelID)
		if err != nil {
			return err
		}
		e, err := in.toStop(ctx, tx, p.ID)
		if err != nil || e == nil {
			return err
		}
		if err := c.Unchanged(nil, e.Modified); err != nil {
			return err
		}
		if at < e.Time {
			return activity.NewError(activity.CodeInvalidOperation, "The period begins after the time at which it is to stop: give a later time.")
		}
		result.StoppedID = &e.ID
		return c.stopEvent(ctx, tx, *e, at)
	})
	return result, err
}

// toStop gives the running period of the id; without an id the one that runs
// where there can be one only, nil for none that the access sees.
func (in *place) toStop(ctx context.Context, tx storage.Tx, id params.Optional[activity.EventID]) (*activity.Event, error) {
	if !id.Set {
		if !in.channel.EnforceNoEventsOverlap {
			return nil, params.Missing("id")
		}
		p, err := in.running(ctx, tx)
		if err != nil || p == nil || !in.scope.Includes(in.tree.Chain(p.FolderID)) {
			return nil, err
		}
		id.Value = p.ID
	}
	e, err := in.event(ctx, tx, id.Value, activity.Contribute)
	if err != nil {
		return nil, err
	}
	if !e.Duration.IsRunning() || e.Trashed {
		return nil, activity.NewError(activity.CodeInvalidOperation, "This event does not run: see events.getRunning for those that do.")
	}
	return &e, nil
}

// getRunning is events.getRunning. Errors: CodeForbidden, CodeUnknownChannel.
func (s *Service) getRunning(ctx context.Context, c *Call, p InChannel) (Stream, error) {
	q := storage.EventQuery{Channel: p.ChannelID, Running: true}
	err := c.Tenant.View(ctx, func(tx storage.Tx) error {
		in, err := c.place(tx, p.ChannelID)
		q.Scope = in.scope
		return err
	})
	if err != nil {
		return nil, err
	}
	return EventStream(c.Tenant.Events(ctx, q)), nil
}
