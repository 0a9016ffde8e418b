package legacy

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"github.com/activityd/activityd/internal/realtime/engineio"
	"github.com/activityd/activityd/internal/realtime/engineio/wire"
)

// Server is an http.Handler that serves the clients of protocol 1. Mount it
// where Serves says so.
type Server struct {
	config Config
	env    *wire.Env
	wheel  *wire.Wheel

	mu       sync.RWMutex
	sessions map[string]*session
	waiting  int // handshakes that are not used yet
	closed   bool
	stop     sync.Once
}

// NewServer returns a server, or everything that is wrong with the configuration.
func NewServer(c Config) (*Server, error) {
	c, err := c.complete()
	if err != nil {
		return nil, err
	}
	return &Server{
		config: c,
		env: wire.NewEnv(wire.Limits{
			MaxMessage: c.MaxPayload, MaxQueue: c.MaxQueue,
			WriteTimeout: c.WriteTimeout, HandshakeTimeout: c.WriteTimeout,
		}),
		wheel:    wire.NewWheel(c.slot(), max(c.HeartbeatTimeout, c.CloseTimeout)),
		sessions: make(map[string]*session),
	}, nil
}

// Serves reports whether a request's path is one of this generation's: below
// the mount, "1" or another number alone, or followed by a slash.
func (s *Server) Serves(path string) bool {
	rest, ok := strings.CutPrefix(path, s.config.Path)
	if !ok {
		return false
	}
	version, _, _ := strings.Cut(rest, "/")
	for _, c := range []byte(version) {
		if !isDigit(c) {
			return false
		}
	}
	return version != ""
}

// Len returns the number of sessions, unused handshakes included.
func (s *Server) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.sessions)
}

// ServeHTTP answers one request of a client.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if engineio.AllowOrigin(w, r) {
		return
	}
	version, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, s.config.Path), "/")
	if version != "1" {
		answerText(w, http.StatusInternalServerError, "Protocol version not supported.")
		return
	}
	transport, sid, _ := strings.Cut(rest, "/")
	sid = strings.TrimSuffix(sid, "/")
	switch query := r.URL.Query(); {
	case rest == "":
		s.handshake(w, r, query.Get("jsonp"))
	case query.Has("disconnect"):
		// The client leaves the transport out, and a mux the empty segment.
		s.leave(w, rest[1+strings.LastIndexByte(strings.TrimSuffix(rest, "/"), '/'):])
	case transport == "websocket":
		s.serveWebSocket(w, r, sid)
	case transport == "xhr-polling":
		s.servePolling(w, r, sid, form{})
	case transport == "jsonp-polling":
		s.servePolling(w, r, sid, jsonpForm(query.Get("i")))
	default:
		answerText(w, http.StatusBadRequest, "Transport unknown.")
	}
}

// leave ends a session for a page that is closed.
func (s *Server) leave(w http.ResponseWriter, sid string) {
	if session := s.find(strings.TrimSuffix(sid, "/")); session != nil {
		session.end(clientLeft())
	}
	answerText(w, http.StatusOK, "")
}

// find returns the session with an id, or nil.
func (s *Server) find(sid string) *session {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.sessions[sid]
}

// register makes a new session findable, and reports whether there is room.
func (s *Server) register(session *session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.sessions) >= s.config.MaxSessions || s.waiting >= s.config.MaxHandshakes {
		return false
	}
	s.sessions[session.sid] = session
	s.waiting++
	s.wheel.Add(&session.entry, session, session.since+s.config.HandshakeTimeout)
	return true
}

// use counts a session as used, once, and reports whether it still may be. The
// session is then at work until settled is called.
func (s *Server) use(session *session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.sessions[session.sid] != session {
		return false
	}
	s.waiting--
	s.env.Add()
	return true
}

// settled ends what use began.
func (s *Server) settled() { s.env.Done() }

// forget makes a session unfindable.
func (s *Server) forget(session *session, unused bool) {
	s.wheel.Remove(&session.entry)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessions[session.sid] != session {
		return
	}
	delete(s.sessions, session.sid)
	if unused {
		s.waiting--
	}
}

// Close ends all sessions, so that their clients see a lost connection and come
// back, and waits until their handlers have been told and no goroutine of the
// server is left but those of HTTP requests under way. If ctx ends first, what
// is left is cut, and the error is the context's. New requests are answered 503.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	all := make([]*session, 0, len(s.sessions))
	for _, session := range s.sessions {
		all = append(all, session)
	}
	s.mu.Unlock()
	for _, session := range all {
		session.end(shutdown())
		s.forget(session, false) // what waits for its last poll too
	}
	done := make(chan struct{})
	go func() {
		s.env.Wait()
		s.stop.Do(s.wheel.Stop)
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		for _, session := range all {
			session.out.Abort()
		}
		<-done
		return ctx.Err()
	}
}
