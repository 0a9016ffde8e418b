package transfer

import (
	"context"
	"errors"
	"fmt"

	"github.com/activityd/activityd/internal/activity"
)

// MaxDifferences is how many differences Compare looks for.
const MaxDifferences = 20

// Compare reads all of both stores and tells what differs, up to MaxDifferences
// users. Epochs, histories and counters of attempts are not compared.
func Compare(ctx context.Context, a, b Source, p *Progress) (differences []string, err error) {
	if err := p.begin(ctx, a); err != nil {
		return nil, err
	}
	p.Checking.Store(true)
	for id, err := range a.Users(ctx) {
		if err != nil {
			return nil, err
		}
		d, err := compareUser(ctx, a, b, id, p)
		if err != nil {
			return nil, err
		}
		if d != "" {
			differences = append(differences, d)
		}
		if len(differences) == MaxDifferences {
			return differences, nil
		}
	}
	more, err := missing(ctx, b, a, MaxDifferences-len(differences))
	if err != nil {
		return nil, err
	}
	differences = append(differences, more...)
	x, err := a.Shared(ctx)
	if err != nil {
		return nil, err
	}
	y, err := b.Shared(ctx)
	if err == nil && sumShared(x) != sumShared(y) {
		differences = append(differences, "the keys, one-time tokens or blocked names differ")
	}
	return differences, err
}

// compareUser reads the user on both sides at the same time.
func compareUser(ctx context.Context, a, b Source, id activity.UserID, p *Progress) (difference string, err error) {
	type read struct {
		sums *Sums
		name activity.Username
		err  error
	}
	other := make(chan read, 1)
	go func() {
		sums, name, err := sumUser(ctx, b, id)
		other <- read{sums, name, err}
	}()
	mine, name, err := sumUser(ctx, a, id)
	theirs := <-other
	switch {
	case isUnknown(err):
		return "", ErrChanged
	case isUnknown(theirs.err):
		return fmt.Sprintf("user %s is not in the target", name), nil
	case err != nil || theirs.err != nil:
		return "", errors.Join(err, theirs.err)
	}
	p.Users.Add(1)
	p.Events.Add(mine.Events.Count + mine.Tombstones.Count)
	if d := mine.differences(theirs.sums); d != "" {
		return fmt.Sprintf("user %s: %s", name, d), nil
	}
	return "", nil
}

// missing tells which users of the target the source has not.
func missing(ctx context.Context, target, source Source, limit int) (differences []string, err error) {
	for id, err := range target.Users(ctx) {
		if err != nil {
			return nil, err
		}
		if _, _, err = source.User(ctx, id); isUnknown(err) {
			a, _, err := target.User(ctx, id)
			if err != nil {
				return nil, err
			}
			differences = append(differences, fmt.Sprintf("user %s is not in the source", a.User.Username))
		} else if err != nil {
			return nil, err
		}
		if len(differences) >= limit {
			break
		}
	}
	return differences, nil
}

// sumUser reads all of a user.
func sumUser(ctx context.Context, s Source, id activity.UserID) (*Sums, activity.Username, error) {
	a, events, err := s.User(ctx, id)
	if err != nil {
		return nil, "", err
	}
	sums := newEventSums()
	for e, err := range events {
		if err != nil {
			return nil, "", err
		}
		sums.add(e)
	}
	return sums.in(sumAccount(a)), a.User.Username, nil
}
