package realtime

import (
	"fmt"
	"slices"
	"testing"

	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/realtime/socketio"
)

// busy is a socket that does something while it is written to.
type busy struct {
	socketio.Socket
	during func()
	sent   []string
}

func (b *busy) Queued() int { return 0 }

func (b *busy) Emit(event string, _ ...[]byte) error {
	b.sent = append(b.sent, event)
	if during := b.during; during != nil {
		b.during = nil
		during()
	}
	return nil
}

// TestToldMeanwhile: what is to be told while another goroutine delivers is left to
// that one, and not lost, where the socket has taken all before it looks again. No
// test with a connection can have the two meet there.
func TestToldMeanwhile(t *testing.T) {
	epoch := "epoch"
	server := &Server{}
	server.epoch.Store(&epoch)
	socket := &busy{}
	s := &session{server: server, socket: socket, home: &home{user: "alice"}, items: true, connected: true}
	one := func(e event, seq activity.Seq) []news {
		return []news{{topic: topic{event: e, channel: "diary"}, seq: seq, items: []api.ChangeView{{ID: fmt.Sprint(seq)}}}}
	}
	socket.during = func() { s.tell(one(foldersChanged, 2), nil) }
	s.tell(one(eventsChanged, 1), nil)
	if want := []string{"eventsChanged", "foldersChanged"}; !slices.Equal(socket.sent, want) {
		t.Errorf("sent %v, want %v", socket.sent, want)
	}
}
