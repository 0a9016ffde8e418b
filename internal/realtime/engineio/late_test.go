package engineio_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/activityd/activityd/internal/realtime/engineio"
)

// TestLatePong answers a ping a little too late, but before the session ended:
// on a loaded machine it may be ours that is late.
func TestLatePong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startPipes(t, suiteConfig())
		session := p.poll("EIO=4")
		p.expect(p.get(session), 200, "2")
		<-time.After(205 * time.Millisecond)
		p.expect(p.post(session, "3\x1e4hello"), 200, "ok")
		p.expect(p.get(session), 200, "4hello")
	})
}

// TestPollingIsAlive polls again and again without answering a ping: each poll
// proves that the client is there.
func TestPollingIsAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startPipes(t, suiteConfig())
		session := p.poll("EIO=4")
		for range 5 {
			p.expect(p.get(session), 200, "2")
			<-time.After(150 * time.Millisecond)
		}
	})
}

// TestPingBehindQueue has a ping wait behind messages that a slow client takes
// one by one. Its time to answer begins when the ping has left.
func TestPingBehindQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startPipes(t, suiteConfig())
		s := p.open("EIO=4")
		const messages = 8
		for range messages {
			if err := p.last().session.Send(engineio.TextFrame(make([]byte, 50_000))); err != nil {
				t.Fatal(err)
			}
		}
		pings := 0
		for n := 0; n < messages; {
			<-time.After(100 * time.Millisecond)
			if s.read() == "2" {
				pings++
				s.send("3")
			} else {
				n++
			}
		}
		if pings == 0 {
			s.expect("2")
			s.send("3")
		}
		s.expect("2") // it lives on
		s.closes()
		p.ended(engineio.ReasonPingTimeout)
	})
}

// TestExpectWithin gives a client that is slow to begin the time of a pong on
// top, and no more.
func TestExpectWithin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startPipes(t, suiteConfig())
		for _, query := range []string{"EIO=3", "EIO=4"} {
			s := p.open(query)
			begin := time.Now()
			p.last().session.ExpectWithin(350 * time.Millisecond)
			if query == "EIO=4" {
				s.expect("2")
				s.send("3")
			} else {
				<-time.After(450 * time.Millisecond)
				s.send("2")
				s.expect("3")
			}
			s.closes()
			p.ended(engineio.ReasonConnectTimeout)
			if took := time.Since(begin); took < 550*time.Millisecond || took > 580*time.Millisecond {
				t.Errorf("%s: the end came after %v", query, took)
			}
		}
	})
}
