package main

import (
	"io"
	"log/slog"

	"github.com/activityd/activityd/internal/api/rest"
	"github.com/activityd/activityd/internal/config"
)

// newLogger returns the log of the process, which parts are handed. With
// config.LogAuto people at a terminal get text, and machines JSON.
func newLogger(w io.Writer, format config.LogFormat, level slog.Level) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	_, terminal := terminalOf(w)
	if format == config.LogText || format == config.LogAuto && terminal {
		return slog.New(rest.WithRequestIDs(slog.NewTextHandler(w, options)))
	}
	return slog.New(rest.WithRequestIDs(slog.NewJSONHandler(w, options)))
}
