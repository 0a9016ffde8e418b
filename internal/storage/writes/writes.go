// Package writes decides what each write of a tenant's structure does: whether
// it may be, which times and numbers the item gets, and which change tells of
// it. A store keeps what comes out.
//
// It imports activity and storage; never a store, auth or api.
package writes

import (
	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// Step is a write that may be: all of it is to be kept, or nothing.
type Step struct {
	Change    activity.Change    // without User, Seq, Origin and Time
	Structure *storage.Structure // afterwards; it shares nothing with the item given
}
