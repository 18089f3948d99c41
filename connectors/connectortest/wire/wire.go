package wire

import (
	"net"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Wire relays the connections to one address.
type Wire struct {
	listener net.Listener
	to       string
	delay    time.Duration

	mu     sync.Mutex
	conns  []net.Conn
	frozen chan struct{}
	once   sync.Once
	ending sync.Once
	work   sync.WaitGroup
	done   chan struct{}
}

// New starts a relay to an address. delay is that of one direction: a round trip
// takes twice as long. It ends with the test.
func New(t testing.TB, to string, delay time.Duration) *Wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test's own listener
	if err != nil {
		t.Fatalf("lay a wire: %v", err)
	}
	w := &Wire{listener: l, to: to, delay: delay, frozen: make(chan struct{}), done: make(chan struct{})}
	w.work.Go(w.accept)
	t.Cleanup(w.Close)
	return w
}

// Host is the address of the near end, without the port.
func (w *Wire) Host() string { return "127.0.0.1" }

// Port is the TCP port of the near end.
func (w *Wire) Port() int {
	_, port, _ := net.SplitHostPort(w.listener.Addr().String()) // it comes from a listener
	n, _ := strconv.Atoi(port)                                  // as above
	return n
}

// Freeze stops all bytes in both directions, for good: nobody is told.
func (w *Wire) Freeze() { w.once.Do(func() { close(w.frozen) }) }

// Cut closes all connections that go through.
func (w *Wire) Cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		_ = c.Close() // it may be closed already
	}
}

// Close takes the wire away. It is safe to call twice.
func (w *Wire) Close() {
	w.ending.Do(func() {
		close(w.done)
		_ = w.listener.Close() // accept returns
		w.Cut()
	})
	w.work.Wait()
}

func (w *Wire) accept() {
	for {
		near, err := w.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", w.to) //nolint:noctx // loopback
		if err != nil {
			_ = near.Close() // as if it had been refused
			continue
		}
		w.mu.Lock()
		w.conns = append(w.conns, near, far)
		w.mu.Unlock()
		w.work.Go(func() { w.relay(far, near) })
		w.work.Go(func() { w.relay(near, far) })
	}
}

// piece is some bytes and when they come out at the other end.
type piece struct {
	data []byte
	due  time.Time
}

func (w *Wire) relay(to, from net.Conn) {
	pieces := make(chan piece, 1024)
	w.work.Go(func() { w.deliver(to, pieces) })
	defer close(pieces)
	for {
		buf := make([]byte, 32<<10)
		n, err := from.Read(buf)
		if n > 0 {
			select {
			case pieces <- piece{buf[:n], time.Now().Add(w.delay)}:
			case <-w.done:
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (w *Wire) deliver(to net.Conn, pieces <-chan piece) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for p := range pieces {
		timer.Reset(time.Until(p.due))
		select {
		case <-timer.C:
		case <-w.done:
		}
		select {
		case <-w.frozen:
			<-w.done
			return
		default:
		}
		if _, err := to.Write(p.data); err != nil {
			break
		}
	}
	_ = to.Close() // the other side has closed
}
