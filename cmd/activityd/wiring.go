package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/auth"
	"github.com/activityd/activityd/internal/config"
	"github.com/activityd/activityd/internal/storage"
)

// newService makes the services over a store.
func newService(ctx context.Context, cfg config.Config, log *slog.Logger, store storage.Store) (*api.Service, error) {
	passwords, err := auth.NewPasswords(auth.PasswordOptions{})
	if err != nil {
		return nil, err
	}
	tokens, err := sessionTokens(ctx, cfg, store.Secrets())
	if err != nil {
		return nil, err
	}
	return api.New(api.Options{
		Store:     store,
		Passwords: passwords,
		Tokens:    tokens,
		Throttle:  &auth.Throttle{Attempts: store.Secrets(), Limit: cfg.LoginRate.Attempts, Window: cfg.LoginRate.Window, Now: time.Now},
		Clock:     time.Now,
		Logger:    log,
		Limits: api.Limits{
			MaxBody:   int(cfg.MaxBody),
			MaxAnswer: int(cfg.MaxAnswer),
			MaxDepth:  cfg.MaxDepth,
			MaxBatch:  cfg.MaxBatch,
		},
		Registration:    api.Registration(cfg.Registration),
		SessionLifetime: cfg.SessionLifetime,
		UserURL:         userURL(cfg),
		PublicURL:       cfg.PublicURL,
	}), nil
}

// sessionTokens makes what signs sessions, with the keys in the store.
func sessionTokens(ctx context.Context, cfg config.Config, secrets storage.Secrets) (*auth.Tokens, error) {
	stored, err := secrets.SigningKeys(ctx, func() storage.SigningKey {
		return storage.SigningKey(auth.NewKey(activity.TimestampOf(time.Now())))
	})
	if err != nil {
		return nil, fmt.Errorf("read the signing keys: %w", err)
	}
	keys := make([]auth.Key, len(stored))
	for i, k := range stored {
		keys[i] = auth.Key(k)
	}
	return auth.NewTokens("activityd", cfg.Domain, keys)
}

// userURL gives where a user's root is: on a subdomain of the public URL, or
// below its path where that is an address.
func userURL(cfg config.Config) func(activity.Username) string {
	public, err := url.Parse(cfg.PublicURL)
	subdomains := err == nil && public.Hostname() == cfg.Domain
	return func(name activity.Username) string {
		if !subdomains {
			return cfg.PublicURL + "/" + string(name) + "/"
		}
		return public.Scheme + "://" + string(name) + "." + public.Host + "/"
	}
}
