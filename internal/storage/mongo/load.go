package mongo

import (
	"context"
	"errors"
	"math"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	core "go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/keys"
)

// headDoc is a user's sequence record. Only what changes the account or the keys
// moves it: where the user's newest change is newer, that says where the history
// stands. A deleted user has none.
type headDoc struct {
	ID       string             `bson:"_id"`
	Seq      int64              `bson:"seq"`
	Modified activity.Timestamp `bson:"modified"`
	Revision int64              `bson:"revision"` // of the account
	Keys     int64              `bson:"keys"`     // the last that was given to a channel or folder
}

func (d *headDoc) head() head { return head{seq: activity.Seq(d.Seq), modified: d.Modified} }

// readHeadDoc reads a sequence record by hand.
func readHeadDoc(doc []byte) (d headDoc, err error) {
	err = eachElement(doc, func(key []byte, v core.Value) error {
		switch string(key) {
		case "_id":
			d.ID = textOf(v)
		case "seq":
			d.Seq = numberOf(v)
		case "modified":
			d.Modified = timeOf(v)
		case "revision":
			d.Revision = numberOf(v)
		case "keys":
			d.Keys = numberOf(v)
		}
		return nil
	})
	return d, err
}

// readHead gives where a user's history stands, but for the keys; nil for an
// unknown or deleted user.
func (s *Store) readHead(ctx context.Context, user activity.UserID) (*headDoc, error) {
	newest := options.FindOne().SetSort(bson.D{{Key: "_id", Value: -1}}).SetHint(byOwnID)
	doc, err := s.changes.FindOne(ctx, between(user, changeID(user, 0), changeID(user, math.MaxInt64)), newest).Raw()
	if errors.Is(err, mongo.ErrNoDocuments) {
		return s.readHeadDoc(ctx, user) // his history was pruned, or left behind
	}
	if err != nil {
		return nil, err
	}
	r, err := readRecord(doc)
	if err != nil || r.revision == 0 {
		return nil, err
	}
	return &headDoc{ID: string(user), Seq: int64(r.Seq), Modified: r.Time, Revision: r.revision}, nil
}

// readHeadDoc gives a user's sequence record; nil for an unknown or deleted user.
func (s *Store) readHeadDoc(ctx context.Context, user activity.UserID) (*headDoc, error) {
	doc, err := s.heads.FindOne(ctx, byID(string(user))).Raw()
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d, err := readHeadDoc(doc)
	return &d, err
}

// load gives a user as the snapshot of ctx has it: old, if that is still it.
// The account is nil for an unknown user.
func (s *Store) load(ctx context.Context, user activity.UserID, old known) (known, error) {
	d, err := s.readHead(ctx, user)
	if err != nil || d == nil {
		return known{}, err
	}
	if a := old.account; a != nil && a.revision == d.Revision {
		return known{account: a, head: d.head(), at: time.Now()}, nil
	}
	stored, err := s.readHeadDoc(ctx, user)
	if err != nil || stored == nil {
		return known{}, err
	}
	d.Keys = stored.Keys
	cursor, err := s.structure.Find(ctx, allOf(user), options.Find().SetSort(byOwnID))
	if err != nil {
		return known{}, err
	}
	l := loading{user: user, account: &account{revision: d.Revision, keys: d.Keys, channels: map[activity.ChannelID]*keys.Channel{}}, ids: map[int64]activity.ChannelID{}}
	for cursor.Next(ctx) {
		if err := l.take(cursor.Current); err != nil {
			return known{}, errors.Join(err, cursor.Close(ctx))
		}
	}
	if err := cursor.Err(); err != nil {
		return known{}, err
	}
	if err := cursor.Close(ctx); err != nil {
		return known{}, err
	}
	l.finish()
	return known{account: l.account, head: d.head(), at: time.Now()}, nil
}

// loading is an account that is being read. The documents come by kind in the
// order of the alphabet: channels are there before their folders, accesses
// before their uses.
type loading struct {
	user    activity.UserID
	account *account
	parts   storage.Parts
	ids     map[int64]activity.ChannelID // by key
}

func (l *loading) take(doc bson.Raw) error {
	id := doc.Lookup("_id", "i")
	switch doc.Lookup("_id", "k").StringValue() {
	case userKind:
		return unmarshal(doc, func(d *userDoc) error {
			l.parts.User = d.user(l.user)
			return nil
		})
	case channelKind:
		return unmarshal(doc, func(d *channelDoc) error { l.channel(d, id.AsInt64()); return nil })
	case folderKind:
		return unmarshal(doc, func(d *folderDoc) error { l.folder(d, id.AsInt64()); return nil })
	case accessKind:
		return unmarshal(doc, func(d *accessDoc) error {
			v, err := d.access(id.StringValue())
			l.parts.Accesses = append(l.parts.Accesses, v)
			return err
		})
	case useKind:
		return unmarshal(doc, func(d *useDoc) error {
			for i := range l.parts.Accesses {
				if a := &l.parts.Accesses[i]; string(a.ID) == id.StringValue() {
					a.LastUsed = &d.At
				}
			}
			return nil
		})
	case sessionKind:
		return unmarshal(doc, func(d *sessionDoc) error {
			l.parts.Sessions = append(l.parts.Sessions, d.session(id.StringValue()))
			return nil
		})
	}
	return errShape
}

func unmarshal[T any](doc bson.Raw, take func(*T) error) error {
	var d T
	if err := bson.Unmarshal(doc, &d); err != nil {
		return err
	}
	return take(&d)
}

func (l *loading) channel(d *channelDoc, key int64) {
	if d.Gone != nil {
		return
	}
	c := d.channel()
	l.ids[key] = c.ID
	l.parts.Channels = append(l.parts.Channels, c)
	l.account.channels[c.ID] = keys.New(key)
}

func (l *loading) folder(d *folderDoc, key int64) {
	channel, ok := l.ids[d.Channel]
	if !ok {
		return // its channel is gone
	}
	in := l.account.channels[channel]
	if d.Gone != nil {
		in.Gone[key] = d.goneFolder()
		return
	}
	f := d.folder(channel)
	l.parts.Folders = append(l.parts.Folders, f)
	in.Add(f.ID, key)
}

func (l *loading) finish() { l.account.structure = l.parts.Structure() }
