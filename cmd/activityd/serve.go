package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	apidocs "github.com/activityd/activityd/api-docs"
	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/api/rest"
	"github.com/activityd/activityd/internal/config"
	"github.com/activityd/activityd/internal/console"
)

// serve runs the service until ctx ends. What is for people, such as the link
// that makes the first user, goes to out.
func serve(ctx context.Context, cfg config.Config, log *slog.Logger, out io.Writer) (err error) {
	at, err := listenAll(ctx, cfg)
	if err != nil {
		return err
	}
	defer at.close()
	cfg = cfg.WithPort(at.public.Addr().(*net.TCPAddr).Port)

	tracer, err := newTracer(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer func() { closeTracer(tracer, log) }()
	store, err := openServed(ctx, cfg, log, tracer)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	service, err := newService(ctx, cfg, log, store)
	if err != nil {
		return err
	}
	keys, err := secure(cfg, log, store.Users(), at.public.Addr(), at.plainAddr())
	if err != nil {
		return err
	}
	defer keys.close()
	w := newWatch(newMetrics(rest.MethodLabels(service.Methods())), tracer, store, log)
	w.watchCertificate(keys)
	door, err := openDoor(cfg, log, service, w)
	if err != nil {
		return err
	}
	defer door.follow()()
	isReady := func(asked context.Context) error { return ready(ctx, asked, store.Ready) }
	public := keys.publicSite(door.beside(w.around(publicHandler(cfg, log, service, w.observe))), log, at.public)
	public.inside = door.sockets.Close
	sites := []site{public, {server: rest.NewServer(rest.NewAdmin(isReady, w.page()), log), listener: at.admin}}
	if at.plain != nil {
		plain, err := keys.plainSite(cfg, log, at.plain)
		if err != nil {
			return err
		}
		sites = append(sites, plain)
	}
	if err := greet(ctx, cfg, at.admin.Addr(), service, out); err != nil {
		return err
	}
	return runSites(ctx, cfg, log, sites)
}

// readyTimeout is how long the store may take to prove that it can be written:
// who asks whether to send requests here does not wait for one that hangs.
const readyTimeout = 3 * time.Second

// ready fails once the service's own context has ended: who balances the load
// must look elsewhere before connections are refused. The error is the reason
// alone, for operators.
func ready(service, asked context.Context, store func(context.Context) error) error {
	if service.Err() != nil {
		return errors.New("shutting down")
	}
	ctx, cancel := context.WithTimeout(asked, readyTimeout)
	defer cancel()
	err := store(ctx)
	var known *activity.Error
	switch {
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("the store did not answer within %s", readyTimeout)
	case errors.As(err, &known) && known.Err != nil:
		return known.Err
	}
	return err
}

// publicHandler is what the public listener serves: the API, and the pages for
// browsers on the bare domain.
func publicHandler(cfg config.Config, log *slog.Logger, service *api.Service, observe func(context.Context, rest.Served)) http.Handler {
	return rest.New(rest.Options{
		Service:        service,
		Domain:         cfg.Domain,
		TrustedProxies: cfg.TrustedProxies,
		Clock:          time.Now,
		Logger:         log,
		Observe:        observe,
		Pages:          pages(cfg, service),
	})
}

// pages are what browsers find on the bare domain.
func pages(cfg config.Config, service *api.Service) map[string]http.Handler {
	all := map[string]http.Handler{"/register": console.RegisterPage(service.RegisterByPage)}
	if root, err := url.Parse(cfg.PublicURL); err == nil { // the configuration was checked
		docs := console.Docs(root, apidocs.OpenAPI)
		all["/docs"], all["/docs/"] = docs, docs
	}
	return all
}

// greet tells people where everything is and, while there is no user, how to
// make the first.
func greet(ctx context.Context, cfg config.Config, admin net.Addr, service *api.Service, out io.Writer) error {
	store, err := placeOfStore(cfg)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("activityd %s\n  API    %s/\n  users  %s\n  admin  http://%s/healthz\n  store  %s\n",
		version, cfg.PublicURL, userURL(cfg)(activity.Username("{username}")), admin, store)
	token, needed, err := service.FirstUserLink(ctx)
	if err != nil {
		return err
	}
	if needed {
		text += fmt.Sprintf("There is no user yet. Make the first one within 24 hours at\n  %s/register?token=%s\nor with a command:\n  activityd user add NAME --email ADDRESS\n",
			cfg.PublicURL, token)
	}
	_, err = fmt.Fprintln(out, text)
	return err
}
