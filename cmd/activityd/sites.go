package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"github.com/activityd/activityd/internal/config"
)

func listen(ctx context.Context, setting, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: choose another address or end what uses it", setting, err)
	}
	return l, nil
}

// listeners are where the service is reached. plain is nil where there is none.
type listeners struct{ public, admin, plain net.Listener }

// listenAll opens all of them, or none.
func listenAll(ctx context.Context, cfg config.Config) (at listeners, err error) {
	defer func() {
		if err != nil {
			at.close()
		}
	}()
	if at.public, err = listen(ctx, "listen", cfg.Listen); err != nil {
		return at, err
	}
	if at.admin, err = listen(ctx, "admin_listen", cfg.AdminListen); err != nil {
		return at, err
	}
	if cfg.HTTPListen != "" {
		at.plain, err = listen(ctx, "http_listen", cfg.HTTPListen)
	}
	return at, err
}

// close closes what is open; what was served is closed already.
func (at listeners) close() {
	for _, l := range []net.Listener{at.public, at.admin, at.plain} {
		if l != nil {
			_ = l.Close()
		}
	}
}

// plainAddr gives the address without TLS, nil for none.
func (at listeners) plainAddr() net.Addr {
	if at.plain == nil {
		return nil
	}
	return at.plain.Addr()
}

// site is a server with the listener that it serves, by TLS where it has a
// configuration for that.
type site struct {
	server   *http.Server
	listener net.Listener

	// inside ends what the server's handler keeps beside requests, once nobody
	// comes in any more, within the time of ctx. Nil for nothing.
	inside func(context.Context) error
}

func (s site) serve() error {
	if s.server.TLSConfig != nil {
		return s.server.ServeTLS(s.listener, "", "")
	}
	return s.server.Serve(s.listener)
}

// runSites serves until ctx ends or a server fails, then lets the requests in
// flight finish.
func runSites(ctx context.Context, cfg config.Config, log *slog.Logger, sites []site) error {
	failed := make(chan error, len(sites))
	for _, s := range sites {
		go func() { failed <- s.serve() }()
	}
	var err error
	running := len(sites)
	select {
	case err = <-failed:
		running--
	case <-ctx.Done():
		log.Info("shutting down", "grace", cfg.ShutdownGrace)
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), cfg.ShutdownGrace)
	defer cancel()
	for _, s := range sites {
		err = errors.Join(err, s.shutdown(grace))
	}
	for range running {
		if e := <-failed; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// shutdown takes no more connections, ends what is inside, and waits for the
// server's requests; it cuts them off when the grace ends.
func (s site) shutdown(grace context.Context) error {
	done := make(chan error, 1)
	go func() { done <- s.server.Shutdown(grace) }()
	var err error
	if s.inside != nil {
		if err = s.inside(grace); err != nil {
			err = fmt.Errorf("sockets did not close within shutdown_grace: %w", err)
		}
	}
	if e := <-done; e != nil {
		err = errors.Join(err, fmt.Errorf("requests did not finish within shutdown_grace: %w", e), s.server.Close())
	}
	return err
}
