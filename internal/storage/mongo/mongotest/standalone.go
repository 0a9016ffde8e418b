package mongotest

import (
	"context"
	"testing"
)

// NewStandalone starts a mongod that belongs to no replica set, which activityd
// refuses, and returns its URI. It is gone when the test has ended.
func NewStandalone(t testing.TB) (uri string) {
	t.Helper()
	program, err := findProgram("mongod")
	if err != nil {
		t.Fatalf("mongotest: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	m := newMember(program, testFolder(t, ""), "standalone", Options{}.filled().mongodFlags())
	err = m.startAnywhere(ctx)
	t.Cleanup(m.kill)
	if err != nil {
		t.Fatalf("mongotest: %v", err)
	}
	return "mongodb://" + m.address() + "/"
}
