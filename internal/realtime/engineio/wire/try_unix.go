//go:build unix

package wire

import "syscall"

// canTry tells whether the system lets a read or a write be tried.
const canTry = true

// tryRead reads, and reports false if nothing has come yet.
func (a *attempt) tryRead(fd uintptr) bool {
	in := a.env.buffer()
	n, err := syscall.Read(int(fd), in.b[:cap(in.b)])
	for err == syscall.EINTR {
		n, err = syscall.Read(int(fd), in.b[:cap(in.b)])
	}
	if err == nil && n > 0 {
		in.b = in.b[:n]
		a.in = in
		return true
	}
	a.env.release(in)
	if err == syscall.EAGAIN {
		return false
	}
	a.err = err
	return true
}

// tryWrite writes what there is room for.
func (a *attempt) tryWrite(fd uintptr) bool {
	for a.n < len(a.out) {
		n, err := syscall.Write(int(fd), a.out[a.n:])
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			return true
		case err != nil:
			a.err = err
			return true
		}
		whole := n == len(a.out)-a.n
		a.n += n
		if !whole {
			return true
		}
	}
	return true
}
