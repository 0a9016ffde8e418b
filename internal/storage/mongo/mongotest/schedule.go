package mongotest

import (
	"math/rand/v2"
	"testing"
)

// Fault is one thing that goes wrong with a replica set, and is put right again.
// Faults of other kinds, as the end of a server under test, are made the same way.
type Fault struct {
	Name string

	// Inflict makes it happen and returns what puts it right, which may be nil.
	Inflict func(testing.TB, *ReplicaSet) (heal func(testing.TB))
}

// StepDown has the primary step down.
func StepDown() Fault {
	return Fault{"step-down", func(t testing.TB, s *ReplicaSet) func(testing.TB) {
		t.Helper()
		s.StepDown(t)
		return nil
	}}
}

// KillPrimary ends the primary with SIGKILL and later starts it again.
func KillPrimary() Fault {
	return Fault{"kill of the primary", func(t testing.TB, s *ReplicaSet) func(testing.TB) {
		t.Helper()
		primary := s.Primary(t)
		s.Kill(t, primary)
		return func(t testing.TB) { t.Helper(); s.Start(t, primary) }
	}}
}

// IsolatePrimary parts the primary from the other members and from clients.
func IsolatePrimary(traffic Traffic) Fault {
	return partition("isolation of the primary", traffic, (*ReplicaSet).Isolate)
}

// PartPrimaryFromMembers leaves clients with a primary that the others replace.
func PartPrimaryFromMembers(traffic Traffic) Fault {
	return partition("primary parted from the members", traffic, (*ReplicaSet).PartFromMembers)
}

func partition(name string, traffic Traffic, part func(*ReplicaSet, int, Traffic)) Fault {
	if traffic == Cut {
		name += " (connections reset)"
	}
	return Fault{name, func(t testing.TB, s *ReplicaSet) func(testing.TB) {
		t.Helper()
		part(s, s.Primary(t), traffic)
		return func(testing.TB) { s.Heal() }
	}}
}

// Times returns the fault n times.
func (f Fault) Times(n int) []Fault {
	faults := make([]Fault, n)
	for i := range faults {
		faults[i] = f
	}
	return faults
}

// Shuffle puts faults into an order that the seed decides, and tells it in the
// test's log.
func Shuffle(t testing.TB, seed uint64, faults []Fault) {
	t.Helper()
	t.Logf("order of the faults: seed %d", seed)
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(faults), func(i, j int) {
		faults[i], faults[j] = faults[j], faults[i]
	})
}

// Inflict lets one fault after another happen, each to a set that has settled. It
// calls recovered while the fault lasts, and again once it is put right; that
// returns when those who use the set have recovered, or fails the test.
func (s *ReplicaSet) Inflict(t testing.TB, faults []Fault, recovered func(Fault)) {
	t.Helper()
	for _, fault := range faults {
		s.Settle(t)
		heal := fault.Inflict(t, s)
		recovered(fault)
		if heal != nil {
			heal(t)
			s.Settle(t)
			recovered(fault)
		}
	}
}
