package mongotest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// ReplicaSet is a replica set whose members reach each other, and are reached by
// clients, through proxies. Members are numbered from 0. Its methods fail the test
// where something takes longer than a minute; they may not be called at the same
// time.
type ReplicaSet struct {
	name    string
	members []*member
	proxies []*Proxy // of the member with the same number
}

// NewReplicaSet starts a replica set of its own for the test, with a primary. It
// is gone when the test has ended.
func NewReplicaSet(t testing.TB, o Options) *ReplicaSet {
	t.Helper()
	return startReplicaSet(t, "rs0", o.filled(), nil)
}

// startReplicaSet starts one whose members have further flags.
func startReplicaSet(t testing.TB, name string, o Options, flags []string) *ReplicaSet {
	t.Helper()
	program, err := findProgram("mongod")
	if err != nil {
		t.Fatalf("mongotest: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	s := &ReplicaSet{name: name}
	folder := testFolder(t, o.Folder)
	for i := range o.Members {
		m := newMember(program, folder, fmt.Sprintf("%s-%d", name, i), append(o.mongodFlags("--replSet", name), flags...))
		s.members = append(s.members, m)
	}
	err = startAll(ctx, s.members)
	for _, m := range s.members {
		t.Cleanup(m.kill)
	}
	if err != nil {
		t.Fatalf("mongotest: %v", err)
	}
	for _, m := range s.members {
		s.proxies = append(s.proxies, NewProxy(t, m.address()))
	}
	if err := initiate(ctx, s.members[0].address(), name, s.addresses(), o); err != nil {
		t.Fatalf("mongotest: %v\n%s", err, s.logs())
	}
	s.Settle(t)
	return s
}

// startAll starts members, all at the same time.
func startAll(ctx context.Context, members []*member) error {
	errs := make([]error, len(members))
	var wait sync.WaitGroup
	for i, m := range members {
		wait.Go(func() { errs[i] = m.startAnywhere(ctx) })
	}
	wait.Wait()
	return errors.Join(errs...)
}

// testFolder makes a folder that is removed with the test.
func testFolder(t testing.TB, parent string) string {
	t.Helper()
	folder, err := newFolder(parent)
	if err != nil {
		t.Fatalf("mongotest: %v", err)
	}
	t.Cleanup(func() {
		if err := folder.remove(); err != nil {
			t.Errorf("mongotest: remove the data: %v", err)
		}
	})
	return folder.path
}

// addresses are those that clients use.
func (s *ReplicaSet) addresses() []string {
	var list []string
	for _, p := range s.proxies {
		list = append(list, p.Address())
	}
	return list
}

// URI names all members, through their proxies.
func (s *ReplicaSet) URI() string {
	return "mongodb://" + strings.Join(s.addresses(), ",") + "/?replicaSet=" + s.name
}

// Database returns the name of a database that is this test's own, and the URI of
// the replica set with that name as path.
func (s *ReplicaSet) Database(t testing.TB) (uri, name string) {
	t.Helper()
	return nameDatabase(t, s.URI())
}

// Members is how many there are, running or not.
func (s *ReplicaSet) Members() int { return len(s.members) }

// Primary waits for a primary and returns its number. While the set is
// partitioned that is the one that was elected last.
func (s *ReplicaSet) Primary(t testing.TB) int {
	t.Helper()
	primary := -1
	s.waitFor(t, "a primary", func(states []state) bool {
		for i, one := range states {
			if one.Primary && (primary < 0 || one.term() > states[primary].term()) {
				primary = i
			}
		}
		return primary >= 0
	})
	return primary
}

// NextPrimary waits until another member than that one is primary, and returns
// its number.
func (s *ReplicaSet) NextPrimary(t testing.TB, than int) (primary int) {
	t.Helper()
	s.waitFor(t, "another primary", func(states []state) bool {
		for i, one := range states {
			if one.Primary && i != than {
				primary = i
				return true
			}
		}
		return false
	})
	return primary
}

// Settle waits until every member that runs is the primary or a secondary, and
// there is one primary.
func (s *ReplicaSet) Settle(t testing.TB) {
	t.Helper()
	s.waitFor(t, "every member to be primary or secondary", func(states []state) bool {
		primaries := 0
		for i, one := range states {
			if one.Primary {
				primaries++
			} else if s.members[i].process != nil && !one.Secondary {
				return false
			}
		}
		return primaries == 1
	})
}

// waitFor asks the members, past their proxies, until they are as expected. A
// member that does not run or answer has the zero state.
func (s *ReplicaSet) waitFor(t testing.TB, what string, expected func([]state) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), limit)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	var states []state
	for {
		states = make([]state, len(s.members))
		var errs error
		for i, m := range s.members {
			one, err := m.state(ctx)
			states[i], errs = one, errors.Join(errs, err)
		}
		if expected(states) {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("mongotest: waited a minute for %s; members are %+v; %v\n%s", what, states, errs, s.logs())
		}
	}
}

func (s *ReplicaSet) logs() string {
	var text strings.Builder
	for i, m := range s.members {
		if m.process != nil {
			fmt.Fprintf(&text, "member %d, %s\n", i, m.process.log.text())
		}
	}
	return text.String()
}

// state is what a member says of itself.
type state struct {
	Primary   bool          `bson:"isWritablePrimary"`
	Secondary bool          `bson:"secondary"`
	Election  bson.ObjectID `bson:"electionId"` // of the primary: rises with the term
}

func (s state) term() string { return s.Election.Hex() }

// state asks the member, past its proxy.
func (m *member) state(ctx context.Context) (state, error) {
	var answer state
	if m.process == nil {
		return answer, nil
	}
	err := m.command(ctx, bson.D{{Key: "hello", Value: 1}}, &answer)
	return answer, err
}

// command runs a command of the admin database on this member, past its proxy.
// The answer may be nil.
func (m *member) command(ctx context.Context, command bson.D, answer any) error {
	return withClient(ctx, direct(m.address()), func(client *mongo.Client) error {
		result := client.Database("admin").RunCommand(ctx, command)
		if answer == nil {
			return result.Err()
		}
		return result.Decode(answer)
	})
}
