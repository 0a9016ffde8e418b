package storagetest

import (
	"bytes"
	"crypto/rand"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/storage"
)

func secretCases() []testCase {
	return []testCase{
		{name: "of servers that start at once one makes the signing key", check: signingKeyRace, alone: true},
		{name: "one-time tokens are there until they are replaced", check: oneTimeTokens},
		{name: "one-time tokens expire", check: oneTimeTokensExpire},
		{name: "attempts are counted by key", check: attemptsCounted},
		{name: "attempts at once are counted once each", check: attemptsRace},
		{name: "attempts begin anew after the window", check: attemptsWindow},
	}
}

func signingKeyRace(t *testing.T, s storage.Store) {
	const servers = 8
	var mu sync.Mutex
	var got [][]storage.SigningKey
	newKey := func() storage.SigningKey {
		secret := make([]byte, 32)
		_, _ = rand.Read(secret) // never fails, as its documentation says
		return storage.SigningKey{ID: rand.Text(), Secret: secret, Created: activity.Timestamp(1.5)}
	}
	errs := atOnce(servers, func(int) error {
		keys, err := s.Secrets().SigningKeys(t.Context(), newKey)
		mu.Lock()
		defer mu.Unlock()
		got = append(got, keys)
		return err
	})
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	again, err := s.Secrets().SigningKeys(t.Context(), newKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, keys := range append(got, again) {
		if len(keys) != 1 || keys[0].ID != got[0][0].ID || !bytes.Equal(keys[0].Secret, got[0][0].Secret) || keys[0].Created != 1.5 || len(keys[0].Secret) != 32 {
			t.Errorf("one server got %+v, another %+v", keys, got[0])
		}
	}
}

func oneTimeTokens(t *testing.T, s storage.Store) {
	purpose, other := randomWord("purpose"), randomWord("purpose")
	first, second, third := activity.HashToken(randomWord("t")), activity.HashToken(randomWord("t")), activity.HashToken(randomWord("t"))
	put := func(purpose string, token activity.TokenHash) {
		if err := s.Secrets().PutOneTimeToken(t.Context(), purpose, token, farFuture); err != nil {
			t.Fatal(err)
		}
	}
	if hasToken(t, s, first) {
		t.Error("a token that was never put is there")
	}
	put(purpose, first)
	put(other, third)
	if !hasToken(t, s, first) || !hasToken(t, s, third) || hasToken(t, s, second) {
		t.Error("not the tokens that were put are there")
	}
	if !hasToken(t, s, first) {
		t.Error("asking took the token")
	}
	put(purpose, second)
	if hasToken(t, s, first) || !hasToken(t, s, second) || !hasToken(t, s, third) {
		t.Error("a further token does not replace that of its purpose alone")
	}
}

func oneTimeTokensExpire(t *testing.T, s storage.Store) {
	if token := invitation(t, s, activity.TimestampOf(time.Now())-60); hasToken(t, s, *token) {
		t.Error("a token of a minute ago is there")
	}
	token := invitation(t, s, activity.TimestampOf(time.Now())+0.05)
	eventually(t, "a token expires", func() bool { return !hasToken(t, s, *token) })
}

func attemptsCounted(t *testing.T, s storage.Store) {
	key, other := randomWord("key")+"\x00é", randomWord("key")
	before := activity.TimestampOf(time.Now())
	var first activity.Timestamp
	for want := 1; want <= 5; want++ {
		count, ends, err := s.Secrets().CountAttempt(t.Context(), key, time.Hour)
		if err != nil || count != want {
			t.Fatalf("attempt %d is counted %d, %v", want, count, err)
		}
		if want == 1 {
			first = ends
			if ends < before+3590 || ends > before+3600+activity.Timestamp(patience.Seconds()) {
				t.Errorf("the window ends at %v, begun at %v", ends, before)
			}
		}
		if ends != first {
			t.Errorf("the window's end moved from %v to %v", first, ends)
		}
	}
	if count, _, err := s.Secrets().CountAttempt(t.Context(), other, time.Hour); err != nil || count != 1 {
		t.Errorf("another key's first is counted %d, %v", count, err)
	}
	if err := s.Secrets().ForgetAttempts(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if count, _, err := s.Secrets().CountAttempt(t.Context(), key, time.Hour); err != nil || count != 1 {
		t.Errorf("after forgetting, the first is counted %d, %v", count, err)
	}
	if count, _, err := s.Secrets().CountAttempt(t.Context(), other, time.Hour); err != nil || count != 2 {
		t.Errorf("another key's second is counted %d, %v", count, err)
	}
	if err := s.Secrets().ForgetAttempts(t.Context(), randomWord("key")); err != nil {
		t.Errorf("forgetting what was never counted: %v", err)
	}
}

func attemptsRace(t *testing.T, s storage.Store) {
	const racers = 32
	key := randomWord("key")
	counts := make([]int, racers)
	for _, err := range atOnce(racers, func(i int) (err error) {
		counts[i], _, err = s.Secrets().CountAttempt(t.Context(), key, time.Hour)
		return err
	}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(counts)
	for i, count := range counts {
		if count != i+1 {
			t.Fatalf("counted %v", counts)
		}
	}
}

func attemptsWindow(t *testing.T, s storage.Store) {
	key := randomWord("key")
	last := 0
	eventually(t, "a window ends", func() bool {
		count, _, err := s.Secrets().CountAttempt(t.Context(), key, 20*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		if count != last+1 && count != 1 {
			t.Fatalf("counted %d after %d", count, last)
		}
		begun := last > 0 && count == 1
		last = count
		return begun
	})
}
