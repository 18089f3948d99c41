package ssh

import (
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// link is one authenticated connection: a session's own, or one to a jump host
// that many share. It watches over itself: when the peer does not answer any
// more it closes.
type link struct {
	client *ssh.Client
	conn   *watchedConn
	via    *hopSlot
	// gone is closed when the connection has ended, for whatever reason.
	gone chan struct{}

	every time.Duration
	once  sync.Once

	mu      sync.Mutex
	timer   *time.Timer
	waiting bool
	misses  int
	dead    bool
}

const (
	// mostMisses is how many questions may go unanswered.
	mostMisses = 3
	// closeWait bounds how long closing waits for the end, through a jump host
	// that does not answer for one.
	closeWait = time.Second
)

func newLink(client *ssh.Client, conn *watchedConn, via *hopSlot, every time.Duration) *link {
	l := &link{client: client, conn: conn, via: via, every: every, gone: make(chan struct{})}
	l.mu.Lock()
	l.timer = time.AfterFunc(every, l.keepalive)
	l.mu.Unlock()
	go func() {
		_ = client.Wait() // why it ended does not matter: it is over
		l.stop()
		close(l.gone)
		via.release()
	}()
	return l
}

// stop ends the keepalive.
func (l *link) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dead = true
	l.timer.Stop()
}

// keepalive asks the peer whether it is there, unless it was heard lately. It
// runs each time the timer fires; a blackholed connection blocks the question,
// never the timer.
func (l *link) keepalive() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		return
	}
	silence := l.conn.silence()
	if silence < l.every {
		l.misses = 0
		l.timer.Reset(l.every - silence)
		return
	}
	l.timer.Reset(l.every)
	if l.waiting {
		if l.misses++; l.misses >= mostMisses {
			l.dead = true
			l.timer.Stop()
			go l.abandon()
		}
		return
	}
	l.waiting = true
	go l.ask()
}

// ask is answered by every server, with a refusal at the least (RFC 4254,
// section 4).
func (l *link) ask() {
	_, _, err := l.client.SendRequest("keepalive@openssh.com", true, nil)
	l.mu.Lock()
	l.waiting = false
	if err == nil {
		l.misses = 0
	}
	l.mu.Unlock()
}

// abandon closes the connection without waiting for anybody.
func (l *link) abandon() {
	l.once.Do(func() { _ = l.client.Close() }) // it is over either way
}

// close ends the connection, and everything that waits for it, within a second.
func (l *link) close() {
	l.stop()
	go l.abandon()
	timer := time.NewTimer(closeWait)
	defer timer.Stop()
	select {
	case <-l.gone:
	case <-timer.C:
		// Through a jump host that does not answer: it ends with that.
	}
}

// alive reports whether the connection still stands.
func (l *link) alive() bool {
	select {
	case <-l.gone:
		return false
	default:
		return true
	}
}
