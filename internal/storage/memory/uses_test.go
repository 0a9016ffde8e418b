package memory_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/memory"
)

// flushed gives what there is to keep, and keeps it.
func flushed(t *testing.T, u *memory.Uses) (all []memory.Use) {
	t.Helper()
	err := u.Flush(2, func(batch []memory.Use) error {
		if len(batch) > 2 {
			t.Errorf("%d at once", len(batch))
		}
		all = append(all, batch...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func use(user activity.UserID, id activity.AccessID, at activity.Timestamp) memory.Use {
	return memory.Use{User: user, Use: storage.Use{Access: id, At: at}}
}

func TestLastUseCounts(t *testing.T) {
	t.Parallel()
	var u memory.Uses
	for _, v := range []memory.Use{
		use("u", "a", 5), use("u", "a", 4), use("u", "a", 5.9), // within a second
		use("u", "b", 5), use("u", "b", 6), use("v", "a", 7),
	} {
		u.Add(v.User, v.Access, v.At)
	}
	all := flushed(t, &u)
	for _, want := range []memory.Use{use("u", "a", 5), use("u", "b", 6), use("v", "a", 7)} {
		if !slices.Contains(all, want) {
			t.Errorf("%+v is not in %+v", want, all)
		}
	}
	if len(all) != 3 {
		t.Errorf("%d uses: %+v", len(all), all)
	}
	if again := flushed(t, &u); len(again) != 0 {
		t.Errorf("again %+v", again)
	}
}

// What comes while the store keeps what was there is kept the next time, and what
// it could not keep stays.
func TestUsesDuringAFlush(t *testing.T) {
	t.Parallel()
	var u memory.Uses
	u.Add("u", "a", 5)
	u.Add("u", "b", 5)
	full := errors.New("full")
	if err := u.Flush(9, func([]memory.Use) error { return full }); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
	var batches [][]memory.Use
	err := u.Flush(9, func(batch []memory.Use) error {
		batches = append(batches, batch)
		if len(batches) == 1 {
			u.Add("u", "a", 7)
		}
		return nil
	})
	if err != nil || len(batches) != 2 || len(batches[0]) != 2 || !slices.Equal(batches[1], []memory.Use{use("u", "a", 7)}) {
		t.Errorf("got %+v, %v", batches, err)
	}
}

// A structure with uses stays as it is while others come.
func TestMergedStructureStays(t *testing.T) {
	t.Parallel()
	s, err := storage.NewStructure(activity.User{}).WithAccess(activity.Access{ID: "a"})
	if err != nil {
		t.Fatal(err)
	}
	var u memory.Uses
	if u.Merge("u", s) != s {
		t.Error("without uses it is another")
	}
	u.Add("u", "a", 5)
	first := u.Merge("u", s)
	u.Add("u", "a", 7)
	u.Add("u", "b", 7)
	second := u.Merge("u", s)
	flushed(t, &u)
	for want, s := range map[activity.Timestamp]*storage.Structure{5: first, 7: second} {
		if a, _ := s.Access("a"); a.LastUsed == nil || *a.LastUsed != want {
			t.Errorf("got %+v, want it used at %v", a, want)
		}
	}
	if u.Merge("v", s) != s || u.Merge("u", s) != s {
		t.Error("there are uses left, or of another")
	}
}
