package realtime

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/hosts"
	"github.com/activityd/activityd/internal/realtime/engineio"
	"github.com/activityd/activityd/internal/realtime/legacy"
	"github.com/activityd/activityd/internal/realtime/socketio"
)

// Path is where a Server is to be mounted.
const Path = "/socket.io/"

// runningCommands is how many commands of all sockets run at once, so that they
// leave something to others; the rest waits for its turn.
const runningCommands = 256

// Server is the door for sockets. It is safe for use by many goroutines.
type Server struct {
	Options
	proxies hosts.Proxies
	modern  *socketio.Server
	old     *legacy.Server

	hub      hub
	expiries expiries
	counts   counts
	running  chan struct{} // holds one of each command that runs
	workers  gate
	crew     crew

	following chan struct{} // closed once no change escapes the feed's reader
	epoch     atomic.Pointer[string]
	closing   atomic.Bool
}

// New makes a server, or tells what is wrong with the options. No client can
// connect before Run has begun.
func New(o Options) (*Server, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	s := &Server{
		Options: o, proxies: o.TrustedProxies,
		running:   make(chan struct{}, runningCommands),
		following: make(chan struct{}),
	}
	s.hub.init(o.MaxSockets, o.MaxSocketsPerUser)
	s.expiries.init(o.Clock)
	s.workers.init()
	s.crew.init()
	// An answer always finds room beside what a reader of normal pace has left.
	queue := max(4<<20, o.Service.Limits.MaxAnswer+1<<20)
	s.modern, err = socketio.NewServer(socketio.Config{
		Engine: engineio.Config{
			PingInterval: o.PingInterval, PingTimeout: o.PingTimeout,
			MaxPayload: o.MaxPacket, MaxQueue: queue, KeepHeaders: []string{authorization},
		},
		Connect: s.connect,
	})
	if err != nil {
		return nil, fmt.Errorf("realtime: %w", err)
	}
	// The old clients are told their heartbeat in whole seconds; it must leave
	// time for the answer to one.
	interval := min(o.PingInterval, 5*time.Minute)
	s.old, err = legacy.NewServer(legacy.Config{
		Path: Path, HeartbeatInterval: interval, HeartbeatTimeout: wholeSeconds(interval + o.PingTimeout), WriteTimeout: o.PingTimeout,
		MaxPayload: o.MaxPacket, MaxQueue: queue, MaxSessions: s.maxSessions(), KeepHeaders: []string{authorization},
		Authorize: s.authorize, Connect: s.connect,
	})
	if err != nil {
		return nil, fmt.Errorf("realtime: %w", err)
	}
	return s, nil
}

// wholeSeconds rounds up.
func wholeSeconds(d time.Duration) time.Duration {
	return (d + time.Second - 1).Truncate(time.Second)
}

// maxSessions bounds connections, those included on which nobody has signed in
// yet.
func (s *Server) maxSessions() int { return s.MaxSockets + s.MaxSockets/10 + 64 }

// ServeHTTP answers one request of a client, or for a client file.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r, at := s.forwarded(r)
	name := below(r.URL.Path)
	switch {
	case at == hosts.Elsewhere:
		refuse(w, r, http.StatusMisdirectedRequest, hosts.Misdirected(s.Domain))
	case s.Files != nil && s.Files.Serves(name):
		s.Files.ServeHTTP(w, r)
	case s.closing.Load() && opens(r):
		refuse(w, r, http.StatusServiceUnavailable, errClosing())
	case opens(r) && s.modern.Len()+s.old.Len() >= s.maxSessions():
		refuse(w, r, http.StatusServiceUnavailable, errTooManySockets())
	case s.old.Serves(r.URL.Path):
		if opens(r) && s.hub.full() {
			// Which its clients try again, other than a refusal.
			refuse(w, r, http.StatusServiceUnavailable, errTooManySockets())
			return
		}
		s.old.ServeHTTP(w, r)
	default:
		s.modern.ServeHTTP(w, r)
	}
}

// Run follows the feed of changes until ctx ends. It is to be called once.
func (s *Server) Run(ctx context.Context) {
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() { s.expiries.run(ctx, s.expired) })
	f := follower{teller: teller{server: s, trouble: func(one *session, _ *activity.Change, err error) { s.blind(ctx, one, err) }}}
	f.run(ctx)
}

// Close ends the server, in this order: new clients and commands are refused,
// commands that were taken are answered, and after at most a second for clients
// between two polls all sockets are closed, in a way that makes their clients
// come back by themselves. When ctx ends first it goes on at once; if commands
// still ran, the error is the context's. Clients that did not read are left to
// find out. Run goes on until its own context ends.
func (s *Server) Close(ctx context.Context) error {
	s.closing.Store(true)
	err := s.workers.close(ctx)
	s.crew.close()
	s.flush(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.modern.Close()
	}()
	left := s.old.Close(ctx) != nil
	select {
	case <-done:
	case <-ctx.Done():
		left = true
	}
	if left {
		s.Logger.Warn("some clients did not read to the end")
	}
	return err
}

// lastPoll is how long the end waits for clients that poll to fetch what waits
// for them.
const lastPoll = time.Second

// flush waits, within bounds, until nothing waits to be written to any socket.
func (s *Server) flush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lastPoll)
	defer cancel()
	again := time.NewTicker(lastPoll / 100)
	defer again.Stop()
	for s.hub.queued() {
		select {
		case <-again.C:
		case <-ctx.Done():
			return
		}
	}
}

func errClosing() *activity.Error {
	return activity.NewError(activity.CodeServiceUnavailable, "The server is shutting down: connect again in a moment.")
}
