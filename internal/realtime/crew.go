package realtime

import "sync"

// spareWorkers is how many goroutines wait for the next socket with a command.
const spareWorkers = 64

// crew runs the commands of sockets. It keeps some of its goroutines for the
// next ones: the stack of a new one has to grow first.
type crew struct {
	jobs  chan job
	spare chan struct{} // holds one for each goroutine that waits
	over  chan struct{} // closed at the end
	once  sync.Once     // closes it
}

// job is a socket with a command to run, or nil for the next that waits there.
type job struct {
	session *session
	first   *pending
}

func (c *crew) init() {
	c.jobs, c.spare, c.over = make(chan job), make(chan struct{}, spareWorkers), make(chan struct{})
}

// do lets somebody take the job at once.
func (c *crew) do(j job) {
	select {
	case c.jobs <- j:
	default:
		go c.work(j)
	}
}

// close lets nobody wait any more.
func (c *crew) close() { c.once.Do(func() { close(c.over) }) }

func (c *crew) work(j job) {
	for ok := true; ok; j, ok = c.next() {
		j.session.run(j.first)
	}
}

// next waits for a job, unless enough wait already or it is over.
func (c *crew) next() (j job, ok bool) {
	select {
	case c.spare <- struct{}{}:
	default:
		return job{}, false
	}
	defer func() { <-c.spare }()
	select {
	case j = <-c.jobs:
		return j, true
	case <-c.over:
		return job{}, false
	}
}
