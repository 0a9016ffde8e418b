package storagetest

import (
	"fmt"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/storagetest/model"
)

// Ids and names come from small sets, so that they meet.

func (w *walk) channelID() activity.ChannelID {
	return activity.ChannelID(fmt.Sprint("c", min(w.r.IntN(5), 3)))
}

func (w *walk) folderID() activity.FolderID {
	return activity.FolderID(fmt.Sprint("f", w.r.IntN(9)))
}

func (w *walk) folderOrNone() activity.FolderID {
	if w.r.IntN(3) == 0 {
		return ""
	}
	return w.folderID()
}

func (w *walk) eventID() activity.EventID { return w.events[w.r.IntN(len(w.events))] }

func (w *walk) accessID() activity.AccessID {
	return activity.AccessID(fmt.Sprint("a", w.r.IntN(4)))
}

func (w *walk) name() string { return []string{"n", "N", "m", "o", "p\x00", "q", "r"}[w.r.IntN(7)] }

func (w *walk) object() activity.Object {
	if w.r.IntN(2) == 0 {
		return nil
	}
	return counter(w.r.IntN(100))
}

func (w *walk) often(percent int) bool { return w.r.IntN(100) < percent }

// step makes a random operation.
func (w *walk) step() step {
	switch n := w.r.IntN(100); {
	case n < 5:
		return w.createChannel()
	case n < 9:
		return w.updateChannel()
	case n < 10:
		return w.deleteChannel()
	case n < 25:
		return w.createFolder()
	case n < 33:
		return w.updateFolder()
	case n < 36:
		return w.deleteFolder()
	case n < 60:
		return w.createEvent()
	case n < 78:
		return w.updateEvent()
	case n < 84:
		return w.deleteEvent()
	case n < 90:
		return w.createAccess()
	case n < 97:
		return w.updateAccess()
	}
	return w.deleteAccess()
}

func (w *walk) randomChannel() activity.Channel {
	return activity.Channel{ID: w.channelID(), Name: w.name(), EnforceNoEventsOverlap: w.often(30), ClientData: w.object(), Trashed: w.often(20), Created: 7}
}

func (w *walk) createChannel() step {
	given := w.randomChannel()
	var left activity.Channel
	return step{
		fmt.Sprintf("create channel %+v", given),
		func(tx storage.Tx) error {
			left = given
			return tx.CreateChannel(w.t.Context(), &left)
		},
		func(m *model.Tenant) []activity.Code { return m.CreateChannel(left) },
	}
}

func (w *walk) updateChannel() step {
	given := w.randomChannel()
	var left activity.Channel
	return step{
		fmt.Sprintf("update channel %+v", given),
		func(tx storage.Tx) error {
			left = given
			return tx.UpdateChannel(w.t.Context(), &left)
		},
		func(m *model.Tenant) []activity.Code { return m.UpdateChannel(left) },
	}
}

func (w *walk) deleteChannel() step {
	id := w.channelID()
	return step{
		fmt.Sprintf("delete channel %s", id),
		func(tx storage.Tx) error { return tx.DeleteChannel(w.t.Context(), id) },
		func(m *model.Tenant) []activity.Code { return m.DeleteChannel(id) },
	}
}

func (w *walk) randomFolder() activity.Folder {
	return activity.Folder{
		ID: w.folderID(), ChannelID: w.channelID(), Name: w.name(), ParentID: w.folderOrNone(),
		Hidden: w.often(20), ClientData: w.object(), Trashed: w.often(20), Created: 7,
	}
}

func (w *walk) createFolder() step {
	given := w.randomFolder()
	var left activity.Folder
	return step{
		fmt.Sprintf("create folder %+v", given),
		func(tx storage.Tx) error {
			left = given
			return tx.CreateFolder(w.t.Context(), &left)
		},
		func(m *model.Tenant) []activity.Code { return m.CreateFolder(left) },
	}
}

func (w *walk) updateFolder() step {
	given := w.randomFolder()
	var left activity.Folder
	return step{
		fmt.Sprintf("update folder %+v", given),
		func(tx storage.Tx) error {
			left = given
			return tx.UpdateFolder(w.t.Context(), &left)
		},
		func(m *model.Tenant) []activity.Code { return m.UpdateFolder(left) },
	}
}

func (w *walk) deleteFolder() step {
	channel, id := w.channelID(), w.folderID()
	return step{
		fmt.Sprintf("delete folder %s of %s", id, channel),
		func(tx storage.Tx) error { return tx.DeleteFolder(w.t.Context(), channel, id, false) },
		func(m *model.Tenant) []activity.Code {
			refused, _ := m.DeleteFolder(channel, id, false)
			return refused
		},
	}
}

func (w *walk) randomEvent() activity.Event {
	e := activity.Event{
		ID: w.eventID(), ChannelID: w.channelID(), Time: activity.Timestamp(w.r.IntN(30)), FolderID: w.folderOrNone(),
		Type:       activity.Type{Class: []string{"note", "mass"}[w.r.IntN(2)], Format: []string{"txt", "kg"}[w.r.IntN(2)]},
		ClientData: w.object(), Trashed: w.often(20), Created: 7, CreatedBy: w.name(), ModifiedBy: w.name(),
	}
	for _, tag := range []string{"x", "X", "y\x00"} {
		if w.often(40) {
			e.Tags = append(e.Tags, tag)
		}
	}
	switch w.r.IntN(5) {
	case 0:
		e.Duration = activity.Running
	case 1:
		e.Duration = activity.Seconds(0)
	case 2:
		e.Duration = activity.Seconds(float64(w.r.IntN(10)) / 2)
		if w.often(30) {
			exact := e.Time + activity.Timestamp(float64(w.r.IntN(10))/2+0.25) // never the sum
			e.ExactEnd = &exact
		}
	}
	if w.often(50) {
		description := w.name()
		e.Description, e.Value = &description, activity.Value(`[1.0,{"b":null,"a":"\u0041"}]`)
	}
	return e
}

func (w *walk) createEvent() step {
	given := w.randomEvent()
	var request *storage.Request
	if w.often(30) {
		request = &storage.Request{Access: w.accessID(), Hash: [32]byte{byte(w.r.IntN(256))}, Time: given.Time}
	}
	var left activity.Event
	var leftRequest *storage.Request
	return step{
		fmt.Sprintf("create event %s, with a request: %t", text(given), request != nil),
		func(tx storage.Tx) error {
			left, leftRequest = given, nil
			if request != nil {
				fresh := *request
				leftRequest = &fresh
			}
			return tx.CreateEvent(w.t.Context(), &left, leftRequest)
		},
		func(m *model.Tenant) []activity.Code { return m.CreateEvent(left, leftRequest) },
	}
}

func (w *walk) updateEvent() step {
	given := w.randomEvent()
	if c := w.m.Channel(given.ChannelID); c != nil && len(c.Events) > 0 && w.often(80) { // else few are met
		given.ID = c.Events[w.r.IntN(len(c.Events))].ID
	}
	var left activity.Event
	return step{
		fmt.Sprintf("update event %s", text(given)),
		func(tx storage.Tx) error {
			left = given
			return tx.UpdateEvent(w.t.Context(), &left)
		},
		func(m *model.Tenant) []activity.Code { return m.UpdateEvent(left) },
	}
}

func (w *walk) deleteEvent() step {
	channel, id := w.channelID(), w.eventID()
	return step{
		fmt.Sprintf("delete event %s of %s", id, channel),
		func(tx storage.Tx) error { return tx.DeleteEvent(w.t.Context(), channel, id) },
		func(m *model.Tenant) []activity.Code { return m.DeleteEvent(channel, id) },
	}
}

func (w *walk) randomAccess() activity.Access {
	a := activity.Access{
		ID: w.accessID(), Type: []activity.AccessType{activity.AppAccess, activity.SharedAccess}[w.r.IntN(2)], Name: w.name(),
		DeviceName: []string{"", "d"}[w.r.IntN(2)], CreatedBy: w.name(),
	}
	if w.often(60) {
		a.Permissions = []activity.Permission{{ChannelID: w.channelID(), Level: activity.Level(1 + w.r.IntN(3))}}
	}
	for i := range w.r.IntN(3) {
		a.Tokens = append(a.Tokens, activity.HashToken(fmt.Sprint("token", 3*w.r.IntN(4)+i)))
	}
	return a
}

func (w *walk) createAccess() step {
	given := w.randomAccess()
	var left activity.Access
	return step{
		fmt.Sprintf("create access %s", accessText(given)),
		func(tx storage.Tx) error {
			left = given
			return tx.CreateAccess(w.t.Context(), &left)
		},
		func(m *model.Tenant) []activity.Code { return m.CreateAccess(left) },
	}
}

func (w *walk) updateAccess() step {
	given := w.randomAccess()
	var left activity.Access
	return step{
		fmt.Sprintf("update access %s", accessText(given)),
		func(tx storage.Tx) error {
			left = given
			if old, ok := tx.Structure().Access(given.ID); ok {
				left.Created, left.CreatedBy = old.Created, old.CreatedBy
			}
			return tx.UpdateAccess(w.t.Context(), &left)
		},
		func(m *model.Tenant) []activity.Code { return m.UpdateAccess(left) },
	}
}

func (w *walk) deleteAccess() step {
	id := w.accessID()
	return step{
		fmt.Sprintf("delete access %s", id),
		func(tx storage.Tx) error { return tx.DeleteAccess(w.t.Context(), id) },
		func(m *model.Tenant) []activity.Code { return m.DeleteAccess(id) },
	}
}
