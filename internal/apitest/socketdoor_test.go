package apitest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/apitest/rawsocket"
)

// commandFor makes the command that is the same request. Updates of every other
// step have their body as update.
func commandFor(m *api.Method, g given, wrapped bool) command {
	id := m.ID
	if channel, ok := g["channelId"]; ok && strings.HasPrefix(m.Path, "/{channelId}") {
		id, g = text(channel)+"."+m.ID, g.without("channelId")
	}
	if item, ok := g["id"]; ok && wrapped && m.Verb == http.MethodPut {
		return command{id: id, params: fmt.Sprintf(`{"id":%s,"update":%s}`, item, g.without("id").object())}
	}
	return command{id: id, params: bodyOf(m, g)}
}

// bySockets sends the steps of one access: each after the answer to the one
// before, or all in a row.
func (d *door) bySockets(t testing.TB, who string, commands []command) []reply {
	t.Helper()
	replies := make([]reply, len(commands))
	inARow := d.kind == "event"
	for i := 0; i < len(commands); {
		socket, refused := d.socket(t, d.tokens[who])
		if socket == nil {
			replies[i] = refused
			i++
			continue
		}
		end := i + 1
		if inARow {
			end = len(commands)
		}
		var waiting []<-chan []json.RawMessage
		for _, c := range commands[i:end] {
			c.direct = inARow
			answer, err := c.send(socket)
			if err != nil {
				break
			}
			waiting = append(waiting, answer)
		}
		for _, answer := range waiting {
			var err error
			if replies[i], err = commands[i].await(t, socket, answer); err != nil {
				break
			}
			i++
		}
		if socket.Err() != nil {
			d.dropSocket(d.tokens[who])
		}
	}
	return replies
}

// socket gives the token's socket, or the refusal of one. Each is of another
// generation than the last.
func (d *door) socket(t testing.TB, token string) (*rawsocket.Client, reply) {
	t.Helper()
	if c := d.sockets[token]; c != nil {
		return c, reply{}
	}
	d.form++
	form := rawsocket.Forms()[d.form%len(rawsocket.Forms())]
	c, err := rawsocket.Dial(t.Context(), rawsocket.Options{
		Form: form, Address: d.address, Host: d.name + "." + domain,
		Namespace: "/" + d.name, Token: token, ByURL: d.form%5 == 0,
	})
	var refusal *rawsocket.Refusal
	if errors.As(err, &refusal) {
		return nil, replyOf(http.StatusUnauthorized, nil, string(refusal.Object))
	}
	if err != nil {
		t.Fatalf("%s, %s: %v", d.kind, form, err)
	}
	d.sockets[token] = c
	return c, reply{}
}

func (d *door) dropSocket(token string) {
	if c := d.sockets[token]; c != nil {
		c.Cut()
		delete(d.sockets, token)
	}
}
