package realtime

import (
	"github.com/activityd/activityd/internal/activity"
	"github.com/activityd/activityd/internal/api"
	"github.com/activityd/activityd/internal/realtime/socketio"
)

// maxItems is how many changes wait to be told to one socket one by one.
const maxItems = 100

// topic is what a notification is about.
type topic struct {
	event   event
	channel activity.ChannelID // "" for channelsChanged
}

// event is the name of a notification.
type event uint8

// The notifications.
const (
	channelsChanged event = iota
	foldersChanged
	eventsChanged
	events // how many there are
)

func (e event) String() string {
	return [...]string{"channelsChanged", "foldersChanged", "eventsChanged"}[e]
}

// news is a notification that waits for its socket.
type news struct {
	topic
	seq   activity.Seq     // of the newest change in it
	items []api.ChangeView // of a socket that wants them
	more  bool             // items are not all
}

// topicsOf gives what the seen part of a change is about. The deletion of a
// folder stands for its events too, as does its move out of sight or into it;
// items tell of the folders only. The deletion of a channel stands for all in
// it, which nobody can ask for any more.
func topicsOf(c *activity.Change, seen []api.ChangeView) []news {
	if len(seen) == 0 {
		return nil
	}
	one := news{topic: topic{channel: c.Channel}, seq: c.Seq, items: seen}
	switch c.Kind {
	case activity.ChannelKind:
		one.topic = topic{event: channelsChanged}
		return []news{one}
	case activity.EventKind:
		one.event = eventsChanged
		return []news{one}
	case activity.FolderKind, activity.AccessKind, activity.SessionKind, activity.UserKind, activity.ProfileKind:
	}
	one.event = foldersChanged
	for i := range seen {
		if action := seen[i].Action; action == activity.Deleted || action == activity.Created && c.Action != activity.Created {
			return []news{one, {topic: topic{eventsChanged, c.Channel}, seq: c.Seq, more: true}}
		}
	}
	return []news{one}
}

// mark notes what is to be told. The lock is held.
func (s *session) mark(n *news) {
	at := -1
	for i := range s.dirty {
		if s.dirty[i].topic == n.topic {
			at = i
			break
		}
	}
	if at < 0 {
		at = len(s.dirty)
		s.dirty = append(s.dirty, news{topic: n.topic})
	}
	known := &s.dirty[at]
	known.seq = max(known.seq, n.seq)
	if !s.items || known.more {
		return
	}
	before := len(known.items)
	if known.more = n.more; !n.more {
		for _, v := range n.items {
			known.items = api.Merge(known.items, v)
		}
		known.more = int(s.held)+len(known.items)-before > maxItems
	}
	if known.more {
		known.items = nil
	}
	s.held += uint8(len(known.items) - before) //nolint:gosec // from 0 to maxItems; a negative difference wraps back
}

// tell marks news and delivers them, if the socket can take them.
func (s *session) tell(list []news, b *bulletin) {
	s.mu.Lock()
	if s.gone || s.revoked {
		s.mu.Unlock()
		return
	}
	for i := range list {
		s.mark(&list[i])
	}
	s.mu.Unlock()
	s.deliver(false, b)
}

// deliver sends what is to be told when nothing waits to be written to the
// socket, so that one that reads slowly costs no more than its set of topics.
// Drained calls it when everything was written, and does not look at what was
// sent since, so that answers in a close row cannot keep notifications waiting.
// Whoever finds it at work leaves it to look again.
func (s *session) deliver(drained bool, b *bulletin) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.delivering {
		return
	}
	s.delivering = true
	for s.connected && !s.gone && !s.revoked && len(s.dirty) > 0 && (drained || s.socket.Queued() == 0) {
		list := s.dirty
		s.dirty, s.held, drained = nil, 0, false
		s.mu.Unlock()
		for i := range list {
			s.emit(&list[i], b)
		}
		s.mu.Lock()
	}
	s.delivering = false
}

// emit sends one notification. An error is that of a socket that has ended.
func (s *session) emit(n *news, b *bulletin) {
	s.server.counts.notified[n.event].Add(1)
	if s.items && !n.more {
		_ = s.socket.Emit(n.event.String(), n.content(s.server, s.home.user), n.list())
		return
	}
	_ = s.socket.EmitPrepared(b.prepare(n, s.server, s.home.user))
}

// content is the first argument.
func (n *news) content(s *Server, user activity.UserID) []byte {
	b := make([]byte, 0, 96)
	b = append(b, '{')
	if n.channel != "" {
		b = append(activity.AppendString(append(b, `"channelId":`...), string(n.channel)), ',')
	}
	cursor := activity.NewCursor(*s.epoch.Load(), user, n.seq)
	return append(activity.AppendString(append(b, `"cursor":`...), string(cursor)), '}')
}

// list is the second argument.
func (n *news) list() []byte {
	b := []byte{'['}
	for i := range n.items {
		if i > 0 {
			b = append(b, ',')
		}
		b = n.items[i].AppendJSON(b)
	}
	return append(b, ']')
}

// bulletin keeps the encodings of one change's notifications, to be shared by
// all sockets that it is told to. It belongs to one goroutine. A nil one keeps
// nothing.
type bulletin struct {
	known [2]struct {
		topic    topic
		seq      activity.Seq
		prepared *socketio.Prepared
	}
}

func (b *bulletin) prepare(n *news, s *Server, user activity.UserID) *socketio.Prepared {
	if b == nil {
		return socketio.Prepare(n.event.String(), n.content(s, user))
	}
	for i := range b.known {
		k := &b.known[i]
		if k.prepared == nil {
			k.topic, k.seq = n.topic, n.seq
			k.prepared = socketio.Prepare(n.event.String(), n.content(s, user))
		}
		if k.topic == n.topic && k.seq == n.seq {
			return k.prepared
		}
	}
	return socketio.Prepare(n.event.String(), n.content(s, user))
}
