package rest

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
	"github.com/labstack/echo/v4"
)

// routes are the routers, made from the table. A user's root has two: paths
// below a channel stand apart from those with a first segment of their own, so
// that "channels" is never taken for a channel's id.
type routes struct {
	service, account, channel *router

	services map[string]bool // first segments of the service's own paths
	accounts map[string]bool // first segments of account's paths
}

// user gives the router of a path below a user's root.
func (r *routes) user(p path) *router {
	if len(p) == 0 || r.accounts[p.first()] {
		return r.account
	}
	return r.channel
}

// router is echo with what a request needs to pass through it.
type router struct{ echo *echo.Echo }

func (h *handler) makeRoutes(methods []*api.Method) *routes {
	r := &routes{
		service: newRouter(), account: newRouter(), channel: newRouter(),
		services: map[string]bool{}, accounts: map[string]bool{},
	}
	for _, m := range methods {
		for _, path := range append([]string{m.Path}, m.Aliases...) {
			first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
			if m.Root != api.UserRoot {
				r.services[first] = true
				r.service.add(m.Verb, path, h.method(m))
			}
			switch {
			case m.Root == api.ServiceRoot:
			case strings.HasPrefix(first, "{"):
				r.channel.add(m.Verb, path, h.method(m))
			default:
				r.accounts[first] = true
				r.account.add(m.Verb, path, h.method(m))
			}
		}
	}
	r.account.add(http.MethodPost, "/", h.batch)
	return r
}

// newRouter makes an echo without its own ideas of errors.
func newRouter() *router {
	e := echo.New()
	e.Use(sameDepth)
	e.HTTPErrorHandler = func(err error, c echo.Context) { exchangeOf(c).fail(fromEcho(err)) }
	return &router{e}
}

// serve routes a path. HEAD is routed as what it is, to the handler of GET.
func (r *router) serve(x *exchange, p path) {
	routed := x.request.WithContext(x.request.Context()) // a copy
	routed.URL = &url.URL{Path: p.String(), RawPath: p.String(), RawQuery: x.request.URL.RawQuery}
	r.echo.ServeHTTP(x, routed)
}

// add adds a path as the table writes it, "/{channelId}/events".
func (r *router) add(verb, path string, handle func(*exchange, map[string]string) error) {
	form := strings.NewReplacer("{", ":", "}", "").Replace(path)
	run := func(c echo.Context) error {
		given, err := pathParams(c)
		if err != nil {
			return err
		}
		return handle(exchangeOf(c), given)
	}
	r.echo.Add(verb, form, run)
	if verb == http.MethodGet {
		r.echo.Add(http.MethodHead, form, run)
	}
}

// sameDepth refuses paths with more segments than their route: echo lets the
// last parameter of a route take the rest of the path, slashes and all.
func sameDepth(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if strings.Count(c.Path(), "/") != strings.Count(c.Request().URL.RawPath, "/") {
			return echo.ErrNotFound
		}
		return next(c)
	}
}

// pathParams unescapes the parameters, once: serve had escaped them.
func pathParams(c echo.Context) (map[string]string, error) {
	given := make(map[string]string, len(c.ParamNames()))
	for i, name := range c.ParamNames() {
		text, err := url.PathUnescape(c.ParamValues()[i])
		if err != nil {
			return nil, err
		}
		given[name] = text
	}
	return given, nil
}

// exchangeOf gives what serve let echo answer to.
func exchangeOf(c echo.Context) *exchange {
	x, ok := c.Response().Writer.(*exchange)
	if !ok {
		panic("rest: a middleware has put another writer in place")
	}
	return x
}

// fromEcho makes an error of ours of one of the router's.
func fromEcho(err error) error {
	var ours *activity.Error
	var own *echo.HTTPError
	switch {
	case errors.As(err, &ours) || !errors.As(err, &own):
		return err
	case own.Code == http.StatusMethodNotAllowed:
		return methodNotAllowed()
	default:
		return unknownResource()
	}
}
