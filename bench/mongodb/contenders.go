//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/activityd/activityd/bench/activityd"
	"github.com/activityd/activityd/bench/subject"
	"github.com/activityd/activityd/bench/wire"
	"github.com/activityd/activityd/internal/storage/mongo"
)

// The contenders, as the tables name them.
const (
	ours        = "activityd"
	peer        = "feathers"
	insert      = "insert"      // the driver alone: the event and nothing else
	transaction = "transaction" // the driver alone: event, change and sequence
	find        = "find"        // the driver alone
	stream      = "stream"      // the driver alone
)

// contender is one of those that are compared.
type contender struct {
	name string
	// open makes its database and starts it.
	open func(b *bench, ctx context.Context, database string) (*running, error)
}

// event is what is recorded: some 100 bytes.
const event = `{"type":{"class":"note","format":"txt"},"value":"activity activity activity activity activity"}`

// server is a process that is asked by HTTP.
type server struct {
	addr   string
	create func(u activityd.User) []byte        // the request for an event
	list   func(u activityd.User, n int) []byte // the request for the n newest
}

// makeStore makes our database with the users, and what fill adds to it.
func (b *bench) makeStore(ctx context.Context, database string, fill func(*mongo.Store) error) (err error) {
	store, err := mongo.Open(ctx, mongo.Options{URI: b.mongod.uri(database)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := activityd.AddUsers(ctx, store, b.users); err != nil || fill == nil {
		return err
	}
	return fill(store)
}

// startOurs starts activityd on a database.
func (b *bench) startOurs(ctx context.Context, database string) (*activityd.Server, error) {
	return activityd.Start(ctx, b.binary, "--data-dir", b.tmp, "--mongodb-uri", b.mongod.uri(database))
}

// requestsOf gives the requests for activityd.
func requestsOf(process *activityd.Server) *server {
	addr := process.Addr
	return &server{
		addr: addr,
		create: func(u activityd.User) []byte {
			return wire.Request("POST", "/"+u.Name+"/work/events", addr, u.Token, []byte(event))
		},
		list: func(u activityd.User, n int) []byte {
			return wire.Request("GET", fmt.Sprintf("/%s/work/events?limit=%d", u.Name, n), addr, u.Token, nil)
		},
	}
}

// startPeer starts the service of Feathers on a database.
func (b *bench) startPeer(ctx context.Context, database string) (*subject.Server, *server, error) {
	process, err := subject.Start(ctx, "node", "bench/node/feathers.mjs", b.mongod.uri(database), b.tokens)
	if err != nil {
		return nil, nil, err
	}
	addr := process.Addr
	return process, &server{
		addr: addr,
		create: func(u activityd.User) []byte {
			return wire.Request("POST", "/events", addr, u.Token, []byte(event))
		},
		list: func(u activityd.User, n int) []byte {
			return wire.Request("GET", fmt.Sprintf("/events?%%24sort%%5Btime%%5D=-1&%%24limit=%d", n), addr, u.Token, nil)
		},
	}, nil
}

// creator gives a worker that creates events for the users i, i+of, i+2*of ...
func (s *server) creator(users []activityd.User, i, of int) (*worker, error) {
	conn, err := wire.Dial(s.addr)
	if err != nil {
		return nil, err
	}
	var requests [][]byte
	for u := i % len(users); u < len(users); u += of {
		requests = append(requests, s.create(users[u]))
	}
	n := 0
	return &worker{close: conn.Close, call: func(context.Context) error {
		status, body, err := conn.Do(requests[n%len(requests)])
		if err == nil && (status != http.StatusCreated || !bytes.Contains(body, []byte(`"value":"activity`))) {
			err = fmt.Errorf("an event was not created: %d: %s", status, body)
		}
		n++
		return err
	}}, nil
}

// lister gives a worker that reads the n newest events of one user. The first
// answer is looked at closely, the others must be as long.
func (s *server) lister(u activityd.User, n int) (*worker, error) {
	conn, err := wire.Dial(s.addr)
	if err != nil {
		return nil, err
	}
	request, length := s.list(u, n), 0
	return &worker{close: conn.Close, call: func(context.Context) error {
		status, body, err := conn.Do(request)
		switch {
		case err != nil:
			return err
		case status != http.StatusOK:
			return fmt.Errorf("no list: %d: %.200s", status, body)
		case length == 0:
			length = len(body)
			return checkList(body, n)
		case length != len(body):
			return fmt.Errorf("a list of %d bytes, after one of %d", len(body), length)
		}
		return nil
	}}, nil
}

// checkList tells whether an answer is the n newest events.
func checkList(body []byte, n int) error {
	var events []struct {
		Time  float64 `json:"time"`
		Value string  `json:"value"`
	}
	if err := json.Unmarshal(body, &events); err != nil {
		return err
	}
	if len(events) != n {
		return fmt.Errorf("a list of %d events in place of %d", len(events), n)
	}
	for i, e := range events {
		if e.Time != seededTime(seeded-1-i) || e.Value == "" {
			return fmt.Errorf("event %d of the list is %+v", i, e)
		}
	}
	return nil
}
