package mongotest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
)

// smallOplogMB is the size below which an oplog is shortened within seconds.
const smallOplogMB = 16

// historyFlags make MongoDB keep to the size of a small oplog. It cuts off the
// oldest part at a time, one of at least two here instead of ten, and never
// beyond the last checkpoint: there is one a second instead of one a minute.
func (o Options) historyFlags() []string {
	if o.OplogMB >= smallOplogMB {
		return nil
	}
	return []string{"--setParameter", "minOplogTruncationPoints=2", "--syncdelay", "1"}
}

// ForgetHistory writes until the oplog of every member that runs begins after the
// call: a change stream that stood anywhere before it cannot go on. It takes some
// 3 s where Options.OplogMB is 1, which it should be.
func (s *ReplicaSet) ForgetHistory(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	err := withClient(ctx, s.URI(), func(client *mongo.Client) error {
		filler := client.Database("mongotest_filler")
		if err := s.fillOplog(ctx, filler.Collection("filler")); err != nil {
			return err
		}
		return filler.Drop(ctx)
	})
	if err != nil {
		t.Fatalf("mongotest: forget the history: %v", err)
	}
}

func (s *ReplicaSet) fillOplog(ctx context.Context, filler *mongo.Collection) error {
	documents := make([]any, 10)
	for i := range documents {
		documents[i] = bson.D{{Key: "filler", Value: bytes.Repeat([]byte{'x'}, 100_000)}}
	}
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	before := bson.Timestamp{T: uint32(time.Now().Unix()), I: 1<<32 - 1}
	for {
		if _, err := filler.InsertMany(ctx, documents); err != nil {
			return err
		}
		forgotten, err := s.allBeginAfter(ctx, before)
		if err != nil || forgotten {
			return err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return fmt.Errorf("the oplog still begins before: %w", ctx.Err())
		}
	}
}

// allBeginAfter tells whether no running member's oplog has an entry up to then.
func (s *ReplicaSet) allBeginAfter(ctx context.Context, then bson.Timestamp) (bool, error) {
	for _, m := range s.members {
		if m.process == nil {
			continue
		}
		var first struct {
			At bson.Timestamp `bson:"ts"`
		}
		err := withClient(ctx, direct(m.address()), func(client *mongo.Client) error {
			oplog := client.Database("local", options.Database().SetReadPreference(readpref.Nearest())).Collection("oplog.rs")
			return oplog.FindOne(ctx, bson.D{}, options.FindOne().SetSort(bson.D{{Key: "$natural", Value: 1}})).Decode(&first)
		})
		if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
			return false, err
		}
		if !first.At.After(then) {
			return false, nil
		}
	}
	return true, nil
}
