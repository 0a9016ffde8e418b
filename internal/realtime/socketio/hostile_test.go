package socketio_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/activityd/activityd/internal/realtime/engineio"
	"github.com/activityd/activityd/internal/realtime/socketio"
)

// TestClosingInput sends what no client sends, each on a connection of its own,
// and expects its end.
func TestClosingInput(t *testing.T) {
	binary := func(b ...byte) step { return step{binary: append([]byte{}, b...)} }
	cases := []struct {
		name     string
		revision int
		steps    []step
	}{
		{"no packet", 4, []step{{send: "4"}}},
		{"no packet, 3", 3, []step{{send: "4"}}},
		{"unknown type", 4, []step{{send: "47"}}},
		{"a letter", 4, []step{{send: "4abc"}}},
		{"event without a name", 4, []step{{send: "42[]"}}},
		{"event that is an object", 4, []step{{send: "42{}"}}},
		{"event without data", 4, []step{{send: "42"}}},
		{"event named by an object (CVE-2023-32695)", 4, []step{{send: `42[{"toString":"foo"}]`}}},
		{"event named __proto__ of nothing", 4, []step{{send: `42[__proto__]`}}},
		{"event named by null", 4, []step{{send: "42[null]"}}},
		{"event connect", 4, []step{{send: `42["connect"]`}}},
		{"event connect_error", 4, []step{{send: `42["connect_error"]`}}},
		{"event disconnect", 4, []step{{send: `42["disconnect"]`}}},
		{"event disconnecting", 4, []step{{send: `42["disconnecting"]`}}},
		{"event newListener", 4, []step{{send: `42["newListener"]`}}},
		{"event removeListener", 4, []step{{send: `42["removeListener"]`}}},
		{"event disconnect, escaped", 4, []step{{send: `42["dis\u0063onnect"]`}}},
		{"event disconnect, 3", 3, []step{{send: `42["disconnect"]`}}},
		{"binary event disconnect", 4, []step{{send: `451-["disconnect",{"_placeholder":true,"num":0}]`}, binary(1)}},
		{"a second connect", 4, []step{{send: "40"}}},
		{"a second connect, 3", 3, []step{{send: "40"}}},
		{"a second connect of a namespace", 4, []step{{send: "40/u,"}, {expect: []string{`40/u,{"sid":"*"}`, `42/u,["auth",{}]`}}, {send: "40/u,"}}},
		{"disconnect with data", 4, []step{{send: "41{}"}}},
		{"disconnect of nothing", 4, []step{{send: "41/other"}}},
		{"an error of the client", 4, []step{{send: `44"x"`}}},
		{"event on a namespace not joined", 4, []step{{send: `42/other,["message"]`}}},
		{"ack on a namespace not joined", 4, []step{{send: `43/other,1[]`}}},
		{"array as auth", 4, []step{{send: `40/u,["x"]`}}},
		{"null as auth", 4, []step{{send: "40/u,null"}}},
		{"number as auth", 4, []step{{send: "40/u,-1"}}},
		{"deep auth", 4, []step{{send: `40/u,{"a":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + "}"}}},
		{"string as auth", 4, []step{{send: `40/u,"x"`}}},
		{"broken auth", 4, []step{{send: `40/u,{"x":}`}}},
		{"broken JSON", 4, []step{{send: `42["message",{"a":1]`}}},
		{"two values", 4, []step{{send: `42["message"]["message"]`}}},
		{"JSON too deep", 4, []step{{send: `42["message",` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + "]"}}},
		{"1001 arguments", 4, []step{{send: `42["message"` + strings.Repeat(",1", 1000) + "]"}}},
		{"1001 arguments of an ack", 4, []step{{send: "430[1" + strings.Repeat(",1", 1000) + "]"}}},
		{"id of 16 digits (CVE-2020-36049)", 4, []step{{send: `421234567890123456["message"]`}}},
		{"id of 500,000 digits", 4, []step{{send: "42" + strings.Repeat("1", 500_000) + `["message"]`}}},
		{"id that is none", 4, []step{{send: `42abc["message"]`}}},
		{"negative id", 4, []step{{send: `42-1["message"]`}}},
		{"many attachments (CVE-2026-33151)", 4, []step{{send: "45999999-[]"}}},
		{"count of 500,000 digits", 4, []step{{send: "45" + strings.Repeat("1", 500_000) + "-[]"}}},
		{"11 attachments", 4, []step{{send: `4511-["message"]`}}},
		{"no attachments", 4, []step{{send: `450-["message"]`}}},
		{"zero first", 4, []step{{send: `4501-["message"]`}}},
		{"count without a dash", 4, []step{{send: `451["message"]`}}},
		{"count that is none", 4, []step{{send: `45a-["message"]`}}},
		{"negative count", 4, []step{{send: `45-1-["message"]`}}},
		{"count missing", 4, []step{{send: `45-["message"]`}}},
		{"ack with too many", 4, []step{{send: `4611-0[]`}}},
		{"placeholder splice (CVE-2022-2421)", 4, []step{{send: `451-["message",{"_placeholder":true,"num":"splice"}]`}, binary(1)}},
		{"placeholder -1", 4, []step{{send: `451-["message",{"_placeholder":true,"num":-1}]`}, binary(1)}},
		{"placeholder 1 of 1", 4, []step{{send: `451-["message",{"_placeholder":true,"num":1}]`}, binary(1)}},
		{"placeholder 0.5", 4, []step{{send: `451-["message",{"_placeholder":true,"num":0.5}]`}, binary(1)}},
		{"placeholder 1e9", 4, []step{{send: `451-["message",{"_placeholder":true,"num":1e9}]`}, binary(1)}},
		{"placeholder without num", 4, []step{{send: `451-["message",{"_placeholder":true}]`}, binary(1)}},
		{"placeholder that is nested", 4, []step{{send: `451-["message",[{"a":{"_placeholder":true,"num":7}}]]`}, binary(1)}},
		{"binary within the announced, too many", 4, []step{{send: `451-["nobody listens",{"_placeholder":true,"num":0}]`}, binary(1), binary(2)}},
		{"binary that was not announced", 4, []step{binary(1, 2, 3)}},
		{"binary that was not announced, 3", 3, []step{binary(4, 2, 3)}},
		{"base64 that was not announced", 4, []step{{send: "b4AQ=="}}},
		{"base64 that was not announced, 3", 3, []step{{send: "b4AQ=="}}},
		{"text in place of binary", 4, []step{{send: `451-["message",{"_placeholder":true,"num":0}]`}, {send: `42["message"]`}}},
		{"binary of too many bytes", 4, []step{{send: `453-["message"]`},
			binary(make([]byte, 900_000)...), binary(make([]byte, 900_000)...), binary(make([]byte, 900_000)...)}},
		{"long namespace", 4, []step{{send: "40/" + strings.Repeat("x", 600) + ","}}},
		{"long query", 3, []step{{send: "40/u?" + strings.Repeat("x", 5000) + ","}}},
		{"ping of the client", 4, []step{{send: "2"}}},
		{"pong of the client", 3, []step{{send: "3"}}},
		{"empty frame", 4, []step{binary()}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := start(t, socketio.Config{})
			client := a.joined(c.revision)
			run(t, client, c.steps)
			client.closes()
			a.ended("/", engineio.ReasonParseError)
		})
	}
}

func TestTooManyNamespaces(t *testing.T) {
	a := start(t, socketio.Config{MaxNamespaces: 3, Connect: func(s socketio.Socket, _ *socketio.ConnectRequest) (socketio.Handler, error) {
		return new(socketio.Mux).Bind(s), nil
	}})
	c := a.dial(4)
	for i := range 3 {
		c.send(fmt.Sprintf("40/%d,", i))
		c.expect(fmt.Sprintf(`40/%d,{"sid":"*"}`, i))
	}
	c.send("40/3,")
	c.closes()
}

// TestDeepJSON passes through what is deep but within the bound.
func TestDeepJSON(t *testing.T) {
	a := start(t, socketio.Config{})
	c := a.joined(4)
	deep := strings.Repeat(`{"a":[`, 4990) + strings.Repeat("]}", 4990)
	c.send(`420["message-with-ack",` + deep + "]")
	c.expect("430[" + deep + "]")
}

// TestSlowReaderIsCut emits to a client that does not read.
func TestSlowReaderIsCut(t *testing.T) {
	a := start(t, socketio.Config{Engine: engineio.Config{MaxQueue: 100_000}})
	a.joined(4)
	s, _ := a.last()
	p := socketio.Prepare("news", []byte(`"`+strings.Repeat("x", 10_000)+`"`))
	for {
		err := s.EmitPrepared(p)
		if n := s.Queued(); n > 100_000 {
			t.Fatalf("%d bytes queued", n)
		}
		if err == socketio.ErrQueueFull { //nolint:errorlint // documented bare
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	a.ended("/", engineio.ReasonOverflow)
}
