//go:build peers

package winrm

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/connectortest"
)

// A service whose logins, keys, encryption, TLS, HTTP and XML are those of others,
// with real processes behind it; see testdata/server.py. A missing package is a
// failure.
const (
	python       = "/usr/bin/python3"
	peerUser     = `CORP\admin`
	peerPassword = "correct horse"
	// peerWait bounds what must come, for a busy computer.
	peerWait = 30 * time.Second
)

// happened is one line of what the service says.
type happened struct {
	Event         string
	Plain, Secure int
	Fingerprint   string
	By            string
	Why, Words    string
	Who, Mech     string
	PID           int
	Status        int
	Shells        int
	Script        bool
}

// peer is testdata/server.py while it runs.
type peer struct {
	t   *testing.T
	env []string
	// clock is how much the clock of the service is wrong ("+20m"), "" for not at all.
	clock         string
	dir           string
	plain, secure int
	fingerprint   string

	cmd    *exec.Cmd
	stdin  io.Closer
	read   chan struct{}
	mu     sync.Mutex
	events []happened
	change chan struct{}
}

// serve starts the service; it ends with the test.
func serve(t *testing.T, env ...string) *peer {
	t.Helper()
	return serveAt(t, "", env...)
}

// serveAt is serve with a clock that is wrong.
func serveAt(t *testing.T, clock string, env ...string) *peer {
	t.Helper()
	s := &peer{t: t, env: env, clock: clock, dir: t.TempDir()}
	s.start()
	t.Cleanup(s.stop)
	return s
}

// start starts it, on the ports that it had before.
func (s *peer) start() {
	s.t.Helper()
	s.cmd = exec.Command(python, "testdata/server.py", s.dir, strconv.Itoa(s.plain), strconv.Itoa(s.secure))
	// A pyenv or a virtual environment would bring other packages than Debian's.
	s.cmd.Env = append([]string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "PYTHONNOUSERSITE=1", "PYTHONDONTWRITEBYTECODE=1", "HOME=" + s.dir,
		"PEER_USER=" + peerUser, "PEER_PASSWORD=" + peerPassword}, s.env...)
	s.cmd.Env = append(s.cmd.Env, wrongBy(s.t, s.clock)...)
	var err error
	if s.stdin, err = s.cmd.StdinPipe(); err != nil {
		s.t.Fatal(err)
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	var stderr strings.Builder
	s.cmd.Stderr = &stderr
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.read, s.change, s.events = make(chan struct{}), make(chan struct{}), nil
	go func() {
		defer close(s.read)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var h happened
			if err := json.Unmarshal(lines.Bytes(), &h); err != nil {
				h = happened{Event: "error", Words: lines.Text()}
			}
			s.note(h)
		}
		s.note(happened{Event: "over"})
	}()
	h := s.await("to listen", func(h happened) bool { return h.Event == "listening" || h.Event == "over" })
	if h.Event == "over" {
		_ = s.cmd.Wait()
		s.t.Fatalf("the service does not start (apt-get install python3-impacket python3-gssapi gss-ntlmssp python3-lxml openssl): %s", &stderr)
	}
	s.plain, s.secure, s.fingerprint = h.Plain, h.Secure, h.Fingerprint
}

// stop ends it, in the way that leaves nothing behind.
func (s *peer) stop() {
	_ = s.stdin.Close()
	<-s.read
	if err := s.cmd.Wait(); err != nil {
		s.t.Errorf("the service: %v\n%s", err, s.cmd.Stderr)
	}
	for _, h := range s.list() {
		if h.Event == "error" {
			s.t.Errorf("the service failed: %s", h.Words)
		}
	}
	if s.cmd.Stderr.(*strings.Builder).Len() > 0 {
		s.t.Errorf("the service wrote: %s", s.cmd.Stderr)
	}
}

func (s *peer) note(h happened) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, h)
	close(s.change)
	s.change = make(chan struct{})
}

func (s *peer) list() []happened {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]happened(nil), s.events...)
}

// count is how often something happened.
func (s *peer) count(event string) (n int) {
	for _, h := range s.list() {
		if h.Event == event {
			n++
		}
	}
	return n
}

// await waits until something has happened.
func (s *peer) await(what string, is func(happened) bool) happened {
	s.t.Helper()
	return s.awaitFrom(0, what, is)
}

// awaitFrom is await, of what happened after the first seen things.
func (s *peer) awaitFrom(seen int, what string, is func(happened) bool) happened {
	s.t.Helper()
	limit := time.NewTimer(peerWait)
	defer limit.Stop()
	for {
		s.mu.Lock()
		events, change := s.events, s.change
		s.mu.Unlock()
		for ; seen < len(events); seen++ {
			if is(events[seen]) {
				return events[seen]
			}
		}
		select {
		case <-change:
		case <-limit.C:
			s.t.Fatalf("waited in vain for the service %s: %+v", what, events)
		}
	}
}

// target is how the service is reached.
func (s *peer) target(auth connectors.WinRMAuth, https bool) connectors.Target {
	t := connectors.Target{Name: "win1", Kind: connectors.KindWinRM, Address: "127.0.0.1", Port: s.plain, User: peerUser,
		Auth:  connectors.Auth{Password: &connectortest.Secret{Name: "cred:win", Value: peerPassword}},
		WinRM: connectors.WinRM{Auth: auth}, Retry: connectors.Retry{Attempts: 1}}
	if https {
		t.Port, t.WinRM.HTTPS, t.WinRM.Fingerprint = s.secure, true, s.fingerprint
	}
	return t
}

// peerConfig lets operations time out while commands run.
func peerConfig() Config {
	return Config{Operation: 300 * time.Millisecond, Grace: peerWait, Pause: 10 * time.Millisecond, Poll: 10 * time.Millisecond, Busy: 10 * time.Millisecond, Cleanup: peerWait}
}

// ran runs a command that must work.
func ran(t *testing.T, s connectors.Session, c connectors.Command) connectors.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), peerWait)
	defer cancel()
	r, err := s.Run(ctx, c)
	if err != nil {
		t.Fatalf("run: %v", err)
	}
	return r
}
