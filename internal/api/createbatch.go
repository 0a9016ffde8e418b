package api

import (
	"context"
	"net/http"
	"reflect"
	"strconv"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/params"
	"github.com/activityd/activityd/internal/storage"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

func (s *Service) createBatchMethods() []*Method {
	b := &batchCreation{Service: s, plan: params.PlanOf(reflect.TypeFor[BatchEvent]())}
	return []*Method{
		row(Method{
			ID: "events.createBatch", Verb: http.MethodPost, Path: "/{channelId}/events/batch", Status: http.StatusOK,
			Doc: "Records many events, in order. The answer tells by tempRefId what became of each: one that fails stops no other.",
		}, b.run),
	}
}

// batchCreation is events.createBatch.
type batchCreation struct {
	*Service
	plan *params.Plan // of BatchEvent
}

// CreateBatch is new events.
type CreateBatch struct {
	InChannel
	Events params.Elements[BatchEvent]
	refs   []string // the events' tempRefId
}

// BatchEvent is one of many new events.
type BatchEvent struct {
	TempRefID string `json:"tempRefId" required:"true" min:"1" doc:"What the client calls it: unique in the request."`
	CreateEvent
}

// Check finds the tempRefId of each event: by it the answer tells what became
// of the event, so a wrong one is a fault of the whole request.
func (p *CreateBatch) Check() []activity.Fault {
	var faults []activity.Fault
	p.refs = make([]string, len(p.Events))
	taken := make(map[string]bool, len(p.Events))
	for i, raw := range p.Events {
		ref, fault := tempRefOf(raw)
		switch {
		case fault != nil:
		case taken[ref]:
			fault = &activity.Fault{Path: ".tempRefId", Code: "twice", Message: "Another event of the request has this tempRefId: give each its own."}
		default:
			p.refs[i], taken[ref] = ref, true
			continue
		}
		fault.Path = "[" + strconv.Itoa(i) + "]" + fault.Path
		faults = append(faults, *fault)
	}
	return faults
}

func tempRefOf(raw jsontext.Value) (string, *activity.Fault) {
	if raw.Kind() != '{' {
		return "", &activity.Fault{Code: "type", Message: "An event must be an object."}
	}
	var given struct {
		Ref jsontext.Value `json:"tempRefId"`
	}
	var ref string
	err := json.Unmarshal(raw, &given)
	switch {
	case err != nil || given.Ref == nil:
		return "", &activity.Fault{Path: ".tempRefId", Code: "required", Message: "This parameter is required: add it."}
	case json.Unmarshal(given.Ref, &ref) != nil || given.Ref.Kind() != '"':
		return "", &activity.Fault{Path: ".tempRefId", Code: "type", Message: "This must be a string."}
	case ref == "":
		return "", &activity.Fault{Path: ".tempRefId", Code: "minLength", Message: "This must have at least 1 characters."}
	}
	return ref, nil
}

// run is events.createBatch. Errors of the whole: CodeForbidden for an access
// that may write nowhere in the channel, CodeUnknownChannel,
// CodeRequestTooLarge for more than MaxBatch events; of each event: as
// events.create.
func (b *batchCreation) run(ctx context.Context, c *Call, p CreateBatch) (BatchCreated, error) {
	if err := c.mayWrite(p.ChannelID); err != nil {
		return nil, err
	}
	if len(p.Events) > b.Limits.MaxBatch {
		return nil, activity.NewError(activity.CodeRequestTooLarge, "At most %d events are created at once: send several requests.", b.Limits.MaxBatch).
			With(TooLarge{Limit: "max_batch", Most: b.Limits.MaxBatch})
	}
	err := c.Tenant.View(ctx, func(tx storage.Tx) error {
		_, _, err := c.channel(tx, p.ChannelID)
		return err
	})
	if err != nil {
		return nil, err
	}
	result := make(BatchCreated, len(p.Events))
	var units []func(storage.Tx) error
	var at []int // of each unit, in the result
	for i, raw := range p.Events {
		one := &result[i]
		one.TempRefID = p.refs[i]
		var n creation
		if n, one.Err = b.read(p.ChannelID, raw); one.Err != nil {
			continue
		}
		at = append(at, i)
		units = append(units, func(tx storage.Tx) error {
			view, err := b.create(ctx, c, tx, n)
			one.ID, one.StoppedID = view.ID, view.StoppedID
			return err
		})
	}
	for i, err := range c.Tenant.UpdateEach(ctx, c.Origin, units) {
		result[at[i]].Err = err
	}
	b.logFailures(ctx, result)
	return result, nil
}

// read takes one event. The request counts as that of events.create, so that
// either may be the other's retry.
func (b *batchCreation) read(channel activity.ChannelID, raw jsontext.Value) (creation, error) {
	var p BatchEvent
	err := b.plan.Read(params.Input{
		Path: map[string]string{"channelId": string(channel)}, Body: raw,
		MaxDepth: b.Limits.MaxDepth, Further: b.further,
	}, &p)
	if err != nil {
		return creation{}, err
	}
	return p.creation(p.Given.Without("tempRefId").Hash)
}

// logFailures logs the first failure that the clients do not see, which the
// others most likely share.
func (b *batchCreation) logFailures(ctx context.Context, result BatchCreated) {
	for _, one := range result {
		if one.Err == nil {
			continue
		}
		if known := ErrorOf(one.Err); known.Code == activity.CodeInternalError || known.Code == activity.CodeServiceUnavailable {
			b.Logger.ErrorContext(ctx, "an event of createBatch failed", "error", one.Err)
			return
		}
	}
}

// BatchCreated is the result of events.createBatch, in the order of the request.
type BatchCreated []BatchCreatedOne

// BatchCreatedOne is what became of one event.
type BatchCreatedOne struct {
	TempRefID string
	ID        activity.EventID
	StoppedID activity.EventID // "" for none
	Err       error            // nil when it was recorded
}

// AppendJSON appends an object: per tempRefId {id, stoppedId?} or {error}.
func (r BatchCreated) AppendJSON(b []byte) []byte {
	b = append(b, '{')
	for i, one := range r {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(activity.AppendString(b, one.TempRefID), ':')
		if one.Err != nil {
			b = append(AppendError(append(b, `{"error":`...), ErrorOf(one.Err)), '}')
			continue
		}
		b = activity.AppendString(append(b, `{"id":`...), string(one.ID))
		if one.StoppedID != "" {
			b = activity.AppendString(append(b, `,"stoppedId":`...), string(one.StoppedID))
		}
		b = append(b, '}')
	}
	return append(b, '}')
}

// MarshalJSON gives what AppendJSON appends.
func (r BatchCreated) MarshalJSON() ([]byte, error) { return r.AppendJSON(nil), nil }
