package rest_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"testing"

	"github.com/activityd/activityd/internal/activity"
)

// events gives n events, then the error where there is one.
func events(n int, last error) iter.Seq2[activity.Event, error] {
	return func(yield func(activity.Event, error) bool) {
		for i := range n {
			e := activity.Event{ID: "0198c5a2-7c1e-7d3a-9f00-0123456789ab", ChannelID: "work", Time: activity.Timestamp(i),
				Type: activity.Type{Class: "note", Format: "txt"}, Value: activity.Value(`"hello"`)}
			if !yield(e, nil) {
				return
			}
		}
		if last != nil {
			yield(activity.Event{}, last)
		}
	}
}

func streaming(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t)
	want(t, f.do(t, request(http.MethodPost, "/channels", `{"id":"work","name":"Work"}`)), http.StatusCreated, "")
	return f
}

// get asks over a real connection.
func get(ctx context.Context, t *testing.T, verb, url string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, verb, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", aliceToken)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return answer{res.StatusCode, res.Header, res.Body}
}

func TestStreams(t *testing.T) {
	f := streaming(t)
	s := f.listen(t)
	for _, n := range []int{0, 1, 2, 100, 5000} {
		f.store.events = events(n, nil)
		res := get(t.Context(), t, http.MethodGet, s.URL+"/alice/work/events")
		var got []map[string]any
		if err := json.NewDecoder(res.Body).Decode(&got); err != nil || len(got) != n || got == nil || res.StatusCode != http.StatusOK {
			t.Errorf("%d events: %d, %d of them, %v", n, res.StatusCode, len(got), err)
		}
		for i, one := range got {
			if one["time"] != float64(i) {
				t.Fatalf("event %d has the time %v", i, one["time"])
			}
		}
	}
}

func TestStreamThatFailsAtOnceIsAnError(t *testing.T) {
	f := streaming(t)
	s := f.listen(t)
	f.store.events = events(3, activity.NewError(activity.CodeServiceUnavailable, "Wait."))
	res := get(t.Context(), t, http.MethodGet, s.URL+"/alice/work/events")
	want(t, res, http.StatusServiceUnavailable, "service-unavailable")
}

func TestStreamThatFailsLateIsBrokenOff(t *testing.T) {
	f := streaming(t)
	s := f.listen(t)
	f.store.events = events(5000, errors.New("the disk is on fire"))
	res := get(t.Context(), t, http.MethodGet, s.URL+"/alice/work/events")
	body, err := io.ReadAll(res.Body)
	if err == nil || res.StatusCode != http.StatusOK || len(body) == 0 || json.Valid(body) {
		t.Errorf("%d, %d bytes, valid %v, %v", res.StatusCode, len(body), json.Valid(body), err)
	}
	s.Close() // the log line is written by now
	lines := f.log.lines(t)
	if last := lines[len(lines)-1]; last["error"] != "the disk is on fire" || last["level"] != "ERROR" {
		t.Errorf("%v", last)
	}
}

func TestStreamEndsWhenTheClientLeaves(t *testing.T) {
	f := streaming(t)
	s := f.listen(t)
	ended := make(chan struct{})
	f.store.events = func(yield func(activity.Event, error) bool) {
		defer close(ended)
		events(1_000_000_000, nil)(yield)
	}
	ctx, leave := context.WithCancel(t.Context())
	res := get(ctx, t, http.MethodGet, s.URL+"/alice/work/events")
	if _, err := io.CopyN(io.Discard, res.Body, 100_000); err != nil {
		t.Fatal(err)
	}
	leave()
	<-ended
}

func TestHeadOfStreamReadsOneChunk(t *testing.T) {
	f := streaming(t)
	s := f.listen(t)
	f.store.events = events(1_000_000_000, nil)
	if res := get(t.Context(), t, http.MethodHead, s.URL+"/alice/work/events"); res.StatusCode != http.StatusOK {
		t.Errorf("%d", res.StatusCode)
	}
}
