package activity_test

import (
	"math"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/activity"
)

func TestCursor(t *testing.T) {
	for _, seq := range []activity.Seq{0, 1, 127, 128, 1 << 40, math.MaxInt64} {
		c := activity.NewCursor("epoch", "user", seq)
		if got, ok := c.Seq("epoch", "user"); !ok || got != seq {
			t.Errorf("%d: got %d, %v", seq, got, ok)
		}
		if strings.Trim(string(c), "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
			t.Errorf("%q is not safe in a URL", c)
		}
		for _, other := range [][2]string{{"epocx", "user"}, {"epoch", "usex"}, {"epoc", "huser"}, {"", ""}} {
			if _, ok := c.Seq(other[0], activity.UserID(other[1])); ok {
				t.Errorf("%d: valid for %q", seq, other)
			}
		}
	}
}

func FuzzCursor(f *testing.F) {
	f.Add("")
	f.Add(string(activity.NewCursor("epoch", "user", 5)))
	f.Add(string(activity.NewCursor("epoch", "user", 300)) + "=")
	f.Add(string(activity.NewCursor("epoch", "user", 1<<40)) + "AA")
	f.Fuzz(func(t *testing.T, text string) {
		seq, ok := activity.Cursor(text).Seq("epoch", "user")
		if ok && (seq < 0 || activity.NewCursor("epoch", "user", seq) != activity.Cursor(text)) {
			t.Errorf("%q is taken for %d", text, seq)
		}
	})
}
