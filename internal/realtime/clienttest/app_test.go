package clienttest_test

import (
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/activityd/activityd/internal/realtime/engineio"
	"github.com/activityd/activityd/internal/realtime/socketio"
)

const token = "a-secret-token"

// badToken is how an application refuses, with everything in it that could be
// lost on the way.
func badToken() error {
	const message = `The token is not valid: “sign in” again.`
	return &socketio.Refusal{Message: message, Data: []byte(
		`{"id":"invalid-access-token","message":"` + message + `","data":{"a":"\u2028<😀>"}}`)}
}

// unknownUser refuses everyone.
func unknownUser() error {
	const message = "There is nobody here."
	return &socketio.Refusal{Message: message, Data: []byte(`{"id":"unknown-user","message":"` + message + `"}`)}
}

// authorize refuses at the handshake of protocol 1, where a reason can be told.
func authorize(h *engineio.Handshake) error {
	if h.Query("auth") != token {
		return badToken()
	}
	return nil
}

// connector lets in who knows the token, everyone to the root, and nobody to
// /nobody.
func connector(restart func()) socketio.ConnectFunc {
	mux := new(socketio.Mux)
	mux.On("echo", func(_ socketio.Socket, e *socketio.Event) {
		_ = e.AckBinary(e.Attachments, e.Args...) // the client waits
	})
	mux.On("back", func(k socketio.Socket, e *socketio.Event) {
		_ = k.EmitPrepared(socketio.PrepareBinary("back", e.Attachments, e.Args...))
	})
	mux.On("message", func(k socketio.Socket, e *socketio.Event) {
		_ = k.Emit("said", e.Args...)
	})
	mux.On("ask", func(k socketio.Socket, e *socketio.Event) {
		_ = k.EmitAck(func(a socketio.Ack) {
			_ = k.EmitPrepared(socketio.PrepareBinary("answered", a.Attachments, a.Args...))
		}, "question", e.Args...)
	})
	mux.On("where", func(k socketio.Socket, e *socketio.Event) {
		where, _ := json.Marshal([]any{k.Namespace(), k.Protocol()})
		_ = e.Ack(where)
	})
	mux.On("hex", toHex)
	mux.On("unhex", fromHex)
	mux.On("leave", func(k socketio.Socket, _ *socketio.Event) { k.Disconnect() })
	mux.On("restart", func(socketio.Socket, *socketio.Event) { restart() })
	return func(k socketio.Socket, r *socketio.ConnectRequest) (socketio.Handler, error) {
		switch {
		case r.Namespace == "/nobody":
			return nil, unknownUser()
		case r.Namespace != "/" && tokenOf(k, r) != token:
			return nil, badToken()
		}
		return mux.Bind(k), nil
	}
}

// toHex answers what has arrived, in a form that no encoding spoils: what is
// encoded wrongly both ways would come back right.
func toHex(_ socketio.Socket, e *socketio.Event) {
	var arrived []byte
	if len(e.Attachments) > 0 {
		arrived = e.Attachments[0]
	} else if len(e.Args) > 0 {
		text, _ := socketio.Unquote(e.Args[0])
		arrived = []byte(text)
	}
	_ = e.Ack(socketio.AppendQuoted(nil, hex.EncodeToString(arrived)))
}

// fromHex answers with text and bytes that did not come over the wire.
func fromHex(_ socketio.Socket, e *socketio.Event) {
	var digits string
	if len(e.Args) > 0 {
		digits, _ = socketio.Unquote(e.Args[0])
	}
	data, _ := hex.DecodeString(digits)
	text := socketio.AppendQuoted(nil, string(data))
	if len(e.Args) == 1 {
		_ = e.Ack(text)
		return
	}
	_ = e.AckBinary([][]byte{data}, socketio.AppendPlaceholder(nil, 0))
}

// tokenOf finds the token wherever a generation puts it.
func tokenOf(k socketio.Socket, r *socketio.ConnectRequest) string {
	var auth struct {
		Auth string `json:"auth"`
	}
	if json.Unmarshal(r.Auth, &auth) == nil && auth.Auth != "" {
		return auth.Auth
	}
	if q, err := url.ParseQuery(strings.TrimSuffix(r.Query, ",")); err == nil && q.Get("auth") != "" {
		return q.Get("auth")
	}
	return k.Handshake().Query("auth")
}
