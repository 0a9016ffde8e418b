package apitest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/apitest/rawsocket"
	"github.com/activityd/activityd/internal/apitest/stores"
	"github.com/activityd/activityd/internal/openapi/validate"
	"github.com/activityd/activityd/internal/realtime"
)

// TestSocketMethods sends the example of every method over a socket, as a
// command and as an event: what a batch takes is answered as the API's
// description says, the rest is no method there.
func TestSocketMethods(t *testing.T) {
	t.Parallel()
	stores.Each(t, testSocketMethods)
}

func testSocketMethods(t *testing.T, kind stores.Kind) {
	t.Parallel()
	h := open(t, kind)
	description, err := spec()
	if err != nil {
		t.Fatal(err)
	}
	address, _ := h.serveSockets(t, realtime.Options{}, nil)
	for i, m := range h.service.Methods() {
		t.Run(m.ID, func(t *testing.T) {
			t.Parallel()
			d := &door{account: h.openAccount(t, fmt.Sprint("alice-", i)), address: address, sockets: map[string]*rawsocket.Client{}}
			d.form = i
			for _, direct := range []bool{false, true} {
				d.callMethod(t, m, direct, description)
			}
			for token := range d.sockets {
				d.dropSocket(token)
			}
		})
	}
}

func (d *door) callMethod(t *testing.T, m *api.Method, direct bool, description *validate.Spec) {
	t.Helper()
	made, ok := examples[m.ID]
	if !ok {
		t.Fatal("the table of examples has no valid request of this method: add one")
	}
	d.anew()
	g, token := made(t, d.account), d.token
	if own, ok := g[asks]; ok {
		token = own
	}
	c := commandFor(m, g.without(asks), direct)
	c.direct = direct
	socket, refused := d.socket(t, token)
	if socket == nil {
		t.Fatal(refused)
	}
	answer, err := c.by(t, socket)
	if err != nil {
		t.Fatalf("%s %s: %v", c.id, c.params, err)
	}
	if m.NoBatch || m.Root == api.ServiceRoot {
		if answer.ID != "unknown-method" {
			t.Errorf("%s is no method of sockets: %s", c.id, answer)
		}
		return
	}
	if answer = ofOne(m, answer); answer.ID != "" {
		t.Fatalf("%s %s: %s", c.id, c.params, answer)
	}
	same := byREST(m, d.name, token, g)
	path, query, _ := strings.Cut(same.path, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{
		"Content-Type": {"application/json; charset=utf-8"}, "Api-Version": {"1.0.0"}, "Server-Time": {"0"}, "X-Request-Id": {"x"},
		"Etag": {`"x"`}, "X-Content-Type-Options": {"nosniff"},
	}
	x := validate.Exchange{
		Verb: m.Verb, Path: path, Query: values, ContentType: "application/json", Body: []byte(same.body),
		Status: m.Status, Header: header, Answer: []byte(answer.body),
	}
	if err := description.Check(x); err != nil {
		t.Error(err)
	}
}
