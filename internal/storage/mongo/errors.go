package mongo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

// unavailable is the error for what another try may mend.
func unavailable(cause error) *activity.Error {
	return activity.NewError(activity.CodeServiceUnavailable, "The store cannot do this now: try again in a moment.").Because(cause)
}

var (
	errClosed = errors.New("the store is closed")
	errEnded  = errors.New("storage/mongo: the unit of work has ended")
	errLater  = errors.New("storage/mongo: the database does not show yet what it has acknowledged")
)

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
	for _, plain := range []error{storage.ErrUnknownAfter, storage.ErrPositionLost, errStale, errTaken, errEnded} {
		if errors.Is(err, plain) {
			return err
		}
	}
	curable := curable(err)
	err = fmt.Errorf("storage/mongo: %s: %w", op, shortened(err))
	if curable {
		return unavailable(err)
	}
	return err
}

// ended gives ctx's end as the cause where that was it.
func ended(ctx context.Context, op string, err error) error {
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("storage/mongo: %s: %w", op, ctx.Err())
	}
	return failure(op, err)
}

// Labels that servers and the driver put on errors.
const (
	transientLabel = "TransientTransactionError"
	unknownLabel   = "UnknownTransactionCommitResult"
)

func labelled(err error, label string) bool {
	var l mongo.LabeledError
	return errors.As(err, &l) && l.HasErrorLabel(label)
}

// Codes of the server's errors.
const (
	codeAuthentication  = 18
	codeUnauthorized    = 13
	codeLockBusy        = 46
	codeNamespaceExists = 48
	codeWriteConflict   = 112
	codeInProgress      = 117
)

// curable reports whether another try may succeed: the server is away, is none
// that takes writes now, or was too busy.
func curable(err error) bool {
	if errors.Is(err, mongo.ErrClientDisconnected) || errors.Is(err, errLater) || errors.Is(err, errOneByOne) || unconnected(err) {
		return true
	}
	for _, label := range []string{transientLabel, unknownLabel, "RetryableWriteError", "ResumableChangeStreamError"} {
		if labelled(err, label) {
			return true
		}
	}
	var server mongo.ServerError
	if !errors.As(err, &server) {
		return false
	}
	return slices.ContainsFunc([]int{
		6, 7, 24, 50, 89, 91, codeWriteConflict, 133, 134, 189, 202, 225, 226, 234, 239, 246, 251, 262, 279,
		9001, 10107, 11600, 11602, 13388, 13435, 13436, 14031,
	}, server.HasErrorCode)
}

// unconnected reports whether the driver had no server to ask, or lost it.
func unconnected(err error) bool {
	var selection topology.ServerSelectionError
	var connection topology.ConnectionError
	var pool driver.RetryablePoolError
	var network net.Error
	return mongo.IsNetworkError(err) || mongo.IsTimeout(err) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.As(err, &selection) || errors.As(err, &connection) || errors.As(err, &network) || errors.As(err, &pool) && pool.Retryable()
}

func unknownUser() error { return storage.UnknownUser() }

func unknownChannel(id activity.ChannelID) error { return storage.UnknownChannel(id) }

func unknownEvent(id activity.EventID) error { return storage.UnknownEvent(id) }

func idTaken(kind activity.Kind, id string) error { return storage.IDTaken(kind, id) }
