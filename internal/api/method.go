package api

import (
	"context"
	"reflect"
	"strings"

	"github.com/activityd/activityd/internal/api/params"
)

// Root says which resources a method's path belongs to.
type Root uint8

// The roots.
const (
	UserRoot    Root = iota // below one user's root
	ServiceRoot             // on the bare domain
	BothRoots               // either: login
)

// Method is one operation, defined once: a row of the table.
type Method struct {
	ID     string // such as "events.create"
	Verb   string // of HTTP
	Path   string // such as "/{channelId}/events"
	Status int    // of success
	Root   Root

	Public  bool // needs no token
	NoBatch bool // neither in a batch nor as a socket command

	Aliases []string // further paths of REST
	Also    []string // further command ids, such as "channels.del"

	Doc string // one sentence for the API's description

	Params, Result reflect.Type
	plan           *params.Plan
	call           func(ctx context.Context, c *Call, in params.Input) (any, error)
}

// TakesArray reports whether the parameters in a body are an array instead of
// an object.
func (m *Method) TakesArray() bool { return m.plan.ElementsType() != nil }

// channelPrefix begins the path of methods below a channel.
const channelPrefix = "/{channelId}/"

// Command gives the command id as the API writes it: "C.events.create" for a
// method below a channel.
func (m *Method) Command() string {
	if strings.HasPrefix(m.Path, channelPrefix) {
		return "C." + m.ID
	}
	return m.ID
}

// row completes a Method with its parameters' type P, its result's type R and
// its handler.
func row[P, R any](m Method, handle func(context.Context, *Call, P) (R, error)) *Method {
	m.Params, m.Result = reflect.TypeFor[P](), reflect.TypeFor[R]()
	m.plan = params.PlanOf(m.Params)
	m.call = func(ctx context.Context, c *Call, in params.Input) (any, error) {
		var p P
		if err := m.plan.Read(in, &p); err != nil {
			return nil, err
		}
		return handle(ctx, c, p)
	}
	return &m
}

// None is the parameters of a method that has none.
type None struct{}

// Empty is the result {}.
type Empty struct{}
