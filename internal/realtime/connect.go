package realtime

import (
	"context"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/api/hosts"
	"github.com/activityd/activityd/internal/realtime/engineio"
	"github.com/activityd/activityd/internal/realtime/socketio"
)

// connectTimeout is how long letting a client in may take.
const connectTimeout = 10 * time.Second

// connect decides about a client that asks for a namespace.
func (s *Server) connect(socket socketio.Socket, r *socketio.ConnectRequest) (socketio.Handler, error) {
	if r.Implicit || lastSegment(r.Namespace) == "" {
		return nil, socketio.UnknownNamespace()
	}
	ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
	defer cancel()
	start := s.Clock()
	one, err := s.admit(ctx, socket, r)
	s.logConnect(socket, s.Clock().Sub(start), err)
	if err != nil {
		s.counts.refused.Add(1)
		if ours(err) {
			socket.Close()
		}
		return nil, refusal(err)
	}
	return one, nil
}

// ours reports whether an error is no fault of the client's, and will pass.
// Clients take a refusal for final; one that loses the connection, or does not
// get it, comes back by itself.
func ours(err error) bool {
	code := api.ErrorOf(err).Code
	return code == activity.CodeServiceUnavailable || code == activity.CodeInternalError
}

// refusal tells an error in the form of each generation: all of them get the
// whole error object, where they can be told anything.
func refusal(err error) *socketio.Refusal {
	e := api.ErrorOf(err)
	return &socketio.Refusal{Message: e.Message, Data: api.AppendError(nil, e)}
}

// admit makes the session of a client that may connect.
func (s *Server) admit(ctx context.Context, socket socketio.Socket, r *socketio.ConnectRequest) (one *session, err error) {
	defer survive(&err)
	h := socket.Handshake()
	username, err := s.userOf(h, r.Namespace)
	if err != nil {
		return nil, err
	}
	w, err := wishesOf(h, r)
	if err != nil {
		return nil, err
	}
	if err := s.await(ctx); err != nil {
		return nil, err
	}
	user, credential, err := s.Service.Admit(ctx, username, w.token)
	if err != nil {
		return nil, err
	}
	entering := &session{server: s, socket: socket, credential: credential, own: w.own, items: w.items}
	if err := s.hub.enter(entering, user, username); err != nil {
		return nil, err
	}
	armed := false
	defer func() {
		if !armed { // a panic included
			s.hub.leave(entering)
		}
	}()
	if err := entering.arm(ctx); err != nil {
		return nil, err
	}
	armed = true
	return entering, nil
}

// await waits until the feed is followed: only then no change escapes.
func (s *Server) await(ctx context.Context) error {
	if s.closing.Load() {
		return errClosing()
	}
	select {
	case <-s.following:
		return nil
	default:
	}
	select {
	case <-s.following:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// authorize decides about a handshake of protocol 1, which can be told why it
// is refused here only. On the bare domain the client may name the user whose
// namespace it is going to ask for.
func (s *Server) authorize(h *engineio.Handshake) error {
	err := s.judge(h)
	if err == nil {
		return nil
	}
	s.counts.refused.Add(1)
	s.logRefused(h, err)
	if ours(err) {
		return err
	}
	return refusal(err)
}

func (s *Server) judge(h *engineio.Handshake) (err error) {
	defer survive(&err)
	namespace := h.Query("resource")
	switch at, hosted := hosts.Parse(h.Host, s.Domain); {
	case at == hosts.User:
		namespace = "/" + string(hosted)
	case at == hosts.Service && namespace == "":
		if tokenOf(h) == "" {
			return activity.NewError(activity.CodeMissingAccessToken,
				"This needs an access token: send one as the query parameter auth of the connection's URL.")
		}
		return nil // the namespace will tell
	}
	username, err := s.userOf(h, namespace)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
	defer cancel()
	_, _, err = s.Service.Admit(ctx, username, tokenOf(h))
	return err
}
