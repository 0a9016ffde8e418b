package mongo

import (
	"go.mongodb.org/mongo-driver/v2/bson"
	core "go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/activityd/activityd/internal/activity"
)

// record is a change as it is stored.
type record struct {
	activity.Change
	revision int64         // of the account with the change; 0 when the user was deleted
	unit     bson.ObjectID // that wrote it
}

func (r *record) append(b []byte) []byte {
	return document(b, func(b []byte) []byte {
		b = subdocument(b, "_id", func(b []byte) []byte {
			b = core.AppendStringElement(b, "u", string(r.User))
			return core.AppendInt64Element(b, "s", int64(r.Seq))
		})
		b = core.AppendStringElement(b, "kind", string(r.Kind))
		b = core.AppendStringElement(b, "action", string(r.Action))
		b = core.AppendStringElement(b, "item", r.Item)
		b = optionalText(b, "channel", string(r.Channel))
		b = appendChain(b, "before", r.Before)
		b = appendChain(b, "after", r.After)
		if r.Origin != (activity.Origin{}) {
			b = subdocument(b, "origin", func(b []byte) []byte { return appendOrigin(b, r.Origin) })
		}
		b = appendTime(b, "time", r.Time)
		b = core.AppendInt64Element(b, "revision", r.revision)
		return core.AppendObjectIDElement(b, "unit", r.unit)
	})
}

func appendOrigin(b []byte, o activity.Origin) []byte {
	b = optionalText(b, "access", string(o.Access))
	b = optionalText(b, "session", string(o.Session))
	return optionalText(b, "socket", o.Socket)
}

func readOrigin(doc []byte) (o activity.Origin, err error) {
	err = eachElement(doc, func(key []byte, v core.Value) error {
		switch string(key) {
		case "access":
			o.Access = activity.AccessID(textOf(v))
		case "session":
			o.Session = activity.SessionID(textOf(v))
		case "socket":
			o.Socket = textOf(v)
		}
		return nil
	})
	return o, err
}

func readRecord(doc []byte) (r record, err error) {
	err = eachElement(doc, func(key []byte, v core.Value) (err error) {
		switch string(key) {
		case "_id":
			id := v.Document()
			r.User = activity.UserID(textOf(id.Lookup("u")))
			r.Seq = activity.Seq(numberOf(id.Lookup("s")))
		case "kind":
			r.Kind = activity.Kind(textOf(v))
		case "action":
			r.Action = activity.Action(textOf(v))
		case "item":
			r.Item = textOf(v)
		case "channel":
			r.Channel = activity.ChannelID(textOf(v))
		case "before":
			r.Before, err = readChain(v)
		case "after":
			r.After, err = readChain(v)
		case "origin":
			r.Origin, err = readOrigin(v.Data)
		case "time":
			r.Time = timeOf(v)
		case "revision":
			r.revision = numberOf(v)
		case "unit":
			if id, ok := v.ObjectIDOK(); ok {
				r.unit = id
			}
		}
		return err
	})
	return r, err
}
