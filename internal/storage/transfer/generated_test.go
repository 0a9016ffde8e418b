package transfer_test

import (
	"context"
	"fmt"
	"iter"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/transfer"
)

// generated is a source of users who are alike: the quickest way to fill a store.
type generated struct {
	users, events int // of each user
	asked         func(user, event int)
}

func (g *generated) Epoch() string { return "generated" }

func (g *generated) Size(context.Context) (users, events int64, err error) {
	return int64(g.users), int64(g.users * g.events), nil
}

func (g *generated) Shared(context.Context) (*transfer.Shared, error) {
	return &transfer.Shared{Key: []byte("a key of 32 bytes, as they all are"[:32])}, nil
}

func (g *generated) Users(context.Context) iter.Seq2[activity.UserID, error] {
	return func(yield func(activity.UserID, error) bool) {
		for n := range g.users {
			if !yield(activity.UserID(fmt.Sprintf("id-%06d", n)), nil) {
				return
			}
		}
	}
}

func (g *generated) User(_ context.Context, id activity.UserID) (*transfer.Account, iter.Seq2[*transfer.Event, error], error) {
	n := 0
	if _, err := fmt.Sscanf(string(id), "id-%06d", &n); err != nil || n >= g.users {
		return nil, nil, storage.UnknownUser()
	}
	a := &transfer.Account{
		User: activity.User{ID: id, Username: activity.Username(fmt.Sprintf("user-%06d", n)), LanguageCode: "en", Created: 1}, Seq: 10, Modified: 1e9,
		Channels: []activity.Channel{{ID: "diary", Name: "Diary", Created: 1, Modified: 2}},
		Folders:  []activity.Folder{{ID: "work", ChannelID: "diary", Name: "Work", Created: 3, Modified: 4}},
	}
	return a, func(yield func(*transfer.Event, error) bool) {
		e := transfer.Event{Event: activity.Event{
			ChannelID: "diary", FolderID: "work", Type: activity.Type{Class: "mass", Format: "kg"}, Value: activity.Value("72.5"),
			Tags: []string{"morning", "scale"}, ClientData: activity.Object(`{"source":"test"}`), CreatedBy: "test", ModifiedBy: "test",
		}}
		for i := range g.events {
			if g.asked != nil {
				g.asked(n, i)
			}
			e.ID = eventID(i)
			e.Time = activity.Timestamp(i)
			e.Created, e.Modified = e.Time+1, e.Time+2
			if !yield(&e, nil) {
				return
			}
		}
	}, nil
}

// eventID makes one id of each number.
func eventID(n int) activity.EventID {
	return activity.EventID(fmt.Sprintf("00000000-0000-7000-8000-%012x", n))
}
