package realtime

import (
	"context"
	"sync"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/auth"
	"github.com/activityd/activityd/internal/realtime/socketio"
)

// session is one socket of a user. It implements socketio.Handler.
type session struct {
	server     *Server
	socket     socketio.Socket
	home       *home
	credential auth.Credential
	ending     ending // in Server.expiries, which guards it

	// The follower's, once the session is armed.
	sight       *api.Sight   // nil for a personal access
	permissions activity.Seq // of the change that made them what they are

	own, items bool // see wishes; never changed

	mu         sync.Mutex
	armed      bool // the follower tells it of changes
	again      bool // a change may have escaped while it was not armed
	connected  bool // the client knows that it is
	gone       bool // the socket has ended
	revoked    bool // the credential lets nobody in any more
	delivering bool
	held       uint8        // of the items in dirty
	seen       activity.Seq // all changes up to it are told, or need not be
	dirty      []news       // what is to be told
	work       *work        // nil without commands
}

// arm lets the follower tell the session of every change after the user's
// newest one at the moment, as the access may see it now. Errors: those of the
// credential.
func (s *session) arm(ctx context.Context) error {
	for {
		v, access, err := s.look(ctx)
		if err != nil {
			return err
		}
		sight := v.Sight(&access)
		s.mu.Lock()
		// What the follower has come by meanwhile must stand in the snapshot.
		if !s.again && s.seen <= v.Head {
			s.sight, s.permissions, s.seen, s.armed = sight, access.PermissionsSeq, v.Head, true
			s.mu.Unlock()
			s.server.expiries.set(s, access.Expires)
			return nil
		}
		s.again = false
		s.mu.Unlock()
	}
}

// look finds as which access the session acts now. CodeInvalidAccessToken when
// its credential lets nobody in (any more), a deleted user's included.
func (s *session) look(ctx context.Context) (v api.Snapshot, access activity.Access, err error) {
	defer survive(&err)
	if v, err = s.server.Service.Snapshot(ctx, s.home.user); err != nil {
		return v, access, err
	}
	s.server.setEpoch(v.Epoch)
	access, err = v.Admit(s.credential)
	return v, access, err
}

// setEpoch keeps the epoch of the history, of which cursors are made.
func (s *Server) setEpoch(epoch string) {
	if known := s.epoch.Load(); known == nil || *known != epoch {
		s.epoch.Store(&epoch)
	}
}

// Connected implements socketio.Handler.
func (s *session) Connected() {
	s.mu.Lock()
	gone := s.gone
	s.connected = !gone
	s.mu.Unlock()
	if gone {
		return
	}
	s.server.counts.connected(s.socket.Protocol(), 1)
	s.deliver(false, nil)
}

// Drained implements socketio.Handler.
func (s *session) Drained() {
	s.mu.Lock()
	idle := len(s.dirty) == 0 && s.work == nil
	s.mu.Unlock()
	if idle {
		return
	}
	s.deliver(true, nil)
	s.resume()
}

// Disconnected implements socketio.Handler.
func (s *session) Disconnected(reason socketio.Reason) {
	s.mu.Lock()
	s.gone, s.dirty = true, nil
	connected := s.connected
	s.mu.Unlock()
	s.server.hub.leave(s)
	s.server.expiries.remove(s)
	if connected {
		s.server.counts.connected(s.socket.Protocol(), -1)
	}
	s.server.logDisconnect(s.socket, reason)
	s.resume() // what was sent before the end is still done
}
