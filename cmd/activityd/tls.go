package main

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/rest"
	"github.com/activityd/activityd/internal/certs"
	"github.com/activityd/activityd/internal/config"
	"github.com/activityd/activityd/internal/storage"
)

// security is what makes the public listener speak TLS; its zero value leaves
// it without.
type security struct {
	files *certs.Files
	acme  *certs.ACME
}

// secure begins to get what the configuration asks for. Plain is the address
// without TLS, nil for none.
func secure(cfg config.Config, log *slog.Logger, users storage.Users, public, plain net.Addr) (security, error) {
	switch cfg.TLS() {
	case config.TLSFile:
		files, err := certs.OpenFiles(certs.FileOptions{
			Cert: cfg.TLSCert, Key: cfg.TLSKey, Clock: time.Now,
			Report: func(err error) {
				if err != nil {
					log.Error("the certificate in use is not that of the files, which cannot be used", "error", err)
					return
				}
				log.Info("the certificate is that of the files again")
			},
		})
		return security{files: files}, err
	case config.TLSACME:
		o := certs.ACMEOptions{
			Domain: cfg.Domain, Email: cfg.ACMEEmail, Directory: cfg.ACMEDirectory, Dir: filepath.Join(cfg.DataDir, "acme"),
			TLS: public.(*net.TCPAddr), Exists: hasUser(users), Logger: log,
		}
		if plain != nil {
			o.HTTP = plain.(*net.TCPAddr)
		}
		acme, err := certs.StartACME(o)
		return security{acme: acme}, err
	}
	return security{}, nil
}

// hasUser tells whose subdomains there are.
func hasUser(users storage.Users) func(context.Context, string) (bool, error) {
	return func(ctx context.Context, label string) (bool, error) {
		name, fault := activity.ParseUsername(label)
		if fault != nil || name.Reserved() {
			return false, nil
		}
		_, err := users.UserByName(ctx, name)
		var known *activity.Error
		if errors.As(err, &known) && known.Code == activity.CodeUnknownUser {
			return false, nil
		}
		return err == nil, err
	}
}

func (s security) close() {
	if s.acme != nil {
		s.acme.Close()
	}
}

// config gives the servers' configuration, nil for no TLS.
func (s security) config() *tls.Config {
	switch {
	case s.files != nil:
		return s.files.Config()
	case s.acme != nil:
		return s.acme.Config()
	}
	return nil
}

// publicSite is the service itself.
func (s security) publicSite(h http.Handler, log *slog.Logger, l net.Listener) site {
	server := rest.NewServer(h, log)
	if config := s.config(); config != nil {
		rest.Secure(server, config, log)
	}
	return site{server: server, listener: l}
}

// plainSite is what stands beside a service with TLS for those that begin
// without.
func (s security) plainSite(cfg config.Config, log *slog.Logger, l net.Listener) (site, error) {
	h, err := rest.NewRedirect(cfg.Domain, cfg.PublicURL)
	if err != nil {
		return site{}, err
	}
	if s.acme != nil {
		h = s.acme.Challenge(h)
	}
	return site{server: rest.NewServer(h, log), listener: l}, nil
}
