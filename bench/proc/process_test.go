//go:build linux

package proc_test

import (
	"os"
	"testing"
	"time"

	"github.com/activityd/activityd/bench/proc"
)

func TestSelf(t *testing.T) {
	self := proc.PID(os.Getpid())
	before, err := self.Descriptors()
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // nothing was written
	if after, err := self.Descriptors(); err != nil || after != before+1 {
		t.Errorf("%d descriptors after %d, %v", after, before, err)
	}
	if rss, err := self.RSS(); err != nil || rss < 1<<20 || rss > 1<<34 {
		t.Errorf("RSS %d, %v", rss, err)
	}
	begun := time.Now()
	for cpu := time.Duration(0); cpu == 0; { // it counts by 10 ms
		if cpu, err = self.CPU(); err != nil || time.Since(begun) > time.Minute {
			t.Fatalf("CPU %v, %v", cpu, err)
		}
	}
	if load, err := proc.Load(); err != nil || load < 0 {
		t.Errorf("load %v, %v", load, err)
	}
}

func TestNobody(t *testing.T) {
	const nobody = proc.PID(1 << 30)
	if _, err := nobody.RSS(); err == nil {
		t.Error("RSS of nobody")
	}
	if _, err := nobody.CPU(); err == nil {
		t.Error("CPU of nobody")
	}
	if _, err := nobody.Descriptors(); err == nil {
		t.Error("descriptors of nobody")
	}
}
