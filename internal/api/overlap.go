package api

import (
	"context"
	"math"
	"slices"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// The rule of channels that allow no overlap: no two periods outside the trash
// intersect. What counts is whether the event itself is in the trash, not its
// folder or channel: events in those keep their state. So the rule holds in
// them too, and taking them out of the trash can break nothing.

// admit makes room for a new event where its channel allows no overlap: a
// running period that began at or before a new one ends where that begins. It
// gives that one's id, "" for none. Errors: CodeForbidden for a period that the
// access may not change, CodePeriodsOverlap, CodeInvalidParametersFormat for an
// end beyond all numbers.
func (c *Call) admit(ctx context.Context, tx storage.Tx, in *place, e *activity.Event) (activity.EventID, error) {
	p, counts, err := in.counts(e)
	if err != nil || !counts {
		return "", err
	}
	running, others, err := in.around(ctx, tx, p)
	switch {
	case err != nil:
		return "", err
	case len(others) > 0:
		return "", in.overlapping(others)
	case running == nil:
		return "", nil
	}
	return running.ID, c.stop(ctx, tx, in, *running, p.Time)
}

// readmit does what admit does for an event that changes. Only one that is set
// running stops another; what else would overlap is refused. Errors: as admit,
// and CodeInvalidOperation for one that is set running before later periods.
func (c *Call) readmit(ctx context.Context, tx storage.Tx, in *place, old, e *activity.Event) (activity.EventID, error) {
	p, counts, err := in.counts(e)
	if err != nil || !counts {
		return "", err
	}
	was, _ := old.Period()
	if !old.Trashed && was.Time == p.Time && was.End == p.End {
		return "", nil
	}
	running, others, err := in.around(ctx, tx, p)
	if err != nil {
		return "", err
	}
	starts := p.IsRunning() && !was.IsRunning()
	if later := slices.IndexFunc(others, func(q activity.Period) bool { return q.Time >= p.Time }); starts && later >= 0 {
		return "", in.conflicting(others[later:])
	}
	if running != nil && (!starts || old.Trashed) {
		others, running = append(others, *running), nil
	}
	switch {
	case len(others) > 0:
		return "", in.overlapping(others)
	case running == nil:
		return "", nil
	}
	return running.ID, c.stop(ctx, tx, in, *running, p.Time)
}

// counts reports whether the rule is about the event, and its period.
func (in *place) counts(e *activity.Event) (p activity.Period, counts bool, err error) {
	p, ok := e.Period()
	if ok && p.IsRunning() && !e.Duration.IsRunning() {
		return p, false, activity.FaultsError([]activity.Fault{{Path: "duration", Code: "maximum", Message: "The period would end beyond all numbers: give a shorter duration."}})
	}
	return p, ok && !e.Trashed && in.channel.EnforceNoEventsOverlap, nil
}

// around gives what stands in the way of p in a channel without overlaps: the
// running period that began at or before it, and by time all others that
// intersect it.
func (in *place) around(ctx context.Context, tx storage.Tx, p activity.Period) (running *activity.Period, others []activity.Period, err error) {
	for q, err := range tx.Periods(ctx, in.channel.ID, p.Time) {
		switch {
		case err != nil:
			return nil, nil, err
		case q.ID == p.ID: // as it was
		case q.IsRunning() && q.Time <= p.Time:
			running = &q
		case q.Time >= p.End: // all that end later begin later
			return running, others, nil
		case q.Intersects(p):
			others = append(others, q)
		}
	}
	return running, others, nil
}

// running gives the running period of a channel without overlaps; nil for none.
func (in *place) running(ctx context.Context, tx storage.Tx) (*activity.Period, error) {
	for p, err := range tx.Periods(ctx, in.channel.ID, math.MaxFloat64) {
		return &p, err
	}
	return nil, nil
}

// stop ends a period. CodeForbidden.
func (c *Call) stop(ctx context.Context, tx storage.Tx, in *place, p activity.Period, at activity.Timestamp) error {
	if err := in.scope.Require(activity.Contribute, in.tree.Chain(p.FolderID)); err != nil {
		return err
	}
	e, err := tx.Event(ctx, in.channel.ID, p.ID)
	if err != nil {
		return err
	}
	return c.stopEvent(ctx, tx, e, at)
}

// stopEvent ends a period that the access may change.
func (c *Call) stopEvent(ctx context.Context, tx storage.Tx, e activity.Event, at activity.Timestamp) error {
	e.EndAt(at)
	e.ModifiedBy = c.Access.Name
	return tx.UpdateEvent(ctx, &e)
}

// disjoint fails with CodePeriodsOverlap when periods of the channel intersect.
func (in *place) disjoint(ctx context.Context, tx storage.Tx) error {
	var all []activity.Period
	for p, err := range tx.Periods(ctx, in.channel.ID, activity.Timestamp(math.Inf(-1))) {
		if err != nil {
			return err
		}
		all = append(all, p)
	}
	if found := activity.Overlaps(all); len(found) > 0 {
		return in.overlapping(found)
	}
	return nil
}

// Overlapped is the data of CodePeriodsOverlap: those that the access sees, by
// time.
type Overlapped struct {
	IDs []activity.EventID `json:"overlappedIds"`
}

// Conflicting is the data of CodeInvalidOperation for a period that is set
// running before a later one: the first that the access sees.
type Conflicting struct {
	ID activity.EventID `json:"conflictingPeriodId"`
}

func (in *place) overlapping(found []activity.Period) error {
	return activity.NewError(activity.CodePeriodsOverlap,
		"The channel allows no overlap, and other periods are there: see data.overlappedIds, and choose another time or change those first.").
		With(Overlapped{IDs: in.visible(found)})
}

func (in *place) conflicting(found []activity.Period) error {
	err := activity.NewError(activity.CodeInvalidOperation, "The channel allows no overlap, and later periods are there: only the last one can run.")
	if ids := in.visible(found); len(ids) > 0 {
		return err.With(Conflicting{ID: ids[0]})
	}
	return err
}

// visible gives the ids of those that the access sees, never nil.
func (in *place) visible(found []activity.Period) []activity.EventID {
	slices.SortFunc(found, activity.ByTime)
	ids := []activity.EventID{}
	for _, p := range found {
		if in.scope.Includes(in.tree.Chain(p.FolderID)) {
			ids = append(ids, p.ID)
		}
	}
	return ids
}
