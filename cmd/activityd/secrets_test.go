package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// What stands in requests and must be told nowhere. Whatever a request of this
// test holds that is of the user contains the mark.
const (
	mark     = "zq7secret"
	password = "Zq7secret and a staple of the battery"
)

// told is a client that sends secrets in every place that takes any.
type told struct {
	*running
	t       *testing.T
	secrets []string
	ids     []string // of the requests
}

// ask sends a request to the user's root and gives the answer's members.
func (c *told) ask(verb, path, body string, want int, change ...func(*http.Request)) map[string]any {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), verb, c.url+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, f := range change {
		f(r)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != want {
		c.t.Fatalf("%s %s: %d %s %v, want %d", verb, path, res.StatusCode, text, err, want)
	}
	c.ids = append(c.ids, res.Header.Get("X-Request-Id"))
	var members map[string]any
	_ = json.Unmarshal(text, &members) // an array has none
	return members
}

// secret takes note of a token that an answer gave.
func (c *told) secret(from map[string]any, member string) string {
	c.t.Helper()
	text, ok := from[member].(string)
	if !ok || text == "" {
		c.t.Fatalf("no %s in %v", member, from)
	}
	c.secrets = append(c.secrets, text)
	return text
}

func authorize(value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", value) }
}

func basic(token string) func(*http.Request) {
	return authorize("Basic " + base64.StdEncoding.EncodeToString([]byte("anybody:"+token)))
}

// TestNothingLeaks sends secrets by every way there is, right and wrong, and
// holds that neither the log, at its most talkative, nor the metrics, nor the
// traces have any of them.
func TestNothingLeaks(t *testing.T) {
	collector := newCollector(t)
	c := &told{t: t, running: start(t, "--log-level", "debug", "--otlp-endpoint", collector.URL, "--registration", "open")}
	if i := strings.Index(c.stdout.String(), "token="); i > 0 {
		c.secrets = append(c.secrets, strings.Fields(c.stdout.String()[i+len("token="):])[0])
	}
	c.requests()
	scrape, err := http.Get(c.admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	metrics := body(t, scrape)
	if !strings.Contains(metrics, `activityd_http_requests_total{code="201",method="events.create"}`) {
		t.Errorf("the metrics do not count: %s", metrics)
	}
	if code := c.stop(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
	http.DefaultClient.CloseIdleConnections()
	for i, id := range c.ids {
		if id == "" || !strings.Contains(c.stderr.String(), `"request_id":"`+id+`"`) {
			t.Errorf("the log does not know request %d, %q", i, id)
		}
	}
	traces, names := collector.all()
	for _, name := range []string{"events.create", "accesses.delete", "batch", "none", "unit of work"} {
		if !slices.Contains(names, name) {
			t.Errorf("%s was not traced: %q", name, names)
		}
	}
	for place, text := range map[string]string{"log": c.stderr.String(), "metrics": metrics, "traces": traces} {
		lower := strings.ToLower(text)
		for _, secret := range append(c.secrets, mark) {
			if at := strings.Index(lower, strings.ToLower(secret)); at >= 0 {
				t.Errorf("the %s tell %s: ...%s", place, secret, text[max(0, at-200):min(len(text), at+100)])
			}
		}
	}
}

// requests sends them, and takes note of the secrets in the answers.
func (c *told) requests() {
	const root = "/" + mark + "a"
	c.ask("POST", "/users", `{"username":"`+mark+`a","password":"`+password+`","email":"`+mark+`@example.org"}`, 201)
	c.ask("POST", "/users", `{"username":"`+mark+`a","password":"`+mark+`","email":"`+mark+`"}`, 400)
	c.ask("POST", root+"/auth/login", `{"username":"`+mark+`a","password":"wrong `+mark+`","appId":"`+mark+`"}`, 401)
	session := c.secret(c.ask("POST", root+"/auth/login", `{"username":"`+mark+`a","password":"`+password+`","appId":"`+mark+`"}`, 200), "token")
	own := authorize(session)
	c.ask("POST", root+"/channels", `{"id":"`+mark+`","name":"`+mark+` diary"}`, 201, own)
	event := c.ask("POST", root+"/"+mark+"/events", `{"type":"note/txt","value":"`+mark+` was here","description":"`+mark+`","tags":["`+mark+`"]}`, 201, own)
	c.ask("POST", root+"/"+mark+"/events", `{"type":"note/txt","value":"`+mark+`","`+mark+`":1}`, 400, own)
	c.ask("POST", root+"/"+mark+"/events", `{"type":"note/txt","value":"`+mark, 400, own)
	c.ask("GET", root+"/"+mark+"/events?auth="+url.QueryEscape(session)+"&tags="+mark, "", 200)
	c.ask("GET", root+"/"+mark+"/events?auth="+mark, "", 401)
	c.ask("GET", root+"/"+mark+"/events?%zz="+mark, "", 400)
	c.ask("GET", root+"/"+mark+"/events/"+event["id"].(string), "", 200, basic(session))
	c.ask("GET", root+"/channels", "", 401, basic(mark))
	c.ask("GET", root+"/channels", "", 401, authorize("Bearer "+mark))
	c.ask("GET", "/"+mark+"nobody/channels", "", 404, own)
	c.ask("GET", root+"/no/such/"+mark+"/path/"+mark, "", 404, own)
	c.ask("GET", "/channels", "", 421, own, func(r *http.Request) { r.Host = mark + ".example.org" })
	access := c.ask("POST", root+"/accesses", `{"name":"`+mark+`","type":"shared","permissions":[{"channelId":"`+mark+`","level":"read"}],"token":"`+mark+`-a-token-of-mine"}`, 201, own)
	c.secret(access, "token")
	c.ask("DELETE", root+"/accesses/"+mark+"-no-such-token-at-all", "", 404, own)
	c.ask("DELETE", root+"/accesses/"+url.PathEscape(access["token"].(string)), "", 200, own)
	c.ask("POST", root+"/", `[{"method":"`+mark+`.events.create","params":{"type":"note/txt","value":"`+mark+`"}},{"method":"no.`+mark+`"}]`, 200, own)
	c.ask("POST", root+"/admin/change-password", `{"oldPassword":"`+mark+`","newPassword":"`+mark+` and a longer one"}`, 401, own)
	c.ask("POST", root+"/auth/logout", "", 200, own)
	c.ask("GET", root+"/channels", "", 401, own)
}

// collector takes traces.
type collector struct {
	*httptest.Server
	mu    sync.Mutex
	text  string
	names []string
}

func newCollector(t *testing.T) *collector {
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		var sent tracepb.TracesData
		if err = errors.Join(err, proto.Unmarshal(text, &sent)); err != nil {
			t.Error(err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.text += string(text)
		for _, resource := range sent.ResourceSpans {
			for _, scope := range resource.ScopeSpans {
				for _, span := range scope.Spans {
					c.names = append(c.names, span.Name)
				}
			}
		}
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *collector) all() (text string, names []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text, c.names
}
