package api

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/auth"
)

// checksPerMinute is how many usernames one address may look up.
const checksPerMinute = 60

// CheckUsername names a username in the path.
type CheckUsername struct {
	Username string `json:"username" in:"path" doc:"The username to look up."`
}

// UsernameState is what is known of a username.
type UsernameState struct {
	Exists   bool `json:"exists" doc:"Whether a user has it."`    // a user has it
	Valid    bool `json:"valid" doc:"Whether its form is right."` // its form is right
	Reserved bool `json:"reserved" doc:"Whether it is kept back, for good or for now."`
}

// checkUsername is users.check. Errors: CodeTooManyRequests.
func (s *Service) checkUsername(ctx context.Context, c *Call, p CheckUsername) (UsernameState, error) {
	if err := s.limitChecks(ctx, c); err != nil {
		return UsernameState{}, err
	}
	name, fault := activity.ParseUsername(p.Username)
	state := UsernameState{Valid: fault == nil, Reserved: activity.Username(strings.ToLower(p.Username)).Reserved()}
	if fault != nil {
		return state, nil
	}
	exists, blocked, err := s.nameInUse(ctx, name)
	if err != nil {
		return UsernameState{}, err
	}
	state.Exists, state.Reserved = exists, state.Reserved || blocked
	return state, nil
}

// limitChecks counts the look-ups of an address as sign-ins are counted, apart
// from them.
func (s *Service) limitChecks(ctx context.Context, c *Call) error {
	t := auth.Throttle{Attempts: checkAttempts{s.Store.Secrets()}, Limit: checksPerMinute, Window: time.Minute, Now: s.Clock}
	err := t.Attempt(ctx, "", c.Remote)
	var refused *activity.Error
	if errors.As(err, &refused) && refused.Code == activity.CodeTooManyRequests {
		return activity.NewError(activity.CodeTooManyRequests, "Too many usernames were looked up: wait the seconds in data.retryAfter, then try again.").
			With(refused.Data)
	}
	return err
}

// checkAttempts keeps the counters of look-ups beside those of sign-ins.
type checkAttempts struct{ auth.Attempts }

// CountAttempt counts a look-up.
func (a checkAttempts) CountAttempt(ctx context.Context, key string, window time.Duration) (int, activity.Timestamp, error) {
	return a.Attempts.CountAttempt(ctx, "check:"+key, window)
}
