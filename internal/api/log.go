package api

import (
	"log/slog"

	"github.com/activityd/activityd/internal/activity"
)

// AboutError gives what the log says of an error, and at which level: of a
// failure of ours its cause, and why a token was refused. Other causes may quote
// what was sent. Nil is nothing to be said.
func AboutError(err error) (slog.Level, []slog.Attr) {
	if err == nil {
		return slog.LevelInfo, nil
	}
	e := ErrorOf(err)
	about := []slog.Attr{slog.String("code", string(e.Code))}
	switch {
	case e.Code == activity.CodeServiceUnavailable:
		return slog.LevelWarn, append(about, slog.String("error", err.Error()))
	case e.Code == activity.CodeInternalError:
		return slog.LevelError, append(about, slog.String("error", err.Error()))
	case e.Code == activity.CodeInvalidAccessToken && e.Err != nil:
		about = append(about, slog.String("reason", e.Err.Error()))
	}
	return slog.LevelInfo, about
}
