package ssh

import (
	"errors"
	"io"
	"net"
	"testing"
)

// halfDead can be written and not read any more, as a connection whose peer has gone.
type halfDead struct {
	net.Conn
	closed bool
}

func (*halfDead) Read([]byte) (int, error) { return 0, io.EOF }

func (c *halfDead) Close() error {
	c.closed = true
	return nil
}

// TestReadErrorCloses: what cannot be read is closed before anybody hears of it, so that
// nobody is promised an answer.
func TestReadErrorCloses(t *testing.T) {
	t.Parallel()
	raw := &halfDead{}
	c := newWatchedConn(raw, nil)
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) || !raw.closed || c.closed.Err() == nil {
		t.Errorf("%v, closed %v", err, raw.closed)
	}
}
