package socketio

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/activityd/activityd/internal/realtime/engineio"
)

// Config is what a Server is made of. Zero values mean the default.
type Config struct {
	// Engine configures the transport; its Open and LegacyText are ours.
	Engine engineio.Config
	// Connect decides about each client that asks for a namespace. Required.
	Connect ConnectFunc
	// ConnectTimeout is how long a client may be connected to no namespace, 45 s by
	// default. The root counts only where the application has accepted it.
	ConnectTimeout time.Duration
	// MaxAttachments bounds the binary values of one event, 10 by default.
	MaxAttachments int
	// MaxPacket bounds an event with its binary values in bytes, twice the
	// engine's MaxPayload by default.
	MaxPacket int
	// MaxNamespaces bounds the namespaces of one session, 64 by default.
	MaxNamespaces int
	// MaxAcks bounds the acknowledgements that a client may owe, 256 by default.
	MaxAcks int
}

// Server is an http.Handler that serves Socket.IO at whatever path it is put.
type Server struct {
	config Config
	engine *engineio.Server
}

// NewServer returns a server, or what is wrong with the configuration.
func NewServer(c Config) (*Server, error) {
	if c.Connect == nil {
		return nil, errors.New("socketio: Connect is missing")
	}
	if c.ConnectTimeout < 0 || c.MaxAttachments < 0 || c.MaxPacket < 0 || c.MaxNamespaces < 0 || c.MaxAcks < 0 {
		return nil, errors.New("socketio: a limit is negative")
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 45 * time.Second
	}
	if c.Engine.MaxPayload == 0 {
		c.Engine.MaxPayload = 1_000_000
	}
	setDefault(&c.MaxPacket, 2*int(c.Engine.MaxPayload))
	setDefault(&c.MaxAttachments, 10)
	setDefault(&c.MaxNamespaces, 64)
	setDefault(&c.MaxAcks, 256)
	s := &Server{config: c}
	engine := c.Engine
	engine.Open = s.open
	engine.LegacyText = isLegacyConnect
	var err error
	if s.engine, err = engineio.NewServer(engine); err != nil {
		return nil, fmt.Errorf("socketio: %w", err)
	}
	return s, nil
}

func setDefault(v *int, d int) {
	if *v == 0 {
		*v = d
	}
}

// ServeHTTP answers one request of a client.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.engine.ServeHTTP(w, r) }

// Len returns the number of sessions.
func (s *Server) Len() int { return s.engine.Len() }

// Close ends all sessions, so that their clients come back, and returns when
// every handler was told.
func (s *Server) Close() { s.engine.Close() }

// open takes a new session.
func (s *Server) open(session *engineio.Session) engineio.Handler {
	c := &conn{server: s, session: session}
	if c.protocol() >= Protocol5 {
		session.ExpectWithin(s.config.ConnectTimeout)
		return c
	}
	c.connect(&ConnectRequest{Namespace: "/", Implicit: true})
	return c
}
