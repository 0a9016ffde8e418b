package realtimetest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// Limit is how long anything that a client waits for may take. It is generous:
// machines that run tests are slow.
const Limit = time.Minute

// Dialer is how a connection is opened.
type Dialer struct {
	URL      string // of the server, such as "http://127.0.0.1:3000"
	Host     string // the Host header; "" for URL's
	Query    string // of the connection's URL, raw, such as "auth=abc&own=false"
	Header   http.Header
	Protocol int  // 1, 3, 4 or 5; 0 for 5
	Polling  bool // instead of WebSocket
}

// Refused is a connection that was answered with another status.
type Refused struct {
	Status int
	Body   string
}

// Error implements error.
func (r *Refused) Error() string {
	return fmt.Sprintf("realtimetest: refused: %d %s", r.Status, r.Body)
}

// Dial opens a connection and waits until it is open. *Refused for an answer
// that does not open one. The connection's end is the caller's to see to.
func (d Dialer) Dial(ctx context.Context) (*Conn, error) {
	if d.Protocol == 0 {
		d.Protocol = 5
	}
	c := newConn(d.Protocol)
	var err error
	switch {
	case d.Protocol == 1:
		err = d.openOld(ctx, c)
	case d.Polling:
		err = d.openPolling(ctx, c)
	default:
		err = d.openWebSocket(ctx, c, "/socket.io/?"+d.query("transport=websocket"))
	}
	if err != nil {
		return nil, err
	}
	go c.read()
	if d.Protocol == 3 || d.Protocol == 4 {
		go c.ping()
	}
	return c, c.opened(ctx)
}

// query gives the connection's query with what belongs to the protocol.
func (d Dialer) query(more string) string {
	version := map[int]string{3: "EIO=2&", 4: "EIO=3&", 5: "EIO=4&"}[d.Protocol]
	all := version + more
	if d.Query != "" {
		all += "&" + d.Query
	}
	return all
}

// request makes a request to the server.
func (d Dialer) request(ctx context.Context, method, path string, body io.Reader) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, d.URL+path, body)
	if err != nil {
		return nil, err
	}
	for name, values := range d.Header {
		r.Header[name] = values
	}
	if d.Host != "" {
		r.Host = d.Host
	}
	return r, nil
}

// ask sends a request and gives the body of its answer.
func (d Dialer) ask(ctx context.Context, method, path, body string) (string, error) {
	r, err := d.request(ctx, method, path, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return "", err
	}
	if res.StatusCode != http.StatusOK {
		return "", &Refused{res.StatusCode, string(text)}
	}
	return string(text), nil
}

func (d Dialer) openWebSocket(ctx context.Context, c *Conn, path string) error {
	at, err := url.Parse(d.URL)
	if err != nil {
		return err
	}
	scheme := map[string]string{"http": "ws", "https": "wss"}[at.Scheme]
	header := d.Header.Clone()
	if d.Host != "" {
		if header == nil {
			header = http.Header{}
		}
		header.Set("Host", d.Host)
	}
	dialer := websocket.Dialer{HandshakeTimeout: Limit}
	ws, res, err := dialer.DialContext(ctx, scheme+"://"+at.Host+path, header)
	if err != nil {
		if res == nil {
			return err
		}
		defer res.Body.Close()
		text, _ := io.ReadAll(res.Body) // part of it is better than none
		return &Refused{res.StatusCode, string(text)}
	}
	c.wire = socketWire{ws, d.Protocol == 3}
	return nil
}

// openPolling opens a session by a first poll, whose packets are read as all
// others are.
func (d Dialer) openPolling(ctx context.Context, c *Conn) error {
	first, err := d.ask(ctx, http.MethodGet, "/socket.io/?"+d.query("transport=polling&b64=1"), "")
	if err != nil {
		return err
	}
	w := newPollWire(d)
	w.waiting = split(d.Protocol, first)
	sid := stringMember(strings.TrimPrefix(w.waiting[0], "0"), "sid")
	w.path = "/socket.io/?" + d.query("transport=polling&b64=1&sid="+url.QueryEscape(sid))
	c.wire = w
	return nil
}

// openOld makes the handshake of protocol 1 and opens the transport.
func (d Dialer) openOld(ctx context.Context, c *Conn) error {
	text, err := d.ask(ctx, http.MethodGet, "/socket.io/1/?"+d.query("t=1"), "")
	if err != nil {
		return err
	}
	sid, _, ok := strings.Cut(text, ":")
	if !ok {
		return fmt.Errorf("realtimetest: handshake answered %q", text)
	}
	if d.Polling {
		w := newPollWire(d)
		w.path = "/socket.io/1/xhr-polling/" + sid + "?t=1"
		c.wire = w
		return nil
	}
	return d.openWebSocket(ctx, c, "/socket.io/1/websocket/"+sid)
}
