package mongo

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/activityd/activityd/internal/activity"
)

// The collections.
const (
	metaColl      = "meta"
	namesColl     = "names"
	headsColl     = "heads"
	structureColl = "structure"
	profilesColl  = "profiles"
	eventsColl    = "events"
	changesColl   = "changes"
	keysColl      = "signing_keys"
	tokensColl    = "one_time_tokens"
	attemptsColl  = "attempts"
	blockedColl   = "blocked_names"
)

// The kinds of things in the structure.
const (
	userKind    = "user"
	channelKind = "channel"
	folderKind  = "folder"
	accessKind  = "access"
	sessionKind = "session"
	useKind     = "use" // of an access
)

// itemID is the _id of a thing in the structure: i is the key of a channel or
// folder, else the id.
func itemID(user activity.UserID, kind string, i any) bson.D {
	return bson.D{{Key: "u", Value: string(user)}, {Key: "k", Value: kind}, {Key: "i", Value: i}}
}

func profileID(user activity.UserID, name string) bson.D {
	return bson.D{{Key: "u", Value: string(user)}, {Key: "name", Value: name}}
}

func changeID(user activity.UserID, seq activity.Seq) bson.D {
	return bson.D{{Key: "u", Value: string(user)}, {Key: "s", Value: int64(seq)}}
}

// eventID is the _id of an event, by the key of its channel and its packed id.
func eventID(user activity.UserID, channel int64, packed []byte) bson.D {
	return bson.D{{Key: "u", Value: string(user)}, {Key: "c", Value: channel}, {Key: "i", Value: bson.Binary{Data: packed}}}
}

// ofUser selects what is the user's in a collection whose _id begins with him.
// The router of a sharded cluster looks for "_id.u" alone.
func ofUser(user activity.UserID) bson.D { return bson.D{{Key: "_id.u", Value: string(user)}} }

// between selects what of a user has an _id from the first on and up to the
// last. One that is longer than another is behind it.
func between(user activity.UserID, first, last bson.D) bson.D {
	return append(ofUser(user), bson.E{Key: "_id", Value: bson.D{{Key: "$gte", Value: first}, {Key: "$lte", Value: last}}})
}

// bounds gives the _ids that all which begins so lies between.
func bounds(prefix bson.D) (first, last bson.D) {
	return prefix, append(prefix[:len(prefix):len(prefix)], bson.E{Key: "~", Value: bson.MaxKey{}})
}

// allOf selects what of a user has an _id that begins so.
func allOf(user activity.UserID, rest ...bson.E) bson.D {
	first, last := bounds(append(bson.D{{Key: "u", Value: string(user)}}, rest...))
	return between(user, first, last)
}

// byID selects one document.
func byID(id any) bson.D { return bson.D{{Key: "_id", Value: id}} }

// byOwnID is the order of the _id.
var byOwnID = bson.D{{Key: "_id", Value: 1}} //nolint:gochecknoglobals // never changed
