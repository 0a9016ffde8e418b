package storagetest

import (
	"fmt"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

func sessionCases() []testCase {
	return []testCase{
		{name: "created and ended", check: sessionCreated},
		{name: "the oldest of 101 falls out", check: sessionsFallOut},
		{name: "expired ones fall out", check: sessionsExpired},
	}
}

func (u *tenant) session(v activity.Session) activity.Session {
	u.t.Helper()
	var made activity.Session
	u.do(func(tx storage.Tx) error {
		made = v
		return tx.CreateSession(u.t.Context(), &made)
	})
	return made
}

func sessionCreated(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	given := activity.Session{ID: "s", AppID: "app", Created: 5, Expires: 2e9 + 0.30000000000000004, UserAgent: "agent"}
	made, other := u.session(given), u.session(activity.Session{ID: "S", Expires: farFuture})
	if made.Created <= 5 {
		t.Errorf("created %v", made.Created)
	}
	given.Created = made.Created
	if got, ok := u.structure().Session("s"); !ok || got != given {
		t.Errorf("session %+v, want %+v", got, given)
	}
	u.do(func(tx storage.Tx) error { return tx.DeleteSession(t.Context(), "s") })
	st := u.structure()
	if _, ok := st.Session("s"); ok {
		t.Error("an ended session is there")
	}
	if got, ok := st.Session("S"); !ok || got != other {
		t.Errorf("another session is %+v, want %+v", got, other)
	}
	u.fails(activity.CodeUnknownAccess, func(tx storage.Tx) error { return tx.DeleteSession(t.Context(), "s") })
}

func sessionsFallOut(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	id := func(i int) activity.SessionID { return activity.SessionID(fmt.Sprint("s", (i*37)%1000)) }
	for i := range activity.MaxSessions {
		u.session(activity.Session{ID: id(i), Expires: farFuture - activity.Timestamp(i)})
	}
	if n := len(u.structure().Sessions()); n != activity.MaxSessions {
		t.Fatalf("there are %d sessions", n)
	}
	for i := activity.MaxSessions; i < activity.MaxSessions+3; i++ {
		changes := u.written(func(tx storage.Tx) error {
			return tx.CreateSession(t.Context(), &activity.Session{ID: id(i), Expires: farFuture})
		})
		st := u.structure()
		_, oldest := st.Session(id(i - activity.MaxSessions))
		_, next := st.Session(id(i - activity.MaxSessions + 1))
		_, newest := st.Session(id(i))
		if oldest || !next || !newest || len(st.Sessions()) != activity.MaxSessions {
			t.Errorf("%d: of %d sessions the oldest is there: %t, the next: %t, the newest: %t", i, len(st.Sessions()), oldest, next, newest)
		}
		told := map[string]bool{} // servers must hear that its sockets end
		for _, c := range changes {
			told[changeText(c)] = true
		}
		ended := activity.Change{Kind: activity.SessionKind, Action: activity.Deleted, Item: string(id(i - activity.MaxSessions))}
		if begun := (activity.Change{Kind: activity.SessionKind, Action: activity.Created, Item: string(id(i))}); len(told) != 2 || !told[changeText(ended)] || !told[changeText(begun)] {
			t.Errorf("the changes are\n%s", changeTexts(changes))
		}
	}
}

func sessionsExpired(t *testing.T, s storage.Store) {
	u := newTenant(t, s)
	u.session(activity.Session{ID: "lives", Expires: farFuture})
	u.session(activity.Session{ID: "expired", Expires: 1})
	u.session(activity.Session{ID: "next", Expires: farFuture})
	st := u.structure()
	_, lives := st.Session("lives")
	_, expired := st.Session("expired")
	_, next := st.Session("next")
	if !lives || expired || !next {
		t.Errorf("there are %+v", st.Sessions())
	}
}
