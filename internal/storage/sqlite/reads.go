package sqlite

import (
	"context"
	"errors"

	"zombiezen.com/go/sqlite"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/keys"
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
	readOnly
}

var _ storage.Tx = (*viewTx)(nil)

type readOnly struct{}

var errReadOnly = errors.New("storage/sqlite: a write in View: use Update")

// UpdateUser fails, as all of them do.
func (readOnly) UpdateUser(context.Context, activity.User) error { return errReadOnly }

// CreateChannel fails.
func (readOnly) CreateChannel(context.Context, *activity.Channel) error { return errReadOnly }

// UpdateChannel fails.
func (readOnly) UpdateChannel(context.Context, *activity.Channel) error { return errReadOnly }

// DeleteChannel fails.
func (readOnly) DeleteChannel(context.Context, activity.ChannelID) error { return errReadOnly }

// CreateFolder fails.
func (readOnly) CreateFolder(context.Context, *activity.Folder) error { return errReadOnly }

// UpdateFolder fails.
func (readOnly) UpdateFolder(context.Context, *activity.Folder) error { return errReadOnly }

// DeleteFolder fails.
func (readOnly) DeleteFolder(context.Context, activity.ChannelID, activity.FolderID, bool) error {
	return errReadOnly
}

// CreateEvent fails.
func (readOnly) CreateEvent(context.Context, *activity.Event, *storage.Request) error {
	return errReadOnly
}

// UpdateEvent fails.
func (readOnly) UpdateEvent(context.Context, *activity.Event) error { return errReadOnly }

// DeleteEvent fails.
func (readOnly) DeleteEvent(context.Context, activity.ChannelID, activity.EventID) error {
	return errReadOnly
}

// CreateAccess fails.
func (readOnly) CreateAccess(context.Context, *activity.Access) error { return errReadOnly }

// UpdateAccess fails.
func (readOnly) UpdateAccess(context.Context, *activity.Access) error { return errReadOnly }

// DeleteAccess fails.
func (readOnly) DeleteAccess(context.Context, activity.AccessID) error { return errReadOnly }

// CreateSession fails.
func (readOnly) CreateSession(context.Context, *activity.Session) error { return errReadOnly }

// DeleteSession fails.
func (readOnly) DeleteSession(context.Context, activity.SessionID) error { return errReadOnly }

// PutProfile fails.
func (readOnly) PutProfile(context.Context, string, activity.Object) error { return errReadOnly }
