package ssh

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"patchwave/connectors/runner"
)

// watchedConn remembers when the peer was last heard, and reads slowly from a
// peer that sends more than is kept: what is not read stays with the peer. Reading
// slowly further up would fill the window of each channel, two megabytes, first.
type watchedConn struct {
	net.Conn
	start time.Time
	heard atomic.Int64

	budget *runner.Budget
	// debt is what was thrown away since the last read, in bytes.
	debt   atomic.Int64
	closed context.Context // ends the waiting of a Read
	cancel context.CancelFunc

	// last is run once when the connection has been closed because it could not be
	// read, before anybody is told.
	last atomic.Pointer[func()]
}

func newWatchedConn(c net.Conn, budget *runner.Budget) *watchedConn {
	w := &watchedConn{Conn: c, start: time.Now(), budget: budget}
	w.closed, w.cancel = context.WithCancel(context.Background())
	return w
}

// owe says that bytes were thrown away.
func (c *watchedConn) owe(n int) { c.debt.Add(int64(n)) }

// Close closes the connection and ends a Read that waits.
func (c *watchedConn) Close() error {
	c.cancel()
	return c.Conn.Close()
}

// Read reads. A connection whose reading fails is at its end: it is closed, and atEnd
// is run, before that is told.
func (c *watchedConn) Read(p []byte) (int, error) {
	if debt := c.debt.Swap(0); debt > 0 {
		c.budget.Pace(c.closed, int(debt))
	}
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.heard.Store(int64(time.Since(c.start)))
	}
	if err != nil {
		_ = c.Close() // what ended it is the error of reading
		c.atEnd(nil)
	}
	return n, err
}

// atEnd has last run when reading has failed, at once if it has already.
func (c *watchedConn) atEnd(last func()) {
	if last != nil {
		c.last.Store(&last)
		if c.closed.Err() == nil {
			return
		}
	}
	if f := c.last.Swap(nil); f != nil {
		(*f)()
	}
}

// silence is how long nothing came.
func (c *watchedConn) silence() time.Duration {
	return time.Since(c.start) - time.Duration(c.heard.Load())
}
