package main_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/activityd/activityd/internal/openapi/validate"
)

// spec is the API's description.
var spec = sync.OnceValues(validate.Load)

// described gives a client that holds what it sends and gets to the API's
// description.
func described(t *testing.T) *http.Client {
	t.Helper()
	s, err := spec()
	if err != nil {
		t.Fatal(err)
	}
	return s.Client(t, "localhost")
}
