package api

import (
	"net/netip"
	"strings"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/auth"
	"github.com/activityd/activityd/internal/storage"
)

// Call is one request to a method: where it came from, whom it is about, and,
// once Invoke has looked, who asks.
type Call struct {
	Username activity.Username // "" on the service's own root
	Token    string            // "" for none
	// Credential stands in the place of Token once Admit has looked at it; User
	// must be set with it.
	Credential auth.Credential
	Remote     netip.Addr // of the client, behind trusted proxies
	UserAgent  string
	Socket     string // the socket's id; "" for REST
	IfMatch    string // the If-Match header; "" for none

	User   activity.UserID
	Tenant storage.Tenant
	Access activity.Access // zero for public methods
	Origin activity.Origin
}

// Unchanged fails with CodeItemChanged when the caller made its update
// conditional, by If-Match or by sending back the modified that it read, and
// the item is of another time.
func (c *Call) Unchanged(sent *activity.Timestamp, modified activity.Timestamp) error {
	if sent != nil && *sent != modified || !c.matches(ETag(modified)) {
		return activity.NewError(activity.CodeItemChanged, "The item has changed since it was read: read it again, then repeat the change.")
	}
	return nil
}

func (c *Call) matches(tag string) bool {
	if c.IfMatch == "" {
		return true
	}
	for one := range strings.SplitSeq(c.IfMatch, ",") {
		one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
		if one == tag || one == "*" {
			return true
		}
	}
	return false
}

// ETag gives the entity tag of an item modified then.
func ETag(modified activity.Timestamp) string {
	return string(append(modified.AppendJSON([]byte{'"'}), '"'))
}

// Versioned is a result with one item, whose ETag is made of Version.
type Versioned interface{ Version() activity.Timestamp }

// Tagged is a result that is the same for everybody: its ETag is Tag, with
// quotes, and it may be kept as long as it is asked for again with that.
type Tagged interface{ Tag() string }

// Appender is a result, or an element of a Stream, that writes its own JSON.
type Appender interface{ AppendJSON(b []byte) []byte }
