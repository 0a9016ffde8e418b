package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// readers is a pool of connections that cannot write, opened as they are
// needed.
type readers struct {
	path  string
	slots chan struct{} // one for each connection that may be in use

	mu   sync.Mutex
	free []*conn

	closing chan struct{}
}

func newReaders(path string, size int) *readers {
	return &readers{path: path, slots: make(chan struct{}, size), closing: make(chan struct{})}
}

// take gives a connection, which put must get back. What runs on it ends when
// ctx ends.
func (r *readers) take(ctx context.Context) (*conn, error) {
	select {
	case <-r.closing:
		return nil, unavailable(errClosed)
	default:
	}
	select {
	case r.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-r.closing:
		return nil, unavailable(errClosed)
	}
	c, err := r.idle()
	if err != nil {
		<-r.slots
		return nil, failure("open a connection", err)
	}
	if ctx.Done() != nil {
		c.SetInterrupt(ctx.Done())
	}
	return c, nil
}

func (r *readers) idle() (*conn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.free); n > 0 {
		c := r.free[n-1]
		r.free = r.free[:n-1]
		return c, nil
	}
	return openConn(r.path, "query_only = 1", "temp_store = MEMORY", "cache_size = -8192")
}

func (r *readers) put(c *conn) {
	c.SetInterrupt(nil)
	r.mu.Lock()
	r.free = append(r.free, c)
	r.mu.Unlock()
	<-r.slots
}

// snapshot runs fn in one read transaction, so that all of its statements see
// the same moment.
func (r *readers) snapshot(ctx context.Context, op string, fn func(*conn) error) error {
	c, err := r.take(ctx)
	if err != nil {
		return err
	}
	defer r.put(c)
	if err := c.exec("BEGIN"); err != nil {
		return r.failed(ctx, op, err)
	}
	err = fn(c)
	if endErr := c.end(); err == nil {
		err = endErr
	}
	return r.failed(ctx, op, err)
}

// failed gives ctx's end as the cause where that was it.
func (r *readers) failed(ctx context.Context, op string, err error) error {
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("storage/sqlite: %s: %w", op, ctx.Err())
	}
	return failure(op, err)
}

// end ends a read transaction, also after an interrupt.
func (c *conn) end() error {
	c.SetInterrupt(nil)
	if c.AutocommitEnabled() {
		return nil
	}
	return c.exec("ROLLBACK")
}

// close waits for the connections in use and closes all.
func (r *readers) close() error {
	close(r.closing)
	for range cap(r.slots) {
		r.slots <- struct{}{}
	}
	var errs []error
	for _, c := range r.free {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}
