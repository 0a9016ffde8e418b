package memory

import (
	"slices"
	"sync"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// Uses are the uses of accesses that the store does not have yet. Its zero value
// has none. It may be used by many goroutines.
type Uses struct {
	mu sync.Mutex
	of map[activity.UserID][]storage.Use // replaced, never changed
}

// usesApart is how many seconds lie between two uses that are both noted.
const usesApart = 1

// Use is one use of a user's access.
type Use struct {
	User activity.UserID
	storage.Use
}

// Add notes a use. Of several of an access the last one counts.
func (u *Uses) Add(user activity.UserID, id activity.AccessID, at activity.Timestamp) {
	u.mu.Lock()
	defer u.mu.Unlock()
	noted := u.of[user]
	if i := indexOf(noted, id); i >= 0 {
		if at < noted[i].At+usesApart {
			return
		}
		noted = without(noted, i)
	}
	if u.of == nil {
		u.of = map[activity.UserID][]storage.Use{}
	}
	u.of[user] = append(slices.Clip(noted), storage.Use{Access: id, At: at})
}

func indexOf(noted []storage.Use, id activity.AccessID) int {
	return slices.IndexFunc(noted, func(u storage.Use) bool { return u.Access == id })
}

func without(noted []storage.Use, i int) []storage.Use {
	return append(slices.Clone(noted[:i]), noted[i+1:]...)
}

// Merge gives the user's structure with the uses noted.
func (u *Uses) Merge(user activity.UserID, s *storage.Structure) *storage.Structure {
	u.mu.Lock()
	noted := u.of[user]
	u.mu.Unlock()
	if noted == nil {
		return s
	}
	return s.WithUses(noted)
}

// Flush lets the store keep all uses, at most limit at once, and forgets those
// that it has kept.
func (u *Uses) Flush(limit int, keep func([]Use) error) error {
	for {
		batch := u.some(limit)
		if len(batch) == 0 {
			return nil
		}
		if err := keep(batch); err != nil {
			return err
		}
		u.settle(batch)
	}
}

func (u *Uses) some(limit int) (batch []Use) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for user, noted := range u.of {
		for _, use := range noted {
			if len(batch) == limit {
				return batch
			}
			batch = append(batch, Use{user, use})
		}
	}
	return batch
}

func (u *Uses) settle(batch []Use) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, kept := range batch {
		noted := u.of[kept.User]
		i := indexOf(noted, kept.Access)
		switch {
		case i < 0 || noted[i].At > kept.At:
		case len(noted) == 1:
			delete(u.of, kept.User)
		default:
			u.of[kept.User] = without(noted, i)
		}
	}
}
