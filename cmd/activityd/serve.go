package main

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"github.com/activityd/activityd/internal/config"
)

// serve runs the service until ctx ends. What is for people, such as the link
// that makes the first user, goes to out.
func serve(_ context.Context, _ config.Config, _ *slog.Logger, _ io.Writer) error {
	return errors.New("serve: not wired yet")
}
