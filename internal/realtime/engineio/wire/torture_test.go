package wire_test

import (
	"encoding/binary"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/activityd/activityd/internal/realtime/engineio/wire"

	"github.com/gorilla/websocket"
)

// echo sends back what comes, and counts how it is told of the end.
type echo struct {
	out   wire.Outbox
	calls atomic.Int32 // how many are at work
	quiet atomic.Bool
	ended atomic.Int32
}

func (e *echo) Drained()     {}
func (e *echo) Broken(error) {}
func (e *echo) Quiet() bool  { return e.quiet.Load() }
func (e *echo) Ended(error)  { e.ended.Add(1) }
func (e *echo) Receive(_ bool, data []byte) bool {
	if e.calls.Add(1) != 1 {
		panic("two calls at a time")
	}
	defer e.calls.Add(-1)
	frame := wire.Frame(wire.OpBinary, data)
	if data[0]&1 == 0 {
		return e.out.Hold(frame) == nil
	}
	return e.out.Push(frame) == nil
}

// TestTorture lets connections be quiet and busy in turns and end in each way
// there is, at any moment: what comes back is in order, everybody is told of the
// end once, and nothing is left.
func TestTorture(t *testing.T) {
	t.Run("TCP", func(t *testing.T) { torture(t, connect) })
	t.Run("TLS", func(t *testing.T) { torture(t, connectTLS) })
}

func torture(t *testing.T, connect func(*testing.T, *wire.Env) (*wire.Conn, *websocket.Conn)) {
	t.Helper()
	env := wire.NewEnv(wire.Limits{MaxMessage: 1 << 20, MaxQueue: 64 << 20, WriteTimeout: time.Minute})
	const conns = 60
	var all sync.WaitGroup
	echoes := make([]*echo, conns)
	for i := range echoes {
		server, client := connect(t, env)
		e := new(echo)
		echoes[i] = e
		e.out.Init(env, e)
		e.out.Attach(server)
		server.Start(&e.out, e)
		all.Go(func() {
			if got := talk(t, e, client); got < 200 {
				t.Errorf("the end after %d messages", got)
			}
			switch i % 5 {
			case 0:
				e.out.Abort()
			case 1:
				e.out.Finish(wire.CloseFrame(websocket.CloseGoingAway))
			case 2:
				if tcp, ok := client.NetConn().(*net.TCPConn); ok {
					_ = tcp.SetLinger(0) // else the end is an orderly one
				}
			case 3:
				_ = client.WriteMessage(websocket.CloseMessage, nil) // the same
			}
			_ = client.Close() // nobody is left to be told
		})
	}
	all.Wait()
	env.Wait()
	for i, e := range echoes {
		if n := e.ended.Load(); n != 1 {
			t.Errorf("%d was told of the end %d times", i, n)
		}
	}
}

// talk sends messages in bursts and reads them back, and returns how many came.
func talk(t *testing.T, e *echo, client *websocket.Conn) int {
	t.Helper()
	sent, got := uint32(0), uint32(0)
	for sent < 200 {
		e.quiet.Store(rand.IntN(2) == 0)
		burst := rand.IntN(8)
		for range burst {
			data := make([]byte, 4+rand.IntN(3)*rand.IntN(10_000))
			binary.LittleEndian.PutUint32(data, sent)
			sent++
			if err := client.WriteMessage(websocket.BinaryMessage, data); err != nil {
				t.Error(err)
				return int(got)
			}
		}
		for range burst {
			_, data, err := client.ReadMessage()
			if err != nil || binary.LittleEndian.Uint32(data) != got {
				t.Errorf("message %d: %v", got, err)
				return int(got)
			}
			got++
		}
	}
	return int(got)
}
