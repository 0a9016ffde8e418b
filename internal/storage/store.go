// Package storage is the contract of the stores: what they keep, in which
// units of work, and how they report what was committed. Package storagetest
// holds every store to it.
//
// It imports activity only. The stores stand in packages of their own below
// it, which never import each other, auth or api.
package storage

import (
	"context"
	"iter"
	"time"

	"github.com/activityd/activityd/internal/activity"
)

// Store is a database of tenants. storagetest.Run is its full contract. Its
// methods may be called at the same time. A failure that is not the caller's
// is an *activity.Error of CodeServiceUnavailable when another try may succeed
// (the disk is full, the database is away), else an error of another type.
type Store interface {
	// Tenant scopes to one user. Nothing below it takes a user id, so a query
	// that forgets the tenant cannot be written. It does no I/O.
	Tenant(activity.UserID) Tenant

	// Users keeps who the tenants are.
	Users() Users

	// Secrets keeps what the servers of one installation share.
	Secrets() Secrets

	// Changes delivers each change committed after the position, of all users,
	// in commit order per user, and waits for further ones. It ends when ctx
	// ends, without an error, or yields one error as its last: ErrPositionLost
	// when the history no longer reaches back to the position.
	Changes(ctx context.Context, from Position) iter.Seq2[Delivery, error]

	// Head gives the position after the newest change.
	Head(ctx context.Context) (Position, error)

	// Ready reports whether the store can be read and written now.
	Ready(ctx context.Context) error

	// Stats gives what the store tells of itself. Where it fails, all but Feed is
	// valid.
	Stats(ctx context.Context) (Stats, error)

	// Close ends the store when the running units of work have ended. Later
	// calls fail with CodeServiceUnavailable.
	Close() error
}

// Position is a place in the feed of changes: opaque, of use to the store that
// gave it. It outlives restarts.
type Position string

// Delivery is a change from the feed with the position after it.
type Delivery struct {
	Change   activity.Change
	Position Position
}

// ErrPositionLost is what Changes ends with when it cannot go on from the
// position: everything may have changed.
const ErrPositionLost = constError("storage: the change history does not reach back to this position")

type constError string

func (e constError) Error() string { return string(e) }

// Tenant is one user's data.
type Tenant interface {
	// View runs fn for reading. fn may run a second time when it failed on
	// knowledge that was not the newest: assign results, do not append them.
	// CodeUnknownUser when there is no such user (any more).
	View(ctx context.Context, fn func(Tx) error) error

	// Update runs fn as a unit of work: all of its writes are committed when
	// Update returns nil, none of them when it returns an error. Its reads see
	// the store, its own writes, and those of all units committed before or
	// grouped ahead of it. Units of one user do not overlap. fn may run more
	// than once (a conflict, regrouping): make ids, times and tokens outside,
	// assign results. A panic in fn is an error of its unit alone. When ctx
	// ends before fn has begun, fn does not run; afterwards ctx is not asked.
	Update(ctx context.Context, origin activity.Origin, fn func(Tx) error) error

	// UpdateEach runs each function as a unit of work of its own, in order, as
	// Update would do one after the other, but does not wait for one to be
	// committed before the next may begin: they share commits. It gives the
	// error of each; one that fails stops no other. No function begins after
	// ctx has ended.
	UpdateEach(ctx context.Context, origin activity.Origin, fns []func(Tx) error) []error

	// Events reads a list outside a unit of work: in pages by key, so that the
	// list may be long and slow to take without holding up the store. Each
	// page is as fresh as its moment; an event that stays what it is while the
	// list is read appears exactly once. An error is the last element.
	Events(ctx context.Context, q EventQuery) iter.Seq2[activity.Event, error]

	// Touch notes that the access was used. It neither waits nor appends a
	// change; the note is kept within a minute.
	Touch(id activity.AccessID, at activity.Timestamp)
}

// Tx is what a unit of work can do. It must not be used after the unit's
// function has returned, nor by two goroutines at once. Every write appends
// its change in the same unit. In View all writes fail.
type Tx interface {
	// Structure gives what is small of the tenant, with the unit's own writes.
	Structure() *Structure

	Account
	Channels
	Folders
	Events
	Accesses
	Sessions
	Profiles
	ChangeLog
}

// Account is the tenant's own record.
type Account interface {
	// UpdateUser stores the user's e-mail, language, display name, password
	// hash and whether it is disabled.
	UpdateUser(ctx context.Context, u activity.User) error
}

// Channels are the writes of channels; Structure has the reads.
type Channels interface {
	// CreateChannel stores c and sets its Created and Modified.
	// CodeItemIDAlreadyExists, CodeItemNameAlreadyExists.
	CreateChannel(ctx context.Context, c *activity.Channel) error
	// UpdateChannel stores c and sets its Modified; Created stays.
	// CodeUnknownChannel, CodeItemNameAlreadyExists.
	UpdateChannel(ctx context.Context, c *activity.Channel) error
	// DeleteChannel takes the channel and all in it out of sight at once and
	// out of the store soon after. Its id is free again. CodeUnknownChannel.
	DeleteChannel(ctx context.Context, id activity.ChannelID) error
}

// Folders are the writes of folders; Structure has the reads.
type Folders interface {
	// CreateFolder stores f and sets its Created and Modified.
	// CodeUnknownChannel, CodeItemIDAlreadyExists, and as Tree.With.
	CreateFolder(ctx context.Context, f *activity.Folder) error
	// UpdateFolder stores f, moves it with all below when its ParentID differs,
	// and sets its Modified; Created stays.
	// CodeUnknownChannel, CodeUnknownFolder, and as Tree.With.
	UpdateFolder(ctx context.Context, f *activity.Folder) error
	// DeleteFolder removes the folder and all folders below it. Their events
	// are deleted with it or, if merge is set, moved to its parent (to no folder
	// where it is a root); either is in effect at once. The one change recorded
	// is the folder's; each moved event gets a change of its own, of the same
	// origin, as the sweep reaches it. CodeUnknownChannel, CodeUnknownFolder.
	DeleteFolder(ctx context.Context, channel activity.ChannelID, id activity.FolderID, merge bool) error
}

// Events reads and writes single events.
type Events interface {
	// Event gives one event. CodeUnknownChannel, CodeUnknownEvent.
	Event(ctx context.Context, channel activity.ChannelID, id activity.EventID) (activity.Event, error)
	// ListEvents reads a list within the unit of work; see Tenant.Events.
	ListEvents(ctx context.Context, q EventQuery) iter.Seq2[activity.Event, error]
	// HasEvents reports whether an event, trashed or not, is linked to one of
	// the folders.
	HasEvents(ctx context.Context, channel activity.ChannelID, folders []activity.FolderID) (bool, error)
	// CreateEvent stores e and sets its Created and Modified (equal). Request
	// is kept when the client gave the id, so that Replay finds it; else nil.
	// CodeUnknownChannel, CodeUnknownFolder, CodeItemIDAlreadyExists (also for
	// an id whose event was deleted).
	CreateEvent(ctx context.Context, e *activity.Event, request *Request) error
	// UpdateEvent stores e and sets its Modified; Created and CreatedBy stay. The
	// end of a period is stored as e.End gives it, here and in CreateEvent.
	// CodeUnknownChannel, CodeUnknownFolder, CodeUnknownEvent.
	UpdateEvent(ctx context.Context, e *activity.Event) error
	// DeleteEvent removes an event; its tombstone is listed by
	// EventQuery.Deletions while the history is kept, and its id stays taken as
	// long as the channel lives. CodeUnknownChannel, CodeUnknownEvent.
	DeleteEvent(ctx context.Context, channel activity.ChannelID, id activity.EventID) error
	// Replay gives the request that created the event under an id that its
	// client gave; ok is false for other ids and for deleted events.
	Replay(ctx context.Context, channel activity.ChannelID, id activity.EventID) (request Request, ok bool, err error)
	// Periods gives the periods of the channel, outside the trash, that end after
	// `after` (-Inf for all): by end, equal ends by time, then by id. One that
	// runs ends at +Inf. It reads as far as it is taken, and must not be taken
	// within itself. An error is the last element.
	Periods(ctx context.Context, channel activity.ChannelID, after activity.Timestamp) iter.Seq2[activity.Period, error]
	// TimeCounts gives the seconds of all periods of the channel outside the
	// trash, each clipped to the span, by the folder that they stand in, "" for
	// none. Folders without any may be absent.
	TimeCounts(ctx context.Context, channel activity.ChannelID, from, to activity.Timestamp) (map[activity.FolderID]float64, error)
}

// Request is what an idempotent creation must remember to answer a retry as
// the first time.
type Request struct {
	Access   activity.AccessID  // that made it
	Hash     [32]byte           // of the request's canonical JSON
	Time     activity.Timestamp // of the event as created (the default included)
	Modified activity.Timestamp // of the creation; set by CreateEvent
	Stopped  activity.EventID   // the period that the creation stopped; "" for none
}

// Accesses are the writes of accesses; Structure has the reads.
type Accesses interface {
	// CreateAccess stores a and sets its Created, Modified and PermissionsSeq.
	// CodeItemIDAlreadyExists for the id or a token, CodeItemNameAlreadyExists
	// within type and device.
	CreateAccess(ctx context.Context, a *activity.Access) error
	// UpdateAccess stores a and sets its Modified, and its PermissionsSeq when
	// the permissions differ. CodeUnknownAccess, and as CreateAccess.
	UpdateAccess(ctx context.Context, a *activity.Access) error
	// DeleteAccess removes it; its tokens end. CodeUnknownAccess.
	DeleteAccess(ctx context.Context, id activity.AccessID) error
}

// Sessions are the writes of sessions; Structure has the reads.
type Sessions interface {
	// CreateSession stores s and sets its Created. Expired ones and, beyond
	// activity.MaxSessions, the oldest fall out.
	CreateSession(ctx context.Context, s *activity.Session) error
	// DeleteSession ends a session. CodeUnknownAccess.
	DeleteSession(ctx context.Context, id activity.SessionID) error
}

// Profiles are key-value objects by name: "public", "private", or "app:" and
// the access's id.
type Profiles interface {
	// Profile gives the object; nil for one that was never written.
	Profile(ctx context.Context, name string) (activity.Object, error)
	// PutProfile stores the object.
	PutProfile(ctx context.Context, name string, o activity.Object) error
}

// ChangeLog is the user's history of changes.
type ChangeLog interface {
	// Log gives the changes after seq, in order, at most limit of them, and how
	// far back the history reaches: the least seq that may be asked for.
	Log(ctx context.Context, after activity.Seq, limit int) (changes []activity.Change, oldest activity.Seq, err error)
	// LogHead gives the epoch of the history and the newest seq.
	LogHead(ctx context.Context) (epoch string, head activity.Seq, err error)
}

// Users keeps who the tenants are.
type Users interface {
	// CreateUser stores u, sets its Created, and takes invitation out of
	// Secrets in the same unit of work, when it is not nil: CodeInvalidAccessToken
	// where it is not there or has expired. CodeItemIDAlreadyExists for a name
	// that is taken or blocked.
	CreateUser(ctx context.Context, u *activity.User, invitation *activity.TokenHash) error
	// UserByName gives the user of that name. CodeUnknownUser.
	UserByName(ctx context.Context, name activity.Username) (activity.User, error)
	// ListUsers gives all users by name. An error is the last element.
	ListUsers(ctx context.Context) iter.Seq2[activity.User, error]
	// DeleteUser takes the user out of sight at once and all traces out of the
	// store soon after, but for a keyed hash of the name, which blocks it for
	// NameBlock. CodeUnknownUser.
	DeleteUser(ctx context.Context, id activity.UserID) error
	// NameBlocked reports whether a deleted user's name is still blocked.
	NameBlocked(ctx context.Context, name activity.Username) (bool, error)
	// CountUsers gives how many users there are.
	CountUsers(ctx context.Context) (int, error)
}

// NameBlock is how long a deleted user's name stays blocked.
const NameBlock = 90 * 24 * time.Hour

// Secrets keeps what the servers of one installation share.
type Secrets interface {
	// SigningKeys gives the keys for sessions, newest first. Where there is
	// none yet it stores make's result; of servers that start at once one wins,
	// and all get the same.
	SigningKeys(ctx context.Context, make func() SigningKey) ([]SigningKey, error)
	// PutOneTimeToken keeps the hash of a one-time token until it expires or is
	// taken. Those of the same purpose that were put before go.
	PutOneTimeToken(ctx context.Context, purpose string, token activity.TokenHash, expires activity.Timestamp) error
	// HasOneTimeToken reports whether the token would be taken now.
	HasOneTimeToken(ctx context.Context, token activity.TokenHash) (bool, error)
	// CountAttempt adds one to the counter of key in the window that began with
	// the first attempt and lasts for window. It gives the count, this one
	// included, and when the window ends.
	CountAttempt(ctx context.Context, key string, window time.Duration) (count int, ends activity.Timestamp, err error)
	// ForgetAttempts sets the counter of key back.
	ForgetAttempts(ctx context.Context, key string) error
}

// SigningKey signs the tokens of sessions.
type SigningKey struct {
	ID      string // the kid
	Secret  []byte // 32 random bytes
	Created activity.Timestamp
}
