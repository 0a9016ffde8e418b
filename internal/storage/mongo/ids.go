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

// ofUser selects by _id all that is the user's in a collection.
func ofUser(user activity.UserID) bson.E {
	return bson.E{Key: "_id", Value: bson.D{
		{Key: "$gte", Value: bson.D{{Key: "u", Value: string(user)}}},
		{Key: "$lt", Value: bson.D{{Key: "u", Value: string(user)}, {Key: "~", Value: bson.MaxKey{}}}},
	}}
}

// byID selects one document.
func byID(id any) bson.D { return bson.D{{Key: "_id", Value: id}} }

// byOwnID is the order of the _id.
var byOwnID = bson.D{{Key: "_id", Value: 1}} //nolint:gochecknoglobals // never changed
