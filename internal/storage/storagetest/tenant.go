package storagetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// tenant is a user of a case's own with what cases do to it all the time.
type tenant struct {
	storage.Tenant
	t      *testing.T
	store  storage.Store
	user   activity.User
	origin activity.Origin
}

// newTenant makes a user that nobody else has.
func newTenant(t *testing.T, s storage.Store) *tenant {
	t.Helper()
	u := newUser()
	if err := s.Users().CreateUser(t.Context(), &u, nil); err != nil {
		t.Fatalf("create user: %v", err)
	}
	origin := activity.Origin{Access: activity.AccessID("a-" + string(u.Username)), Session: "some session", Socket: "some socket"}
	return &tenant{Tenant: s.Tenant(u.ID), t: t, store: s, user: u, origin: origin}
}

func newUser() activity.User {
	name := randomWord("u")
	return activity.User{
		ID: activity.UserID(newEventID()), Username: activity.Username(name), Email: name + "@example.com",
		LanguageCode: "en", PasswordHash: "$argon2id$" + name,
	}
}

// randomWord gives a name of 18 letters that is not in use.
func randomWord(prefix string) string {
	return prefix + strings.ToLower(rand.Text()[:17])
}

// newEventID makes a random UUID.
func newEventID() activity.EventID {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, as its documentation says
	return activity.EventID(fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]))
}

// do runs a unit of work that must succeed. fn must not call t.Fatal: it runs
// wherever the store runs it.
func (u *tenant) do(fn func(storage.Tx) error) {
	u.t.Helper()
	if err := u.Update(u.t.Context(), u.origin, fn); err != nil {
		u.t.Fatalf("update: %v", err)
	}
}

// fails runs a unit of work that must fail with the code.
func (u *tenant) fails(code activity.Code, fn func(storage.Tx) error) {
	u.t.Helper()
	wantCode(u.t, u.Update(u.t.Context(), u.origin, fn), code)
}

// read runs a unit of work for reading that must succeed. fn may run twice: it
// gives each read's error back before it judges what was read.
func (u *tenant) read(fn func(storage.Tx) error) {
	u.t.Helper()
	if err := u.View(u.t.Context(), fn); err != nil {
		u.t.Fatalf("view: %v", err)
	}
}

// wantCode fails the test unless err is an activity.Error of the code.
func wantCode(t *testing.T, err error, code activity.Code) {
	t.Helper()
	if !isCode(err, code) {
		t.Fatalf("error %v, want %s", err, code)
	}
}

func isCode(err error, code activity.Code) bool {
	var e *activity.Error
	return errors.As(err, &e) && e.Code == code
}

// channel makes a channel of that id and name.
func (u *tenant) channel(id activity.ChannelID) activity.Channel {
	u.t.Helper()
	var made activity.Channel
	u.do(func(tx storage.Tx) error {
		c := activity.Channel{ID: id, Name: string(id)}
		err := tx.CreateChannel(u.t.Context(), &c)
		made = c
		return err
	})
	return made
}

// folder makes a folder of that id and name.
func (u *tenant) folder(channel activity.ChannelID, parent, id activity.FolderID) activity.Folder {
	u.t.Helper()
	var made activity.Folder
	u.do(func(tx storage.Tx) error {
		f := activity.Folder{ID: id, ChannelID: channel, ParentID: parent, Name: string(id)}
		err := tx.CreateFolder(u.t.Context(), &f)
		made = f
		return err
	})
	return made
}

// note gives an event, not stored yet: a mark of a type of its own class.
func note(channel activity.ChannelID, folder activity.FolderID, at activity.Timestamp) activity.Event {
	return activity.Event{
		ID: newEventID(), ChannelID: channel, FolderID: folder, Time: at, Type: activity.Type{Class: "note", Format: "txt"},
		CreatedBy: "a maker", ModifiedBy: "a maker",
	}
}

// period gives a period, not stored yet.
func period(channel activity.ChannelID, at activity.Timestamp, d activity.Duration) activity.Event {
	e := note(channel, "", at)
	e.Duration = d
	return e
}

// put stores new events in one unit of work, in order, and gives them as stored.
func (u *tenant) put(events ...activity.Event) []activity.Event {
	u.t.Helper()
	made := make([]activity.Event, len(events))
	u.do(func(tx storage.Tx) error {
		for i, e := range events {
			if err := tx.CreateEvent(u.t.Context(), &e, nil); err != nil {
				return err
			}
			made[i] = e
		}
		return nil
	})
	return made
}

// change stores an event that there is, and gives it as stored.
func (u *tenant) change(e activity.Event) activity.Event {
	u.t.Helper()
	u.do(func(tx storage.Tx) error {
		changed := e
		err := tx.UpdateEvent(u.t.Context(), &changed)
		e.Modified = changed.Modified
		return err
	})
	return e
}

// remove deletes an event.
func (u *tenant) remove(e activity.Event) {
	u.t.Helper()
	u.do(func(tx storage.Tx) error { return tx.DeleteEvent(u.t.Context(), e.ChannelID, e.ID) })
}

// event gives an event as it is stored.
func (u *tenant) event(channel activity.ChannelID, id activity.EventID) activity.Event {
	u.t.Helper()
	var e activity.Event
	u.read(func(tx storage.Tx) (err error) {
		e, err = tx.Event(u.t.Context(), channel, id)
		return err
	})
	return e
}

// noEvent fails the test if there is such an event.
func (u *tenant) noEvent(channel activity.ChannelID, id activity.EventID) {
	u.t.Helper()
	err := u.View(u.t.Context(), func(tx storage.Tx) error {
		_, err := tx.Event(u.t.Context(), channel, id)
		return err
	})
	wantCode(u.t, err, activity.CodeUnknownEvent)
}

// structure gives what is small of the tenant.
func (u *tenant) structure() *storage.Structure {
	u.t.Helper()
	var s *storage.Structure
	u.read(func(tx storage.Tx) error {
		s = tx.Structure()
		return nil
	})
	return s
}

// head gives the newest sequence number.
func (u *tenant) head() activity.Seq {
	u.t.Helper()
	var head activity.Seq
	u.read(func(tx storage.Tx) (err error) {
		_, head, err = tx.LogHead(u.t.Context())
		return err
	})
	return head
}

// log gives all changes after seq.
func (u *tenant) log(after activity.Seq) []activity.Change {
	u.t.Helper()
	var changes []activity.Change
	u.read(func(tx storage.Tx) (err error) {
		changes, _, err = tx.Log(u.t.Context(), after, 1_000_000)
		return err
	})
	return changes
}

// written runs a unit of work that must succeed and gives its changes.
func (u *tenant) written(fn func(storage.Tx) error) []activity.Change {
	u.t.Helper()
	before := u.head()
	u.do(fn)
	return u.log(before)
}

// collect reads a list to its end.
func collect(list func(func(activity.Event, error) bool)) ([]activity.Event, error) {
	var events []activity.Event
	for e, err := range list {
		if err != nil {
			return events, err
		}
		events = append(events, e)
	}
	return events, nil
}

// list reads a list outside and within a unit of work: both must be the same.
// The tenant must be at rest.
func (u *tenant) list(q storage.EventQuery) []activity.Event {
	u.t.Helper()
	events, err := u.tryList(u.t.Context(), q)
	if err != nil {
		u.t.Fatalf("list %+v: %v", q, err)
	}
	return events
}

func (u *tenant) tryList(ctx context.Context, q storage.EventQuery) ([]activity.Event, error) {
	u.t.Helper()
	outside, err := collect(u.Events(ctx, q))
	var within []activity.Event
	errWithin := u.View(u.t.Context(), func(tx storage.Tx) (err error) {
		within, err = collect(tx.ListEvents(ctx, q))
		return err
	})
	if (err == nil) != (errWithin == nil) {
		u.t.Fatalf("list %+v: outside a unit the error is %v, within %v", q, err, errWithin)
	}
	if a, b := texts(outside), texts(within); a != b {
		u.t.Fatalf("list %+v: outside a unit\n%swithin\n%s", q, a, b)
	}
	return outside, err
}

// everything selects all events of a channel.
func everything(channel activity.ChannelID) storage.EventQuery {
	return storage.EventQuery{Channel: channel, Scope: activity.WholeScope(activity.Manage), State: storage.AllState}
}
