package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/activityd/activityd/internal/config"
	"github.com/activityd/activityd/internal/storage"
	"github.com/activityd/activityd/internal/storage/mongo"
	"github.com/activityd/activityd/internal/storage/sqlite"
	"github.com/activityd/activityd/internal/tracing"
)

// openStore opens the store that the configuration names, for a command that
// works beside the running service.
func openStore(ctx context.Context, cfg config.Config, log *slog.Logger) (storage.Store, error) {
	return openWatched(ctx, cfg, log, false, nil)
}

// openServed opens the store for the service: no other service may have its
// file. Those on one MongoDB are as many as there shall be.
func openServed(ctx context.Context, cfg config.Config, log *slog.Logger, tracer *tracing.Tracer) (storage.Store, error) {
	var watch func(context.Context) func(int, error)
	if tracer != nil {
		watch = tracer.Unit
	}
	return openWatched(ctx, cfg, log, true, watch)
}

func openWatched(ctx context.Context, cfg config.Config, log *slog.Logger, exclusive bool, watch func(context.Context) func(int, error)) (storage.Store, error) {
	if cfg.MongoDBURI != "" {
		store, err := mongo.Open(ctx, mongo.Options{URI: string(cfg.MongoDBURI), History: cfg.History, Clock: time.Now, Logger: log, Watch: watch})
		if err != nil {
			return nil, err
		}
		return store, nil
	}
	store, err := sqlite.Open(ctx, sqlite.Options{
		Dir: cfg.DataDir, Exclusive: exclusive, History: cfg.History, Clock: time.Now, Logger: log, Watch: watch,
	})
	if err != nil {
		return nil, err
	}
	return store, nil
}

// placeOfStore tells people where the data is, without its secrets.
func placeOfStore(cfg config.Config) (string, error) {
	if cfg.MongoDBURI != "" {
		return cfg.MongoDBURI.String(), nil
	}
	return filepath.Abs(cfg.DataDir)
}
