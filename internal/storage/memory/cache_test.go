package memory_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/memory"
)

// newCache gives a cache of so many users, each as the number of his revision.
func newCache(users int) *memory.Cache[int] {
	return memory.NewCache(users, func(next, old int) bool { return next > old })
}

// An offer from before something went is not taken where nothing stands; an older
// one that stands tells that the user was not what went.
func TestOffersOfAnEarlierEra(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		between func(*memory.Cache[int])
		want    int
	}{
		{"nothing", func(*memory.Cache[int]) {}, 2},
		{"another offer", func(c *memory.Cache[int]) { _, _, era := c.Get("b"); c.Offer("b", 1, era) }, 2},
		{"a newer one published", func(c *memory.Cache[int]) { c.Publish("a", 3) }, 3},
		{"dropped", func(c *memory.Cache[int]) { c.Drop("a") }, 0},
		{"another one dropped", func(c *memory.Cache[int]) { c.Drop("b") }, 2},
		{"outdated", func(c *memory.Cache[int]) { c.Outdate("a", func(have int) bool { return have < 2 }) }, 0},
		{"not outdated", func(c *memory.Cache[int]) { c.Outdate("a", func(have int) bool { return have < 1 }) }, 2},
		{"one outdated who is not there", func(c *memory.Cache[int]) { c.Outdate("b", func(int) bool { return false }) }, 2},
		{"all forgotten", (*memory.Cache[int]).Forget, 0},
		{"pushed out", func(c *memory.Cache[int]) {
			for i := range 3 {
				c.Publish(activity.UserID(fmt.Sprint(i)), 1)
			}
		}, 0},
	} {
		c := newCache(3)
		c.Publish("a", 1)
		_, _, era := c.Get("a")
		tt.between(c)
		c.Offer("a", 2, era)
		if got, _, _ := c.Get("a"); got != tt.want {
			t.Errorf("%s: %d is cached, want %d", tt.name, got, tt.want)
		}
	}
}

func TestOlderIsNotTaken(t *testing.T) {
	t.Parallel()
	c := newCache(3)
	c.Publish("a", 5)
	c.Publish("a", 4)
	_, _, era := c.Get("a")
	c.Offer("a", 5, era)
	c.Renew("a", func(v int) int { return v * 10 })
	c.Renew("b", func(int) int { return 1 })
	if a, _, _ := c.Get("a"); a != 50 {
		t.Errorf("%d is cached", a)
	}
	if b, _, _ := c.Get("b"); b != 0 {
		t.Errorf("%d is cached of one who was not there", b)
	}
}

func TestTrust(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCache(3)
		c.Publish("a", 1)
		trusted := func(want bool) {
			t.Helper()
			if _, got, _ := c.Get("a"); got != want {
				t.Errorf("trusted: %t", got)
			}
		}
		trusted(false)
		c.Current(time.Now())
		trusted(true)
		<-time.After(500 * time.Millisecond)
		trusted(true)
		<-time.After(time.Millisecond)
		trusted(false)
		c.Current(time.Now())
		c.Forget()
		trusted(false)
		var st storage.Stats
		if c.Count(&st); st.CacheHits != 2 || st.CacheStale != 2 || st.CacheMisses != 1 {
			t.Errorf("counted %d, %d, %d", st.CacheHits, st.CacheStale, st.CacheMisses)
		}
	})
}

func TestNames(t *testing.T) {
	t.Parallel()
	c := newCache(3)
	c.SetName("alice", "a")
	if id, ok := c.UserOf("alice"); id != "a" || !ok {
		t.Errorf("alice is %q, %t", id, ok)
	}
	c.Forget()
	if _, ok := c.UserOf("alice"); ok {
		t.Error("alice was not forgotten")
	}
}
