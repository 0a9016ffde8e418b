package sqlite_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/sqlite"
	"github.com/activityd/activityd/internal/storage/storagetest/hands"
)

// childDir names the data folder of a test's child process, whose files may
// not grow beyond childLimit until it lifts that.
const (
	childDir   = "ACTIVITYD_SQLITE_TEST_CHILD"
	childLimit = 1 << 20
)

// child runs the child's part when this process is one.
func child() bool {
	dir := os.Getenv(childDir)
	if dir == "" {
		return false
	}
	if err := fillDisk(context.Background(), dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return true
}

func limitFiles(size uint64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	limit.Cur = min(size, limit.Max)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
}

// fillDisk writes from many goroutines until there is no room, makes room, and
// writes again. It prints a line for each event that was acknowledged.
func fillDisk(ctx context.Context, dir string) error {
	signal.Ignore(syscall.SIGXFSZ) // as the write's error
	s, err := sqlite.Open(ctx, sqlite.Options{Dir: dir})
	if err != nil {
		return err
	}
	u := activity.User{ID: "id-of-alice", Username: "alice"}
	if err := s.Users().CreateUser(ctx, &u, nil); err != nil {
		return err
	}
	of := s.Tenant(u.ID)
	err = of.Update(ctx, activity.Origin{}, func(tx storage.Tx) error {
		return tx.CreateChannel(ctx, &activity.Channel{ID: "diary", Name: "Diary"})
	})
	if err != nil {
		return err
	}
	if err := limitFiles(childLimit); err != nil {
		return err
	}
	failed := writeUntilFull(ctx, of)
	for _, err := range failed {
		if !errors.Is(err, activity.NewError(activity.CodeServiceUnavailable, "")) {
			return fmt.Errorf("without room: %w", err)
		}
	}
	for tries := 0; s.Ready(ctx) == nil; tries++ { // one page may still fit
		if tries == childLimit/4096 {
			return errors.New("ready without room")
		}
	}
	if err := limitFiles(1 << 40); err != nil {
		return err
	}
	if err := s.Ready(ctx); err != nil {
		return fmt.Errorf("with room again: %w", err)
	}
	if err := write(ctx, of, 1_000_000); err != nil {
		return fmt.Errorf("with room again: %w", err)
	}
	return s.Close()
}

// writeUntilFull gives the error that ended each of 8 writers.
func writeUntilFull(ctx context.Context, of storage.Tenant) []error {
	failed := make([]error, 8)
	var all sync.WaitGroup
	for w := range failed {
		all.Go(func() {
			for n := w; failed[w] == nil; n += len(failed) {
				failed[w] = write(ctx, of, n)
			}
		})
	}
	all.Wait()
	return failed
}

// write stores two events or none.
func write(ctx context.Context, of storage.Tenant, n int) error {
	err := of.Update(ctx, activity.Origin{}, func(tx storage.Tx) error {
		for i := range 2 {
			e := hands.Event(2*n+i, "diary")
			if err := tx.CreateEvent(ctx, &e, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		fmt.Println(2 * n)
		fmt.Println(2*n + 1)
	}
	return err
}

// The disk is full for real: the system refuses to let files grow.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	acknowledged := map[activity.EventID]bool{}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var n int
		if _, err := fmt.Sscan(lines.Text(), &n); err != nil {
			t.Fatal(err)
		}
		acknowledged[hands.Number(n)] = true
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if len(acknowledged) < 10 {
		t.Fatalf("only %d events before the disk was full", len(acknowledged))
	}
	s := open(t, sqlite.Options{Dir: dir})
	for e, err := range s.Tenant("id-of-alice").Events(t.Context(), hands.All("diary")) {
		if err != nil {
			t.Fatal(err)
		}
		if !acknowledged[e.ID] {
			t.Errorf("%s was stored and not acknowledged", e.ID)
		}
		delete(acknowledged, e.ID)
	}
	if len(acknowledged) > 0 {
		t.Errorf("%d acknowledged events are lost", len(acknowledged))
	}
	if got := raw(t, dir, "PRAGMA integrity_check"); got != "ok" {
		t.Errorf("integrity check: %s", got)
	}
}
