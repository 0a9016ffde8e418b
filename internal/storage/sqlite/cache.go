package sqlite

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/activityd/activityd/internal/activity"
)

// cache holds the accounts of the users seen last, as of the newest commit of
// this process. The writer publishes what it commits; readers offer what they
// have loaded, which is taken only if nothing happened meanwhile that could
// have made it old unseen.
type cache struct {
	mu       sync.Mutex
	accounts *simplelru.LRU[activity.UserID, *account]
	names    *simplelru.LRU[activity.Username, activity.UserID]

	// era rises when an account goes: an offer from before may be older than
	// what went.
	era uint64

	hits, stale, misses uint64 // of get

	// checked is when the writer last saw all commits of other processes.
	checked time.Time
}

// trustFor is how long after that check the cache is trusted.
const trustFor = 500 * time.Millisecond

func newCache(users int) *cache {
	c := &cache{}
	c.accounts, _ = simplelru.NewLRU(users, func(activity.UserID, *account) { c.era++ }) // fails for no size only
	c.names, _ = simplelru.NewLRU[activity.Username, activity.UserID](users, nil)
	return c
}

// get gives the account, nil for one that is not cached, whether it may be
// trusted without a look into the file, and the era for an offer.
func (c *cache) get(id activity.UserID) (a *account, trusted bool, era uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, _ = c.accounts.Get(id)
	trusted = time.Since(c.checked) <= trustFor
	switch {
	case a == nil:
		c.misses++
	case trusted:
		c.hits++
	default:
		c.stale++
	}
	return a, trusted, c.era
}

// asked gives how often get had an account to be trusted, one to be looked at
// again, and none.
func (c *cache) asked() (hits, stale, misses uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hits, c.stale, c.misses
}

// offer takes an account that was loaded in a snapshot begun after era was got.
func (c *cache) offer(id activity.UserID, a *account, era uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if era != c.era {
		return
	}
	if known, ok := c.accounts.Peek(id); ok && known.revision >= a.revision {
		return
	}
	c.accounts.Add(id, a)
}

// publish puts a committed account in the place of the one before.
func (c *cache) publish(id activity.UserID, a *account) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.accounts.Add(id, a)
}

// drop forgets a user.
func (c *cache) drop(id activity.UserID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.era++
	c.accounts.Remove(id)
}

// outdate forgets what is cached of a user if it is older than the revision, or
// the user is gone (revision 0).
func (c *cache) outdate(id activity.UserID, revision int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a, ok := c.accounts.Peek(id); !ok || a.revision < revision || revision == 0 {
		c.era++ // also what is about to be offered may be older
		c.accounts.Remove(id)
	}
}

// current notes that the cache was as new as the file a moment ago; moved says
// that another process had written, so that all is forgotten.
func (c *cache) current(at time.Time, moved bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if moved {
		c.era++
		c.accounts.Purge()
		c.names.Purge()
	}
	c.checked = at
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
	if a, ok := c.accounts.Peek(id); ok {
		c.accounts.Add(id, to(a))
	}
}
