package mongo

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/keys"
	"github.com/activityd/activityd/internal/storage/writes"
)

// reads are the reads that View and Update have in common.
type reads struct {
	store   *Store
	user    activity.UserID
	account *account
	open    func(context.Context) (context.Context, error) // gives the context to read with
	single  func(context.Context) (context.Context, error) // the same for one thing; nil for open
	head    func() head
	chain   *chain // what an update and those ahead of it have written; nil in a view
	ended   bool
}

// Structure gives what is small of the tenant, with the unit's own writes.
func (r *reads) Structure() *storage.Structure {
	return r.store.uses.Merge(r.user, r.account.structure)
}

func (r *reads) end() { r.ended = true }

// reading gives the context to read with.
func (r *reads) reading(ctx context.Context) (context.Context, error) {
	if r.ended {
		return nil, errEnded
	}
	return r.open(ctx)
}

// readingOne gives the context to read one thing with.
func (r *reads) readingOne(ctx context.Context) (context.Context, error) {
	if r.ended || r.single == nil {
		return r.reading(ctx)
	}
	return r.single(ctx)
}

// querying gives the context for a query about the events of a channel, which
// must see those that the unit has written.
func (r *reads) querying(ctx context.Context, channel int64) (context.Context, error) {
	within, err := r.reading(ctx)
	if err != nil || r.chain == nil || !r.chain.dirty[channel] {
		return within, err
	}
	if err := r.chain.flush(ctx); err != nil {
		return nil, failure("ask for what the unit has written", err)
	}
	return within, nil
}

// failed gives the error of a read.
func (r *reads) failed(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	if r.chain != nil {
		return failure(op, r.chain.failed(err))
	}
	return ended(ctx, op, err)
}

// container gives the keys of a channel. CodeUnknownChannel.
func (r *reads) container(id activity.ChannelID) (*keys.Channel, error) {
	c, ok := r.account.channels[id]
	if !ok {
		return nil, unknownChannel(id)
	}
	return c, nil
}

// Profile gives a profile's object.
func (r *reads) Profile(ctx context.Context, name string) (activity.Object, error) {
	within, err := r.readingOne(ctx)
	if err != nil {
		return nil, err
	}
	if r.chain != nil {
		if o, ok := r.chain.values[name]; ok {
			return o, nil
		}
	}
	var d struct {
		Object *string `bson:"object"`
	}
	err = r.store.profiles.FindOne(within, byID(profileID(r.user, name))).Decode(&d)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, nil
	}
	return jsonBytes(d.Object), r.failed(ctx, "read a profile", err)
}

// viewTx is the Tx of View: its writes fail.
type viewTx struct {
	reads
	writes.Refused
}

var _ storage.Tx = (*viewTx)(nil)
