package memory

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// Cache holds the users seen last, as V, as of the newest commit that this
// process knows of. Writers publish what they commit; readers offer what they
// have loaded, which is taken only if nothing happened meanwhile that could have
// made it old unseen. It may be used by many goroutines.
type Cache[V any] struct {
	mu      sync.Mutex
	users   *simplelru.LRU[activity.UserID, V]
	names   *simplelru.LRU[activity.Username, activity.UserID]
	follows func(next, old V) bool

	// era rises when a user goes: an offer from before may be older than what
	// went.
	era uint64

	hits, stale, misses uint64 // of Get

	checked time.Time // when what is here was last known to be the newest
}

// trustFor is how long after that the cache is trusted.
const trustFor = 500 * time.Millisecond

// NewCache gives a cache of so many users, at least one. follows tells whether
// next may take the place of old.
func NewCache[V any](users int, follows func(next, old V) bool) *Cache[V] {
	c := &Cache[V]{follows: follows}
	c.users, _ = simplelru.NewLRU(users, func(activity.UserID, V) { c.era++ }) // fails for no size only
	c.names, _ = simplelru.NewLRU[activity.Username, activity.UserID](users, nil)
	return c
}

// Get gives the user, the zero V for one who is not cached, whether that may be
// trusted without a look into the database, and the era for an offer.
func (c *Cache[V]) Get(id activity.UserID) (v V, trusted bool, era uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, cached := c.users.Get(id)
	trusted = time.Since(c.checked) <= trustFor
	switch {
	case !cached:
		c.misses++
	case trusted:
		c.hits++
	default:
		c.stale++
	}
	return v, trusted, c.era
}

// Count puts the numbers of Get into the statistics.
func (c *Cache[V]) Count(st *storage.Stats) {
	c.mu.Lock()
	defer c.mu.Unlock()
	st.CacheHits, st.CacheStale, st.CacheMisses = c.hits, c.stale, c.misses
}

// Offer takes a user who was loaded in a snapshot begun after era was got, or
// committed on what was here then. It may be older than what went since; not so
// where an older one stands, which would have gone too.
func (c *Cache[V]) Offer(id activity.UserID, v V, era uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(id, v, era == c.era)
}

// Publish takes what the only one who writes has committed last.
func (c *Cache[V]) Publish(id activity.UserID, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(id, v, true)
}

// put puts v in the place of an older one, or where nothing stands if it may.
func (c *Cache[V]) put(id activity.UserID, v V, may bool) {
	if old, ok := c.users.Peek(id); ok && c.follows(v, old) || !ok && may {
		c.users.Add(id, v)
	}
}

// Renew changes what is cached of a user to another form of the same.
func (c *Cache[V]) Renew(id activity.UserID, to func(V) V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v, ok := c.users.Peek(id); ok {
		c.users.Add(id, to(v))
	}
}

// Drop forgets a user.
func (c *Cache[V]) Drop(id activity.UserID) { c.Outdate(id, func(V) bool { return true }) }

// Outdate forgets what is cached of a user if it is old. Where nothing is
// cached, what is about to be offered may be old too.
func (c *Cache[V]) Outdate(id activity.UserID, old func(V) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v, ok := c.users.Peek(id); !ok || old(v) {
		c.era++
		c.users.Remove(id)
	}
}

// Forget drops all: something may have been missed. Nothing is trusted before
// the next Current.
func (c *Cache[V]) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.era++
	c.users.Purge()
	c.names.Purge()
	c.checked = time.Time{}
}

// Current notes that what is here was the newest at that time.
func (c *Cache[V]) Current(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.checked = at
}

// UserOf gives the id last known for a name, which may be old.
func (c *Cache[V]) UserOf(name activity.Username) (activity.UserID, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.names.Get(name)
}

// SetName notes the id of a name.
func (c *Cache[V]) SetName(name activity.Username, id activity.UserID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names.Add(name, id)
}
