package rest

import (
	"context"
	"time"

	"github.com/activityd/activityd/internal/api"
)

// Served is what is known of a request when it has been answered. It holds no
// name, path or value.
type Served struct {
	// Method is the id of the method, "batch", "page" for a page of Options,
	// "preflight", or "none" when none was found: a closed set.
	Method    string
	RequestID string

	// Status is the answer's, 499 for a client that went before it, and 0 for
	// one whose connection was given up.
	Status int

	Took  time.Duration
	Bytes int64 // of the answer's body
}

// The methods that have no row in the table.
const (
	pageMethod      = "page"
	preflightMethod = "preflight"
	noMethod        = "none"
)

// MethodLabels gives every value that Served.Method has for a table.
func MethodLabels(table []*api.Method) []string {
	all := []string{api.BatchCommand, pageMethod, preflightMethod, noMethod}
	for _, m := range table {
		all = append(all, m.ID)
	}
	return all
}

// observe tells whoever watches.
func (x *exchange) observe(tell func(context.Context, Served), took time.Duration) {
	if tell == nil {
		return
	}
	method := x.method
	if method == "" {
		method = noMethod
	}
	tell(x.request.Context(), Served{Method: method, RequestID: x.id, Status: x.status, Took: took, Bytes: x.bytes})
}
