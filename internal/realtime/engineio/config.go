package engineio

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Config is what a Server is made of. Zero durations and sizes mean the default.
type Config struct {
	// PingInterval is the time between two pings, 25 s by default.
	PingInterval time.Duration
	// PingTimeout is how long the other side may take to answer one, and how
	// long a peer may stop reading; 20 s by default.
	PingTimeout time.Duration
	// UpgradeTimeout is how long the way from polling to WebSocket may take, and
	// the reading of one request's body; 10 s by default.
	UpgradeTimeout time.Duration
	// MaxPayload is the size of an incoming message or polling body in bytes,
	// 1,000,000 by default.
	MaxPayload int64
	// MaxQueue is the number of bytes that may wait for one session, 4 MiB by
	// default. A session that would need more is closed; only with nothing else
	// waiting a single larger message is taken.
	MaxQueue int
	// KeepHeaders names the headers of the handshake that Handshake keeps.
	KeepHeaders []string

	// Allow decides whether a handshake may open a session; nil allows all.
	Allow func(*http.Request) bool
	// Open is called for each new session, and returns what takes its messages.
	// What it sends follows the handshake at once. Required.
	Open func(*Session) Handler
	// LegacyText reports whether a text packet can only come from a client that
	// encodes the text of its polling requests twice (Socket.IO 1.x). Nil if
	// there are none.
	LegacyText func(packet []byte) bool
}

// Handler takes what happens on one session. Message and Closed are never
// called at the same time.
type Handler interface {
	// Message takes one message, whose data is valid during the call only.
	Message(data []byte, binary bool)
	// Drained is called when everything sent so far was handed to the network,
	// possibly concurrently with the other methods. It must not block.
	Drained()
	// Closed is called once, at the end.
	Closed(Reason)
}

// complete returns c with its defaults, and all that is wrong with it.
func (c Config) complete() (Config, error) {
	orDefault(&c.PingInterval, 25*time.Second)
	orDefault(&c.PingTimeout, 20*time.Second)
	orDefault(&c.UpgradeTimeout, 10*time.Second)
	orDefault(&c.MaxPayload, 1_000_000)
	orDefault(&c.MaxQueue, 4<<20)
	var errs []error
	if c.Open == nil {
		errs = append(errs, errors.New("no Open"))
	}
	for name, d := range map[string]time.Duration{
		"PingInterval": c.PingInterval, "PingTimeout": c.PingTimeout, "UpgradeTimeout": c.UpgradeTimeout,
	} {
		if d < time.Millisecond {
			errs = append(errs, fmt.Errorf("%s is shorter than a millisecond", name))
		}
	}
	if c.MaxPayload < 0 || c.MaxQueue < 0 {
		errs = append(errs, errors.New("a size is negative"))
	}
	if len(errs) > 0 {
		return c, fmt.Errorf("engineio: %w", errors.Join(errs...))
	}
	return c, nil
}

func orDefault[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}
