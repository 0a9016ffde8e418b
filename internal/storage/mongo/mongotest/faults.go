package mongotest

import (
	"context"
	"errors"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// Kill ends a member with SIGKILL. Its data stay for Start.
func (s *ReplicaSet) Kill(t testing.TB, member int) {
	t.Helper()
	s.members[member].kill()
}

// Start runs a killed member again, on the same address and data, and waits until
// it is a primary or secondary.
func (s *ReplicaSet) Start(t testing.TB, member int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	if err := s.members[member].start(ctx); err != nil {
		t.Fatalf("mongotest: start member %d: %v", member, err)
	}
	s.waitFor(t, "a member that was started to be primary or secondary", func(states []state) bool {
		return states[member].Primary || states[member].Secondary
	})
}

// StepDown makes the primary step down and returns the next one. With one member
// alone that is the same, some 2 s later.
func (s *ReplicaSet) StepDown(t testing.TB) (primary int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	term, err := s.stepDown(ctx, s.Primary(t))
	for errors.As(err, new(mongo.CommandError)) && ctx.Err() == nil {
		// It was primary no more, or was about to step down by itself.
		term, err = s.stepDown(ctx, s.Primary(t))
	}
	if err != nil {
		t.Fatalf("mongotest: step down: %v", err)
	}
	s.waitFor(t, "the next primary", func(states []state) bool {
		for i, one := range states {
			if one.Primary && one.term() > term {
				primary = i
				return true
			}
		}
		return false
	})
	return primary
}

// stepDown returns the term in which the member was primary.
func (s *ReplicaSet) stepDown(ctx context.Context, primary int) (term string, err error) {
	was, err := s.members[primary].state(ctx)
	if err != nil {
		return "", err
	}
	seconds := 10 // not a candidate for so long
	if len(s.members) == 1 {
		seconds = 2
	}
	return was.term(), s.members[primary].command(ctx, bson.D{
		{Key: "replSetStepDown", Value: seconds},
		{Key: "secondaryCatchUpPeriodSecs", Value: 1},
		{Key: "force", Value: true},
	}, nil)
}

// Isolate parts a member from the other members and from clients. Heal ends it.
func (s *ReplicaSet) Isolate(member int, traffic Traffic) {
	s.PartFromMembers(member, traffic)
	s.PartFromClients(member, traffic)
}

// PartFromMembers parts a member from the other members, in both directions;
// clients still reach it. A primary goes on for Options.Election and acknowledges
// nothing by majority.
func (s *ReplicaSet) PartFromMembers(member int, traffic Traffic) {
	for i, other := range s.members {
		if i != member {
			s.proxies[member].setFrom(source(other.port), traffic)
			s.proxies[i].setFrom(source(s.members[member].port), traffic)
		}
	}
}

// PartFromClients parts a member from clients; to the others it is as ever.
func (s *ReplicaSet) PartFromClients(member int, traffic Traffic) {
	s.proxies[member].setFrom(clients, traffic)
}

// Heal lets everything pass again, between all members and clients.
func (s *ReplicaSet) Heal() {
	for _, p := range s.proxies {
		p.Set(Pass)
	}
}
