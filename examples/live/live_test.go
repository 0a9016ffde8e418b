package live_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/activityd/activityd/internal/servertest"
)

const (
	password = "a good long one"
	lost     = "Not connected, trying again..."
)

// TestLive does what the README says, and more: entries appear on other tabs at
// once, none is missing after the server was away, and a logout ends what lives
// by it.
func TestLive(t *testing.T) {
	binary, data := servertest.Build(t), filepath.Join(t.TempDir(), "data")
	s := servertest.Start(t, binary, data)
	door := openDoor(t)
	door.lead(t, s.URL)
	register(t, s.URL)
	file, err := filepath.Abs("index.html")
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(http.FileServer(http.Dir(".")))
	t.Cleanup(web.Close)

	b := openBrowser(t)
	one, two := b.tab(t, "one"), b.tab(t, "two")
	one.do("open", "file://"+file)
	two.do("open", web.URL)
	one.logIn(door.url, "alice", "a wrong one")
	one.shows(message(t, s.URL+"/auth/login", "", `{"username": "alice", "password": "a wrong one", "appId": "test"}`))
	one.logIn(door.url, "alice", password)
	one.shows("Live")
	one.enter("It rains.", "Record")
	one.shows("It rains.")
	two.logIn(door.url, "alice", password)
	two.shows("It rains.")
	one.enter("It pours.", "Record")
	two.shows("It pours.")
	two.enter("A walk", "Start")
	one.shows("A walk")
	one.do("click", "Stop")
	two.do("hides", "Stop")

	// The server goes away. An entry is made in each way while no page reaches
	// it.
	door.close()
	s.Kill()
	one.shows(lost)
	two.shows(lost)
	one.enter("Nobody hears me.", "Record")
	s = servertest.Start(t, binary, data)
	post(t, s.URL+"/alice/diary/events", token(t, two), `{"type": "note/txt", "value": "By REST."}`)
	door.lead(t, s.URL)
	two.shows("By REST.")
	two.shows("Nobody hears me.")
	one.shows("By REST.")

	// An entry is recorded, but its answer is lost: it is sent again, and is one.
	unlucky := b.tab(t, "unlucky")
	unlucky.do("loseAnswer")
	unlucky.do("open", "file://"+file)
	unlucky.logIn(door.url, "alice", password)
	unlucky.do("upgraded")
	unlucky.enter("Said twice.", "Record")
	unlucky.do("lost")
	unlucky.shows("Said twice.")
	unlucky.do("ready", "Record") // it has an answer

	twin := b.tab(t, "twin") // lives by the sign-in of the first
	twin.do("open", "file://"+file)
	twin.shows("Log in")
	twin.do("setSession", one.do("session"))
	twin.do("reload")
	twin.shows("By REST.")
	one.do("click", "Log out")
	one.shows("Log in")
	twin.shows(message(t, s.URL+"/alice/diary/events", "no token of hers", `{}`))
	two.enter("Good night.", "Record")
	two.shows("Good night.")

	want := []string{"Good night.", "Said twice.", "Nobody hears me.", "By REST.", "A walk", "It pours.", "It rains."}
	if got := two.list("#entries span"); !slices.Equal(got, want) {
		t.Errorf("the second tab shows %q, not %q", got, want)
	}
	for _, p := range []tab{one, twin} {
		if got := p.list("li"); len(got) > 0 {
			t.Errorf("%s shows %q to whoever comes next", p.name, got)
		}
		if got := string(p.do("session")); got != `{}` {
			t.Errorf("%s still knows %s", p.name, got)
		}
	}
	quiet(t, two, "file://"+file, web.URL+"/", door.url+"/")
}

// quiet: nothing went wrong in the pages, and they asked for nothing but what
// begins with one of the addresses. The token is kept nowhere else.
func quiet(t *testing.T, p tab, addresses ...string) {
	t.Helper()
	var seen struct{ Requests, Problems []string }
	if err := json.Unmarshal(p.do("seen"), &seen); err != nil {
		t.Fatal(err)
	}
	if len(seen.Problems) > 0 {
		t.Errorf("in the pages: %q", seen.Problems)
	}
	if len(seen.Requests) < 10 {
		t.Errorf("the pages asked for %q only", seen.Requests)
	}
	for _, asked := range seen.Requests {
		known := func(address string) bool { return strings.HasPrefix(asked, address) }
		if !slices.ContainsFunc(append(addresses, "data:"), known) {
			t.Errorf("a page asked for %s", asked)
		}
	}
	if got := string(p.do("elsewhere")); got != `[0,""]` {
		t.Errorf("local storage and cookies: %s", got)
	}
}

// doorway is an address that outlives the server behind it: while there is
// none, its port cannot become that of somebody else's connection.
type doorway struct {
	url    string
	behind atomic.Pointer[url.URL]
}

func openDoor(t *testing.T) *doorway {
	t.Helper()
	d := new(doorway)
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			if at := d.behind.Load(); at != nil {
				r.SetURL(at)
			}
			r.Out.Host = r.In.Host
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	s := httptest.NewServer(proxy)
	t.Cleanup(s.Close)
	d.url = strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	return d
}

// lead lets in to a server.
func (d *doorway) lead(t *testing.T, server string) {
	t.Helper()
	at, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	d.behind.Store(at)
}

func (d *doorway) close() { d.behind.Store(nil) }

func register(t *testing.T, server string) {
	t.Helper()
	post(t, server+"/users", "", `{"username": "alice", "password": "`+password+`", "email": "alice@example.org"}`)
}

// post sends a request that is to succeed.
func post(t *testing.T, address, token, body string) {
	t.Helper()
	if status, text := send(t, address, token, body); status != http.StatusCreated {
		t.Fatalf("%s: %d %s", address, status, text)
	}
}

// message sends a request that is to fail, and gives what the server says.
func message(t *testing.T, address, token, body string) string {
	t.Helper()
	status, text := send(t, address, token, body)
	var refusal struct{ Message string }
	if err := json.Unmarshal(text, &refusal); status < 400 || err != nil || refusal.Message == "" {
		t.Fatalf("%s: %d %s", address, status, text)
	}
	return refusal.Message
}

func send(t *testing.T, address, token, body string) (status int, answer []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, text
}

// token gives that of a tab's sign-in.
func token(t *testing.T, p tab) string {
	t.Helper()
	var session struct{ Account string }
	var account struct{ Token string }
	if err := json.Unmarshal(p.do("session"), &session); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(session.Account), &account); err != nil || account.Token == "" {
		t.Fatalf("no token in %q: %v", session.Account, err)
	}
	return account.Token
}
