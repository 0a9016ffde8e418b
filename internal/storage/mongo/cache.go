package mongo

import (
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage/memory"
)

// cache holds the users seen last.
type cache struct{ *memory.Cache[known] }

func newCache(users int) *cache { return &cache{memory.NewCache(users, known.follows)} }

// follows reports whether k is at least as new as old: another server may have
// gone on meanwhile.
func (k known) follows(old known) bool {
	return k.head.seq >= old.head.seq && k.account.revision >= old.account.revision
}

// outdate forgets what is cached of a user if it is older than the change.
func (c *cache) outdate(v *activity.Change, revision int64, own bool) {
	if v.Kind != activity.EventKind {
		c.Outdate(v.User, func(k known) bool { return k.account.revision < revision || revision == 0 })
	} else if !own {
		c.Renew(v.User, func(k known) known {
			if k.head.seq < v.Seq {
				k.at = time.Time{} // the account stands
			}
			return k
		})
	}
}
