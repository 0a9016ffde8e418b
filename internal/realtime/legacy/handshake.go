package legacy

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/activityd/activityd/internal/realtime/engineio"
	"github.com/activityd/activityd/internal/realtime/socketio"
)

// transports is what a handshake offers, best first.
const transports = "websocket,xhr-polling,jsonp-polling"

// handshake opens a session, which waits for its transport.
func (s *Server) handshake(w http.ResponseWriter, r *http.Request, jsonp string) {
	f := form{}
	if isCallback(jsonp) {
		f = jsonpForm(jsonp)
	}
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", "GET, OPTIONS")
		answerText(w, http.StatusMethodNotAllowed, "Handshakes are GET requests.")
		return
	}
	h := engineio.NewHandshake(r, s.config.KeepHeaders)
	if s.config.Authorize != nil {
		if err := s.config.Authorize(h); err != nil {
			refuse(w, f, err)
			return
		}
	}
	session := newSession(s, h)
	if !s.register(session) {
		w.Header().Set("Retry-After", "5")
		answerText(w, http.StatusServiceUnavailable, "Too many clients, or shutting down.")
		return
	}
	contentType, body := f.wrap(fmt.Appendf(nil, "%s:%d:%d:%s", session.sid,
		s.config.HeartbeatTimeout/time.Second, s.config.CloseTimeout/time.Second, transports))
	_ = answer(w, http.StatusOK, contentType, body) // who is gone comes back with another handshake
}

// refuse tells a client why it may not connect: as text, or to a script as an
// Error with that text, which a client gives to its event "error" alike.
func refuse(w http.ResponseWriter, f form, err error) {
	status, reason := http.StatusInternalServerError, "handshake error"
	var refusal *socketio.Refusal
	if errors.As(err, &refusal) {
		status, reason = http.StatusForbidden, refusal.Message
		if refusal.Data != nil {
			reason = string(refusal.Data)
		}
	}
	if f.jsonp == "" {
		answerText(w, status, reason)
		return
	}
	var expression strings.Builder
	expression.WriteString("new Error(")
	expression.Write(quote([]byte(reason)))
	expression.WriteByte(')')
	// A script with another status than 200 is not run.
	_ = answer(w, http.StatusOK, "text/javascript; charset=UTF-8", f.call([]byte(expression.String())))
}
