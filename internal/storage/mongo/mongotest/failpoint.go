package mongotest

import (
	"context"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// FailCommand has a member fail commands of clients: mode is how often
// (bson.D{{"times", 1}}, or "alwaysOn"), data which commands and in which way, as
// MongoDB's failCommand fail point takes them (failCommands, errorCode,
// closeConnection, errorLabels, blockConnection, blockTimeMS, writeConcernError).
// It goes past the member's proxy, and ends with the call of off or with the test.
func (s *ReplicaSet) FailCommand(t testing.TB, member int, mode any, data bson.D) (off func()) {
	t.Helper()
	set := func(mode any, data bson.D) error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), limit)
		defer cancel()
		command := bson.D{{Key: "configureFailPoint", Value: "failCommand"}, {Key: "mode", Value: mode}}
		if data != nil {
			command = append(command, bson.E{Key: "data", Value: data})
		}
		return s.members[member].command(ctx, command, nil)
	}
	if err := set(mode, data); err != nil {
		t.Fatalf("mongotest: set the fail point: %v", err)
	}
	off = func() {
		t.Helper()
		if s.members[member].process == nil {
			return // it went with the process
		}
		if err := set("off", nil); err != nil {
			t.Errorf("mongotest: end the fail point: %v", err)
		}
	}
	t.Cleanup(off)
	return off
}
