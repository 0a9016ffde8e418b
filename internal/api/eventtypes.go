package api

import (
	"context"
	"slices"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/eventtypes"
)

// EventTypes is the directory of event types as the API shows it.
type EventTypes struct{ directory *eventtypes.Directory }

// AppendJSON appends {"types": {"class/format": schema, …}}.
func (e EventTypes) AppendJSON(b []byte) []byte { return append(b, e.directory.JSON()...) }

// MarshalJSON gives what AppendJSON appends.
func (e EventTypes) MarshalJSON() ([]byte, error) { return e.directory.JSON(), nil }

// Tag gives what the ETag is.
func (e EventTypes) Tag() string { return e.directory.Tag() }

// JSONSchema describes the directory.
func (EventTypes) JSONSchema() string {
	return `{"type": "object", "required": ["types"], "additionalProperties": false, "properties": {"types": {
		"type": "object", "description": "By class/format, the JSON Schema (draft 2020-12) of an event's value; an absent value counts as null.",
		"additionalProperties": {"type": "object"}}}}`
}

// getEventTypes is service.eventTypes. Errors: CodeUnknownUser on the root of
// a user that there is not.
func (s *Service) getEventTypes(ctx context.Context, c *Call, _ None) (EventTypes, error) {
	return EventTypes{s.types}, s.knownUser(ctx, c)
}

// typed is the parameters of a new event.
type typed interface {
	typed() (activity.Type, activity.Value)
}

func (p *CreateEvent) typed() (activity.Type, activity.Value) { return p.Type, p.Value }

// further finds what is wrong with the value of a new event, by its type.
func (s *Service) further(into any) []activity.Fault {
	p, ok := into.(typed)
	if !ok {
		return nil
	}
	t, v := p.typed()
	return s.types.Check(t, v)
}

// checkValue refuses the value of an event that an update gave another value
// or another type. What was recorded before its type stood in the directory
// may otherwise be changed.
func (s *Service) checkValue(p *UpdateEvent, e *activity.Event) error {
	if !p.Type.Set && p.Value == nil && !slices.Contains(p.Unset, "value") {
		return nil
	}
	return activity.FaultsError(s.types.Check(e.Type, e.Value))
}
