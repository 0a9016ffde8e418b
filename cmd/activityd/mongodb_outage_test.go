package main_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/realtime/realtimetest"
	"github.com/activityd/activityd/internal/servertest"
	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
)

// outage is a service whose database goes away, with a socket that lives on.
type outage struct {
	t       *testing.T
	here    *servertest.Server // whose database goes away
	token   string
	sockets []*realtimetest.Socket
}

// testOutage: a server whose database goes away says so to everybody, in time, and
// goes on by itself when it is back.
func testOutage(t *testing.T, binary string) {
	set := mongotest.NewReplicaSet(t, mongotest.Options{})
	uri, name := set.Database(t)
	// The other server goes past the proxy, so that it works on while that stalls.
	o := &outage{t: t, here: serveOn(t, binary, uri, "--registration", "open", "--log-level", "info")}
	there := serveOn(t, binary, "mongodb://127.0.0.1:"+portOf(t, uri)+"/"+name+"?directConnection=true")
	o.token = register(t, o.here.URL, "alice")
	ask(t, http.MethodPost, o.here.URL+"/alice/channels", o.token, `{"id": "diary", "name": "Diary"}`)
	for _, protocol := range []int{1, 5} {
		o.sockets = append(o.sockets, join(t, o.here.URL, "alice", o.token, protocol))
	}

	set.PartFromClients(0, mongotest.Stall)
	o.isAway("01a1fcc8-3fa2-4c65-b2db-a0e6d7715aa1")
	if made := ask(t, http.MethodPost, there.URL+"/alice/diary/events", o.token, `{"type": "note/txt"}`); made.status != http.StatusCreated {
		t.Errorf("at the other server: %d %s", made.status, made.body)
	}
	set.Heal()
	o.hears()
	o.isBack("01a1fcc8-3fa2-4c65-b2db-a0e6d7715aa1")

	set.Kill(t, 0)
	o.isAway("01a1fcc8-3fa2-4c65-b2db-a0e6d7715aa2")
	set.Start(t, 0)
	o.isBack("01a1fcc8-3fa2-4c65-b2db-a0e6d7715aa2")
	o.hears()
	o.wasQuiet(2)
	if err := o.here.Stop(); err != nil {
		t.Errorf("the server did not shut down: %v", err)
	}
}

// write creates an event of the id at the server.
func (o *outage) write(id string) answer {
	return ask(o.t, http.MethodPost, o.here.URL+"/alice/diary/events", o.token, `{"type": "note/txt", "id": "`+id+`"}`)
}

// isAway: whatever is asked is answered that the store is away.
func (o *outage) isAway(id string) {
	o.t.Helper()
	asks := map[string]func() answer{
		"readyz": func() answer { return ask(o.t, http.MethodGet, o.here.Admin+"/readyz", "", "") },
		"write":  func() answer { return o.write(id) },
		"read":   func() answer { return ask(o.t, http.MethodGet, o.here.URL+"/alice/diary/events", o.token, "") },
		"login": func() answer {
			return ask(o.t, http.MethodPost, o.here.URL+"/alice/auth/login", "", `{"username": "alice", "password": "`+longPassword+`", "appId": "test"}`)
		},
		"nobody's login": func() answer {
			return ask(o.t, http.MethodPost, o.here.URL+"/nobody/auth/login", "", `{"username": "nobody", "password": "`+longPassword+`", "appId": "test"}`)
		},
		"an unknown token": func() answer {
			return ask(o.t, http.MethodGet, o.here.URL+"/alice/channels", "abcdefghijklmnopqrstuvwx", "")
		},
	}
	var all sync.WaitGroup
	for what, ask := range asks {
		all.Go(func() {
			got := ask()
			o.t.Logf("%s: %d after %s", what, got.status, got.took.Round(time.Millisecond))
			if got.status != http.StatusServiceUnavailable {
				o.t.Errorf("%s: %d %s", what, got.status, got.body)
			}
			if what == "readyz" {
				if !strings.Contains(got.body, `"reason":"`) {
					o.t.Errorf("%s: %s", what, got.body)
				}
				return
			}
			if got.id() != "service-unavailable" || got.header.Get("Retry-After") == "" {
				o.t.Errorf("%s: %s %v", what, got.body, got.header)
			}
		})
	}
	for _, s := range o.sockets {
		for command, params := range map[string]string{"diary.events.get": `{}`, "diary.events.create": `{"type": "note/txt"}`} {
			all.Go(func() {
				var refused *realtimetest.APIError
				if _, err := s.Command(o.t.Context(), command, params); !errors.As(err, &refused) || refused.ID != "service-unavailable" {
					o.t.Errorf("%s: %v", command, err)
				}
			})
		}
	}
	all.Wait()
	// What was cached is trusted for half a second only.
	eventually(o.t, "what was cached", http.StatusServiceUnavailable, func() answer {
		return ask(o.t, http.MethodGet, o.here.URL+"/alice/channels", o.token, "")
	})
	if alive := ask(o.t, http.MethodGet, o.here.Admin+"/healthz", "", ""); alive.status != http.StatusOK {
		o.t.Errorf("healthz: %d", alive.status)
	}
}

// isBack: all works again; what was tried meanwhile can be tried again.
func (o *outage) isBack(id string) {
	o.t.Helper()
	eventually(o.t, "write", http.StatusCreated, func() answer { return o.write(id) })
	for _, url := range []string{o.here.Admin + "/readyz", o.here.URL + "/alice/channels"} {
		if got := ask(o.t, http.MethodGet, url, o.token, ""); got.status != http.StatusOK {
			o.t.Errorf("%s: %d %s", url, got.status, got.body)
		}
	}
	listed := ask(o.t, http.MethodGet, o.here.URL+"/alice/diary/events?limit=100", o.token, "")
	if strings.Count(listed.body, id) != 1 {
		o.t.Errorf("%s is not there once: %s", id, listed.body)
	}
	signIn(o.t, o.here.URL, "alice")
	for _, s := range o.sockets {
		if _, err := s.Command(o.t.Context(), "diary.events.get", `{"limit": 1}`); err != nil || s.Away() {
			o.t.Errorf("a socket from before: %v", err)
		}
	}
}

// hears: the sockets from before are told.
func (o *outage) hears() {
	o.t.Helper()
	for _, s := range o.sockets {
		if _, err := s.WaitFor(o.t.Context(), "eventsChanged"); err != nil {
			o.t.Error(err)
		}
	}
}

// wasQuiet: the log told each outage once, beside its lines of single requests.
func (o *outage) wasQuiet(outages int) {
	o.t.Helper()
	log := o.here.Log()
	for _, message := range []string{"MongoDB has no server now that takes writes", "MongoDB takes writes again"} {
		if n := strings.Count(log, message); n != outages {
			o.t.Errorf("%q is %d times in the log, want %d", message, n, outages)
		}
	}
	others := 0
	for line := range strings.Lines(log) {
		if !strings.Contains(line, `"msg":"request"`) && !strings.Contains(line, `"msg":"command"`) && !strings.Contains(line, `"msg":"socket `) {
			others++
		}
		if len(line) > 1000 || strings.Contains(line, "current topology") {
			o.t.Errorf("a long line: %s", line)
		}
	}
	if most := 12 * outages; others > most {
		o.t.Errorf("%d lines are in the log, want %d at most:\n%s", others, most, log)
	}
}

// testStopping: a server whose database has gone for good shuts down in time.
func testStopping(t *testing.T, binary string) {
	set := mongotest.NewReplicaSet(t, mongotest.Options{})
	uri, _ := set.Database(t)
	s := serveOn(t, binary, uri, "--registration", "open")
	token := register(t, s.URL, "alice")
	join(t, s.URL, "alice", token, 5)
	set.PartFromClients(0, mongotest.Stall)
	if err := s.Stop(); err != nil {
		t.Logf("it says %v", err)
	}
}
