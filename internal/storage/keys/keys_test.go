package keys_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/keys"
)

// channel has the folder f, and gone ones: 2 merged into f, 3 into 2, 4 into
// none, 5 deleted, 6 merged into 5.
func channel() *keys.Channel {
	c := keys.New(1)
	c.Add("f", 1)
	for key, g := range map[int64]keys.Gone{
		2: {Merged: true, To: 1}, 3: {Merged: true, To: 2}, 4: {Merged: true},
		5: {At: 10, Chain: activity.Chain{"d"}}, 6: {Merged: true, To: 5},
	} {
		c.Gone[key] = g
	}
	return c
}

func TestPlace(t *testing.T) {
	t.Parallel()
	for key, want := range map[int64]struct {
		folder activity.FolderID
		gone   bool
	}{0: {}, 1: {folder: "f"}, 2: {folder: "f"}, 3: {folder: "f"}, 4: {}, 5: {gone: true}, 6: {gone: true}, 7: {gone: true}} {
		folder, gone := channel().Place(key)
		if folder != want.folder || (gone != nil) != want.gone || gone != nil && key < 7 && gone.At != 10 {
			t.Errorf("key %d is in %q, gone %+v", key, folder, gone)
		}
		if knows := channel().Knows(key); knows != (key != 7) {
			t.Errorf("key %d is known: %t", key, knows)
		}
	}
}

func TestSelections(t *testing.T) {
	t.Parallel()
	c := channel()
	for _, tt := range []struct {
		got, want []int64
	}{
		{c.Of([]activity.FolderID{"f", "f", "nope"}, false), []int64{1, 2, 3}},
		{c.Of(nil, true), []int64{4}},
		{c.Of(nil, false), nil},
		{c.Deleted(nil), []int64{5, 6}},
		{c.Deleted(func(g *keys.Gone) bool { return g.At > 10 }), nil},
	} {
		slices.Sort(tt.got)
		if !slices.Equal(tt.got, tt.want) {
			t.Errorf("keys %v, want %v", tt.got, tt.want)
		}
	}
}

func TestBurying(t *testing.T) {
	t.Parallel()
	c := channel()
	c.Add("below", 7)
	c.Add("beside", 8)
	tree := activity.NewTree([]activity.Folder{
		{ID: "beside", Name: "beside"}, {ID: "f", ParentID: "beside", Name: "f"}, {ID: "below", ParentID: "f", Name: "below"},
	})
	merged, gone := c.Bury(tree, "f", true, 5)
	want := []keys.Buried{
		{Gone: keys.Gone{Merged: true, To: 8, At: 5, Chain: activity.Chain{"f", "beside"}}, ID: "f", Key: 1},
		{Gone: keys.Gone{Merged: true, To: 8, At: 5, Chain: activity.Chain{"below", "f", "beside"}}, ID: "below", Key: 7},
	}
	if !reflect.DeepEqual(gone, want) {
		t.Errorf("buried %+v, want %+v", gone, want)
	}
	if folder, gone := c.Place(3); folder != "f" || gone != nil {
		t.Errorf("in the first it is in %q, gone %+v", folder, gone)
	}
	for key, id := range map[int64]activity.FolderID{1: "beside", 3: "beside", 7: "beside", 4: ""} {
		if folder, gone := merged.Place(key); folder != id || gone != nil {
			t.Errorf("key %d is in %q, gone %+v", key, folder, gone)
		}
	}
	deleted, _ := c.Bury(tree, "f", false, 5)
	if _, gone := deleted.Place(3); gone == nil || gone.At != 5 {
		t.Errorf("it is not gone: %+v", gone)
	}
	if len(deleted.Folders) != 1 || len(deleted.IDs) != 1 {
		t.Errorf("left are %v and %v", deleted.Folders, deleted.IDs)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	for _, tokens := range [][]activity.TokenHash{{}, {activity.HashToken("a")}, {activity.HashToken("a"), activity.HashToken("b")}} {
		if got := keys.SplitTokens(keys.JoinTokens(tokens)); !slices.Equal(got, tokens) {
			t.Errorf("%x comes back as %x", tokens, got)
		}
	}
}

func TestEventIDs(t *testing.T) {
	t.Parallel()
	const id = activity.EventID("01234567-89ab-cdef-fedc-ba9876543210")
	b, ok := keys.PackID(id)
	if !ok || len(b) != keys.UUIDSize || keys.UnpackID(b) != id {
		t.Errorf("%x, %t comes back as %s", b, ok, keys.UnpackID(b))
	}
	for _, wrong := range []activity.EventID{
		"", "01234567-89AB-cdef-fedc-ba9876543210", "01234567-89ab-cdef-fedc-ba987654321", "01234567-89ab-cdef-fedc-ba9876543210 ",
		"0123456789abcdeffedcba98765432100000", "01234567-89ab-cdef-fedc_ba9876543210", "g1234567-89ab-cdef-fedc-ba9876543210",
	} {
		if _, ok := keys.PackID(wrong); ok {
			t.Errorf("%q was packed", wrong)
		}
	}
}

func TestCursors(t *testing.T) {
	t.Parallel()
	id, _ := keys.PackID("01234567-89ab-cdef-fedc-ba9876543210")
	at := activity.Timestamp(5)
	event := keys.Cursor{Time: 5, ID: id}
	for _, ascending := range []bool{true, false} {
		q := storage.EventQuery{From: &at, To: &at, Ascending: ascending}
		if got := keys.Later(keys.Start(&q), event, ascending); !slices.Equal(got.ID, id) {
			t.Errorf("ascending %t: the start is behind the event", ascending)
		}
	}
	if got := keys.Later(event, keys.End(), true); got.Time != keys.Bound(nil, 1) {
		t.Errorf("the end is not behind the event: %+v", got)
	}
}
