package sqlite

import (
	"context"
	"errors"

	"zombiezen.com/go/sqlite"

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
	open    func(context.Context) (*conn, error)
	head    func() head
	ended   bool
}

// Structure gives what is small of the tenant, with the unit's own writes.
func (r *reads) Structure() *storage.Structure {
	return r.store.uses.Merge(r.user, r.account.structure)
}

func (r *reads) end() { r.ended = true }

var errEnded = errors.New("storage/sqlite: the unit of work has ended")

func (r *reads) conn(ctx context.Context) (*conn, error) {
	if r.ended {
		return nil, errEnded
	}
	return r.open(ctx)
}

// container gives the keys of a channel. CodeUnknownChannel.
func (r *reads) container(id activity.ChannelID) (*keys.Channel, error) {
	c, ok := r.account.channels[id]
	if !ok {
		return nil, storage.UnknownChannel(id)
	}
	return c, nil
}

// Profile gives a profile's object.
func (r *reads) Profile(ctx context.Context, name string) (activity.Object, error) {
	c, err := r.conn(ctx)
	if err != nil {
		return nil, err
	}
	var o activity.Object
	err = c.query("SELECT object FROM profiles WHERE user_key = ? AND name = ?", func(s *sqlite.Stmt) error {
		o = columnBytes(s, 0)
		return nil
	}, r.account.key, name)
	return o, failure("read a profile", err)
}

// readHead gives the revision and head of a user; revision 0 for one that was
// deleted.
func readHead(c *conn, key int64) (revision int64, h head, err error) {
	err = c.query("SELECT revision, seq, modified FROM heads WHERE user_key = ?", func(s *sqlite.Stmt) error {
		revision = s.ColumnInt64(0)
		h = head{seq: activity.Seq(s.ColumnInt64(1)), modified: columnTime(s, 2)}
		return nil
	}, key)
	return revision, h, err
}

// viewTx is the Tx of View: its writes fail.
type viewTx struct {
	reads
	writes.Refused
}

var _ storage.Tx = (*viewTx)(nil)
