package main_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/servertest"
	"github.com/activityd/activityd/internal/storage/mongo/mongotest"
)

// TestMigrateStore moves what a real server has kept, and serves it again.
func TestMigrateStore(t *testing.T) {
	t.Parallel()
	binary := servertest.Build(t)
	for name, test := range map[string]func(*testing.T, string){
		"served":  testMigratedIsServed,
		"killed":  testMigrationKilled,
		"refused": testMigrationRefused,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, binary)
		})
	}
}

// migrate runs the command.
func migrate(t *testing.T, binary, from, to string, flags ...string) (out string, err error) {
	t.Helper()
	return servertest.Run(t.Context(), binary, "", append([]string{"migrate-store", "--from", from, "--to", to}, flags...)...)
}

// testMigratedIsServed: after the move, there and back, tokens and sessions let
// in, what was created is created again with the same answer, and only cursors
// have expired.
func testMigratedIsServed(t *testing.T, binary string) {
	uri, _ := mongotest.Database(t)
	first, last := filepath.Join(t.TempDir(), "first"), filepath.Join(t.TempDir(), "last")
	s := servertest.Start(t, binary, first, "--registration", "open")
	m := &moved{token: register(t, s.URL, "alice")}
	m.fill(t, s.URL)
	stop(t, s)

	if out, err := migrate(t, binary, "sqlite:"+first, uri); err != nil || !strings.Contains(out, "are the same") {
		t.Fatalf("%v\n%s", err, out)
	}
	s = serveOn(t, binary, uri)
	m.check(t, s.URL)
	stop(t, s)

	if out, err := migrate(t, binary, uri, "sqlite:"+last); err != nil || !strings.Contains(out, "are the same") {
		t.Fatalf("%v\n%s", err, out)
	}
	s = servertest.Start(t, binary, last)
	m.check(t, s.URL)
	if out, err := migrate(t, binary, "sqlite:"+last, uri, "--verify"); err == nil || !strings.Contains(out, "another activityd serves") {
		t.Errorf("the source is served: %v\n%s", err, out)
	}
	stop(t, s)
	if out, err := migrate(t, binary, "sqlite:"+last, uri, "--verify"); err == nil || !strings.Contains(out, "user alice: user ") {
		t.Errorf("compared after more was written: %v\n%s", err, out)
	}
}

func stop(t *testing.T, s *servertest.Server) {
	t.Helper()
	if err := s.Stop(); err != nil {
		t.Errorf("the server did not shut down: %v", err)
	}
}

// moved is what a client knows of an account that is moved.
type moved struct {
	token, session string // of the registration, and of a sign-in
	cursor         string
	event          string // as the first request for it was answered
}

const movedEvent = `{"id": "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", "type": "note/txt", "value": "x", "time": 5.5}`

func (m *moved) fill(t *testing.T, service string) {
	t.Helper()
	m.session = signIn(t, service, "alice")
	made := ask(t, http.MethodPost, service+"/alice/channels", m.session, `{"id": "diary", "name": "Diary"}`)
	event := ask(t, http.MethodPost, service+"/alice/diary/events", m.session, movedEvent)
	if made.status != http.StatusCreated || event.status != http.StatusCreated {
		t.Fatalf("fill: %d %s, %d %s", made.status, made.body, event.status, event.body)
	}
	m.event = event.body
	m.cursor = m.newCursor(t, service)
}

func (m *moved) newCursor(t *testing.T, service string) string {
	t.Helper()
	var changes struct{ Cursor string }
	a := ask(t, http.MethodGet, service+"/alice/changes", m.token, "")
	if err := json.Unmarshal([]byte(a.body), &changes); err != nil || changes.Cursor == "" {
		t.Fatalf("a cursor: %d %s, %v", a.status, a.body, err)
	}
	return changes.Cursor
}

func (m *moved) check(t *testing.T, service string) {
	t.Helper()
	root := service + "/alice"
	if a := ask(t, http.MethodGet, root+"/changes?since="+m.cursor, m.token, ""); a.id() != "cursor-expired" {
		t.Errorf("the old cursor: %d %s", a.status, a.body)
	}
	if a := ask(t, http.MethodPost, root+"/diary/events", m.session, movedEvent); a.status != http.StatusCreated || a.body != m.event {
		t.Errorf("created again: %d %s, not %s", a.status, a.body, m.event)
	}
	m.cursor = m.newCursor(t, service)
	if a := ask(t, http.MethodPost, root+"/diary/events", m.token, `{"type": "count/generic", "value": 1}`); a.status != http.StatusCreated {
		t.Errorf("a new event: %d %s", a.status, a.body)
	}
	a := ask(t, http.MethodGet, root+"/changes?since="+m.cursor, m.token, "")
	if a.status != http.StatusOK || strings.Count(a.body, `"kind":"event"`) != 1 {
		t.Errorf("changes since: %d %s", a.status, a.body)
	}
	m.cursor = m.newCursor(t, service)
	signIn(t, service, "alice")
}

// testMigrationKilled kills the command at random times: until it has come to its
// end no server takes the target, and then all is in it.
func testMigrationKilled(t *testing.T, binary string) {
	uri, _ := mongotest.Database(t)
	first, last := filepath.Join(t.TempDir(), "first"), filepath.Join(t.TempDir(), "last")
	fillForKills(t, binary, first)
	migrateThroughKills(t, binary, "sqlite:"+first, uri, []string{"--mongodb-uri", uri})
	migrateThroughKills(t, binary, uri, "sqlite:"+last, []string{"--data-dir", last})
	for _, to := range []string{uri, "sqlite:" + last} {
		if out, err := migrate(t, binary, "sqlite:"+first, to, "--verify"); err != nil {
			t.Errorf("compared with %s: %v\n%s", to, err, out)
		}
	}
}

// fillForKills makes users of whom copying takes a while.
func fillForKills(t *testing.T, binary, dir string) {
	t.Helper()
	s := servertest.Start(t, binary, dir, "--registration", "open")
	for n := range 5 {
		name := fmt.Sprintf("user%d", n)
		token := register(t, s.URL, name)
		ask(t, http.MethodPost, s.URL+"/"+name+"/channels", token, `{"id": "c", "name": "C"}`)
		var batch strings.Builder
		for i := range 1000 {
			fmt.Fprintf(&batch, `,{"tempRefId": "%d", "type": "count/generic", "value": %d, "time": %d}`, i, i, i)
		}
		for range 1 + 5*(n%2) {
			if a := ask(t, http.MethodPost, s.URL+"/"+name+"/c/events/batch", token, "["+batch.String()[1:]+"]"); a.status != http.StatusOK {
				t.Fatalf("fill: %d %.200s", a.status, a.body)
			}
		}
	}
	stop(t, s)
}

// migrateThroughKills kills some runs at work, and lets the last one come to its
// end. Kills come later each time until they find one at work.
func migrateThroughKills(t *testing.T, binary, from, to string, place []string) {
	t.Helper()
	const tries, wanted = 30, 4
	unfinished := 0
	for wait, try := 50*time.Millisecond, 0; try < tries && unfinished < wanted; try++ {
		if !killed(t, exec.Command(binary, "migrate-store", "--from", from, "--to", to), wait/2+rand.N(wait/2)) {
			t.Logf("it came to its end after %d kills at work", unfinished)
			return
		}
		out, err := migrate(t, binary, from, to, "--verify")
		if !strings.Contains(out, "a migration into this store is not finished") {
			if err == nil {
				return // the last step was done already
			}
			wait = wait * 4 / 3
			continue
		}
		unfinished++
		out, err = servertest.Run(t.Context(), binary, "", append([]string{"user", "list"}, place...)...)
		if err == nil || !strings.Contains(out, "a migration into this store is not finished") {
			t.Errorf("after a kill: %v\n%s", err, out)
		}
	}
	t.Logf("%d kills found it at work", unfinished)
	if out, err := migrate(t, binary, from, to); err != nil {
		t.Fatalf("the last run: %v\n%s", err, out)
	}
}

// killed starts a command and kills it a while later; false where it was faster.
func killed(t *testing.T, cmd *exec.Cmd, after time.Duration) bool {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan bool, 1)
	go func() { done <- cmd.Wait() == nil }()
	select {
	case well := <-done:
		return !well
	case <-time.After(after):
		_ = cmd.Process.Kill()
		<-done
		return true
	}
}

// testMigrationRefused: what cannot be done is said in one sentence, without
// secrets.
func testMigrationRefused(t *testing.T, binary string) {
	dir := filepath.Join(t.TempDir(), "none")
	for _, test := range []struct{ from, to, want string }{
		{"", "sqlite:x", "give --from: sqlite:DIRECTORY or a MongoDB URI"},
		{"sqlite:x", "", "give --to"},
		{"postgres://u:secret@h/d", "sqlite:x", "--from: this is no store"},
		{"sqlite:", "mongodb://h/d", `--from: "sqlite:" is no store`},
		{"sqlite:x", "mongodb", "mongodb_uri, which is empty"},
		{"sqlite:x", "sqlite:./x", "name the same store"},
		{"mongodb://u:secret@/d", "sqlite:x", "--from: the MongoDB URI"},
		{"sqlite:" + dir, "mongodb://127.0.0.1:1/d", "there is no store in"},
	} {
		out, err := migrate(t, binary, test.from, test.to)
		if err == nil || !strings.Contains(out, test.want) || strings.Contains(out, "secret") {
			t.Errorf("from %q to %q: %v, %s", test.from, test.to, err, out)
		}
	}
}
