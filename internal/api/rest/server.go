package rest

import (
	"context"
	"crypto/tls"
	"log"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// NewServer makes a server whose connections cost a bounded amount; what
// net/http has to say goes to the logger. It speaks HTTP/1.1; TLS, and with it
// HTTP/2, is a proxy's or comes with Secure, and h2c is not served. Its bounds
// may be changed before it serves.
//
// Two of them are for handlers to move, by http.ResponseController: WriteTimeout
// ends a connection so long after a request's header, whatever is written then,
// and ReadTimeout cancels the context of a request whose handler still runs.
// The handler of New does so; those that hold a request open or take the
// connection over must.
//
// No BaseContext should end before the requests do: they would go unanswered.
func NewServer(h http.Handler, logger *slog.Logger) *http.Server {
	s := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute, // header and body
		WriteTimeout:      2 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10, // request line included
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
		Protocols:         new(http.Protocols),
	}
	s.Protocols.SetHTTP1(true)
	return s
}

// maxStreams is how many requests one HTTP/2 connection may have at once.
const maxStreams = 100

// Secure makes a server of NewServer speak TLS of version 1.2 or later, with
// HTTP/2 in it. It is to be served by ServeTLS, without files. Handshakes that
// fail, of which the internet is full, are logged for debugging only.
func Secure(s *http.Server, config *tls.Config, logger *slog.Logger) {
	s.TLSConfig = config.Clone()
	s.TLSConfig.MinVersion = max(s.TLSConfig.MinVersion, tls.VersionTLS12)
	s.Protocols.SetHTTP2(true)
	s.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: maxStreams}
	s.ErrorLog = log.New(handshakes{logger}, "", 0)
}

// handshakes is the log of a server that speaks TLS.
type handshakes struct{ logger *slog.Logger }

// Write takes one line.
func (h handshakes) Write(line []byte) (int, error) {
	text := strings.TrimSuffix(string(line), "\n")
	level := slog.LevelWarn
	if strings.HasPrefix(text, "http: TLS handshake error") {
		level = slog.LevelDebug
	}
	h.logger.Log(context.Background(), level, text)
	return len(line), nil
}
