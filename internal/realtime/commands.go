package realtime

import (
	"context"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/realtime/socketio"
)

const (
	// slowReader is how much may wait to be written to a socket before its next
	// command is left alone.
	slowReader = 64 << 10
	// packetsWaiting is how many packets of the greatest size may wait as
	// commands, by their length.
	packetsWaiting = 4
)

// work is the commands of one socket.
type work struct {
	waiting []*pending
	bytes   int  // of waiting
	running bool // a goroutine is at it
}

// pending is a command that waits.
type pending struct {
	event *socketio.Event
	since time.Time
	bytes int
}

// Event implements socketio.Handler. It takes a command in, to be run after
// those before it, or refuses it at once.
func (s *session) Event(e *socketio.Event) {
	p := &pending{event: e, since: s.server.Clock()}
	for _, arg := range e.Args {
		p.bytes += len(arg)
	}
	s.mu.Lock()
	var refused *activity.Error
	starts := false
	switch {
	case s.revoked:
		refused = errRevoked()
	case s.server.closing.Load():
		refused = errClosing()
	case s.work == nil:
		if starts = s.server.workers.enter(); starts {
			s.work = &work{running: true}
			break
		}
		refused = errClosing()
	case len(s.work.waiting) >= s.server.MaxPendingCommands,
		s.work.bytes+p.bytes > packetsWaiting*int(s.server.MaxPacket) && len(s.work.waiting) > 0:
		refused = activity.NewError(activity.CodeTooManyRequests, "Too many commands wait on this socket: wait for answers before you send more.")
	default:
		s.work.waiting = append(s.work.waiting, p)
		s.work.bytes += p.bytes
	}
	s.mu.Unlock()
	switch {
	case refused != nil:
		s.refuse(p, refused)
	case starts:
		s.server.crew.do(job{s, p})
	}
}

// run runs one command after the other, from p on or the next for nil, until
// none is left, or the client does not read the answers.
func (s *session) run(p *pending) {
	defer s.server.workers.leave()
	if p == nil {
		p = s.next()
	}
	for p != nil {
		s.server.running <- struct{}{}
		s.execute(p)
		<-s.server.running
		p = s.next()
	}
}

// next gives the next command to run, nil for none now. Who is not there any
// more does not read, and is not waited for.
func (s *session) next() *pending {
	s.mu.Lock()
	w := s.work
	switch {
	case s.revoked:
		s.work = nil
		s.mu.Unlock()
		s.socket.Disconnect()
		return nil
	case len(w.waiting) == 0:
		s.work = nil
		s.mu.Unlock()
		return nil
	}
	defer s.mu.Unlock()
	if !s.gone && s.socket.Queued() > slowReader {
		w.running = false
		return nil
	}
	p := w.waiting[0]
	w.waiting[0] = nil
	w.waiting = w.waiting[1:]
	w.bytes -= p.bytes
	return p
}

// resume goes on with commands that were left alone.
func (s *session) resume() {
	s.mu.Lock()
	stands := s.work != nil && !s.work.running && !s.revoked
	if stands {
		if stands = s.server.workers.enter(); stands {
			s.work.running = true
		}
	}
	s.mu.Unlock()
	if stands {
		s.server.crew.do(job{session: s})
	}
}

// execute runs a command and answers it.
func (s *session) execute(p *pending) {
	method, result, err := s.call(p.event)
	if err != nil {
		s.fail(p, method, err)
		return
	}
	_ = p.event.Ack([]byte("null"), result) // who is gone does not hear
	s.server.done(s.socket, p, method, len(result), nil)
}

// call runs what an event asks for, and gives the id of the method for logs.
func (s *session) call(e *socketio.Event) (method string, result []byte, err error) {
	method = noMethod
	defer survive(&err)
	id, params, err := commandOf(e)
	service := s.server.Service
	if id == api.BatchCommand {
		method = id
	} else if id != "" {
		m, _, unknown := service.Resolve(id)
		if unknown != nil {
			return method, nil, unknown
		}
		if m.Root != api.ServiceRoot {
			method = m.ID
		}
	}
	if err != nil {
		return method, nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.server.CommandTimeout)
	defer cancel()
	c := &api.Call{
		Username: s.home.name, User: s.home.user, Credential: s.credential,
		Remote: remoteOf(s.socket.Handshake()), Socket: s.socket.ID(),
	}
	if id == api.BatchCommand {
		result, err = service.Batch(ctx, c, params, func(method string, err error) { s.server.logEntry(s.socket, method, err) })
	} else {
		result, err = service.Command(ctx, c, id, params)
	}
	return method, result, err
}

// fail answers with an error. One that says that the credential is dead ends
// the session, if that is so.
func (s *session) fail(p *pending, method string, err error) {
	object := api.AppendError(nil, api.ErrorOf(err))
	_ = p.event.Ack(object) // who is gone does not hear
	s.server.done(s.socket, p, method, len(object), err)
	if isCode(err, activity.CodeInvalidAccessToken) || isCode(err, activity.CodeUnknownUser) {
		ctx, cancel := context.WithTimeout(context.Background(), s.server.CommandTimeout)
		defer cancel()
		_, _, err := s.look(ctx)
		if isCode(err, activity.CodeInvalidAccessToken) || isCode(err, activity.CodeUnknownUser) {
			s.revoke()
		}
	}
}

// refuse answers a command that does not run.
func (s *session) refuse(p *pending, err *activity.Error) {
	object := api.AppendError(nil, err)
	_ = p.event.Ack(object) // who is gone does not hear
	s.server.done(s.socket, p, noMethod, len(object), err)
}
