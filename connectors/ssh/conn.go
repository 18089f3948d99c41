package ssh

import (
	"net"
	"sync/atomic"
	"time"
)

// watchedConn remembers when the peer was last heard.
type watchedConn struct {
	net.Conn
	start time.Time
	heard atomic.Int64
}

func newWatchedConn(c net.Conn) *watchedConn { return &watchedConn{Conn: c, start: time.Now()} }

func (c *watchedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.heard.Store(int64(time.Since(c.start)))
	}
	return n, err
}

// silence is how long nothing came.
func (c *watchedConn) silence() time.Duration {
	return time.Since(c.start) - time.Duration(c.heard.Load())
}
