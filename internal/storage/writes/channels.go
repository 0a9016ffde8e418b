package writes

import (
	"bytes"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// CreateChannel adds v, and sets its Created and Modified. It fails as
// storage.Channels says, and so do the others.
func CreateChannel(s *storage.Structure, v *activity.Channel, at activity.Timestamp) (Step, error) {
	if _, ok := s.Channel(v.ID); ok {
		return Step{}, storage.IDTaken(activity.ChannelKind, string(v.ID))
	}
	v.Created, v.Modified = at, at
	return putChannel(s, v, activity.Created)
}

// UpdateChannel puts v in the place of what it was, and sets its times.
func UpdateChannel(s *storage.Structure, v *activity.Channel, at activity.Timestamp) (Step, error) {
	old, ok := s.Channel(v.ID)
	if !ok {
		return Step{}, storage.UnknownChannel(v.ID)
	}
	v.Created, v.Modified = old.Created, at
	return putChannel(s, v, activity.Updated)
}

func putChannel(s *storage.Structure, v *activity.Channel, action activity.Action) (Step, error) {
	kept := *v
	kept.ClientData = bytes.Clone(v.ClientData)
	next, err := s.WithChannel(kept)
	return Step{channelChange(v.ID, action), next}, err
}

// DeleteChannel takes the channel away with all in it.
func DeleteChannel(s *storage.Structure, id activity.ChannelID) (Step, error) {
	if _, ok := s.Channel(id); !ok {
		return Step{}, storage.UnknownChannel(id)
	}
	return Step{channelChange(id, activity.Deleted), s.WithoutChannel(id)}, nil
}

func channelChange(id activity.ChannelID, action activity.Action) activity.Change {
	return activity.Change{Kind: activity.ChannelKind, Action: action, Item: string(id), Channel: id}
}
