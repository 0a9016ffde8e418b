package storagetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/activity"
)

// text gives all that an event holds: what the API shows, which keeps the bits
// of numbers and the bytes of JSON, and of a tombstone what is known of it.
func text(e activity.Event) string {
	s := string(e.AppendJSON(nil))
	if e.Deleted != nil {
		modified, _ := json.Marshal(e.Modified)
		return fmt.Sprintf("%s of %s, modified %s", s, e.ChannelID, modified)
	}
	if e.ExactEnd != nil {
		s += " until " + string(e.ExactEnd.AppendJSON(nil))
	}
	return s
}

// texts gives one line per event.
func texts(events []activity.Event) string {
	var b strings.Builder
	for _, e := range events {
		b.WriteString(text(e) + "\n")
	}
	return b.String()
}

// sameEvents fails the test unless got is want, in that order.
func sameEvents(t *testing.T, got, want []activity.Event) {
	t.Helper()
	if a, b := texts(got), texts(want); a != b {
		t.Fatalf("%d events\n%swant %d\n%s", len(got), a, len(want), b)
	}
}

// sameEvent fails the test unless got is want.
func sameEvent(t *testing.T, got, want activity.Event) {
	t.Helper()
	if a, b := text(got), text(want); a != b {
		t.Fatalf("event\n%s, want\n%s", a, b)
	}
}

// ids gives the ids of events, in order.
func ids(events []activity.Event) []activity.EventID {
	list := make([]activity.EventID, len(events))
	for i, e := range events {
		list[i] = e.ID
	}
	return list
}

// sameIDs fails the test unless the events are those wanted, in that order.
func sameIDs(t *testing.T, got []activity.Event, want ...activity.Event) {
	t.Helper()
	if !slices.Equal(ids(got), ids(want)) {
		t.Fatalf("%d events\n%swant %d\n%s", len(got), texts(got), len(want), texts(want))
	}
}

// objectText gives an object's text; an absent one is an empty one.
func objectText(o activity.Object) string {
	if o == nil {
		return "{}"
	}
	return string(o)
}

func channelText(c activity.Channel) string {
	return fmt.Sprintf("channel %s %q, no overlap %t, trashed %t, created %v, modified %v, %s",
		c.ID, c.Name, c.EnforceNoEventsOverlap, c.Trashed, c.Created, c.Modified, objectText(c.ClientData))
}

func folderText(f activity.Folder) string {
	return fmt.Sprintf("folder %s of %s %q in %q, hidden %t, trashed %t, created %v, modified %v, %s",
		f.ID, f.ChannelID, f.Name, f.ParentID, f.Hidden, f.Trashed, f.Created, f.Modified, objectText(f.ClientData))
}

func accessText(a activity.Access) string {
	permissions, _ := json.Marshal(a.Permissions)
	expires := "never"
	if a.Expires != nil {
		expires = fmt.Sprint(*a.Expires)
	}
	return fmt.Sprintf("%q %q %q %q %s %x created %v by %q, modified %v, expires %s, permissions of %d",
		a.ID, a.Type, a.Name, a.DeviceName, permissions, a.Tokens, a.Created, a.CreatedBy, a.Modified, expires, a.PermissionsSeq)
}

// changeText gives what a change says, apart from its number and time.
func changeText(c activity.Change) string {
	return fmt.Sprintf("%s %s %q in %q, from %s to %s", c.Kind, c.Action, c.Item, c.Channel, chainText(c.Before), chainText(c.After))
}

func chainText(c activity.Chain) string {
	if c == nil {
		return "nowhere"
	}
	return fmt.Sprint([]activity.FolderID(c))
}

func changeTexts(changes []activity.Change) string {
	var b strings.Builder
	for _, c := range changes {
		b.WriteString(changeText(c) + "\n")
	}
	return b.String()
}

// sameChanges fails the test unless the changes say what is wanted, in order.
func sameChanges(t *testing.T, got []activity.Change, want ...activity.Change) {
	t.Helper()
	if a, b := changeTexts(got), changeTexts(want); a != b {
		t.Fatalf("changes\n%swant\n%s", a, b)
	}
}
