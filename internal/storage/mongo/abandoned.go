package mongo

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
)

// appName is by what the database knows the servers, unless their URI says
// otherwise.
const appName = "activityd"

// How often one tries before it is looked for what causes a conflict, how often
// that is done, the longest wait before such a try, and how long a transaction is
// idle before it is taken for abandoned: a server that lives sends the next
// statement within milliseconds. One that lives after all makes its transaction
// anew.
const (
	patientTries   = 10
	lookEvery      = 500 * time.Millisecond
	longestWait    = 16 * time.Millisecond
	abandonedAfter = 3 * time.Second
)

// abandoned ends the transactions that servers which died have left open. The
// database keeps each for a minute, in which nobody else can write what it wrote.
type abandoned struct {
	client *mongo.Client
	app    string
	log    *slog.Logger
	mu     sync.Mutex // held while it looks
	looked time.Time
}

// waitAgain waits before another try, longer each time, but for others who are in
// the way: they are quick. After patientTries it makes sure that they live.
func (s *Store) waitAgain(ctx context.Context, try int, why error) error {
	if try >= patientTries && conflict(why) {
		if err := s.abandoned.end(ctx); err != nil {
			s.options.Logger.Debug("cannot end the transactions of servers that are gone", "error", err)
		}
	}
	if conflict(why) || !curable(why) {
		return pauseFor(ctx, rand.N(min(longestWait, time.Millisecond<<min(try, 9))))
	}
	return pause(ctx, try)
}

// end ends those that there are. One look at a time is enough.
func (a *abandoned) end(ctx context.Context) error {
	if !a.mu.TryLock() {
		return nil
	}
	defer a.mu.Unlock()
	if time.Since(a.looked) < lookEvery {
		return nil
	}
	a.looked = time.Now()
	ctx, cancel := context.WithTimeout(ctx, operationTime)
	defer cancel()
	admin := a.client.Database("admin", options.Database().SetReadConcern(readconcern.Local())) // no other is taken
	found, err := admin.Aggregate(ctx, mongo.Pipeline{
		{{Key: "$currentOp", Value: bson.D{{Key: "allUsers", Value: false}, {Key: "idleSessions", Value: true}}}},
		{{Key: "$match", Value: bson.D{
			{Key: "type", Value: "idleSession"}, {Key: "appName", Value: a.app},
			{Key: "transaction.timeInactiveMicros", Value: bson.D{{Key: "$gte", Value: abandonedAfter.Microseconds()}}},
		}}},
		{{Key: "$project", Value: bson.D{{Key: "id", Value: "$lsid.id"}}}},
	})
	if err != nil {
		return err
	}
	var sessions []struct {
		ID bson.Binary `bson:"id"`
	}
	if err := found.All(ctx, &sessions); err != nil || len(sessions) == 0 {
		return err
	}
	ids := bson.A{}
	for _, one := range sessions {
		ids = append(ids, bson.D{{Key: "id", Value: one.ID}})
	}
	a.log.Warn("servers are gone that had begun a transaction, which is ended", "transactions", len(ids))
	return admin.RunCommand(ctx, bson.D{{Key: "killSessions", Value: ids}}).Err()
}
