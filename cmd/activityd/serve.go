package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/api/rest"
	"github.com/activityd/activityd/internal/config"
	"github.com/activityd/activityd/internal/console"
)

// serve runs the service until ctx ends. What is for people, such as the link
// that makes the first user, goes to out.
func serve(ctx context.Context, cfg config.Config, log *slog.Logger, out io.Writer) (err error) {
	public, err := listen(ctx, "listen", cfg.Listen)
	if err != nil {
		return err
	}
	defer public.Close() //nolint:errcheck // the server closes it, or it was never served
	admin, err := listen(ctx, "admin_listen", cfg.AdminListen)
	if err != nil {
		return err
	}
	defer admin.Close() //nolint:errcheck // as above
	cfg = cfg.WithPort(public.Addr().(*net.TCPAddr).Port)

	store, err := openStore(ctx, cfg, log, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	service, err := newService(ctx, cfg, log, store)
	if err != nil {
		return err
	}
	if err := greet(ctx, cfg, admin.Addr(), service, out); err != nil {
		return err
	}
	return runServers(ctx, cfg, log, servers{
		public: rest.NewServer(publicHandler(cfg, log, service), log),
		admin:  rest.NewServer(rest.NewAdmin(func(asked context.Context) error { return ready(ctx, asked, store.Ready) }), log),
	}, public, admin)
}

func listen(ctx context.Context, setting, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: choose another address or end what uses it", setting, err)
	}
	return l, nil
}

// ready fails once the service's own context has ended: who balances the load
// must look elsewhere before connections are refused.
func ready(service, asked context.Context, store func(context.Context) error) error {
	if service.Err() != nil {
		return errors.New("shutting down")
	}
	return store(asked)
}

// publicHandler is what the public listener serves: the API, and the pages for
// browsers on the bare domain.
func publicHandler(cfg config.Config, log *slog.Logger, service *api.Service) http.Handler {
	return rest.New(rest.Options{
		Service:        service,
		Domain:         cfg.Domain,
		TrustedProxies: cfg.TrustedProxies,
		Clock:          time.Now,
		Logger:         log,
		Pages:          map[string]http.Handler{"/register": console.RegisterPage(service.RegisterByPage)},
	})
}

// greet tells people where everything is and, while there is no user, how to
// make the first.
func greet(ctx context.Context, cfg config.Config, admin net.Addr, service *api.Service, out io.Writer) error {
	dir, err := filepath.Abs(cfg.DataDir)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("activityd %s\n  API    %s/\n  users  %s\n  admin  http://%s/healthz\n  store  %s\n",
		version, cfg.PublicURL, userURL(cfg)(activity.Username("{username}")), admin, dir)
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

type servers struct{ public, admin *http.Server }

// runServers serves until ctx ends or a server fails, then lets the requests in
// flight finish.
func runServers(ctx context.Context, cfg config.Config, log *slog.Logger, s servers, public, admin net.Listener) error {
	failed := make(chan error, 2)
	go func() { failed <- s.public.Serve(public) }()
	go func() { failed <- s.admin.Serve(admin) }()
	var err error
	select {
	case err = <-failed:
		failed <- http.ErrServerClosed // so that two are waited for
	case <-ctx.Done():
		log.Info("shutting down", "grace", cfg.ShutdownGrace)
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), cfg.ShutdownGrace)
	defer cancel()
	err = errors.Join(err, shutdown(grace, s.public), shutdown(grace, s.admin))
	for range 2 {
		if e := <-failed; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// shutdown waits for the server's requests, and cuts them off when the grace
// ends.
func shutdown(grace context.Context, s *http.Server) error {
	if err := s.Shutdown(grace); err != nil {
		return errors.Join(fmt.Errorf("requests did not finish within shutdown_grace: %w", err), s.Close())
	}
	return nil
}
