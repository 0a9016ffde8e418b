package failover_test

import (
	"testing"

	"github.com/activityd/activityd/internal/activity"
)

// judge holds everything to what was acknowledged.
func (h *house) judge(t *testing.T) {
	t.Helper()
	for _, u := range h.users {
		h.judgeUser(t, u)
	}
	for _, l := range h.listeners {
		l.judge(t)
	}
	for _, r := range h.readers {
		r.judge(t)
	}
}

func (h *house) judgeUser(t *testing.T, u *user) {
	t.Helper()
	ledger := map[string]*record{}
	for _, w := range h.writers {
		if w.user == u {
			for id, r := range w.ledger {
				ledger[id] = r
			}
		}
	}
	judgeList(t, u, ledger)
	logs := map[string]*history{}
	for i := range u.log {
		c := &u.log[i]
		if c.Kind != activity.EventKind {
			continue
		}
		if logs[c.Item] == nil {
			logs[c.Item] = &history{at: map[activity.Timestamp]bool{}}
		}
		logs[c.Item].add(c)
	}
	if len(logs) != len(ledger) {
		t.Errorf("%s: %d events are in the log, %d were acknowledged", u.name, len(logs), len(ledger))
	}
	for id, r := range ledger {
		if logs[id] == nil {
			t.Errorf("%s: the log has nothing of %+v", u.name, *r)
			continue
		}
		logs[id].judge(t, u, r)
	}
	t.Logf("%s: %d changes, %d events", u.name, len(u.log), len(ledger))
}

// judgeList holds what is there to what was acknowledged.
func judgeList(t *testing.T, u *user, ledger map[string]*record) {
	t.Helper()
	there := map[string]bool{}
	for _, channel := range []string{"c0", "c1"} {
		for _, e := range u.owner.list(t, channel) {
			r := ledger[e.ID]
			switch {
			case r == nil || there[e.ID] || r.deleted:
				t.Errorf("%s: %s is there twice, or was deleted, or never acknowledged: %+v", u.name, e.raw, r)
			case e.Value != r.value || e.Trashed != r.trashed || e.FolderID != r.folder || r.channel != channel || r.modified != 0 && e.Modified != r.modified:
				t.Errorf("%s: %s was acknowledged as %+v", u.name, e.raw, *r)
			}
			there[e.ID] = true
		}
	}
	for id, r := range ledger {
		if !r.deleted && !there[id] {
			t.Errorf("%s: the acknowledged %+v is lost", u.name, *r)
		}
	}
}

// history is what the log has of one event.
type history struct {
	made, changed, deleted int
	at                     map[activity.Timestamp]bool
	last                   activity.Timestamp // of what is not its deletion
}

func (e *history) add(c *activity.Change) {
	switch c.Action {
	case activity.Created:
		e.made++
	case activity.Updated:
		e.changed++
	case activity.Deleted:
		e.deleted++
		return
	}
	e.at[c.Time], e.last = true, c.Time
}

// judge: made once, deleted once if it was, every acknowledged change is there,
// and none that nobody sent.
func (e *history) judge(t *testing.T, u *user, r *record) {
	t.Helper()
	gone := 0
	if r.deleted {
		gone = 1
	}
	if e.made != 1 || e.deleted != gone || e.changed < r.least || e.changed > r.most || r.modified != 0 && e.last != r.modified {
		t.Errorf("%s: the log has %+v of %+v", u.name, *e, *r)
	}
	for _, at := range r.acked {
		if !e.at[at] {
			t.Errorf("%s: the log has no change at %v of %+v", u.name, at, *r)
		}
	}
}
