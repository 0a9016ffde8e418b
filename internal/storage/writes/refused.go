package writes

import (
	"context"
	"errors"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// Refused has the writes of a Tx that is for reading only: all of them fail.
type Refused struct{}

var errRefused = errors.New("storage: a write in View: use Update")

// UpdateUser fails, as all of them do.
func (Refused) UpdateUser(context.Context, activity.User) error { return errRefused }

// CreateChannel fails.
func (Refused) CreateChannel(context.Context, *activity.Channel) error { return errRefused }

// UpdateChannel fails.
func (Refused) UpdateChannel(context.Context, *activity.Channel) error { return errRefused }

// DeleteChannel fails.
func (Refused) DeleteChannel(context.Context, activity.ChannelID) error { return errRefused }

// CreateFolder fails.
func (Refused) CreateFolder(context.Context, *activity.Folder) error { return errRefused }

// UpdateFolder fails.
func (Refused) UpdateFolder(context.Context, *activity.Folder) error { return errRefused }

// DeleteFolder fails.
func (Refused) DeleteFolder(context.Context, activity.ChannelID, activity.FolderID, bool) error {
	return errRefused
}

// CreateEvent fails.
func (Refused) CreateEvent(context.Context, *activity.Event, *storage.Request) error {
	return errRefused
}

// UpdateEvent fails.
func (Refused) UpdateEvent(context.Context, *activity.Event) error { return errRefused }

// DeleteEvent fails.
func (Refused) DeleteEvent(context.Context, activity.ChannelID, activity.EventID) error {
	return errRefused
}

// CreateAccess fails.
func (Refused) CreateAccess(context.Context, *activity.Access) error { return errRefused }

// UpdateAccess fails.
func (Refused) UpdateAccess(context.Context, *activity.Access) error { return errRefused }

// DeleteAccess fails.
func (Refused) DeleteAccess(context.Context, activity.AccessID) error { return errRefused }

// CreateSession fails.
func (Refused) CreateSession(context.Context, *activity.Session) error { return errRefused }

// DeleteSession fails.
func (Refused) DeleteSession(context.Context, activity.SessionID) error { return errRefused }

// PutProfile fails.
func (Refused) PutProfile(context.Context, string, activity.Object) error { return errRefused }
