package realtime

import (
	"context"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/realtime/engineio"
	"github.com/activityd/activityd/internal/realtime/socketio"
)

// noMethod is the method of a command that names none.
const noMethod = "none"

// Nothing in a line of the log is a name, a path, a query or a value. The
// socket's id is what the client of protocol 5 knows as its own.

func (s *Server) log(level slog.Level, message string, attrs ...slog.Attr) {
	s.Logger.LogAttrs(context.Background(), level, message, attrs...)
}

// remoteOf gives the client's address; none for a connection that is not IP.
func remoteOf(h *engineio.Handshake) netip.Addr {
	peer, _ := netip.ParseAddrPort(h.RemoteAddr)
	return peer.Addr().Unmap()
}

// logConnect writes the line of a client that was let in, or was not.
func (s *Server) logConnect(socket socketio.Socket, took time.Duration, err error) {
	level, about := api.AboutError(err)
	message := "socket connected"
	if err != nil {
		message = "socket refused"
	}
	s.log(level, message, append([]slog.Attr{
		slog.String("socket", socket.ID()),
		slog.String("generation", generation(socket.Protocol())),
		slog.Duration("duration", took),
		slog.Any("remote", remoteOf(socket.Handshake())),
	}, about...)...)
}

// logRefused is logConnect for one that got no socket.
func (s *Server) logRefused(h *engineio.Handshake, err error) {
	level, about := api.AboutError(err)
	s.log(level, "socket refused", append([]slog.Attr{
		slog.String("generation", generation(socketio.Protocol1)),
		slog.Any("remote", remoteOf(h)),
	}, about...)...)
}

func (s *Server) logDisconnect(socket socketio.Socket, reason socketio.Reason) {
	s.log(slog.LevelInfo, "socket disconnected",
		slog.String("socket", socket.ID()),
		slog.String("generation", generation(socket.Protocol())),
		slog.String("reason", string(reason)))
}

// done writes the line of a command that was answered, and tells whoever
// watches.
func (s *Server) done(socket socketio.Socket, p *pending, method string, bytes int, err error) {
	took := s.Clock().Sub(p.since)
	level, about := slog.LevelInfo, []slog.Attr(nil)
	code := activity.Code("")
	if err != nil {
		level, about = api.AboutError(err)
		code = api.ErrorOf(err).Code
	}
	if s.Logger.Enabled(context.Background(), level) {
		s.log(level, "command", append([]slog.Attr{
			slog.String("method", method),
			slog.Int("bytes", bytes),
			slog.Duration("duration", took),
			slog.String("socket", socket.ID()),
		}, about...)...)
	}
	if s.Observe != nil {
		s.Observe(Command{Method: method, Code: code, Took: took, Bytes: bytes})
	}
}

// logEntry writes a line for an entry of a batch that failed by our fault.
func (s *Server) logEntry(socket socketio.Socket, method string, err error) {
	if level, about := api.AboutError(err); level > slog.LevelInfo {
		s.log(level, "batch entry", append([]slog.Attr{slog.String("method", method), slog.String("socket", socket.ID())}, about...)...)
	}
}

// survive, deferred, makes an error of a panic: no mistake of ours that one
// client or one change brings out may end all of them.
func survive(err *error) {
	if v := recover(); v != nil {
		*err = &api.Panic{Value: v, Stack: debug.Stack()}
	}
}
