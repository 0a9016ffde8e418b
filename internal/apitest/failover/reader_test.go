package failover_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
)

// sight is what an access sees of the log: all, or the folder f0 of c1.
type sight struct{ limited bool }

func (s sight) sees(c *activity.Change) bool {
	return !s.limited || c.Channel == "c1" && (slices.Contains(c.Before, "f0") || slices.Contains(c.After, "f0"))
}

// reader keeps a view of what its access sees, from /changes alone.
type reader struct {
	*client
	sight
	cursor activity.Cursor
	view   map[string]string // the JSON of each event by its id
	seen   atomic.Int64      // the cursor's number
	pages  int
}

// follow asks for one page after the other, at all servers in turn.
func (r *reader) follow(ctx context.Context, t *testing.T) {
	for ctx.Err() == nil {
		query := url.Values{"since": {string(r.cursor)}, "limit": {"200"}, "include": {"items"}}
		answer, _, err := r.again(ctx, http.MethodGet, "/"+r.user.name+"/changes?"+query.Encode(), "")
		if ctx.Err() != nil {
			return
		}
		var page struct {
			Changes []struct {
				Kind   activity.Kind
				Action activity.Action
				ID     string
				Item   json.RawMessage
			}
			Cursor activity.Cursor
			More   bool
		}
		if err != nil || answer.status != http.StatusOK || json.Unmarshal([]byte(answer.body), &page) != nil {
			t.Errorf("reader of %s: %s, %v", r.user.name, answer, err)
			return
		}
		seq := int64(r.user.seq(page.Cursor))
		if seq < r.seen.Load() || seq == r.seen.Load() && len(page.Changes) > 0 {
			t.Errorf("reader of %s: the cursor went from %d to %d, with %d changes", r.user.name, r.seen.Load(), seq, len(page.Changes))
			return
		}
		for _, c := range page.Changes {
			switch {
			case c.Kind != activity.EventKind:
				t.Errorf("reader of %s was told of %s %s", r.user.name, c.Kind, c.ID)
			case c.Action == activity.Deleted:
				delete(r.view, c.ID)
			default:
				r.view[c.ID] = string(c.Item)
			}
		}
		r.cursor = page.Cursor
		r.pages++
		r.seen.Store(seq)
		if r.next(); !page.More {
			pause(ctx, 30*time.Millisecond)
		}
	}
}

func (r *reader) behind() string {
	if seen := activity.Seq(r.seen.Load()); seen <= r.user.goal {
		return fmt.Sprintf("a reader of %s is at %d, not beyond %d", r.user.name, seen, r.user.goal)
	}
	return ""
}

func (r *reader) missing() string {
	seen := activity.Seq(r.seen.Load())
	for i := len(r.user.log) - 1; i >= int(seen); i-- {
		if r.sees(&r.user.log[i]) {
			return fmt.Sprintf("a reader of %s is at %d, not told of %v", r.user.name, seen, r.user.log[i])
		}
	}
	return ""
}

// judge holds the view to what the access lists.
func (r *reader) judge(t *testing.T) {
	t.Helper()
	listed := map[string]string{}
	for _, channel := range []string{"c0", "c1"} {
		if r.limited && channel == "c0" {
			continue
		}
		for _, one := range r.list(t, channel) {
			listed[one.ID] = string(one.raw)
		}
	}
	wrong := 0
	for id, item := range listed {
		if r.view[id] != item {
			wrong++
			t.Errorf("a reader of %s has %q of %s, which is %s", r.user.name, r.view[id], id, item)
		}
	}
	for id := range r.view {
		if _, there := listed[id]; !there {
			wrong++
			t.Errorf("a reader of %s has %s, which is not there", r.user.name, id)
		}
	}
	t.Logf("a reader of %s sees %d events, %d wrong", r.user.name, len(listed), wrong)
}

// listedEvent is an event of a list.
type listedEvent struct {
	item
	raw json.RawMessage
}

// list reads all events of a channel.
func (c *client) list(t *testing.T, channel string) []listedEvent {
	t.Helper()
	var raw []json.RawMessage
	c.must(t, http.MethodGet, "/"+channel+"/events?state=all&fromTime=-1e300&toTime=1e300", "", &raw)
	all := make([]listedEvent, len(raw))
	for i := range raw {
		all[i].raw = raw[i]
		if err := json.Unmarshal(raw[i], &all[i].item); err != nil {
			t.Fatal(err)
		}
	}
	return all
}
