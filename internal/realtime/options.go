package realtime

import (
	"errors"
	"log/slog"
	"net/netip"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/realtime/clientfiles"
)

// Options are what a Server is made of. Service, Domain and Logger must be set;
// of the others the zero value stands for the default.
type Options struct {
	Service *api.Service
	Domain  string // lower-case host name, such as "localhost"
	Logger  *slog.Logger

	Clock          func() time.Time   // nil for time.Now
	TrustedProxies []netip.Prefix     // whose X-Forwarded-For and -Host count; nil for nobody's
	Files          *clientfiles.Files // the clients for browsers; nil for none

	PingInterval time.Duration // 0 for 25 s
	PingTimeout  time.Duration // 0 for 20 s
	MaxPacket    int64         // bytes of one packet; 0 for 1,000,000

	MaxSockets         int // in all; 0 for 100,000
	MaxSocketsPerUser  int // 0 for 1,000
	MaxPendingCommands int // of one socket, beside the one that runs; 0 for 64

	// CommandTimeout is how long a command may take; 0 for 30 s.
	CommandTimeout time.Duration

	// Observe, when not nil, is told of every command when it was answered. It
	// must be quick and is called by many goroutines.
	Observe func(Command)
}

// Command is what is known of a command that was answered. It holds no name and
// no value.
type Command struct {
	Method string        // id of the method, "batch", or "none" when none was found: a closed set
	Code   activity.Code // "" for success
	Took   time.Duration // waiting included
	Bytes  int           // of the answer
}

// MethodLabels gives every value that Command.Method has for a table.
func MethodLabels(table []*api.Method) []string {
	all := []string{api.BatchCommand, noMethod}
	for _, m := range table {
		if !m.NoBatch && m.Root != api.ServiceRoot {
			all = append(all, m.ID)
		}
	}
	return all
}

// complete returns o with its defaults, or what is wrong with it.
func (o Options) complete() (Options, error) {
	if o.Service == nil || o.Domain == "" || o.Logger == nil {
		return o, errors.New("realtime: a service, a domain or a logger is missing")
	}
	if min(o.MaxSockets, o.MaxSocketsPerUser, o.MaxPendingCommands) < 0 || o.CommandTimeout < 0 {
		return o, errors.New("realtime: a limit is negative")
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	orDefault(&o.PingInterval, 25*time.Second)
	orDefault(&o.PingTimeout, 20*time.Second)
	orDefault(&o.MaxPacket, 1_000_000)
	orDefault(&o.MaxSockets, 100_000)
	orDefault(&o.MaxSocketsPerUser, 1_000)
	orDefault(&o.MaxPendingCommands, 64)
	orDefault(&o.CommandTimeout, 30*time.Second)
	return o, nil
}

func orDefault[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}
