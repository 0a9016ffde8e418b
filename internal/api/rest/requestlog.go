package rest

import (
	"context"
	"log/slog"
)

type requestIDKey struct{}

// about gives the request's context with its id in it, for whatever logs below.
func (x *exchange) about() context.Context {
	return context.WithValue(x.request.Context(), requestIDKey{}, x.id)
}

// WithRequestIDs makes a handler of logs that adds the id of the request in the
// context of a line, for lines that the adapter does not write itself.
func WithRequestIDs(h slog.Handler) slog.Handler { return requestIDs{h} }

type requestIDs struct{ slog.Handler }

// Handle adds the id.
func (h requestIDs) Handle(ctx context.Context, line slog.Record) error {
	if id, ok := ctx.Value(requestIDKey{}).(string); ok {
		line.AddAttrs(slog.String("request_id", id))
	}
	return h.Handler.Handle(ctx, line)
}

// WithAttrs keeps adding.
func (h requestIDs) WithAttrs(attrs []slog.Attr) slog.Handler {
	return requestIDs{h.Handler.WithAttrs(attrs)}
}

// WithGroup keeps adding.
func (h requestIDs) WithGroup(name string) slog.Handler { return requestIDs{h.Handler.WithGroup(name)} }
