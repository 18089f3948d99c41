package wsman

import (
	"context"
	"io"
	"sync"
	"time"
)

// Handler answers the commands of a machine.
type Handler interface {
	// Start runs a command and returns its exit code. It must return soon after
	// ctx ends: the client has terminated the command, has deleted the shell or was
	// silent for too long, or the machine goes down. What it writes after that is
	// refused. It may be called by many at once.
	Start(ctx context.Context, c Command) (code uint32)
}

// HandlerFunc is a Handler that is a function.
type HandlerFunc func(ctx context.Context, c Command) uint32

// Start implements Handler.
func (f HandlerFunc) Start(ctx context.Context, c Command) uint32 { return f(ctx, c) }

// Command is a command that a client has started.
type Command struct {
	// Line is the whole command line: Program and Arguments with spaces between.
	Line string
	// Program and Arguments are what the client has sent; most clients put all of a
	// command line into Program.
	Program   string
	Arguments []string
	// Stdin is what the client sends. It ends where the client says so, and fails
	// when ctx ends.
	Stdin io.Reader
	// Stdout and Stderr are what the client receives. A Write is one Stream element,
	// if it is no longer than Options.Chunk. It waits while 1 MiB is not yet
	// received.
	Stdout, Stderr io.Writer
	// Shell is where the command runs.
	Shell Shell
	// ConsoleStdin is WINRS_CONSOLEMODE_STDIN, SkipCmdShell is WINRS_SKIP_CMD_SHELL.
	ConsoleStdin, SkipCmdShell bool
}

// exitControlC is the exit code of a command that ctrl-c has ended.
const exitControlC uint32 = 0xC000013A

const (
	stdout = "stdout"
	stderr = "stderr"
)

// maxQueued bounds the output that waits for a client, in bytes.
const maxQueued = 1 << 20

// segment is output of one stream: what one Stream element holds.
type segment struct {
	stream string
	data   []byte
}

// cost is what a segment needs, in memory and on the wire.
func (s segment) cost() int { return 160 + (len(s.data)+2)/3*4 }

// batch is the answer to one Receive.
type batch struct {
	segments []segment
	done     bool
	code     uint32
}

// command is a command of a shell.
type command struct {
	id     string
	ctx    context.Context // it is the life of the command
	cancel context.CancelFunc
	in     *input
	chunk  int

	mu       sync.Mutex
	changed  chan struct{} // closed and replaced with every change
	queue    []segment
	queued   int
	finished bool
	code     uint32
	removed  bool
	// interrupted: ctrl-c has ended it.
	interrupted bool
	// turn counts Receives: the newest one gets the output. waiting are those there
	// are now.
	turn    uint64
	waiting int
	// sent is the answer to the last Receive, until the next one shows that the
	// client has it; sentTo is the message that asked for it. While it is under way,
	// no other Receive is answered: who knows whether it arrives.
	sent     *batch
	sentTo   string
	underWay bool
	lost     bool
	repeated bool
}

func newCommand(parent context.Context, id string, chunk, inputBuffer int) *command {
	ctx, cancel := context.WithCancel(parent)
	return &command{
		id: id, ctx: ctx, cancel: cancel, chunk: chunk,
		in: newInput(ctx, inputBuffer), changed: make(chan struct{}),
	}
}

// wake tells all who wait that something has changed. The lock is held.
func (c *command) wake() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// finish ends the command with an exit code.
func (c *command) finish(code uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.interrupted {
		code = exitControlC
	}
	c.finished, c.code = true, code
	c.in.shut()
	c.cancel()
	c.wake()
}

// interrupt is ctrl-c: the command ends, its output can still be received.
func (c *command) interrupt() {
	c.mu.Lock()
	c.interrupted = !c.finished
	c.mu.Unlock()
	c.cancel()
}

// remove takes the command away; who waits for output of it gets a fault.
func (c *command) remove() {
	c.mu.Lock()
	c.removed = true
	c.wake()
	c.mu.Unlock()
	c.cancel()
}

// output is a stream that a handler writes.
type output struct {
	c      *command
	stream string
}

// Write implements io.Writer.
func (o output) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		piece := p[:min(len(p), o.c.chunk)]
		if err := o.c.push(segment{o.stream, append([]byte(nil), piece...)}); err != nil {
			return n, err
		}
		n += len(piece)
		p = p[len(piece):]
	}
	return n, nil
}

// push queues output as soon as there is room.
func (c *command) push(s segment) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		if c.finished || c.removed {
			return io.ErrClosedPipe
		}
		if err := c.ctx.Err(); err != nil {
			return err
		}
		if c.queued < maxQueued {
			break
		}
		changed := c.changed
		c.mu.Unlock()
		select {
		case <-changed:
		case <-c.ctx.Done():
		}
		c.mu.Lock()
	}
	c.queue = append(c.queue, s)
	c.queued += s.cost()
	c.wake()
	return nil
}

// query is a Receive.
type query struct {
	message string
	streams map[string]bool
	// limit bounds the reply, in bytes; timeout is how long to wait for output.
	limit   int
	timeout time.Duration
	// doneAlone, forget and repeat are as in Trouble.
	doneAlone, forget, repeat bool
}

// receive waits for output, or for the end of the command.
func (c *command) receive(ctx context.Context, q query) (batch, *Fault) {
	timer := time.NewTimer(q.timeout)
	defer timer.Stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn++
	turn := c.turn
	c.wake() // who waits has been relieved
	c.waiting++
	defer func() { c.waiting-- }()
	for {
		if c.removed || c.turn != turn {
			return batch{}, FaultOf(CodeAborted)
		}
		if b, ok := c.next(q); ok {
			return b, nil
		}
		changed := c.changed
		c.mu.Unlock()
		var fault *Fault
		select {
		case <-changed:
		case <-timer.C:
			fault = FaultOf(CodeTimedOut)
		case <-ctx.Done():
			fault = FaultOf(CodeAborted)
		}
		c.mu.Lock()
		if fault != nil {
			return batch{}, fault
		}
	}
}

// next is the answer to a Receive, if there is one now.
func (c *command) next(q query) (batch, bool) {
	if c.underWay {
		return batch{}, false
	}
	b, ok := c.again(q)
	if !ok {
		if len(c.queue) == 0 && !c.finished {
			return batch{}, false
		}
		b = c.take(q)
		c.sent, c.sentTo, c.lost, c.repeated = &b, q.message, false, false
	}
	c.underWay = true
	return b, true
}

// again is the last answer once more, where the client does not have it.
func (c *command) again(q query) (batch, bool) {
	if c.sent == nil {
		return batch{}, false
	}
	same := q.message == c.sentTo
	if same || c.lost && !q.forget || q.repeat && !c.repeated {
		c.repeated = !same && !c.lost
		c.sentTo, c.lost = q.message, false
		return *c.sent, true
	}
	c.sent = nil
	return batch{}, false
}

// receivers are the Receives that wait.
func (c *command) receivers() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.waiting
}

// settle says whether the answer under way has reached the client.
func (c *command) settle(arrived bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.underWay, c.lost = false, !arrived
	c.wake()
}

// take takes output from the queue: as much as fits, and the end if that is all.
func (c *command) take(q query) batch {
	var b batch
	room := max(q.limit-2048, 512)
	for len(c.queue) > 0 && room > 160 {
		s := c.queue[0]
		c.queued -= s.cost()
		if over := s.cost() > room; over {
			n := (room - 160) / 4 * 3
			if n <= 0 {
				c.queued += s.cost()
				break
			}
			rest := segment{s.stream, s.data[n:]}
			s.data = s.data[:n]
			c.queue[0] = rest
			c.queued += rest.cost()
		} else {
			c.queue = c.queue[1:]
		}
		room -= s.cost()
		if q.streams[s.stream] {
			b.segments = append(b.segments, s)
		}
	}
	if c.finished && len(c.queue) == 0 && (!q.doneAlone || len(b.segments) == 0) {
		b.done, b.code = true, c.code
	}
	c.wake()
	return b
}
