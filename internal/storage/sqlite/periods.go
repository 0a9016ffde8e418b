package sqlite

import (
	"context"
	"iter"
	"maps"
	"slices"

	"zombiezen.com/go/sqlite"

	"github.com/activityd/activityd/internal/activity"
)

// The index of periods has all that these statements read, and its order of
// ends: only equal ones are sorted.
const (
	selectPeriods = `SELECT id, folder_key, time, "end" FROM events INDEXED BY events_periods
		WHERE channel_key = ? AND "end" > ? AND trashed = 0 ORDER BY "end", time, id`
	selectTimes = `SELECT folder_key, time, "end" FROM events INDEXED BY events_periods
		WHERE channel_key = ? AND "end" > ? AND trashed = 0 AND time < ?`
)

// Periods gives the periods that end after a time.
func (r *reads) Periods(ctx context.Context, channel activity.ChannelID, after activity.Timestamp) iter.Seq2[activity.Period, error] {
	return func(yield func(activity.Period, error) bool) {
		c, err := r.conn(ctx)
		if err != nil {
			yield(activity.Period{}, err)
			return
		}
		in, err := r.container(channel)
		if err != nil {
			yield(activity.Period{}, err)
			return
		}
		var open *sqlite.Stmt
		defer func() {
			if open != nil {
				_ = open.Reset() // done, but for a panic in yield; Step has given its error
			}
		}()
		err = c.query(selectPeriods, func(s *sqlite.Stmt) error {
			open = s
			folder, gone := in.place(s.ColumnInt64(1))
			if gone != nil {
				return nil
			}
			var id [uuidSize]byte
			s.ColumnBytes(0, id[:])
			p := activity.Period{ID: unpackID(id[:]), FolderID: folder, Time: columnTime(s, 2), End: columnTime(s, 3)}
			if !yield(p, nil) {
				return errStop
			}
			return nil
		}, in.key, after)
		if err != nil {
			yield(activity.Period{}, failure("read periods", err))
		}
	}
}

// TimeCounts gives the seconds of periods by folder. Adding them up here is
// several times faster than GROUP BY, which sorts the periods by folder first.
func (r *reads) TimeCounts(ctx context.Context, channel activity.ChannelID, from, to activity.Timestamp) (map[activity.FolderID]float64, error) {
	c, err := r.conn(ctx)
	if err != nil {
		return nil, err
	}
	in, err := r.container(channel)
	if err != nil {
		return nil, err
	}
	byKey := map[int64]float64{}
	err = c.query(selectTimes, func(s *sqlite.Stmt) error {
		if seconds := min(to, columnTime(s, 2)) - max(from, columnTime(s, 1)); seconds > 0 {
			byKey[s.ColumnInt64(0)] += float64(seconds)
		}
		return nil
	}, in.key, from, to)
	if err != nil {
		return nil, failure("count the time of periods", err)
	}
	counts := make(map[activity.FolderID]float64, len(byKey))
	for _, key := range slices.Sorted(maps.Keys(byKey)) { // the same sum each time
		if folder, gone := in.place(key); gone == nil {
			counts[folder] += byKey[key]
		}
	}
	return counts, nil
}
