package rest

import (
	"log/slog"
	"net/http"
	"time"
)

// ServerOptions bound what a connection may cost. Zero values are those of the
// comments.
type ServerOptions struct {
	ReadHeaderTimeout time.Duration // 10 s
	ReadTimeout       time.Duration // 60 s, of header and body
	WriteTimeout      time.Duration // 2 min, see NewServer
	IdleTimeout       time.Duration // 2 min, between requests
	MaxHeaderBytes    int           // 64 KiB, request line included
	Logger            *slog.Logger  // what net/http has to say; nil for slog.Default
}

// NewServer makes a server for HTTP/1.1. TLS, and with it HTTP/2, is a proxy's:
// h2c is not served.
//
// Two of its bounds are for handlers to move, by http.ResponseController:
// WriteTimeout ends a connection so long after a request's header, whatever is
// written then, and ReadTimeout cancels the context of a request whose handler
// still runs. Those of this package do so; those that hold a request open or
// take the connection over must.
func NewServer(h http.Handler, o ServerOptions) *http.Server {
	logger := o.Logger
	if logger == nil {
		logger = slog.Default()
	}
	s := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: orElse(o.ReadHeaderTimeout, 10*time.Second),
		ReadTimeout:       orElse(o.ReadTimeout, time.Minute),
		WriteTimeout:      orElse(o.WriteTimeout, 2*time.Minute),
		IdleTimeout:       orElse(o.IdleTimeout, 2*time.Minute),
		MaxHeaderBytes:    orElse(o.MaxHeaderBytes, 64<<10),
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
		Protocols:         new(http.Protocols),
	}
	s.Protocols.SetHTTP1(true)
	return s
}

func orElse[T comparable](given, usual T) T {
	var zero T
	if given == zero {
		return usual
	}
	return given
}
