package apitest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/api"
)

// with gives the parameters with one set.
func (g given) with(name, raw string) given {
	g = maps.Clone(g)
	g[name] = raw
	return g
}

// without gives the parameters without one.
func (g given) without(name string) given {
	g = maps.Clone(g)
	delete(g, name)
	return g
}

// object writes them as a JSON object.
func (g given) object() string {
	var members []string
	for _, name := range slices.Sorted(maps.Keys(g)) {
		members = append(members, quote(name)+":"+g[name])
	}
	return "{" + strings.Join(members, ",") + "}"
}

// text gives what a JSON text is in a path or a query: a string's characters,
// else the text.
func text(raw string) string {
	var s string
	if strings.HasPrefix(raw, `"`) && !isBroken(raw) && json.Unmarshal([]byte(raw), &s) == nil {
		return s
	}
	return raw
}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

// asks names, beside the parameters, the token that asks in place of the
// account's.
const asks = "\x00asks"

// bodyOf writes the parameters as the method takes them.
func bodyOf(m *api.Method, g given) string {
	if m.ID == manyEvents {
		return "[" + g.object() + "]"
	}
	return g.object()
}

// manyEvents is the one method that takes an array and answers for each of its
// elements. It is sent one.
const manyEvents = "events.createBatch"

// ofOne gives what became of the one element.
func ofOne(m *api.Method, a reply) reply {
	var all map[string]struct{ Error *json.RawMessage }
	if m.ID != manyEvents || a.status != http.StatusOK || json.Unmarshal([]byte(a.body), &all) != nil {
		return a
	}
	for _, one := range all {
		if one.Error != nil {
			return replyOf(http.StatusBadRequest, a.header, string(*one.Error))
		}
	}
	return a
}

// inQuery reports whether a method's parameters stand in the query.
func inQuery(m *api.Method) bool { return m.Verb == http.MethodGet || m.Verb == http.MethodDelete }

// byREST makes the request that a row of the table describes.
func byREST(m *api.Method, user, token string, g given) request {
	r := request{verb: m.Verb, user: user, token: token}
	if m.Root == api.ServiceRoot {
		r.user, r.token = "", ""
	}
	rest := g.without(asks)
	r.path = placeholder.ReplaceAllStringFunc(m.Path, func(name string) string {
		name = strings.Trim(name, "{}")
		delete(rest, name)
		return url.PathEscape(text(g[name]))
	})
	switch {
	case !inQuery(m):
		r.body = bodyOf(m, rest)
	case len(rest) > 0:
		query := url.Values{}
		for name, raw := range rest {
			query.Set(name, text(raw))
		}
		r.path += "?" + query.Encode()
	}
	return r
}

// entry makes the entry of a batch that is the same request.
func entry(m *api.Method, g given) string {
	command := m.ID
	if channel, ok := g["channelId"]; ok && strings.HasPrefix(m.Path, "/{channelId}") {
		command, g = text(channel)+"."+m.ID, g.without("channelId")
	}
	return fmt.Sprintf(`{"method":%s,"params":%s}`, quote(command), bodyOf(m, g.without(asks)))
}

// inBatch sends entries in one batch and gives what became of each; the status
// of one that failed is 400, since a batch tells none.
func (a *account) inBatch(t testing.TB, entries ...string) []reply {
	t.Helper()
	r := request{verb: http.MethodPost, user: a.name, path: "/", token: a.token, body: "[" + strings.Join(entries, ",") + "]"}
	whole := a.do(t, r)
	replies := make([]reply, len(entries))
	if whole.status != http.StatusOK {
		for i := range replies {
			replies[i] = whole
		}
		return replies
	}
	var results []struct {
		Result json.RawMessage
		Error  *json.RawMessage
	}
	if err := json.Unmarshal([]byte(whole.body), &results); err != nil || len(results) != len(entries) {
		t.Fatalf("%s: %s: %d results of %d, %v", r, whole, len(results), len(entries), err)
	}
	for i, one := range results {
		if one.Error != nil {
			replies[i] = replyOf(http.StatusBadRequest, whole.header, string(*one.Error))
		} else {
			replies[i] = reply{status: http.StatusOK, body: string(one.Result)}
		}
	}
	return replies
}
