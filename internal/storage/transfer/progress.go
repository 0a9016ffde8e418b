package transfer

import (
	"context"
	"sync/atomic"
)

// Progress is how far a copy is. It may be read while the copy runs.
type Progress struct {
	AllUsers, AllEvents atomic.Int64 // about how many there are; 0 before that is known
	Users, Events       atomic.Int64 // that are done
	Found               atomic.Int64 // events that were there already, of an earlier run
	Checking            atomic.Bool  // all is copied, and is being compared
}

func (p *Progress) begin(ctx context.Context, from Source) error {
	users, events, err := from.Size(ctx)
	p.AllUsers.Store(users)
	p.AllEvents.Store(events)
	return err
}

// found notes a user that an earlier run has copied.
func (p *Progress) found(events int64) {
	p.Users.Add(1)
	p.Events.Add(events)
	p.Found.Add(events)
}
