package api_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
)

// TestSightAsChanges: what a Sight tells of one change after the other is what
// changes.get tells of all of them, but for folders that were not there.
func TestSightAsChanges(t *testing.T) {
	w := openWorld(t)
	ctx := t.Context()
	user, credential, err := w.service.Admit(ctx, "alice", w.tokens["reader"])
	if err != nil {
		t.Fatal(err)
	}
	v, err := w.service.Snapshot(ctx, user)
	if err != nil {
		t.Fatal(err)
	}
	access, err := v.Admit(credential)
	if err != nil {
		t.Fatal(err)
	}
	position, err := w.service.Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	sight := v.Sight(&access)
	from := w.cursor(t, "reader")
	w.ok(t, "owner", "channels.update", "work", `{"name": "Work"}`)
	w.ok(t, "owner", "folders.create", "work", `{"id": "e", "name": "E"}`)
	id := w.record(t, `{"type": "own/a", "folderId": "e"}`)
	w.ok(t, "owner", "events.update", "work/"+id, `{"folderId": null}`)
	w.ok(t, "owner", "channels.create", "", `{"id": "third", "name": "Third"}`)
	w.ok(t, "owner", "channels.update", "work", `{"name": "The end"}`)

	var all []api.ChangeView
	for d, err := range w.service.Feed(ctx, position) {
		if err != nil {
			t.Fatal(err)
		}
		seen, err := sight.See(ctx, &d.Change)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range seen {
			all = api.Merge(all, one)
		}
		if now, err := w.service.Snapshot(ctx, user); err != nil || d.Change.Seq == now.Head {
			break
		}
	}
	got := ""
	for i := range all {
		got += fmt.Sprint(all[i].Kind, " ", all[i].ID, " ", all[i].Action, "\n")
	}
	want := fmt.Sprint("folder e created\nevent ", id, " created\nchannel work updated\n")
	if got != want {
		t.Errorf("told\n%swant\n%s", got, want)
	}
	if told := w.since(t, "reader", from, "1000", map[string]string{id: "one"}); told != "folder e+, event one+, channel work~" {
		t.Errorf("changes.get tells %s", told)
	}
}

// TestSightOfWhatIsGoneAlready: folders that went by the time a change before that
// is told of are told of with what took them along.
func TestSightOfWhatIsGoneAlready(t *testing.T) {
	w := openWorld(t)
	ctx := t.Context()
	user, credential, err := w.service.Admit(ctx, "alice", w.tokens["part-writer"]) // let into b, which is below a, and d
	if err != nil {
		t.Fatal(err)
	}
	v, err := w.service.Snapshot(ctx, user)
	if err != nil {
		t.Fatal(err)
	}
	access, err := v.Admit(credential)
	if err != nil {
		t.Fatal(err)
	}
	sight := v.Sight(&access)
	w.ok(t, "owner", "folders.update", "work/d", `{"name": "Dee"}`)
	w.ok(t, "owner", "folders.create", "work", `{"id": "e", "name": "E"}`)
	for _, id := range []string{"e", "e", "a", "a"} { // into the trash, then away
		w.ok(t, "owner", "folders.delete", "work/"+id, "")
	}
	w.ok(t, "owner", "folders.create", "work", `{"id": "b", "name": "B"}`)
	w.ok(t, "owner", "folders.delete", "work/b", "")
	w.ok(t, "owner", "folders.delete", "work/b", "")
	missed, err := w.service.Missed(ctx, user, v.Head)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range missed {
		seen, err := sight.See(ctx, &missed[i])
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range seen {
			got = append(got, fmt.Sprint(one.ID, " ", one.Action))
		}
	}
	// With e: whose deletion took b along cannot be seen. The second b is another.
	if want := []string{"d updated", "b deleted", "b created", "b updated", "b deleted"}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

// TestSnapshot: who is not there any more, and who never was.
func TestSnapshot(t *testing.T) {
	w := openWorld(t)
	if _, err := w.service.Snapshot(t.Context(), "nobody"); !errors.Is(err, activity.NewError(activity.CodeUnknownUser, "")) {
		t.Errorf("a snapshot of nobody: %v", err)
	}
	for name, token := range map[string]string{"nobody": w.tokens["owner"], "alice": "not-a-token-of-hers"} {
		if _, _, err := w.service.Admit(t.Context(), activity.Username(name), token); err == nil {
			t.Errorf("%s is let in", name)
		}
	}
}
