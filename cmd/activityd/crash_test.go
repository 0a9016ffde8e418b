package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/activityd/activityd/internal/servertest"
	"github.com/google/uuid"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

const (
	crashes      = 50
	crashWriters = 32
)

// TestCrash kills the server again and again while 32 writers record and
// change events: what was acknowledged is there afterwards, and nothing that
// nobody sent.
func TestCrash(t *testing.T) {
	binary, dir := servertest.Build(t), filepath.Join(t.TempDir(), "data")
	ledgers := make([]*ledger, crashWriters)
	for i := range ledgers {
		ledgers[i] = &ledger{values: map[string][]int{}}
	}
	var account crashAccount
	for round := range crashes {
		s := servertest.Start(t, binary, dir, "--registration", "open")
		account.root = s.URL + "/crash"
		if round == 0 {
			account.make(t, s.URL)
		}
		account.check(t, ledgers)
		account.writeUntilKilled(t, s, ledgers)
	}
	s := servertest.Start(t, binary, dir)
	account.root = s.URL + "/crash"
	account.check(t, ledgers)
	if err := s.Stop(); err != nil {
		t.Errorf("the last server did not shut down: %v", err)
	}
	checkIntegrity(t, filepath.Join(dir, "activityd.db"))
	total := 0
	for _, l := range ledgers {
		total += len(l.values)
	}
	t.Logf("%d events over %d crashes", total, crashes)
}

// ledger is what one writer knows of its events: the values that each may
// have. One value is acknowledged; two are the acknowledged one and one that
// was sent without an answer; -1 stands for no event.
type ledger struct{ values map[string][]int }

const absent = -1

type crashAccount struct{ root, token string }

func (a *crashAccount) make(t *testing.T, service string) {
	t.Helper()
	a.token = register(t, service, "crash")
	if status, err := post(t, http.MethodPost, a.root+"/channels", a.token, map[string]any{"id": "c", "name": "C"}, nil); err != nil || status != http.StatusCreated {
		t.Fatalf("make a channel: status %d, %v", status, err)
	}
}

// writeUntilKilled runs the writers and kills the server at a random number
// of acknowledged writes.
func (a *crashAccount) writeUntilKilled(t *testing.T, s *servertest.Server, ledgers []*ledger) {
	t.Helper()
	var acknowledged atomic.Int64
	killAt := rand.Int64N(300) + 1
	var writers sync.WaitGroup
	for _, l := range ledgers {
		writers.Go(func() {
			for a.write(t, l) {
				if acknowledged.Add(1) == killAt {
					s.Kill()
				}
			}
		})
	}
	writers.Wait()
	s.Kill()
}

// write sends one creation or update and notes its fate; false when the server
// is gone.
func (a *crashAccount) write(t *testing.T, l *ledger) bool {
	value := rand.IntN(1 << 30)
	verb, path, body, id := http.MethodPost, "/c/events", map[string]any{"type": "count/generic", "value": value}, ""
	for known, values := range l.values {
		if len(values) == 1 && values[0] != absent && rand.IntN(3) == 0 {
			verb, path, id = http.MethodPut, "/c/events/"+known, known
			body = map[string]any{"value": value}
		}
		break
	}
	if id == "" {
		id = uuid.NewString()
		body["id"] = id
		l.values[id] = []int{absent}
	}
	l.values[id] = append(l.values[id], value)
	status, err := post(t, verb, a.root+path, a.token, body, nil)
	if err != nil || status == http.StatusServiceUnavailable {
		return false
	}
	if status >= http.StatusBadRequest {
		t.Errorf("%s %s: status %d", verb, path, status)
		return false
	}
	l.values[id] = []int{value}
	return true
}

// check compares what the server has with what the writers know, and settles
// what was open.
func (a *crashAccount) check(t *testing.T, ledgers []*ledger) {
	t.Helper()
	var events []struct {
		ID    string
		Value int
	}
	if status, err := post(t, http.MethodGet, a.root+"/c/events?state=all&limit=10000000", a.token, nil, &events); err != nil || status != http.StatusOK {
		t.Fatalf("list: status %d, %v", status, err)
	}
	found := map[string]int{}
	for _, e := range events {
		if _, twice := found[e.ID]; twice {
			t.Errorf("event %s is there twice", e.ID)
		}
		found[e.ID] = e.Value
	}
	for _, l := range ledgers {
		for id, values := range l.values {
			value, ok := found[id]
			if !ok {
				value = absent
			}
			delete(found, id)
			if err := settle(l, id, values, value); err != nil {
				t.Error(err)
			}
		}
	}
	for id := range found {
		t.Errorf("event %s was never sent", id)
	}
	if t.Failed() {
		t.FailNow()
	}
}

func settle(l *ledger, id string, possible []int, value int) error {
	for _, p := range possible {
		if p != value {
			continue
		}
		l.values[id] = []int{value}
		if value == absent {
			delete(l.values, id)
		}
		return nil
	}
	return fmt.Errorf("event %s has %d, of the writer's %d (%d is no event)", id, value, possible, absent)
}

func post(t *testing.T, verb, url, token string, body, result any) (status int, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	if body == nil {
		text = nil
	}
	req, err := http.NewRequest(verb, url, bytes.NewReader(text))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", token)
	res, err := described(t).Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || result == nil || res.StatusCode >= http.StatusBadRequest {
		return res.StatusCode, err
	}
	return res.StatusCode, json.Unmarshal(answer, result)
}

func checkIntegrity(t *testing.T, file string) {
	t.Helper()
	conn, err := sqlite.OpenConn(file, sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}()
	err = sqlitex.Execute(conn, "PRAGMA integrity_check", &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
		if stmt.ColumnText(0) != "ok" {
			t.Error(stmt.ColumnText(0))
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
}
