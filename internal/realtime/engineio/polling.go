package engineio

import (
	"context"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/activityd/activityd/internal/realtime/engineio/wire"
)

// upgradeHold is how long a poll that comes during an upgrade waits for its
// completion, which may be on its way already on the other connection.
const upgradeHold = 50 * time.Millisecond

// openPolling opens a session by long polling.
func (s *Server) openPolling(w http.ResponseWriter, r *http.Request, q query) {
	session := s.newSession(NewHandshake(r, s.config.KeepHeaders), q)
	if session == nil {
		http.Error(w, "server is closing", http.StatusServiceUnavailable)
		return
	}
	session.answer(w, q, session.out.Take(nil))
}

// outcome is what a poll came to.
type outcome uint8

const (
	pollFrames outcome = iota
	pollNoop
	pollFarewell
	pollUpgraded
	pollOverlap
	pollGone
)

// poll answers with what is queued, as soon as there is something.
func (s *Session) poll(w http.ResponseWriter, r *http.Request, q query) {
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Time{})  // the server's are for short requests;
	_ = rc.SetWriteDeadline(time.Time{}) // a ResponseWriter without deadlines has none to lift
	wake, result := s.beginPoll()
	var frames [][]byte
	if wake != nil {
		frames, result = s.awaitFrames(r.Context(), wake)
	}
	switch result {
	case pollFrames:
		s.answer(w, q, frames)
	case pollNoop:
		s.answer(w, q, [][]byte{wire.Frame(wire.OpText, []byte{'6'})})
	case pollFarewell:
		s.mu.Lock()
		farewell := s.farewell
		s.mu.Unlock()
		s.server.unregister(s)
		frames = s.out.Take(nil)
		if farewell != 0 {
			frames = append(frames, wire.Frame(wire.OpText, []byte{farewell}))
		}
		if frames == nil {
			faultUnknownSession.fault().answer(w, r)
			return
		}
		s.answer(w, q, frames)
	case pollUpgraded:
		faultBadRequest.fault().answer(w, r)
	case pollOverlap:
		s.end(ReasonTransportError, abrupt)
		faultBadRequest.fault().answer(w, r)
	case pollGone:
		s.end(ReasonTransportError, abrupt)
	}
}

// beginPoll makes the request the session's poll, or tells its outcome.
func (s *Session) beginPoll() (chan struct{}, outcome) {
	s.touch() // whoever polls is alive
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.state == stateFarewell:
		s.state = stateClosed
		return nil, pollFarewell
	case s.state == stateClosed, s.onSocket:
		return nil, pollUpgraded
	case s.wake != nil:
		return nil, pollOverlap
	}
	s.wake = make(chan struct{}, 1)
	return s.wake, pollFrames
}

// awaitFrames waits until there is something to answer.
func (s *Session) awaitFrames(ctx context.Context, wake chan struct{}) ([][]byte, outcome) {
	var hold <-chan time.Time
	s.mu.Lock()
	if s.probing {
		timer := time.NewTimer(upgradeHold)
		defer timer.Stop()
		hold = timer.C
	}
	s.mu.Unlock()
	for {
		if frames, result, done := s.tryPoll(wake, hold != nil); done {
			return frames, result
		}
		select {
		case <-wake:
		case <-hold:
			hold = nil
		case <-ctx.Done():
			s.mu.Lock()
			s.wake = nil
			s.mu.Unlock()
			return nil, pollGone
		}
	}
}

func (s *Session) tryPoll(wake chan struct{}, held bool) (frames [][]byte, result outcome, done bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.onSocket:
		result = pollUpgraded
	case s.state != stateOpen:
		result = pollFarewell
	case held:
		return nil, 0, false
	default:
		frames = s.out.Take(wake)
		if frames == nil {
			if !s.probed {
				return nil, 0, false
			}
			result = pollNoop
		}
	}
	s.wake = nil
	return frames, result, true
}

// answer writes the body of a poll.
func (s *Session) answer(w http.ResponseWriter, q query, frames [][]byte) {
	f, kind := s.framingFor(q, frames)
	body := f.encode(frames)
	if q.isJSONP {
		kind = "text/javascript; charset=UTF-8"
		body = script(q.jsonp, body)
	}
	if !s.write(w, kind, body) {
		s.end(ReasonTransportError, abrupt)
		return
	}
	s.handler.Drained()
}

// framingFor returns the framing of an answer. Official clients up to 2.x all
// read binary framing, and those of the 1.x line nothing else with certainty;
// any other client gets it for binary packets only.
func (s *Session) framingFor(q query, frames [][]byte) (framing, string) {
	const text = "text/plain; charset=UTF-8"
	s.mu.Lock()
	twice, textOnly := s.legacyText, s.textOnly || q.base64 || q.isJSONP
	s.mu.Unlock()
	switch {
	case s.revision >= 4:
		return framingSeparated, text
	case !textOnly && (q.stamped || slices.ContainsFunc(frames, wire.IsBinary)):
		return framingBinary, "application/octet-stream"
	case twice:
		return framingTwice, text
	}
	return framingText, text
}

// write writes a whole response within the write timeout.
func (s *Session) write(w http.ResponseWriter, kind string, body []byte) bool {
	rc := http.NewResponseController(w)
	_ = rc.SetWriteDeadline(time.Now().Add(s.server.config.PingTimeout)) // none to set on a writer without
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if _, err := w.Write(body); err != nil {
		return false
	}
	if rc.Flush() != nil {
		return false
	}
	_ = rc.SetWriteDeadline(time.Time{}) // the connection may serve others next
	return true
}

// post takes the packets of a request's body.
func (s *Session) post(w http.ResponseWriter, r *http.Request, q query) {
	s.mu.Lock()
	overlap := s.posting
	refused := s.onSocket || s.state != stateOpen
	s.posting = true
	s.mu.Unlock()
	if overlap {
		s.end(ReasonTransportError, abrupt)
	}
	if overlap || refused {
		faultBadRequest.fault().answer(w, r)
		return
	}
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Now().Add(s.server.config.UpgradeTimeout)) // none to set on a writer without
	body, status := s.body(w, r, q)
	if status == http.StatusOK {
		// Else it stays: net/http reads what is left of the body.
		_ = rc.SetReadDeadline(time.Time{})
		if !s.take(r, q, body) {
			status = http.StatusBadRequest
		}
		s.Flush() // what the handler held
	}
	s.mu.Lock()
	s.posting = false // before the answer, after which the next may come
	s.mu.Unlock()
	switch status {
	case http.StatusOK:
		s.write(w, "text/html", []byte("ok"))
	case http.StatusRequestEntityTooLarge:
		w.Header().Set("Connection", "close")
		w.WriteHeader(status)
	case http.StatusRequestTimeout:
		s.end(ReasonTransportError, abrupt)
		w.Header().Set("Connection", "close")
		faultBadRequest.fault().answer(w, r)
	default:
		s.end(ReasonParseError, abrupt)
		faultBadRequest.fault().answer(w, r)
	}
}

// body reads the body, bounded in size and time.
func (s *Session) body(w http.ResponseWriter, r *http.Request, q query) ([]byte, int) {
	limit := s.server.config.MaxPayload
	if q.isJSONP {
		limit = 3*limit + 2 // a form: d= and three bytes for one
	}
	if r.ContentLength > limit {
		return nil, http.StatusRequestEntityTooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		if int64(len(body)) >= limit {
			return nil, http.StatusRequestEntityTooLarge
		}
		return nil, http.StatusRequestTimeout // or it broke off
	}
	if !q.isJSONP {
		return body, http.StatusOK
	}
	if body, err = formData(body); err != nil {
		return nil, http.StatusBadRequest
	}
	if int64(len(body)) > s.server.config.MaxPayload {
		return nil, http.StatusRequestEntityTooLarge
	}
	return body, http.StatusOK
}

// take takes all packets of a body, and reports whether it was well-formed.
func (s *Session) take(r *http.Request, q query, body []byte) bool {
	f := framingSeparated
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	octets := kind == "application/octet-stream" && !q.isJSONP
	switch {
	case s.revision >= 4 && octets:
		return false
	case s.revision >= 4:
	case octets:
		f = framingBinary
	default:
		f = framingText
	}
	if len(body) == 0 {
		return false
	}
	for len(body) > 0 {
		packet, binary, rest, err := f.next(body)
		if err != nil {
			return false
		}
		if f == framingText && s.legacy(packet) {
			packet = decodeTwice(packet)
		}
		more, err := s.receive(binary, packet)
		if err != nil {
			return false
		}
		if !more {
			return true
		}
		body = rest
	}
	return true
}

// legacy reports whether text of polling is encoded twice, as far as is known
// with this packet.
func (s *Session) legacy(packet []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.legacyText && s.server.config.LegacyText != nil {
		s.legacyText = s.server.config.LegacyText(packet)
	}
	return s.legacyText
}
