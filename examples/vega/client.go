package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// client speaks to one account's root.
type client struct {
	root, token string
}

// apiError is the body of every refusal.
type apiError struct {
	ID      string          `json:"id"`
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data"`
}

func (e *apiError) Error() string { return fmt.Sprintf("%s: %s %s", e.ID, e.Message, e.Data) }

// do sends a request and reads the answer into result.
func (c *client) do(ctx context.Context, verb, path string, body, result any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	target := strings.TrimSuffix(c.root, "/") + "/" + path
	req, err := http.NewRequestWithContext(ctx, verb, target, bytes.NewReader(text))
	if err != nil {
		return err
	}
	if body == nil {
		req.Body = http.NoBody
		req.ContentLength = 0
	}
	req.Header.Set("Authorization", c.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= http.StatusBadRequest {
		refusal := &apiError{}
		if json.Unmarshal(answer, refusal) != nil {
			return fmt.Errorf("%s %s: %s", verb, path, res.Status)
		}
		return fmt.Errorf("%s %s: %w", verb, path, refusal)
	}
	return json.Unmarshal(answer, result)
}

// ensure creates an item unless it is there.
func (c *client) ensure(ctx context.Context, path string, it item) error {
	var known any
	err := c.do(ctx, http.MethodPost, path, it, &known)
	var refusal *apiError
	if errors.As(err, &refusal) && refusal.ID == "item-id-already-exists" {
		return nil
	}
	return err
}

// batchSize is how many events go into one request.
const batchSize = 500

// createEvents records the events, several in a request. An event's own id
// serves as its tempRefId.
func (c *client) createEvents(ctx context.Context, channel string, events []item) error {
	for len(events) > 0 {
		n := min(batchSize, len(events))
		for _, e := range events[:n] {
			e["tempRefId"] = e["id"]
		}
		var results map[string]struct{ Error *apiError }
		if err := c.do(ctx, http.MethodPost, channel+"/events/batch", events[:n], &results); err != nil {
			return err
		}
		for id, r := range results {
			if r.Error != nil {
				return fmt.Errorf("event %s: %w", id, r.Error)
			}
		}
		events = events[n:]
	}
	return nil
}

// count asks for events and prints how many there are and how long it took.
func (c *client) count(ctx context.Context, out io.Writer, what, channel string, query url.Values) error {
	began := time.Now()
	var events []json.RawMessage
	if err := c.do(ctx, http.MethodGet, channel+"/events?"+query.Encode(), nil, &events); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "%-40s %5d events in %7s\n", what, len(events), time.Since(began).Round(10*time.Microsecond))
	return err
}

// ask queries a week, a folder, a tag, and the strongest part of the world.
func ask(ctx context.Context, api *client, out io.Writer) error {
	day := func(y int, m time.Month, d int) string {
		return fmt.Sprint(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix())
	}
	for _, q := range []struct {
		what, channel string
		query         url.Values
	}{
		{"weather: first week of July 2014", "weather", url.Values{"fromTime": {day(2014, 7, 1)}, "toTime": {day(2014, 7, 7)}}},
		{"weather: the folder wind", "weather", url.Values{"onlyFolders[]": {"wind"}, "limit": {"100000"}}},
		{"weather: the tag snow", "weather", url.Values{"tags": {"snow"}, "limit": {"100000"}}},
		{"weather: temperatures of 2015", "weather", url.Values{"types": {"temperature/c"}, "fromTime": {day(2015, 1, 1)}, "toTime": {day(2015, 12, 31)}}},
		{"earthquakes: all", "earthquakes", url.Values{"fromTime": {day(2018, 1, 1)}}},
		{"earthquakes: reported by the net ak", "earthquakes", url.Values{"tags": {"ak"}, "limit": {"100000"}}},
	} {
		if err := api.count(ctx, out, q.what, q.channel, q.query); err != nil {
			return err
		}
	}
	return nil
}
