package legacy

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/activityd/activityd/internal/realtime/engineio/wire"
)

// idle answers a poll without news, or one that another has replaced.
const idle = "8::"

// poll is a GET request that waits for packets.
type poll struct {
	wake  chan struct{}
	until time.Duration // of the wheel's time
}

// nudge makes the poll look again.
func (p *poll) nudge() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// servePolling answers a request of the transports xhr-polling and
// jsonp-polling.
func (s *Server) servePolling(w http.ResponseWriter, r *http.Request, sid string, f form) {
	session := s.find(sid)
	switch {
	case r.Method == http.MethodPost && session != nil:
		session.post(w, r, f)
	case r.Method == http.MethodPost:
		answerText(w, http.StatusBadRequest, "Client not handshaken.")
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", "GET, POST, OPTIONS")
		answerText(w, http.StatusMethodNotAllowed, "Polls are GET and POST requests.")
	case session == nil || !session.servePoll(w, r, f):
		contentType, body := f.wrap([]byte(reconnect))
		_ = answer(w, http.StatusOK, contentType, body) // who is gone comes back with a handshake
	}
}

// servePoll waits for packets and answers with them. It returns false if the
// session cannot be polled.
func (s *session) servePoll(w http.ResponseWriter, r *http.Request, f form) bool {
	first := s.open(false)
	p := s.startPoll()
	if p == nil {
		return false
	}
	if first {
		s.begin()
	}
	for {
		packets := s.take(r.Context(), p)
		if packets != nil {
			contentType, body := f.wrap(encodePayload(packets))
			err := answerWithin(w, s.server.config.WriteTimeout, http.StatusOK, contentType, body)
			s.endPoll(p)
			if err != nil {
				s.end(transportError()) // what was lost is known to nobody else
				return true
			}
			s.Drained()
			return true
		}
		select {
		case <-p.wake:
		case <-r.Context().Done():
			s.endPoll(p)
			return true
		}
	}
}

// startPoll makes a poll the one that waits; one that waited before is answered.
// It returns nil if the session cannot be polled.
func (s *session) startPoll() *poll {
	s.abandonSocket()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.onSocket || s.state != stateOpen && s.state != stateFarewell {
		return nil
	}
	if s.poll != nil {
		s.poll.nudge()
	}
	now := s.server.wheel.Now()
	s.poll = &poll{wake: make(chan struct{}, 1), until: now + s.server.config.PollDuration}
	s.since = now
	s.dueAt(s.poll.until)
	return s.poll
}

// dueAt has the open session looked after at a time, or before. The lock is held.
func (s *session) dueAt(at time.Duration) {
	if s.lonely >= 0 {
		at = min(at, s.lonely+s.server.config.ConnectTimeout)
	}
	s.server.wheel.Sooner(&s.entry, at)
}

// take returns the packets for a poll, or nil if it has to wait.
func (s *session) take(ctx context.Context, p *poll) [][]byte {
	packets, over := s.packetsFor(ctx, p)
	if over {
		s.server.forget(s, false)
	}
	return packets
}

func (s *session) packetsFor(ctx context.Context, p *poll) (packets [][]byte, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.server.wheel.Now()
	switch {
	case s.poll != p:
		return [][]byte{[]byte(idle)}, false
	case ctx.Err() != nil:
		return nil, false // what waits is for another poll
	}
	for _, f := range s.out.Take(p.wake) {
		packets = append(packets, wire.Payload(f))
	}
	switch {
	case s.state > stateOpen:
		packets, over = append(packets, s.last), true
		s.state = stateGone
	case packets == nil && now >= p.until:
		packets = append(packets, []byte(idle))
	}
	return packets, over
}

// endPoll lets a poll wait no more.
func (s *session) endPoll(p *poll) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.since = s.server.wheel.Now()
	if s.poll != p {
		return
	}
	s.poll = nil
	if s.state == stateOpen {
		s.dueAt(s.since + s.server.config.CloseTimeout)
	}
}

// abandonSocket ends a session whose WebSocket the client gave up for polling,
// abandonPolling the other way round: a client does so when the transport never
// worked, and begins anew if it is told that the session is unknown.
func (s *session) abandonSocket() { s.abandon(true) }

func (s *session) abandonPolling() { s.abandon(false) }

func (s *session) abandon(onSocket bool) {
	s.mu.Lock()
	over := s.state == stateOpen && s.onSocket == onSocket
	s.mu.Unlock()
	if over {
		s.end(transportError())
	}
}

// post takes the packets that a client sends. It answers when they have been
// worked on, which keeps the client from sending more than that.
func (s *session) post(w http.ResponseWriter, r *http.Request, f form) {
	if !s.startPost() {
		answerText(w, http.StatusBadRequest, "Session not open, or requests overlap.")
		return
	}
	status, text := s.takePost(w, r, f)
	s.endPost()                                    // before the answer, which the next request may follow at once
	contentType, body := form{}.wrap([]byte(text)) // of JSONP too: it goes into a frame
	_ = answerWithin(w, s.server.config.WriteTimeout, status, contentType, body)
}

// takePost reads a request and gives its packets away.
func (s *session) takePost(w http.ResponseWriter, r *http.Request, f form) (status int, text string) {
	body, err := s.readBody(w, r, f)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		s.end(parseError(0))
		return http.StatusRequestEntityTooLarge, "Too large."
	case err != nil || !s.receivePayload(body):
		s.end(parseError(0))
		return http.StatusBadRequest, "Malformed."
	}
	return http.StatusOK, "1"
}

func (s *session) startPost() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != stateOpen || s.onSocket || s.posting {
		return false
	}
	s.posting = true
	return true
}

func (s *session) endPost() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.posting = false
}

// readBody returns the payload of a request.
func (s *session) readBody(w http.ResponseWriter, r *http.Request, f form) ([]byte, error) {
	// A reader without deadlines goes without; net/http sets them anew for the
	// next request.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(s.server.config.WriteTimeout))
	limit := s.server.config.MaxPayload
	if f.jsonp != "" {
		limit *= 3 // of the form's %XX
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil || f.jsonp == "" {
		return body, err
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	var text string
	if err := json.Unmarshal([]byte(values.Get("d")), &text); err != nil {
		return nil, err
	}
	return []byte(text), nil
}

// receivePayload takes a request's packets, in turn.
func (s *session) receivePayload(body []byte) bool {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.touch()
	malformed := false
	ok := splitPayload(body, func(packet []byte) bool {
		more := s.receive(packet)
		malformed = malformed || !more && s.endedBy(parseError(0).reason)
		return more
	})
	return ok && !malformed
}
