package ssh

import (
	"encoding/binary"
	"io"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"patchwave/connectors"
	"patchwave/connectors/runner"
)

// linger is how long output is waited for after the exit status came, while
// nothing arrives: a daemon that the command started may hold its output open
// for ever.
const linger = 2 * time.Second

// process is one command on one channel (RFC 4254, section 6).
type process struct {
	s              *session
	ch             ssh.Channel
	reqs           <-chan *ssh.Request
	stdout, stderr *runner.Stream
	closing        sync.Once

	// copied is closed when both outputs have come to their end, exited when the
	// exit status has come, over when the channel is closed.
	copied, exited, over chan struct{}
	// aborted is closed when we gave it up ourselves.
	aborted chan struct{}
	exit    runner.Exit
}

func newProcess(s *session, ch ssh.Channel, reqs <-chan *ssh.Request, stdout, stderr *runner.Stream) *process {
	return &process{s: s, ch: ch, reqs: reqs, stdout: stdout, stderr: stderr,
		copied: make(chan struct{}), exited: make(chan struct{}), over: make(chan struct{}), aborted: make(chan struct{})}
}

// pump moves the outputs and listens for the exit status.
func (p *process) pump() {
	go func() {
		var both sync.WaitGroup
		both.Go(func() { _, _ = p.stderr.ReadFrom(p.ch.Stderr()) }) // a lost connection shows in the exit status
		_, _ = p.stdout.ReadFrom(p.ch)                              // as above
		both.Wait()
		close(p.copied)
	}()
	go p.listen()
}

// listen reads the requests of the host until the channel is closed.
func (p *process) listen() {
	seen := false
	for req := range p.reqs {
		exit, ok := exitOf(req)
		if ok && !seen {
			seen = true
			p.exit = exit
			close(p.exited)
		}
		if req.WantReply {
			_ = req.Reply(false, nil) // if it cannot be sent the channel is closing
		}
	}
	p.end()
}

// drain is listen for a channel on which nothing was started.
func (p *process) drain() {
	for req := range p.reqs {
		if req.WantReply {
			_ = req.Reply(false, nil) // if it cannot be sent the channel is closing
		}
	}
	p.end()
}

func (p *process) end() {
	close(p.over)
	p.s.places.give()
}

// exitOf reads exit-status and exit-signal (RFC 4254, section 6.10).
func exitOf(req *ssh.Request) (runner.Exit, bool) {
	switch req.Type {
	case "exit-status":
		if len(req.Payload) < 4 {
			return runner.Exit{}, false
		}
		return runner.Exit{Code: int(binary.BigEndian.Uint32(req.Payload))}, true
	case "exit-signal":
		var m struct {
			Signal     string
			CoreDumped bool
			Error      string
			Lang       string
		}
		if err := ssh.Unmarshal(req.Payload, &m); err != nil {
			return runner.Exit{}, false
		}
		return runner.Signaled(m.Signal), true
	default:
		return runner.Exit{}, false
	}
}

func (p *process) Write(b []byte) (int, error) { return p.ch.Write(b) }
func (p *process) CloseWrite() error           { return p.ch.CloseWrite() }

// Abort closes the channel in the background: on a dead connection even that
// blocks.
func (p *process) Abort() {
	p.closing.Do(func() {
		close(p.aborted)
		go func() { _ = p.ch.Close() }() // it is being given up
	})
}

// Wait waits for the exit status, then for the rest of the output.
func (p *process) Wait() (runner.Exit, error) {
	select {
	case <-p.exited:
	case <-p.over:
		select {
		case <-p.exited:
		default:
			return runner.Exit{}, p.vanished()
		}
	}
	p.awaitOutput()
	p.Abort()
	return p.exit, nil
}

// awaitOutput returns when the outputs came to their end, or were silent for a
// while after the exit status.
func (p *process) awaitOutput() {
	timer := time.NewTimer(linger)
	defer timer.Stop()
	size := p.stdout.Seen() + p.stderr.Seen()
	for {
		select {
		case <-p.copied:
			return
		case <-timer.C:
			now := p.stdout.Seen() + p.stderr.Seen()
			if now == size {
				return
			}
			size = now
			timer.Reset(linger)
		}
	}
}

// vanished is the error of a command that ended without an exit status: the
// connection is gone, or the host killed what served it. Nothing is known about
// such a session, so it ends, unless it was we who closed the channel.
func (p *process) vanished() *connectors.Error {
	<-p.copied
	e := p.s.lost(io.ErrUnexpectedEOF)
	select {
	case <-p.aborted:
	default:
		p.s.link.stop()
		go p.s.link.abandon()
	}
	return e
}
