package legacy

import "time"

// touch notes that the client is alive.
func (s *session) touch() { s.seen.Store(int64(s.server.wheel.Now())) }

// Due implements wire.Timed: it looks after whatever the session waits for.
func (s *session) Due(now time.Duration) time.Duration {
	s.mu.Lock()
	next, over, beat := s.due(now)
	s.mu.Unlock()
	if over != nil {
		s.end(*over)
		return now + farewellTime // taken off at once but for a last poll
	}
	if next == 0 {
		s.server.forget(s, false)
		return 0
	}
	if beat {
		s.say([]byte("2::"))
	}
	return next
}

// due decides what the moment asks for. The lock is held.
func (s *session) due(now time.Duration) (next time.Duration, over *ending, beat bool) {
	c := &s.server.config
	switch s.state {
	case stateWaiting:
		return s.until(now, s.since+c.HandshakeTimeout, pingTimeout())
	case stateFarewell, stateGone:
		s.out.Abort()
		return 0, nil, false
	case stateOpen:
	}
	if s.lonely >= 0 && now >= s.lonely+c.ConnectTimeout {
		e := connectTimeout()
		return 0, &e, false
	}
	switch {
	case s.onSocket:
		next, over, beat = s.beat(now)
	case s.poll != nil:
		next = s.poll.until
		if now >= next {
			s.poll.nudge()
			next = now + c.PollDuration
		}
	default:
		next, over, beat = s.until(now, s.since+c.CloseTimeout, pingTimeout())
		next = min(next, now+c.PollDuration) // for a poll that begins just now
	}
	if s.lonely >= 0 && over == nil {
		next = min(next, s.lonely+c.ConnectTimeout)
	}
	return next, over, beat
}

func (s *session) until(now, at time.Duration, e ending) (time.Duration, *ending, bool) {
	if now >= at {
		return 0, &e, false
	}
	return at, nil, false
}

// beat looks after a WebSocket: we send heartbeats, and the client any packet.
func (s *session) beat(now time.Duration) (next time.Duration, over *ending, beat bool) {
	c := &s.server.config
	if s.awaiting && time.Duration(s.seen.Load()) >= s.since {
		s.awaiting = false
	}
	if s.awaiting {
		next, over, _ := s.until(now, s.since+c.HeartbeatTimeout, pingTimeout())
		return next, over, false
	}
	if at := s.since + c.HeartbeatInterval; now < at {
		return at, nil, false
	}
	s.awaiting, s.since = true, now
	return now + c.HeartbeatInterval, nil, true
}
