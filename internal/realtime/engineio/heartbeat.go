package engineio

import (
	"time"

	"github.com/activityd/activityd/internal/realtime/engineio/wire"
)

// In revision 4 we ping and the client answers; in the older ones the client
// pings. Both count as alive with any packet, and with each poll that begins.

func (s *Session) patience() time.Duration {
	return s.server.config.PingInterval + s.server.config.PingTimeout
}

// touch notes that the client is alive.
func (s *Session) touch() { s.seen.Store(int64(s.server.wheel.Now())) }

// expired reports whether the client was silent for longer than any client may.
func (s *Session) expired(now time.Duration) bool {
	return now-time.Duration(s.seen.Load()) >= s.patience()
}

func (s *Session) firstDue(now time.Duration) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.revision < 4 {
		return s.orDeadline(now + s.patience())
	}
	return s.orDeadline(now + s.server.config.PingInterval)
}

// orDeadline returns at, or the deadline of ExpectWithin if it comes first. What
// a client sent in time may take as long as a pong.
func (s *Session) orDeadline(at time.Duration) time.Duration {
	if s.deadline > 0 {
		return min(at, s.deadline+s.server.config.PingTimeout)
	}
	return at
}

// Due implements wire.Timed.
func (s *Session) Due(now time.Duration) time.Duration {
	s.mu.Lock()
	if s.state == stateFarewell {
		s.state = stateClosed
		s.mu.Unlock()
		s.out.Abort()
		s.server.unregister(s)
		return 0
	}
	next, reason, ping := s.beat(now)
	s.mu.Unlock()
	switch {
	case reason == ReasonPingTimeout:
		s.end(reason, abrupt)
		return 0
	case reason != "":
		s.end(reason, graceful)
		return now + farewellTime // taken off at once but for a last poll
	case ping:
		if s.Send(wire.Frame(wire.OpText, []byte{'2'})) != nil {
			return 0
		}
	}
	return next
}

// beat decides what the moment asks for. The lock is held.
func (s *Session) beat(now time.Duration) (next time.Duration, reason Reason, ping bool) {
	c := &s.server.config
	if s.deadline > 0 && now >= s.deadline+c.PingTimeout {
		return 0, ReasonConnectTimeout, false
	}
	seen := time.Duration(s.seen.Load())
	if s.revision < 4 {
		if now >= seen+s.patience() {
			return 0, ReasonPingTimeout, false
		}
		return s.orDeadline(seen + s.patience()), "", false
	}
	if s.awaiting && seen >= s.pingAt {
		s.awaiting = false
	}
	if s.awaiting {
		if now >= s.pingAt+c.PingTimeout {
			if !s.delivering() {
				return 0, ReasonPingTimeout, false
			}
			s.pingAt = now // it has not left yet
		}
		return s.orDeadline(s.pingAt + c.PingTimeout), "", false
	}
	if now < s.pingAt+c.PingInterval {
		return s.orDeadline(s.pingAt + c.PingInterval), "", false
	}
	s.awaiting, s.pingAt = true, now
	return s.orDeadline(now + min(c.PingTimeout, c.PingInterval)), "", true
}

// delivering reports whether something waits that is on its way to the client, so
// that it is not the client who is late. A client that does not take it runs into
// the write timeout. The lock is held.
func (s *Session) delivering() bool {
	return (s.onSocket || s.wake != nil) && s.out.Queued() > 0
}
