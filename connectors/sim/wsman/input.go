package wsman

import (
	"context"
	"io"
	"sync"
	"time"
)

// input is the standard input of a command: what Send brings and the handler
// reads.
type input struct {
	ctx    context.Context // it is the life of the command
	buffer int

	mu      sync.Mutex
	changed chan struct{}
	data    []byte
	ended   bool // the client has said so
	closed  bool // nobody reads it any more
	// over: a Send timed out and what it brought still waits for room.
	over bool
}

func newInput(ctx context.Context, buffer int) *input {
	return &input{ctx: ctx, buffer: buffer, changed: make(chan struct{})}
}

func (i *input) wake() {
	close(i.changed)
	i.changed = make(chan struct{})
}

// shut says that nobody reads any more.
func (i *input) shut() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.closed, i.data = true, nil
	i.wake()
}

// Read implements io.Reader.
func (i *input) Read(p []byte) (int, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for len(p) > 0 && len(i.data) == 0 {
		if i.closed {
			return 0, io.ErrClosedPipe
		}
		if i.ended {
			return 0, io.EOF
		}
		changed := i.changed
		i.mu.Unlock()
		select {
		case <-changed:
			i.mu.Lock()
		case <-i.ctx.Done():
			i.mu.Lock()
			return 0, i.ctx.Err()
		}
	}
	n := copy(p, i.data)
	i.data = i.data[n:]
	i.over = i.over && len(i.data) > i.buffer
	i.wake()
	return n, nil
}

// put brings input. While the buffer is full it waits; input that had to wait for
// too long is still taken, but the client gets a fault, and the next one is busy
// until there is room: so a Windows under load has been seen to behave.
func (i *input) put(ctx context.Context, data []byte, end bool, timeout time.Duration) *Fault {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	i.mu.Lock()
	defer i.mu.Unlock()
	for {
		switch {
		case i.closed || i.ended || i.ctx.Err() != nil:
			return FaultOf(CodePipeEnded)
		case i.over:
			return FaultOf(CodeBusy)
		case len(data) == 0 || len(i.data) == 0 || len(i.data)+len(data) <= i.buffer:
			i.add(data, end)
			return nil
		}
		changed := i.changed
		i.mu.Unlock()
		timedOut := false
		select {
		case <-changed:
		case <-timer.C:
			timedOut = true
		case <-ctx.Done():
		case <-i.ctx.Done():
		}
		i.mu.Lock()
		if timedOut && !i.closed {
			i.add(data, end)
			i.over = true
			return FaultOf(CodeTimedOut)
		}
		if ctx.Err() != nil {
			return FaultOf(CodeAborted) // the client is gone
		}
	}
}

func (i *input) add(data []byte, end bool) {
	i.data = append(i.data, data...)
	i.ended = end
	i.wake()
}
