package mongo

import (
	"context"
	"iter"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage/keys"
)

// How many periods are read at once: most who ask take few.
const (
	fewPeriods  = 100
	manyPeriods = 5000
)

// The index of periods has all that is read here, in the order of ends.
var (
	periodOrder  = bson.D{{Key: "end", Value: 1}, {Key: "time", Value: 1}, {Key: "_id.i", Value: 1}}                            //nolint:gochecknoglobals // never changed
	periodFields = bson.D{{Key: "_id.i", Value: 1}, {Key: "folder", Value: 1}, {Key: "time", Value: 1}, {Key: "end", Value: 1}} //nolint:gochecknoglobals // never changed
)

// periodsAfter selects the periods of a channel that end after a time.
func periodsAfter(user activity.UserID, channel int64, after activity.Timestamp) bson.D {
	return append(inChannel(user, channel),
		bson.E{Key: "end", Value: bson.D{{Key: "$gt", Value: after}}}, bson.E{Key: "trashed", Value: false})
}

// Periods gives the periods that end after a time.
func (r *reads) Periods(ctx context.Context, channel activity.ChannelID, after activity.Timestamp) iter.Seq2[activity.Period, error] {
	return func(yield func(activity.Period, error) bool) {
		if err := r.eachPeriod(ctx, channel, after, yield); err != nil {
			yield(activity.Period{}, err)
		}
	}
}

// eachPeriod reads in pages by key, so that no cursor stays open when it is not
// taken to its end.
func (r *reads) eachPeriod(ctx context.Context, channel activity.ChannelID, after activity.Timestamp, yield func(activity.Period, error) bool) error {
	in, err := r.container(channel)
	if err != nil {
		return err
	}
	filter := periodsAfter(r.user, in.Key, after)
	for rows := fewPeriods; ; rows = manyPeriods {
		page, err := r.periodsPage(ctx, channel, in.Key, filter, rows)
		if err != nil {
			return r.failed(ctx, "read periods", err)
		}
		for _, p := range page {
			folder, gone := in.Place(p.folder)
			if p.FolderID = folder; gone == nil && !yield(p.Period, nil) {
				return nil
			}
		}
		if len(page) < rows {
			return nil
		}
		filter = periodsBehind(r.user, in.Key, page[len(page)-1])
	}
}

// storedPeriod is a period with the key of its folder.
type storedPeriod struct {
	activity.Period
	folder int64
}

func (r *reads) periodsPage(ctx context.Context, channel activity.ChannelID, key int64, filter bson.D, rows int) ([]storedPeriod, error) {
	within, err := r.querying(ctx, key)
	if err != nil {
		return nil, err
	}
	cursor, err := r.store.events.Find(within, filter,
		options.Find().SetHint("periods").SetSort(periodOrder).SetProjection(periodFields).SetLimit(-int64(rows)).SetBatchSize(int32(rows)))
	if err != nil {
		return nil, err
	}
	page := make([]storedPeriod, 0, cursor.RemainingBatchLength())
	for cursor.Next(within) {
		s, err := readStored(cursor.Current, channel)
		if err != nil {
			return nil, err
		}
		end, _ := cursor.Current.Lookup("end").DoubleOK()
		page = append(page, storedPeriod{activity.Period{ID: s.event.ID, Time: s.event.Time, End: activity.Timestamp(end)}, s.folder})
	}
	return page, cursor.Err()
}

// periodsBehind selects the periods that come after one.
func periodsBehind(user activity.UserID, channel int64, p storedPeriod) bson.D {
	packed, _ := keys.PackID(p.ID)
	end := func(op string) bson.E { return bson.E{Key: "end", Value: bson.D{{Key: op, Value: p.End}}} }
	same := bson.E{Key: "end", Value: p.End}
	return append(inChannel(user, channel), end("$gte"), bson.E{Key: "trashed", Value: false}, bson.E{Key: "$or", Value: bson.A{
		bson.D{end("$gt")},
		bson.D{same, {Key: "time", Value: bson.D{{Key: "$gt", Value: p.Time}}}},
		bson.D{same, {Key: "time", Value: p.Time}, {Key: "_id.i", Value: bson.D{{Key: "$gt", Value: bson.Binary{Data: packed}}}}},
	}})
}

// TimeCounts gives the seconds of periods by folder.
func (r *reads) TimeCounts(ctx context.Context, channel activity.ChannelID, from, to activity.Timestamp) (map[activity.FolderID]float64, error) {
	in, err := r.container(channel)
	if err != nil {
		return nil, err
	}
	within, err := r.querying(ctx, in.Key)
	if err != nil {
		return nil, err
	}
	if from >= to {
		return map[activity.FolderID]float64{}, nil
	}
	match := append(periodsAfter(r.user, in.Key, from), bson.E{Key: "time", Value: bson.D{{Key: "$lt", Value: to}}})
	clipped := bson.D{{Key: "$subtract", Value: bson.A{
		bson.D{{Key: "$min", Value: bson.A{to, "$end"}}}, bson.D{{Key: "$max", Value: bson.A{from, "$time"}}},
	}}}
	cursor, err := r.store.events.Aggregate(within, mongo.Pipeline{
		{{Key: "$match", Value: match}},
		{{Key: "$group", Value: bson.D{{Key: "_id", Value: "$folder"}, {Key: "seconds", Value: bson.D{{Key: "$sum", Value: clipped}}}}}},
		{{Key: "$sort", Value: byOwnID}}, // the same sum each time
	}, options.Aggregate().SetHint("periods"))
	if err != nil {
		return nil, r.failed(ctx, "count the time of periods", err)
	}
	var sums []struct {
		Folder  int64   `bson:"_id"`
		Seconds float64 `bson:"seconds"`
	}
	if err := cursor.All(within, &sums); err != nil {
		return nil, r.failed(ctx, "count the time of periods", err)
	}
	counts := make(map[activity.FolderID]float64, len(sums))
	for _, sum := range sums {
		if folder, gone := in.Place(sum.Folder); gone == nil && sum.Seconds > 0 {
			counts[folder] += sum.Seconds
		}
	}
	return counts, nil
}
