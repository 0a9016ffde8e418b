package main_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/realtime/realtimetest"
	"github.com/activityd/activityd/internal/servertest"
	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
)

func TestMain(m *testing.M) { os.Exit(mongotest.Main(m).Run()) }

// TestMongoDB runs the real binary on real MongoDBs, all at the same time.
func TestMongoDB(t *testing.T) {
	t.Parallel()
	binary := servertest.Build(t)
	for name, test := range map[string]func(*testing.T, string){
		"refused":     testRefused,
		"credentials": testCredentials,
		"TLS":         testTLS,
		"outage":      testOutage,
		"servers":     testServers,
		"throttle":    testSharedThrottle,
		"fresh":       testFresh,
		"stopping":    testStopping,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, binary)
		})
	}
}

// serveOn starts a server on a database.
func serveOn(t *testing.T, binary, uri string, flags ...string) *servertest.Server {
	t.Helper()
	return servertest.Start(t, binary, filepath.Join(t.TempDir(), "data"), append([]string{"--mongodb-uri", uri}, flags...)...)
}

// answer is what a request got.
type answer struct {
	status int
	header http.Header
	body   string
	took   time.Duration
}

// id gives the id of the error in the answer.
func (a answer) id() string {
	var e struct{ ID string }
	_ = json.Unmarshal([]byte(a.body), &e) // what is no object has none
	return e.ID
}

// ask sends a request and fails the test where nothing answers within a minute.
func ask(t *testing.T, verb, url, token, body string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), verb, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", token)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	begun := time.Now()
	client := http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		t.Errorf("%s %s: %v", verb, url, err)
		return answer{}
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Errorf("%s %s: %v", verb, url, err)
	}
	return answer{res.StatusCode, res.Header, string(text), time.Since(begun)}
}

// eventually asks until the answer has the status.
func eventually(t *testing.T, what string, status int, ask func() answer) answer {
	t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for end := time.Now().Add(2 * time.Minute); ; <-again.C {
		a := ask()
		if a.status == status {
			return a
		}
		if time.Now().After(end) {
			t.Fatalf("%s: %d %s", what, a.status, a.body)
		}
	}
}

const longPassword = "a long password"

// signIn opens a session.
func signIn(t *testing.T, service, name string) (token string) {
	t.Helper()
	a := ask(t, http.MethodPost, service+"/"+name+"/auth/login", "", `{"username": "`+name+`", "password": "`+longPassword+`", "appId": "test"}`)
	var session struct{ Token string }
	if err := json.Unmarshal([]byte(a.body), &session); err != nil || a.status != http.StatusOK {
		t.Fatalf("sign in %s: %d %s %v", name, a.status, a.body, err)
	}
	return session.Token
}

// join connects a socket of the user.
func join(t *testing.T, service, name, token string, protocol int) *realtimetest.Socket {
	t.Helper()
	conn, err := realtimetest.Dialer{URL: service, Query: "auth=" + token + "&resource=/" + name, Protocol: protocol}.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	socket, err := conn.Connect(t.Context(), "/"+name, "")
	if err != nil {
		t.Fatal(err)
	}
	return socket
}
