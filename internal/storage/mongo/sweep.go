package mongo

import (
	"context"
	"errors"
	"math"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage/keys"
)

// sweepRows is how many documents are swept at once.
const sweepRows = 200

// sweepAll removes what was deleted: folders in channels that stand, channels,
// users. Every server does: where two are at the same, one gives way.
func (s *Store) sweepAll(ctx context.Context, rest func()) error {
	for _, step := range []struct {
		kind  string
		sweep func(context.Context, bson.Raw) error
	}{{folderKind, s.sweepFolders}, {channelKind, s.sweepChannel}, {userKind, s.sweepUser}} {
		// What is gone now: what others sweep meanwhile is skipped, and what
		// comes meanwhile pokes the janitor again.
		gone, err := s.findGone(ctx, step.kind)
		if err != nil {
			return err
		}
		for _, doc := range gone {
			rest()
			if err := step.sweep(ctx, doc); err != nil && !errors.Is(err, errSwept) {
				return err
			}
		}
	}
	return nil
}

// errSwept says that another server is sweeping the same. What it leaves when it
// ends is found within a minute.
var errSwept = errors.New("storage/mongo: another server sweeps this")

// findGone gives what of a kind is gone and not swept yet.
func (s *Store) findGone(ctx context.Context, kind string) (docs []bson.Raw, err error) {
	cursor, err := s.structure.Find(ctx, bson.D{{Key: "_id.k", Value: kind}, {Key: "gone", Value: bson.D{{Key: "$exists", Value: true}}}},
		options.Find().SetHint("gone"))
	if err != nil {
		return nil, failure("look for what is gone", err)
	}
	return docs, failure("look for what is gone", cursor.All(ctx, &docs))
}

// folderSweep is the work on a gone folder.
type folderSweep struct {
	user    activity.UserID
	doc     folderDoc
	key     int64
	from    activity.Timestamp // modified: all before is swept
	channel activity.ChannelID
	batch   []bson.RawValue // ids of events to sweep next
	missed  bool            // nothing of the batch was left to sweep
}

// sweepFolders takes the events out of a gone folder, and removes it.
func (s *Store) sweepFolders(ctx context.Context, doc bson.Raw) error {
	f := &folderSweep{
		user: activity.UserID(doc.Lookup("_id", "u").StringValue()), key: doc.Lookup("_id", "i").AsInt64(),
		from: activity.Timestamp(math.Inf(-1)),
	}
	if err := bson.Unmarshal(doc, &f.doc); err != nil {
		return err
	}
	for lost := 0; lost < 2; { // to another server, one after the other
		if err := s.fill(ctx, f); err != nil {
			return failure("sweep folders", err)
		}
		f.missed = false
		err := s.do(ctx, f.user, "sweep folders", f.sweep)
		var known *activity.Error
		if errors.As(err, &known) && (known.Code == activity.CodeUnknownUser || known.Code == activity.CodeUnknownChannel) {
			return nil // went meanwhile: it is swept as such
		}
		if err != nil || len(f.batch) == 0 {
			return err
		}
		if f.missed {
			lost++
			continue
		}
		lost = 0
		s.counts.Sweeps.Add(1)
	}
	return errSwept
}

// fill finds the next events.
func (s *Store) fill(ctx context.Context, f *folderSweep) error {
	f.batch = f.batch[:0]
	session, err := s.causal()
	if err != nil {
		return err
	}
	defer s.end(session)
	ctx = mongo.NewSessionContext(ctx, session)
	filter := append(inChannel(f.user, f.doc.Channel),
		bson.E{Key: "modified", Value: bson.D{{Key: "$gte", Value: f.from}}}, bson.E{Key: "folder", Value: f.key})
	cursor, err := s.events.Find(ctx, filter, options.Find().SetHint("modified").SetSort(bson.D{{Key: "modified", Value: 1}}).
		SetLimit(-sweepRows).SetBatchSize(sweepRows).SetProjection(bson.D{{Key: "modified", Value: 1}}))
	if err != nil {
		return err
	}
	var found []bson.Raw
	if err := cursor.All(ctx, &found); err != nil {
		return err
	}
	for _, doc := range found {
		f.batch = append(f.batch, doc.Lookup("_id"))
		f.from = activity.Timestamp(doc.Lookup("modified").Double())
	}
	return nil
}

// sweep sweeps the events of the batch; an empty batch is the end, and removes
// the folder.
func (f *folderSweep) sweep(u *update) error {
	in := f.container(u)
	if in == nil {
		return unknownChannel(f.channel)
	}
	if _, gone := in.Gone[f.key]; !gone {
		return errSwept
	}
	if len(f.batch) > 0 {
		return f.sweepBatch(u, in)
	}
	// The revision stays: who still knows that the folder was there, knows more
	// than is needed.
	next := in.Clone()
	delete(next.Gone, f.key)
	u.chain.add(u.item(folderKind, f.key, keyText(f.key), nil))
	u.account = u.account.withChannel(f.channel, next)
	return nil
}

// sweepBatch sweeps those events of the batch that still name the folder.
func (f *folderSweep) sweepBatch(u *update, in *keys.Channel) error {
	ctx, cancel := context.WithTimeout(context.Background(), operationTime)
	defer cancel()
	within, err := u.reading(ctx)
	if err != nil {
		return err
	}
	cursor, err := u.store.events.Find(within, append(ofUser(f.user), isIn("_id", f.batch), bson.E{Key: "folder", Value: f.key}))
	if err != nil {
		return u.failed(ctx, "sweep folders", err)
	}
	var docs []bson.Raw
	if err := cursor.All(within, &docs); err != nil {
		return u.failed(ctx, "sweep folders", err)
	}
	f.missed = len(docs) == 0
	for _, doc := range docs {
		if err := f.sweepEvent(u, in, doc); err != nil {
			return err
		}
	}
	return nil
}

// container gives the keys of the channel, and notes its id.
func (f *folderSweep) container(u *update) *keys.Channel {
	for id, in := range u.account.channels {
		if in.Key == f.doc.Channel {
			f.channel = id
			return in
		}
	}
	return nil
}

// sweepEvent makes true in the database what the gone folder already said: the
// event is deleted, or in another folder.
func (f *folderSweep) sweepEvent(u *update, in *keys.Channel, doc bson.Raw) error {
	s, err := readStored(doc, f.channel)
	if err != nil {
		return err
	}
	packed, _ := keys.PackID(s.event.ID)
	if now, ok := u.chain.writes[eventKey(in.Key, packed)]; ok {
		s = now
	}
	was := in.Gone[f.key]
	if s.event.Deleted != nil || s.folder != f.key {
		return nil // swept, moved or deleted meanwhile
	}
	to, deleted := in.Place(f.key)
	if deleted != nil {
		u.chain.add(u.eventOp(in.Key, packed, s.buried(deleted.At, deleted.Chain)))
		return nil
	}
	u.origin = f.doc.Origin.origin()
	s.event.Modified = u.next().modified
	s.folder = in.Folders[to]
	change := activity.Change{Kind: activity.EventKind, Action: activity.Updated, Item: string(s.event.ID), Channel: f.channel,
		Before: was.Chain, After: u.account.structure.Tree(f.channel).Chain(to)}
	return u.write(change, u.account, u.eventOp(in.Key, packed, s))
}

// sweepChannel removes what is in a gone channel, and the channel.
func (s *Store) sweepChannel(ctx context.Context, doc bson.Raw) error {
	user, key := activity.UserID(doc.Lookup("_id", "u").StringValue()), doc.Lookup("_id", "i").AsInt64()
	if err := s.deleteAll(ctx, user, s.events, allOf(user, bson.E{Key: "c", Value: key})); err != nil {
		return failure("sweep channels", err)
	}
	folders := append(allOf(user, bson.E{Key: "k", Value: folderKind}), bson.E{Key: "channel", Value: key})
	if err := s.deleteAll(ctx, user, s.structure, folders); err != nil {
		return failure("sweep channels", err)
	}
	_, err := s.structure.DeleteOne(ctx, byID(itemID(user, channelKind, key)))
	return failure("sweep channels", err)
}

// deleteAll deletes what the filter selects, some at a time.
func (s *Store) deleteAll(ctx context.Context, user activity.UserID, coll *mongo.Collection, filter bson.D) error {
	for {
		cursor, err := coll.Find(ctx, filter, options.Find().SetProjection(byOwnID).SetLimit(-sweepRows).SetBatchSize(sweepRows))
		if err != nil {
			return err
		}
		var found []bson.Raw
		if err := cursor.All(ctx, &found); err != nil || len(found) == 0 {
			return err
		}
		ids := make([]bson.RawValue, len(found))
		for i, doc := range found {
			ids[i] = doc.Lookup("_id")
		}
		deleted, err := coll.DeleteMany(ctx, append(ofUser(user), isIn("_id", ids)))
		if err != nil {
			return err
		}
		if deleted.DeletedCount == 0 {
			return errSwept
		}
		s.counts.Sweeps.Add(1)
	}
}

// sweepUser removes all of a gone user but the record of the deletion, which
// stays for the history, and the id with it.
func (s *Store) sweepUser(ctx context.Context, doc bson.Raw) error {
	user := activity.UserID(doc.Lookup("_id", "u").StringValue())
	var d userDoc
	if err := bson.Unmarshal(doc, &d); err != nil {
		return err
	}
	all := allOf(user)
	others := append(allOf(user), bson.E{Key: "_id.k", Value: bson.D{{Key: "$ne", Value: userKind}}})
	before := between(user, changeID(user, 0), changeID(user, activity.Seq(d.Seq-1)))
	for _, step := range []struct {
		coll   *mongo.Collection
		filter bson.D
	}{{s.events, all}, {s.structure, others}, {s.profiles, all}, {s.changes, before}} {
		if err := s.deleteAll(ctx, user, step.coll, step.filter); err != nil {
			return failure("sweep users", err)
		}
	}
	if *d.Gone >= s.now()-activity.Timestamp(s.options.History.Seconds()) {
		return nil
	}
	if err := s.deleteAll(ctx, user, s.changes, all); err != nil {
		return failure("sweep users", err)
	}
	return failure("sweep users", s.deleteAll(ctx, user, s.structure, all))
}
