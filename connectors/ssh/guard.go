package ssh

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// The causes of the deadlines of a connection.
var (
	errDialTimeout      = errors.New("no connection within the connect timeout")
	errHandshakeTimeout = errors.New("no handshake within the connect timeout")
)

// guard closes a connection when its time is over or its context ends, and cancels
// what else the handshake waits for. It works for connections without deadlines
// too (channels through a jump host).
type guard struct {
	conn    net.Conn
	cancel  context.CancelFunc
	timer   *time.Timer
	stopCtx func() bool
	fired   chan struct{}

	mu    sync.Mutex
	cause error
	done  bool
}

func newGuard(ctx context.Context, conn net.Conn, d time.Duration, cancel context.CancelFunc) *guard {
	g := &guard{conn: conn, cancel: cancel, fired: make(chan struct{})}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.timer = time.AfterFunc(d, func() { g.fire(errHandshakeTimeout) })
	g.stopCtx = context.AfterFunc(ctx, func() { g.fire(context.Cause(ctx)) })
	return g
}

func (g *guard) fire(cause error) {
	g.mu.Lock()
	if g.done {
		g.mu.Unlock()
		return
	}
	g.done, g.cause = true, cause
	g.mu.Unlock()
	close(g.fired)
	g.cancel()
	_ = g.conn.Close() // it is being given up
}

// extend gives the next phase its own time.
func (g *guard) extend(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.done {
		g.timer.Reset(d)
	}
}

// stop ends the guarding and returns why the connection was closed, nil if it
// was not.
func (g *guard) stop() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.timer.Stop()
	g.stopCtx()
	g.done = true
	return g.cause
}
