package mongo

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/activityd/activityd/internal/activity"
)

// cache holds the users seen last, as of the newest commit that this process
// knows of. Units of work publish what they commit; readers offer what they
// have loaded, which is taken only if nothing happened meanwhile that could
// have made it old unseen.
type cache struct {
	mu    sync.Mutex
	users *simplelru.LRU[activity.UserID, known]
	names *simplelru.LRU[activity.Username, activity.UserID]

	// era rises when a user goes: an offer from before may be older than what
	// went.
	era uint64

	hits, stale, misses uint64 // of get

	// checked is when the feed last proved that it had told all.
	checked time.Time
}

// trustFor is how long after that proof the cache is trusted.
const trustFor = 500 * time.Millisecond

func newCache(users int) *cache {
	c := &cache{}
	c.users, _ = simplelru.NewLRU(users, func(activity.UserID, known) { c.era++ }) // fails for no size only
	c.names, _ = simplelru.NewLRU[activity.Username, activity.UserID](users, nil)
	return c
}

// get gives what is known of a user, whether it may be trusted without a look
// into the database, and the era for an offer. The account is nil for a user who
// is not cached.
func (c *cache) get(id activity.UserID) (k known, trusted bool, era uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, _ = c.users.Get(id)
	trusted = time.Since(c.checked) <= trustFor
	switch {
	case k.account == nil:
		c.misses++
	case trusted:
		c.hits++
	default:
		c.stale++
	}
	return k, trusted, c.era
}

// asked gives how often get had a user to be trusted, one to be looked at
// again, and none.
func (c *cache) asked() (hits, stale, misses uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hits, c.stale, c.misses
}

// offer takes a user who was loaded in a snapshot begun after era was got.
func (c *cache) offer(id activity.UserID, k known, era uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.users.Peek(id); era != c.era || ok && (old.head.seq > k.head.seq || old.account.revision > k.account.revision) {
		return
	}
	c.users.Add(id, k)
}

// publish puts what was committed in the place of what was before.
func (c *cache) publish(id activity.UserID, k known) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.users.Peek(id); ok && (old.head.seq > k.head.seq || old.account.revision > k.account.revision) {
		return // another server has gone on meanwhile
	}
	c.users.Add(id, k)
}

// drop forgets a user.
func (c *cache) drop(id activity.UserID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.era++
	c.users.Remove(id)
}

// outdate forgets what is cached of a user if it is older than the change.
func (c *cache) outdate(v *activity.Change, revision int64, own bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.users.Peek(v.User)
	if v.Kind == activity.EventKind {
		if ok && !own && k.head.seq < v.Seq {
			k.at = time.Time{} // the account stands
			c.users.Add(v.User, k)
		}
		return
	}
	if !ok || k.account.revision < revision || revision == 0 {
		c.era++ // also what is about to be offered may be older
		c.users.Remove(v.User)
	}
}

// current notes that the feed had told all a moment ago.
func (c *cache) current(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.checked = at
}

// forget drops all: the feed may have missed something.
func (c *cache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.era++
	c.users.Purge()
	c.names.Purge()
	c.checked = time.Time{}
}

// userOf gives the id last known for a name, which may be old.
func (c *cache) userOf(name activity.Username) (activity.UserID, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.names.Get(name)
}

func (c *cache) setName(name activity.Username, id activity.UserID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names.Add(name, id)
}

// renew changes what is cached of a user to another form of the same revision.
func (c *cache) renew(id activity.UserID, to func(*account) *account) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k, ok := c.users.Peek(id); ok {
		k.account = to(k.account)
		c.users.Add(id, k)
	}
}
