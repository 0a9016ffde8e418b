package certs

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"slices"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// newLogger makes a logger for the library that writes to ours.
func newLogger(log *slog.Logger, domain string) *zap.Logger {
	return zap.New(&core{log: log, names: newNames(domain)})
}

// names hides the labels of subdomains, which are users'.
type names struct {
	subdomain *regexp.Regexp
	instead   string
}

func newNames(domain string) names {
	return names{regexp.MustCompile(`(?i)[a-z0-9_-]+\.` + regexp.QuoteMeta(domain)), "{username}." + domain}
}

func (n names) hide(text string) string { return n.subdomain.ReplaceAllString(text, n.instead) }

// core hands lines on, without names of users, and with only those fields that
// cannot hold a key or token. What the library tells of each step is for
// debugging.
type core struct {
	log    *slog.Logger
	names  names
	fields []zapcore.Field
}

// Enabled leaves the library's debugging out: it shows whole requests.
func (c *core) Enabled(level zapcore.Level) bool {
	return level >= zapcore.InfoLevel && c.log.Enabled(context.Background(), levelOf(level))
}

// With adds fields to every line.
func (c *core) With(fields []zapcore.Field) zapcore.Core {
	with := *c
	with.fields = slices.Concat(c.fields, fields)
	return &with
}

// Check takes the lines that are logged.
func (c *core) Check(line zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(line.Level) {
		return checked.AddCore(line, c)
	}
	return checked
}

// Write logs one line.
func (c *core) Write(line zapcore.Entry, fields []zapcore.Field) error {
	told := zapcore.NewMapObjectEncoder()
	for _, field := range slices.Concat(c.fields, fields) {
		field.AddTo(told)
	}
	attrs := []slog.Attr{slog.String("about", "acme")}
	for _, name := range []string{"identifier", "identifiers", "challenge_type", "issuer", "attempt", "retrying_in", "error"} {
		if value, ok := told.Fields[name]; ok {
			attrs = append(attrs, slog.String(name, c.names.hide(fmt.Sprint(value))))
		}
	}
	c.log.LogAttrs(context.Background(), levelOf(line.Level), c.names.hide(line.Message), attrs...)
	return nil
}

// Sync has nothing to do.
func (c *core) Sync() error { return nil }

func levelOf(level zapcore.Level) slog.Level {
	switch {
	case level >= zapcore.ErrorLevel:
		return slog.LevelError
	case level == zapcore.WarnLevel:
		return slog.LevelWarn
	}
	return slog.LevelDebug
}
