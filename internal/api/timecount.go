package api

import (
	"context"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/params"
	"github.com/activityd/activityd/internal/storage"
)

// TimeCountBase asks for the time of periods in what is listed.
type TimeCountBase struct {
	Base params.Optional[activity.Timestamp] `json:"timeCountBase" doc:"The start of an interval that ends now: then timeCount says how long the periods in it and below lasted within the interval, in seconds."`
}

// times gives the seconds of all periods in each folder and below, each clipped
// to the span, "" being the whole channel. Those in the trash themselves do not
// count.
func (in *place) times(ctx context.Context, tx storage.Tx, from, to activity.Timestamp) (map[activity.FolderID]float64, error) {
	own, err := tx.TimeCounts(ctx, in.channel.ID, from, to)
	if err != nil {
		return nil, err
	}
	all := make(map[activity.FolderID]float64, 1+in.tree.Len())
	in.addTimes("", own, all)
	return all, nil
}

func (in *place) addTimes(id activity.FolderID, own, all map[activity.FolderID]float64) float64 {
	seconds := own[id]
	for _, child := range in.tree.Children(id) {
		seconds += in.addTimes(child, own, all)
	}
	all[id] = seconds
	return seconds
}

// channelTime gives the seconds of all periods of the channel that the access
// sees.
func (c *Call) channelTime(ctx context.Context, tx storage.Tx, id activity.ChannelID, from, to activity.Timestamp) (float64, error) {
	in, err := c.place(tx, id)
	if err != nil {
		return 0, err
	}
	own, err := tx.TimeCounts(ctx, id, from, to)
	for folder := range own {
		if !in.scope.Includes(in.tree.Chain(folder)) {
			delete(own, folder)
		}
	}
	seen := map[activity.FolderID]float64{}
	return in.addTimes("", own, seen), err
}
