package api

import (
	"context"
	"iter"
	"log/slog"
	"strings"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api/eventtypes"
	"github.com/activityd/activityd/internal/api/params"
	"github.com/activityd/activityd/internal/auth"
	"github.com/activityd/activityd/internal/storage"
)

// Limits bound what one request may ask for. All must be set.
type Limits struct {
	MaxBody   int // bytes of JSON in one request
	MaxAnswer int // bytes of an answer that is gathered: of a batch or a command
	MaxDepth  int // nesting of values
	MaxBatch  int // entries of one batch
}

// Registration says who may make an account.
type Registration string

// The modes of registration.
const (
	OpenRegistration   Registration = "open"   // anybody
	InviteRegistration Registration = "invite" // with a one-time token
	ClosedRegistration Registration = "closed" // by command only
)

// Options are what the services need. All must be set.
type Options struct {
	Store           storage.Store
	Passwords       *auth.Passwords
	Tokens          *auth.Tokens
	Throttle        *auth.Throttle
	Clock           func() time.Time
	Logger          *slog.Logger
	Limits          Limits
	Registration    Registration
	SessionLifetime time.Duration
	UserURL         func(activity.Username) string // where a user's root is
	PublicURL       string                         // where the service's root is, without a slash at the end
}

// Service runs the methods. It is safe for use by many goroutines.
type Service struct {
	Options
	methods  []*Method
	commands map[string]*Method // by command id without channel
	types    *eventtypes.Directory
}

// New makes the services and their method table.
func New(o Options) *Service {
	s := &Service{Options: o, commands: map[string]*Method{}, types: eventtypes.New()}
	for _, rows := range [][]*Method{
		s.rootMethods(), s.channelMethods(), s.folderMethods(), s.eventMethods(), s.periodMethods(), s.createBatchMethods(),
		s.accessMethods(), s.sessionMethods(), s.accountMethods(), s.registrationMethods(),
		s.serviceMethods(), s.changeMethods(), s.profileMethods(),
	} {
		s.methods = append(s.methods, rows...)
	}
	for _, m := range s.methods {
		if m.NoBatch {
			continue
		}
		for _, id := range append([]string{m.ID}, m.Also...) {
			s.commands[id] = m
		}
	}
	return s
}

// Methods gives the table, in the order of the API's description.
func (s *Service) Methods() []*Method { return s.methods }

// Invoke runs a method: it finds the user, then who asks, then reads the
// parameters, then lets the handler decide.
func (s *Service) Invoke(ctx context.Context, m *Method, c *Call, in params.Input) (any, error) {
	if c.Username != "" && (!m.Public || m.Root != BothRoots) {
		if err := s.enter(ctx, m, c); err != nil {
			return nil, err
		}
	}
	in.MaxDepth, in.Further = s.Limits.MaxDepth, s.further
	return m.call(ctx, c, in)
}

// enter finds the user and, for all but public methods, who asks.
func (s *Service) enter(ctx context.Context, m *Method, c *Call) error {
	if c.Credential.IsZero() {
		user, err := s.Store.Users().UserByName(ctx, c.Username)
		if err != nil {
			return err
		}
		c.User = user.ID
	}
	c.Tenant = s.Store.Tenant(c.User)
	if m.Public {
		return nil
	}
	err := c.Tenant.View(ctx, func(tx storage.Tx) error {
		var err error
		c.Access, c.Origin, err = s.authenticate(c, tx)
		return err
	})
	if err != nil {
		return err
	}
	c.Origin.Socket = c.Socket
	c.Tenant.Touch(c.Access.ID, s.now())
	return nil
}

// authenticate finds who asks in the unit's snapshot.
func (s *Service) authenticate(c *Call, tx storage.Tx) (activity.Access, activity.Origin, error) {
	if c.Credential.IsZero() {
		return s.Tokens.Authenticate(tx.Structure(), c.Token, s.now())
	}
	return auth.Admit(tx.Structure(), c.Credential, s.now())
}

func (s *Service) now() activity.Timestamp { return activity.TimestampOf(s.Clock()) }

// Resolve finds the method of a command id such as "channels.get" or
// "work.events.create", and the channel that it names. CodeUnknownMethod.
func (s *Service) Resolve(command string) (*Method, map[string]string, error) {
	if m, ok := s.commands[command]; ok && !strings.HasPrefix(m.Path, channelPrefix) {
		return m, nil, nil
	}
	channel, id, found := strings.Cut(command, ".")
	if m, ok := s.commands[id]; found && ok && strings.HasPrefix(m.Path, channelPrefix) {
		return m, map[string]string{"channelId": channel}, nil
	}
	return nil, nil, activity.NewError(activity.CodeUnknownMethod, "There is no such method: see the table of commands in the API's documentation.")
}

// Stream is a long list as a result: adapters write it element by element. An
// error is its last element.
type Stream iter.Seq2[Appender, error]

// EventStream is a list of events as a Stream.
func EventStream(events iter.Seq2[activity.Event, error]) Stream {
	return func(yield func(Appender, error) bool) {
		for e, err := range events {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(&e, nil) {
				return
			}
		}
	}
}
