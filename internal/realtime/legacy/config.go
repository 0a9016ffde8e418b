package legacy

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/activityd/activityd/internal/realtime/engineio"
	"github.com/activityd/activityd/internal/realtime/socketio"
)

// Config is what a Server is made of. Zero values mean the default; there is no
// "unlimited".
type Config struct {
	// Path is where the server is mounted, with a slash at both ends;
	// "/socket.io/" by default.
	Path string

	// HeartbeatInterval is the time between two heartbeats on WebSocket, 25 s by
	// default.
	HeartbeatInterval time.Duration
	// HeartbeatTimeout is how long the answer to one may take, and what clients
	// are told, who close after as long a silence; 60 s by default. It is told
	// in whole seconds, and longer than HeartbeatInterval.
	HeartbeatTimeout time.Duration
	// CloseTimeout is how long a client may stay away between two polls, 60 s by
	// default.
	CloseTimeout time.Duration
	// PollDuration is when a poll without news is answered, 20 s by default.
	PollDuration time.Duration
	// HandshakeTimeout is how long a handshake may wait to be used, 30 s by
	// default.
	HandshakeTimeout time.Duration
	// ConnectTimeout is how long a session may stay without any namespace that
	// it was accepted to, 45 s by default.
	ConnectTimeout time.Duration
	// WriteTimeout is how long a client may stop reading, and how long the
	// reading of one request's body may take; 20 s by default.
	WriteTimeout time.Duration

	// MaxPayload is the size of an incoming message or polling body in bytes,
	// 1,000,000 by default.
	MaxPayload int64
	// MaxQueue is the number of bytes that may wait for one session, 4 MiB by
	// default. A session that would need more is closed; only with nothing else
	// waiting a single larger message is taken.
	MaxQueue int
	// MaxSessions is the number of sessions, unused handshakes included; 100,000
	// by default. More are answered 503.
	MaxSessions int
	// MaxHandshakes is the number of handshakes that may wait to be used, 10,000
	// by default. More are answered 503.
	MaxHandshakes int
	// MaxNamespaces is the number of namespaces of one session, 100 by default;
	// as many more may be refused before the session is closed.
	MaxNamespaces int
	// MaxAcks is the number of acknowledgements that a socket may owe, 1,000 by
	// default.
	MaxAcks int

	// KeepHeaders names the headers of the handshake that Handshake keeps.
	KeepHeaders []string
	// Authorize decides about a handshake, and is the only place where a reason
	// can be told: of a *socketio.Refusal its Data, or its Message, which the
	// client gives to its event "error" as text. Nil allows all.
	Authorize func(*engineio.Handshake) error
	// Connect decides about each namespace. Required.
	Connect socketio.ConnectFunc
}

// complete returns c with its defaults, and all that is wrong with it.
func (c Config) complete() (Config, error) {
	orDefault(&c.Path, "/socket.io/")
	orDefault(&c.HeartbeatInterval, 25*time.Second)
	orDefault(&c.HeartbeatTimeout, 60*time.Second)
	orDefault(&c.CloseTimeout, 60*time.Second)
	orDefault(&c.PollDuration, 20*time.Second)
	orDefault(&c.HandshakeTimeout, 30*time.Second)
	orDefault(&c.ConnectTimeout, 45*time.Second)
	orDefault(&c.WriteTimeout, 20*time.Second)
	orDefault(&c.MaxPayload, 1_000_000)
	orDefault(&c.MaxQueue, 4<<20)
	orDefault(&c.MaxSessions, 100_000)
	orDefault(&c.MaxHandshakes, 10_000)
	orDefault(&c.MaxNamespaces, 100)
	orDefault(&c.MaxAcks, 1_000)
	if faults := c.faults(); len(faults) > 0 {
		return c, fmt.Errorf("legacy: %w", errors.Join(faults...))
	}
	return c, nil
}

func (c *Config) faults() []error {
	var errs []error
	if c.Connect == nil {
		errs = append(errs, errors.New("a ConnectFunc is missing"))
	}
	if !strings.HasPrefix(c.Path, "/") || !strings.HasSuffix(c.Path, "/") {
		errs = append(errs, fmt.Errorf("the path %q does not begin and end with a slash", c.Path))
	}
	for name, d := range map[string]time.Duration{
		"HeartbeatTimeout": c.HeartbeatTimeout, "CloseTimeout": c.CloseTimeout,
	} {
		if d < time.Second || d%time.Second != 0 {
			errs = append(errs, fmt.Errorf("%s is not in whole seconds", name))
		}
	}
	if c.HeartbeatInterval >= c.HeartbeatTimeout {
		errs = append(errs, errors.New("HeartbeatInterval is not shorter than HeartbeatTimeout"))
	}
	for name, d := range map[string]time.Duration{
		"HeartbeatInterval": c.HeartbeatInterval, "PollDuration": c.PollDuration,
		"HandshakeTimeout": c.HandshakeTimeout, "ConnectTimeout": c.ConnectTimeout,
		"WriteTimeout": c.WriteTimeout,
	} {
		if d < 10*time.Millisecond {
			errs = append(errs, fmt.Errorf("%s is shorter than 10 ms", name))
		}
	}
	if c.MaxPayload < 0 || min(c.MaxQueue, c.MaxSessions, c.MaxHandshakes, c.MaxNamespaces, c.MaxAcks) < 0 {
		errs = append(errs, errors.New("a limit is negative"))
	}
	return errs
}

// slot is the precision of all waits: a part of the shortest, a second at most.
func (c *Config) slot() time.Duration {
	shortest := min(c.HeartbeatInterval, c.PollDuration, c.HandshakeTimeout, c.ConnectTimeout)
	return min(max(shortest/10, time.Millisecond), time.Second)
}

func orDefault[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}
