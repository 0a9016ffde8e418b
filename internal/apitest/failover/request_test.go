package failover_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// client sends requests to one server after the other.
type client struct {
	h     *house
	user  *user
	token string
	http  *http.Client
	at    int // the place
}

func newClient(t *testing.T, h *house, u *user, token string, at int) *client {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 1}
	t.Cleanup(transport.CloseIdleConnections)
	return &client{h: h, user: u, token: token, http: &http.Client{Transport: transport, Timeout: patience}, at: at % servers}
}

// place gives the server that is asked now.
func (c *client) place() string { return c.h.places[c.at].at() }

// next goes on to another server.
func (c *client) next() { c.at = (c.at + 1) % servers }

// must sends a request below the user's root that succeeds.
func (c *client) must(t *testing.T, verb, path, body string, into any) {
	t.Helper()
	c.mustAt(t, verb, "/"+c.user.name+path, body, into)
}

func (c *client) mustAt(t *testing.T, verb, path, body string, into any) {
	t.Helper()
	answer, _, err := c.again(t.Context(), verb, path, body)
	if err != nil || answer.status >= http.StatusBadRequest {
		t.Fatalf("%s %s: %s, %v", verb, path, answer, err)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal([]byte(answer.body), into); err != nil {
		t.Fatalf("%s %s: %s, %v", verb, path, answer, err)
	}
}

// reply is an answer; id is that of the error, "" for none.
type reply struct {
	status   int
	body, id string
}

// String gives the beginning of it.
func (r reply) String() string { return fmt.Sprintf("%d %.300s", r.status, r.body) }

// errAway: nobody answered.
var errAway = errors.New("no answer")

// ask sends a request to the client's server.
func (c *client) ask(ctx context.Context, verb, path, body string) (reply, error) {
	root := c.place()
	if root == "" {
		return reply{}, errAway
	}
	req, err := http.NewRequestWithContext(ctx, verb, root+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	if c.token != "" {
		req.Header.Set("Authorization", c.token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return reply{}, fmt.Errorf("%w: %w", errAway, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return reply{}, fmt.Errorf("%w: %w", errAway, err)
	}
	answer := reply{status: res.StatusCode, body: string(text)}
	if answer.status >= http.StatusBadRequest {
		answer.id = errorID(text)
	}
	return answer, nil
}

func errorID(body []byte) string {
	var e struct{ ID string }
	if json.Unmarshal(body, &e) != nil {
		return ""
	}
	return e.ID
}

// again sends a request to one server after the other until one answers
// something else than that it cannot, and tells how many tries that took.
func (c *client) again(ctx context.Context, verb, path, body string) (answer reply, tries int, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		tries++
		if answer, err = c.ask(ctx, verb, path, body); err == nil && answer.status != http.StatusServiceUnavailable {
			return answer, tries, nil
		}
		c.next()
		if !pause(ctx, time.Duration(min(tries, 10))*25*time.Millisecond) {
			return answer, tries, fmt.Errorf("%s %s: %d tries, the last: %s, %w", verb, path, tries, answer, err)
		}
	}
}
