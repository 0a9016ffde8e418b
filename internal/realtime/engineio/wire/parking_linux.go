package wire

import (
	"errors"
	"os"
	"runtime"
	"sync"
	"syscall"
)

// parking is where connections wait that are likely to be quiet for long, with
// no goroutine each: one goroutine waits for all of them, on an epoll of our own
// beside that of Go's runtime. A descriptor in it is asked about once, and then
// no more until its connection parks again.
type parking struct {
	mu    sync.Mutex
	epoll *os.File // nil before the first one parks
	fd    int      // of epoll
	conns []*Conn  // those that are parked, by descriptor
	read  int      // connections that are read, parked or not
}

// place is what a connection knows of its parking; guarded by parking.mu.
type place struct {
	fd    int32 // its descriptor, which stays open until leave was called
	known bool  // epoll knows the descriptor
}

// enter counts a connection that begins to be read.
func (p *parking) enter() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.read++
}

// exit takes one off. After the last one nothing is left of the epoll.
func (p *parking) exit() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.read--; p.read == 0 && p.epoll != nil {
		_ = p.epoll.Close() // its goroutine ends
		p.epoll, p.conns = nil, nil
	}
}

// park lets a connection wait for its next bytes. It reports false if it has to
// wait by itself.
func (p *parking) park(c *Conn) bool {
	if c.raw == nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.leaving.Load() || p.epoll == nil && p.open(c.env) != nil {
		return false
	}
	fd := int(c.place.fd)
	if !c.place.known {
		if c.raw.Control(func(d uintptr) { fd = int(d) }) != nil {
			return false
		}
		c.place.fd = int32(fd)
	}
	for fd >= len(p.conns) {
		p.conns = append(p.conns, nil)
	}
	how := syscall.EPOLL_CTL_MOD
	if !c.place.known {
		how = syscall.EPOLL_CTL_ADD
	}
	event := syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLONESHOT, Fd: c.place.fd}
	if syscall.EpollCtl(p.fd, how, fd, &event) != nil {
		return false
	}
	c.place.known = true
	p.conns[fd] = c
	return true
}

// leave lets a connection that is marked as leaving, and parks no more, wait by
// itself if it is parked. It must be called before the descriptor is closed.
func (p *parking) leave(c *Conn) {
	if c.raw == nil {
		return
	}
	p.mu.Lock()
	fd := int(c.place.fd)
	parked := c.place.known && fd < len(p.conns) && p.conns[fd] == c
	if parked {
		p.conns[fd] = nil
	}
	p.mu.Unlock()
	if parked {
		go c.wait()
	}
}

// open makes the epoll and its goroutine, for a connection that is read. The
// lock is held.
func (p *parking) open(e *Env) error {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return err
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		return errors.Join(err, syscall.Close(fd))
	}
	p.fd, p.epoll = fd, os.NewFile(uintptr(fd), "epoll")
	raw, err := p.epoll.SyscallConn()
	if err != nil {
		err = errors.Join(err, p.epoll.Close())
		p.epoll = nil
		return err
	}
	e.work.Add(1) // the connection counts, so Wait still waits
	go p.serve(e, raw)
	return nil
}

// serve lets those go on for whom something has come.
func (p *parking) serve(e *Env, raw syscall.RawConn) {
	defer e.work.Done()
	events := make([]syscall.EpollEvent, 128)
	n := 0
	wait := func(fd uintptr) bool {
		var err error
		n, err = syscall.EpollWait(int(fd), events, 0)
		return n > 0 || err != nil
	}
	for raw.Read(wait) == nil {
		p.mu.Lock()
		for _, event := range events[:max(n, 0)] {
			// A descriptor may be another connection's by now, or nobody's: who is
			// woken for nothing waits by itself.
			if fd := int(event.Fd); fd < len(p.conns) && p.conns[fd] != nil {
				go p.conns[fd].wait()
				p.conns[fd] = nil
			}
		}
		p.mu.Unlock()
		// Those first, before there are more: a goroutine that was needed once
		// is never given back whole.
		runtime.Gosched()
	}
}
