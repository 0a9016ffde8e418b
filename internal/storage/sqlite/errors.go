package sqlite

import (
	"context"
	"errors"
	"fmt"

	"zombiezen.com/go/sqlite"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// unavailable is the error for what another try may mend.
func unavailable(cause error) *activity.Error {
	return activity.NewError(activity.CodeServiceUnavailable, "The store cannot do this now: try again in a moment.").Because(cause)
}

var errClosed = errors.New("the store is closed")

// failure gives the error of an operation on the database: of the domain as it
// is, of CodeServiceUnavailable where another try may succeed, else wrapped.
func failure(op string, err error) error {
	if err == nil {
		return nil
	}
	var known *activity.Error
	if errors.As(err, &known) {
		return err
	}
	for _, plain := range []error{context.Canceled, context.DeadlineExceeded, storage.ErrUnknownAfter, storage.ErrPositionLost, errStale, errEnded} {
		if errors.Is(err, plain) {
			return err
		}
	}
	err = fmt.Errorf("storage/sqlite: %s: %w", op, err)
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultFull, sqlite.ResultIOErr, sqlite.ResultBusy, sqlite.ResultLocked,
		sqlite.ResultCantOpen, sqlite.ResultNoMem, sqlite.ResultReadOnly, sqlite.ResultInterrupt:
		return unavailable(err)
	}
	return err
}

// taken reports whether a row was refused because its key is there.
func taken(err error) bool {
	code := sqlite.ErrCode(err)
	return code == sqlite.ResultConstraintUnique || code == sqlite.ResultConstraintPrimaryKey
}

func unknownUser() error {
	return activity.NewError(activity.CodeUnknownUser, "There is no such user: check the username.")
}

func unknownChannel(id activity.ChannelID) error {
	return activity.NewError(activity.CodeUnknownChannel, "There is no channel %q: check its id.", id)
}

func unknownEvent(id activity.EventID) error {
	return activity.NewError(activity.CodeUnknownEvent, "There is no event %q in this channel: check its id.", id)
}

func unknownAccess() error {
	return activity.NewError(activity.CodeUnknownAccess, "There is no such access: check its id.")
}

func idTaken(kind, id string) error {
	return activity.NewError(activity.CodeItemIDAlreadyExists, "The %s id %q is taken: choose another, or give none to have one made.", kind, id).
		With(map[string]any{"id": id})
}
