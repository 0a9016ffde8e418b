package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// update is the Tx of Update. Its writes gather in the chain; what it makes of
// the account and the head becomes the chain's only when the unit is kept.
type update struct {
	reads
	at     head
	origin activity.Origin
	now    activity.Timestamp

	careful bool // look whether ids are free
	hoped   bool // that an id is free, without looking
	sweep   bool // something big was deleted
	gone    bool // the user was deleted
	work    *work
}

var _ storage.Tx = (*update)(nil)

func newUpdate(w *work, origin activity.Origin) *update {
	c := w.chain
	u := &update{at: c.is.head, origin: origin, now: c.now, careful: w.careful, work: w}
	u.reads = reads{
		store: c.store, user: c.user, account: c.is.account, chain: c,
		open: func(ctx context.Context) (context.Context, error) { return c.reading(ctx) },
		head: func() head { return u.at },
	}
	return u
}

// keep makes the unit's results those of the chain.
func (u *update) keep() error {
	u.chain.is = known{account: u.account, head: u.at}
	u.chain.gone = u.chain.gone || u.gone
	u.work.sweep = u.work.sweep || u.sweep
	return nil
}

// next gives the head of the next change.
func (u *update) next() head {
	return head{seq: u.at.seq + 1, modified: u.now.After(u.at.modified)}
}

// write notes one write: its documents, the account with it, and the change,
// whose User, Seq, Origin and Time are set here.
func (u *update) write(change activity.Change, account *account, ops ...op) error {
	if u.ended {
		return errEnded
	}
	h := u.next()
	change.User, change.Seq, change.Origin, change.Time = u.user, h.seq, u.origin, h.modified
	for _, o := range ops {
		u.chain.add(o)
	}
	u.chain.records = append(u.chain.records, record{Change: change, revision: account.revision})
	u.account, u.at = account, h
	return nil
}

// item gives the op that stores a thing of the structure; doc nil deletes it.
func (u *update) item(kind string, i any, key string, doc any) op {
	return op{write: write{coll: u.store.structure, id: itemID(u.user, kind, i), key: kind + "\x00" + key, doc: doc}, size: 500}
}

// UpdateUser stores the account's record.
func (u *update) UpdateUser(_ context.Context, v activity.User) error {
	old := u.account.structure.User()
	v.ID, v.Username, v.Created = old.ID, old.Username, old.Created
	change := activity.Change{Kind: activity.UserKind, Action: activity.Updated, Item: string(u.user)}
	return u.write(change, u.account.with(u.account.structure.WithUser(v)), u.item(userKind, "", "", userDocOf(&v)))
}

// PutProfile stores a profile's object.
func (u *update) PutProfile(ctx context.Context, name string, o activity.Object) error {
	old, err := u.Profile(ctx, name)
	if err != nil {
		return err
	}
	change := activity.Change{Kind: activity.ProfileKind, Action: activity.Updated, Item: name}
	if old == nil {
		change.Action = activity.Created
	}
	kept := append(activity.Object(nil), o...)
	return u.write(change, u.account, op{
		write: write{
			coll: u.store.profiles, id: profileID(u.user, name), key: name,
			doc: bson.D{{Key: "_id", Value: profileID(u.user, name)}, {Key: "object", Value: jsonText(kept)}},
		},
		profile: &name, value: kept, size: len(o),
	})
}
