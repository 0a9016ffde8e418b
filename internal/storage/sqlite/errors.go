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
