package mongo

import (
	"context"
	"encoding/hex"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"github.com/activityd/activityd/internal/activity"
)

// Where servers write for one user at the same time, who has just committed knows
// the newest and is the first to begin again: the others would lose until they
// give up. So a server that lost asks for its turn: it leaves a record, and who
// finds that leaves the user alone behind the next commit, until the other's
// change has come.
const (
	turnTime   = 500 * time.Millisecond // that a user is left alone at most, and after which one asks again
	lookOften  = 25 * time.Millisecond  // for who asks, while other servers write
	lookRarely = time.Second
	othersFor  = time.Minute // after another server was seen to write
)

// turns knows which servers ask for a turn.
type turns struct {
	server string // this one
	asks   *mongo.Collection
	wrote  chan struct{} // this server did

	mu      sync.Mutex
	waiting map[turn]*ask
	others  time.Time     // when another server was seen to write
	changed chan struct{} // closed when somebody waits no more
}

// turn is who asks for it, and for whom.
type turn struct {
	server string
	user   activity.UserID
}

// ask is a record of one. The server asks again with another number.
type ask struct {
	number int64
	over   bool // it has had its turn
}

func newTurns(meta *mongo.Collection, units *units) *turns {
	return &turns{
		server:  hex.EncodeToString(units.store[:]),
		asks:    meta.Database().Collection(meta.Name(), options.Collection().SetReadConcern(readconcern.Local()).SetWriteConcern(writeconcern.W1())),
		wrote:   make(chan struct{}, 1),
		waiting: map[turn]*ask{}, changed: make(chan struct{}),
	}
}

// The _id of an ask: the prefix, the server, a space and the user.
const (
	askPrefix = "turn "
	askBehind = "turn!" // all of that prefix
)

func (t turn) id() string { return askPrefix + t.server + " " + string(t.user) }

// ask asks for a turn. Who does not hear of it takes none away.
func (t *turns) ask(user activity.UserID, now activity.Timestamp) {
	ctx, cancel := context.WithTimeout(context.Background(), turnTime)
	defer cancel()
	_, _ = t.asks.UpdateOne(ctx, byID(turn{t.server, user}.id()),
		bson.D{{Key: "$inc", Value: bson.D{{Key: "number", Value: int64(1)}}}, {Key: "$set", Value: bson.D{{Key: "at", Value: now}}}},
		options.UpdateOne().SetUpsert(true))
}

// thank takes back what was asked; what is left goes with forget.
func (t *turns) thank(user activity.UserID) {
	ctx, cancel := context.WithTimeout(context.Background(), turnTime)
	defer cancel()
	_, _ = t.asks.DeleteOne(ctx, byID(turn{t.server, user}.id()))
}

// forget takes away what servers have asked that did not live to take it back.
func (t *turns) forget(ctx context.Context, before activity.Timestamp) error {
	_, err := t.asks.DeleteMany(ctx, append(allAsks(), bson.E{Key: "at", Value: bson.D{{Key: "$lt", Value: before}}}))
	return err
}

func allAsks() bson.D {
	return bson.D{{Key: "_id", Value: bson.D{{Key: "$gte", Value: askPrefix}, {Key: "$lt", Value: askBehind}}}}
}

// committed is told that this server wrote.
func (t *turns) committed() {
	select {
	case t.wrote <- struct{}{}:
	default:
	}
}

// heard is told of a change that the unit of another server has made.
func (t *turns) heard(unit bson.ObjectID, user activity.UserID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.others = time.Now()
	if len(t.waiting) == 0 {
		return
	}
	if a := t.waiting[turn{hex.EncodeToString(unit[:len(units{}.store)]), user}]; a != nil && !a.over {
		a.over = true
		t.tell()
	}
}

func (t *turns) tell() {
	close(t.changed)
	t.changed = make(chan struct{})
}

// watch looks for who asks, while this server writes.
func (s *Store) watchTurns() {
	for {
		select {
		case <-s.closing:
			return
		case <-s.turns.wrote:
		}
		_ = s.outage.spare(s.turns.look) // the next one is soon
		select {
		case <-s.closing:
			return
		case <-time.After(s.turns.apart()):
		}
	}
}

// apart is how long it is until the next look.
func (t *turns) apart() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if time.Since(t.others) < othersFor {
		return lookOften
	}
	return lookRarely
}

func (t *turns) look() error {
	ctx, cancel := context.WithTimeout(context.Background(), operationTime)
	defer cancel()
	found, err := t.asks.Find(ctx, allAsks())
	if err != nil {
		return err
	}
	var asks []struct {
		ID     string `bson:"_id"`
		Number int64  `bson:"number"`
	}
	if err := found.All(ctx, &asks); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	was := t.waiting
	t.waiting = make(map[turn]*ask, len(asks))
	for _, a := range asks {
		server, user, _ := strings.Cut(strings.TrimPrefix(a.ID, askPrefix), " ")
		if server == t.server {
			continue
		}
		key := turn{server, activity.UserID(user)}
		if known := was[key]; known != nil && known.number == a.Number {
			t.waiting[key] = known
		} else {
			t.waiting[key], t.others = &ask{number: a.Number}, time.Now()
		}
	}
	if len(was) > 0 {
		t.tell()
	}
	return nil
}

// leave leaves a user alone until those who asked have had their turn, or did not
// take it.
func (t *turns) leave(user activity.UserID) {
	over := time.After(turnTime)
	for {
		waits, changed := t.waits(user)
		if len(waits) == 0 {
			return
		}
		t.committed() // they may wait no more: look
		select {
		case <-changed:
		case <-over:
			t.mu.Lock()
			defer t.mu.Unlock()
			for _, a := range waits {
				a.over = true
			}
			return
		}
	}
}

// waits gives those who ask for a turn with the user, and what is closed when one
// does no more.
func (t *turns) waits(user activity.UserID) (waits []*ask, changed <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, a := range t.waiting {
		if key.user == user && !a.over {
			waits = append(waits, a)
		}
	}
	return waits, t.changed
}

// openChain begins a chain with a transaction of its own, which reads what has
// been committed on the primary. Who waits for a majority to have that, as others
// do, begins when the rival does too. was is what was known of the user.
func (s *Store) openChain(user activity.UserID, was known) (*chain, error) {
	ctx, cancel := context.WithTimeout(context.Background(), operationTime)
	defer cancel()
	session, err := s.causal()
	if err != nil {
		return nil, err
	}
	var base known
	if err = session.StartTransaction(); err == nil {
		base, err = s.load(mongo.NewSessionContext(ctx, session), user, was)
	}
	switch {
	case err == nil && base.account == nil:
		err = unknownUser()
	case err != nil:
		err = again(err)
	}
	if err != nil {
		s.end(session)
		return nil, err
	}
	c := newChain(s, user, base)
	c.session, c.open = session, true
	return c, nil
}
