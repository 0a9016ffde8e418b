//go:build linux

package swarm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sys/unix"
)

// Swarm is a number of sockets and the goroutine that serves them.
type Swarm struct {
	epoll   int
	wake    int // an eventfd
	sockets []*Socket
	in, out []byte
	opened  uint32 // sockets so far; spreads them over local addresses
	failed  error  // of epoll

	mu     sync.Mutex
	posted []func()
	closed bool
	done   chan struct{}
}

// New starts a swarm without sockets.
func New() (*Swarm, error) {
	w := &Swarm{in: make([]byte, 64<<10), out: make([]byte, 0, 4<<10), done: make(chan struct{})}
	var err error
	if w.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("swarm: epoll: %w", err)
	}
	if w.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return nil, errors.Join(fmt.Errorf("swarm: eventfd: %w", err), unix.Close(w.epoll))
	}
	if err := w.watch(w.wake, unix.EPOLL_CTL_ADD, unix.EPOLLIN); err != nil {
		return nil, errors.Join(err, unix.Close(w.wake), unix.Close(w.epoll))
	}
	go w.run()
	return w, nil
}

// Do runs f on the swarm's goroutine and returns when it has. It must not be
// called there.
func (w *Swarm) Do(f func()) {
	ran := make(chan struct{})
	if w.post(func() { f(); close(ran) }) {
		<-ran
	}
}

// post lets f be run soon, unless the swarm is closed.
func (w *Swarm) post(f func()) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	w.posted = append(w.posted, f)
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	_, _ = unix.Write(w.wake, one[:]) // it cannot be full
	return true
}

// Close cuts all sockets and ends the swarm. Errors: what epoll failed with.
func (w *Swarm) Close() error {
	w.Do(func() {
		for _, s := range w.sockets {
			if s != nil {
				s.Cut()
			}
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.closed = true
	})
	<-w.done
	return errors.Join(w.failed, unix.Close(w.wake), unix.Close(w.epoll))
}

func (w *Swarm) run() {
	defer close(w.done)
	events := make([]unix.EpollEvent, 256)
	for {
		n, err := unix.EpollWait(w.epoll, events, -1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			w.failed = fmt.Errorf("swarm: epoll: %w", err)
			return
		}
		for _, e := range events[:max(n, 0)] {
			if int(e.Fd) == w.wake {
				if w.runPosted() {
					return
				}
				continue
			}
			if s := w.sockets[e.Fd]; s != nil {
				s.ready(e.Events)
			}
		}
	}
}

// runPosted runs what was posted, and reports whether that was the end.
func (w *Swarm) runPosted() bool {
	var count [8]byte
	_, _ = unix.Read(w.wake, count[:]) // only to be woken again
	w.mu.Lock()
	posted := w.posted
	w.posted = nil
	w.mu.Unlock()
	for _, f := range posted {
		f()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.closed
}

func (w *Swarm) watch(fd, how int, events uint32) error {
	if err := unix.EpollCtl(w.epoll, how, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)}); err != nil {
		return fmt.Errorf("swarm: epoll: %w", err)
	}
	return nil
}
