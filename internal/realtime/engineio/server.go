package engineio

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"sync"
	"time"

	"github.com/activityd/activityd/internal/realtime/engineio/wire"
)

// Server is an http.Handler that serves Engine.IO at whatever path it is put.
type Server struct {
	config Config
	env    *wire.Env
	wheel  *wire.Wheel

	mu       sync.RWMutex
	sessions map[string]*Session
	closed   bool
	endings  sync.WaitGroup // calls of Handler.Closed
	stop     sync.Once
}

// NewServer returns a server, or everything that is wrong with the configuration.
func NewServer(c Config) (*Server, error) {
	c, err := c.complete()
	if err != nil {
		return nil, err
	}
	// One slot is a small part of the shortest wait, and a second at most.
	slot := min(max(min(c.PingInterval, c.PingTimeout)/20, time.Millisecond), time.Second)
	return &Server{
		config: c,
		env: wire.NewEnv(wire.Limits{
			MaxMessage: c.MaxPayload, MaxQueue: c.MaxQueue,
			WriteTimeout: c.PingTimeout, HandshakeTimeout: c.UpgradeTimeout,
		}),
		wheel:    wire.NewWheel(slot, c.PingInterval+c.PingTimeout),
		sessions: make(map[string]*Session),
	}, nil
}

// Len returns the number of sessions.
func (s *Server) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.sessions)
}

// Close ends all sessions, so that their clients see a lost connection and come
// back, and returns when no goroutine of the server is left but those of HTTP
// requests under way. New requests are answered 503.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	all := make([]*Session, 0, len(s.sessions))
	for _, session := range s.sessions {
		all = append(all, session)
	}
	s.mu.Unlock()
	for _, session := range all {
		session.shutdown()
	}
	s.env.Wait()
	s.endings.Wait()
	s.stop.Do(s.wheel.Stop)
}

// ServeHTTP answers one request of a client.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if AllowOrigin(w, r) {
		return
	}
	q, ok := parseQuery(r)
	if fault := s.verify(r, q, ok); fault != nil {
		fault.answer(w, r)
		return
	}
	session := s.find(q.sid, r.Method)
	switch {
	case q.sid == "" && q.websocket:
		s.openWebSocket(w, r, q)
	case q.sid == "":
		s.openPolling(w, r, q)
	case session == nil:
		faultUnknownSession.fault().answer(w, r)
	case session.revision != q.revision:
		faultBadRequest.fault().answer(w, r)
	case q.websocket:
		session.upgrade(w, r, q)
	case r.Method == http.MethodGet:
		session.poll(w, r, q)
	case r.Method == http.MethodPost:
		session.post(w, r, q)
	default:
		faultBadRequest.fault().answer(w, r)
	}
}

// verify looks at what can be told without the session.
func (s *Server) verify(r *http.Request, q query, known bool) *fault {
	switch {
	case !known:
		return faultUnknownTransport.fault()
	case q.websocket != isUpgrade(r):
		return faultBadRequest.fault()
	case q.sid != "":
		return nil
	case r.Method != http.MethodGet:
		return faultBadMethod.fault()
	case q.revision == 0:
		return faultUnsupported.fault()
	case s.config.Allow != nil && !s.config.Allow(r):
		return faultForbidden.fault()
	}
	return nil
}

// find returns the session with an id that is still alive, or nil. An answer to
// a ping of ours, which is a POST, is not too late until the session has ended.
func (s *Server) find(id, method string) *Session {
	if id == "" {
		return nil
	}
	s.mu.RLock()
	session := s.sessions[id]
	s.mu.RUnlock()
	if session != nil && session.expired(s.wheel.Now()) && (session.revision < 4 || method != http.MethodPost) {
		session.end(ReasonPingTimeout, abrupt)
		return nil
	}
	return session
}

// register makes a session findable, unless the server is closed.
func (s *Server) register(session *Session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.sessions[session.id] = session
	s.env.Add() // until the session is unregistered
	return true
}

func (s *Server) unregister(session *Session) {
	s.wheel.Remove(&session.entry)
	s.mu.Lock()
	_, ok := s.sessions[session.id]
	delete(s.sessions, session.id)
	s.mu.Unlock()
	if ok {
		s.env.Done()
	}
}

// NewID returns an identifier that nobody can guess, without padding or colon.
func NewID() string {
	var b [15]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}
