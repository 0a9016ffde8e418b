package rest

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/api/hosts"
)

// Options are what the adapter needs. The first three must be set.
type Options struct {
	Service *api.Service
	Domain  string // lower-case host name, such as "localhost"
	Logger  *slog.Logger

	Clock          func() time.Time // nil for time.Now
	TrustedProxies []netip.Prefix   // whose X-Forwarded-For and -Host count; nil for nobody's

	// Timeout is how long a request may take until its answer begins: then it
	// is CodeServiceUnavailable. 0 for 30 s. The client's own slowness is
	// bounded by the server of NewServer and per chunk of an answer.
	Timeout time.Duration

	// Pages answer paths on the service's root that no method has, such as
	// "/register", and with a slash at the end, "/docs/", every path below too;
	// the first segment of each must be a reserved username. A page may set its
	// own headers over those of the API.
	Pages map[string]http.Handler

	// Observe, when not nil, is told of every request when it has been
	// answered, in the context in which it came. It must be quick and is called
	// by many goroutines.
	Observe func(context.Context, Served)
}

// handler is the adapter. It never changes after New.
type handler struct {
	Options
	proxies hosts.Proxies
	routes  *routes
}

// New makes the handler of everything that the table of methods says, and of
// POST / on a user's root, the batch. It is safe for use by many goroutines.
func New(o Options) http.Handler {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	h := &handler{Options: o, proxies: o.TrustedProxies}
	h.routes = h.makeRoutes(o.Service.Methods())
	return h
}

// ServeHTTP answers one request and writes its log line. A panic in it ends
// this request only.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := h.Clock()
	x := &exchange{ResponseWriter: w, request: r, id: requestID(r.Header.Get(headerRequestID))}
	defer func() {
		ending := recover()
		if ending != nil && ending != http.ErrAbortHandler { //nolint:errorlint // a panic's value is compared as net/http does
			ending = x.survive(&api.Panic{Value: ending, Stack: debug.Stack()})
		}
		took := h.Clock().Sub(start)
		x.log(h.Logger, took)
		x.observe(h.Observe, took)
		if ending != nil {
			panic(ending)
		}
	}()
	var host string
	x.remote, host = h.proxies.Client(r)
	setCommon(x.Header(), x.id, start)
	if err := h.direct(x, host); err != nil {
		x.fail(err)
	}
}

// survive answers after a panic. It gives what the connection must end with,
// nil where the client got an answer.
func (x *exchange) survive(failure *api.Panic) (ending any) {
	defer func() { ending = recover() }()
	x.fail(failure)
	return nil
}

// direct finds whose root the request is for, then lets its routes answer.
func (h *handler) direct(x *exchange, host string) error {
	at, username := hosts.Parse(host, h.Domain)
	if at == hosts.Elsewhere {
		return &misdirected{h.Domain}
	}
	if x.request.Method == http.MethodOptions {
		setPreflight(x.Header())
		x.Header().Del("Content-Type")
		if x.request.Header.Get("Access-Control-Request-Method") != "" {
			x.method = preflightMethod
			x.WriteHeader(http.StatusNoContent)
			return nil
		}
	}
	p, ok, err := pathOf(x.request.URL.EscapedPath())
	switch {
	case err != nil:
		return err
	case at == hosts.Nobody:
		return unknownUser()
	case !ok:
		return unknownResource()
	case at == hosts.User:
		x.username = username
		return h.route(x, h.routes.user(p), p)
	}
	return h.directByPath(x, p)
}

// directByPath serves the service's root, and in path style those of users.
// The names of the service come first: no user has one.
func (h *handler) directByPath(x *exchange, p path) error {
	first := strings.ToLower(p.first())
	if h.routes.services[first] {
		return h.route(x, h.routes.service, p)
	}
	if page, ok := h.page(p); ok {
		x.method = pageMethod
		page.ServeHTTP(x, x.request.WithContext(x.about()))
		return nil
	}
	username, fault := activity.ParseUsername(first)
	if fault != nil || username.Reserved() {
		return unknownResource()
	}
	x.username = username
	return h.route(x, h.routes.user(p[1:]), p[1:])
}

// route lets a router answer what was sent or, where that is a form, what it
// describes: another verb, and so maybe another method.
func (h *handler) route(x *exchange, r *router, p path) error {
	if err := h.unfold(x); err != nil {
		return err
	}
	r.serve(x, p)
	return nil
}

// page gives the page of a path: its own, or the one that has all below its
// first segment.
func (h *handler) page(p path) (http.Handler, bool) {
	if page, ok := h.Pages[p.String()]; ok {
		return page, true
	}
	page, ok := h.Pages["/"+url.PathEscape(p.first())+"/"]
	return page, ok
}

// within gives the context in which a method runs until its answer begins; then
// begun lets it go on without a bound. Stop must be called in the end.
func (h *handler) within(ctx context.Context) (bounded context.Context, begun, stop func()) {
	bounded, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(h.Timeout, func() { cancel(context.DeadlineExceeded) })
	return bounded, func() { timer.Stop() }, func() { timer.Stop(); cancel(context.Canceled) }
}

func unknownUser() error {
	return activity.NewError(activity.CodeUnknownUser, "There is no such user: check the name in the address.")
}

func unknownResource() error {
	return activity.NewError(activity.CodeUnknownResource, "There is nothing at this path: see the API's documentation for those there are.")
}

func methodNotAllowed() error {
	return activity.NewError(activity.CodeMethodNotAllowed, "This path does not take that method: see the header Allow for those it takes.")
}
