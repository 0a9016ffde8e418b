//go:build linux

package swarm

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Target is what the sockets connect to, and as whom.
type Target struct {
	// Addr is an IPv4 address and a port.
	Addr string
	// Host is the Host header; Addr if it is empty.
	Host string
	// Query is added to the handshake's query, without a leading "&".
	Query string
	// Namespace is what is connected to, the root if it is empty.
	Namespace string
	// Auth is the JSON object that is sent with CONNECT; none if it is empty.
	Auth string
	// Receive is the size of the receive buffer in bytes, the system's if it is 0.
	Receive int
	// Event is called for each event with the JSON array of its name and
	// arguments, which is valid during the call. It may be nil.
	Event func(s *Socket, array []byte)
	// Lost is called when a socket that had connected ends otherwise than by
	// Close and Cut. It may be nil.
	Lost func(s *Socket, err error)
}

// patience is how long Open waits while nothing happens.
const patience = 30 * time.Second

// opening is one call of Open.
type opening struct {
	swarm     *Swarm
	target    func(int) Target
	n, window int
	begun     int
	decided   int
	connected []*Socket
	failed    error // the first
	progress  chan struct{}
	done      chan struct{}
	over      bool
}

// Open connects n sockets, of which at most window are under way at a time, and
// returns those that connected, and why the first of the others did not. target
// is called for each i < n.
func (w *Swarm) Open(n, window int, target func(i int) Target) ([]*Socket, error) {
	o := &opening{swarm: w, target: target, n: n, window: window, progress: make(chan struct{}, 1), done: make(chan struct{})}
	w.Do(o.next)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for waiting := n > 0; waiting; {
		select {
		case <-o.progress:
			timer.Reset(patience)
		case <-o.done:
			waiting = false
		case <-timer.C:
			waiting = false
		}
	}
	w.Do(func() {
		o.over = true
		if o.decided < n && o.failed == nil {
			o.failed = errors.New("swarm: no answer")
		}
	})
	return o.connected, o.failed
}

// next begins what the window lets.
func (o *opening) next() {
	for o.begun < o.n && o.begun-o.decided < o.window && !o.over {
		s := &Socket{swarm: o.swarm, target: o.target(o.begun), opening: o}
		o.begun++
		if err := s.connect(); err != nil {
			s.end(err)
		}
	}
}

// decide takes one socket's success, or its failure.
func (o *opening) decide(s *Socket, err error) {
	o.decided++
	switch {
	case err == nil && !o.over:
		o.connected = append(o.connected, s)
	case err != nil && o.failed == nil:
		o.failed = err
	}
	select {
	case o.progress <- struct{}{}:
	default:
	}
	if o.decided == o.n {
		close(o.done)
		return
	}
	o.swarm.post(o.next) // not from here: failures at once would go deep
}

// locals is the number of local addresses that sockets are spread over. Each has
// some 28,000 ports.
const locals = 8

// connect begins to connect.
func (s *Socket) connect() error {
	remote, err := address(s.target.Addr)
	if err != nil {
		return err
	}
	if s.fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0); err != nil {
		s.fd = 0
		return fmt.Errorf("swarm: socket: %w", err)
	}
	w := s.swarm
	for s.fd >= len(w.sockets) {
		w.sockets = append(w.sockets, nil)
	}
	w.sockets[s.fd] = s
	if remote.Addr[0] == 127 {
		w.opened++
		local := &unix.SockaddrInet4{Addr: [4]byte{127, 0, 1, byte(1 + w.opened%locals)}}
		err := unix.SetsockoptInt(s.fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
		if err := errors.Join(err, unix.Bind(s.fd, local)); err != nil {
			return fmt.Errorf("swarm: bind: %w", err)
		}
	}
	if s.target.Receive > 0 {
		if err := unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, s.target.Receive); err != nil {
			return fmt.Errorf("swarm: receive buffer: %w", err)
		}
	}
	if err := unix.SetsockoptInt(s.fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return fmt.Errorf("swarm: no delay: %w", err)
	}
	if err := unix.Connect(s.fd, remote); err != nil && !errors.Is(err, unix.EINPROGRESS) {
		return fmt.Errorf("swarm: connect: %w", err)
	}
	return w.watch(s.fd, unix.EPOLL_CTL_ADD, unix.EPOLLIN|unix.EPOLLOUT)
}

func address(hostPort string) (*unix.SockaddrInet4, error) {
	host, port, err := net.SplitHostPort(hostPort)
	if err != nil {
		return nil, fmt.Errorf("swarm: %w", err)
	}
	ip := net.ParseIP(host).To4()
	number, err := strconv.ParseUint(port, 10, 16)
	if ip == nil || err != nil {
		return nil, fmt.Errorf("swarm: %s is not an IPv4 address and a port", hostPort)
	}
	return &unix.SockaddrInet4{Port: int(number), Addr: [4]byte(ip)}, nil
}
