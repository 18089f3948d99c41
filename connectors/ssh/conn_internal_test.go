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

// TestReadErrorCloses: what cannot be read is closed, and the last thing is done, once,
// before anybody hears of it; also by who comes after the end.
func TestReadErrorCloses(t *testing.T) {
	t.Parallel()
	for _, early := range []bool{true, false} {
		raw, ran := &halfDead{}, 0
		c := newWatchedConn(raw, nil)
		last := func() {
			ran++
			if !raw.closed {
				t.Error("it is not closed yet")
			}
		}
		if early {
			c.atEnd(last)
		}
		for range 2 {
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) || !raw.closed || c.closed.Err() == nil {
				t.Errorf("%v, closed %v", err, raw.closed)
			}
		}
		if !early {
			c.atEnd(last)
		}
		if ran != 1 {
			t.Errorf("early %v: run %d times", early, ran)
		}
	}
}
