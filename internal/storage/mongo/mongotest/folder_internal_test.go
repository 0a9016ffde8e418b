package mongotest

import (
	"os"
	"testing"
)

func TestAbandonedFoldersAreRemoved(t *testing.T) {
	parent := t.TempDir()
	abandoned, err := newFolder(parent)
	if err != nil {
		t.Fatal(err)
	}
	if err := abandoned.lock.Close(); err != nil { // as the end of a process does
		t.Fatal(err)
	}
	var kept []*folder
	for range 2 {
		one, err := newFolder(parent)
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, one)
	}
	if _, err := os.Stat(abandoned.path); !os.IsNotExist(err) {
		t.Errorf("the abandoned folder: %v, want it removed", err)
	}
	for _, one := range kept {
		if _, err := os.Stat(one.path); err != nil {
			t.Errorf("a folder in use: %v", err)
		}
		if err := one.remove(); err != nil {
			t.Errorf("remove: %v", err)
		}
	}
	left, err := os.ReadDir(parent)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
