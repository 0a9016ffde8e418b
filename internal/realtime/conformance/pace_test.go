package main

import (
	"bytes"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/activityd/activityd/internal/realtime/engineio/wire"
)

// TestPace writes frames of each size of head in one go, and reads them one by
// one, each after a pause.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		conn := &pacedConn{Conn: there}
		frames := [][]byte{
			[]byte("HTTP/1.1 200 OK\r\n\r\n"), []byte("HTTP/1.1 101 Switching Protocols\r\n\r\n"),
			wire.Frame(wire.OpText, []byte("40")), wire.Frame(wire.OpText, make([]byte, 200)),
			wire.Frame(wire.OpBinary, make([]byte, 70_000)), wire.Frame(wire.OpText),
		}
		failed := make(chan error, 1)
		go func() {
			_, err := conn.Write(frames[0])
			if err == nil {
				_, err = conn.Write(frames[1])
			}
			all := bytes.Join(frames[2:], nil)
			if err == nil {
				_, err = conn.Write(all[:1000]) // ends within a frame
			}
			if err == nil {
				_, err = conn.Write(all[1000:])
			}
			failed <- err
		}()
		begin := time.Now()
		for i, want := range frames {
			got := make([]byte, len(want))
			for n := 0; n < len(got); {
				m, err := here.Read(got[n:]) // never more than one write
				if err != nil {
					t.Fatal(err)
				}
				n += m
			}
			if !bytes.Equal(got, want) {
				t.Errorf("frame %d: another one came", i)
			}
			if took, least := time.Since(begin), time.Duration(max(0, i-1))*pace; took != least {
				t.Errorf("frame %d came after %v, want %v", i, took, least)
			}
		}
		if err := <-failed; err != nil {
			t.Error(err)
		}
		// What answers the peer comes at once.
		begin = time.Now()
		go func() {
			_, err := conn.Read(make([]byte, 1))
			if err == nil {
				_, err = conn.Write(frames[2])
			}
			failed <- err
		}()
		if _, err := here.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if _, err := here.Read(make([]byte, 10)); err != nil || time.Since(begin) != 0 {
			t.Errorf("the answer came after %v, %v", time.Since(begin), err)
		}
		if err := <-failed; err != nil {
			t.Error(err)
		}
		if err := conn.CloseWrite(); err != nil { // a pipe has no halves
			t.Error(err)
		}
		if _, err := here.Read(make([]byte, 1)); err == nil {
			t.Error("it is still open")
		}
	})
}
