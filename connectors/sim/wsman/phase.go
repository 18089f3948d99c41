package wsman

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/hashicorp/go-hclog"

	"patchwave/connectors/sim/internal/hold"
)

// Phase is how far a machine is after a reboot.
type Phase int

// The phases, in their order.
const (
	// Down: nothing listens; connections are refused.
	Down Phase = iota
	// Starting: HTTP.sys runs, the service does not: 503 and a page of HTML.
	Starting
	// NoLogin: the service runs, and nobody can log in yet: 401.
	NoLogin
	// Up: it works.
	Up
)

// String names the phase.
func (p Phase) String() string {
	return [...]string{"down", "starting", "no login", "up"}[p]
}

// Reboot takes the machine down: all shells, commands and connections are gone,
// and connections are refused. Step and SetPhase bring it up again.
func (s *Server) Reboot() { s.goDown() }

// Step goes one phase further, until the machine is up, and says which one it is.
func (s *Server) Step() (Phase, error) {
	next := min(s.Phase()+1, Up)
	return next, s.SetPhase(next)
}

// Phase is how far the machine is.
func (s *Server) Phase() Phase {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.phase
}

// SetPhase brings the machine into a phase. Where it was down, it listens again on
// the same address.
func (s *Server) SetPhase(p Phase) error {
	if p == Down {
		s.goDown()
		return nil
	}
	s.mu.Lock()
	down := s.phase == Down
	if !down {
		s.phase = p
	}
	s.mu.Unlock()
	if down {
		return s.comeUp(s.address.String(), p)
	}
	return nil
}

// comeUp listens and serves.
func (s *Server) comeUp(address string, p Phase) error {
	s.phases.Lock()
	defer s.phases.Unlock()
	if s.http != nil {
		return nil // it is up already
	}
	s.free()
	s.free = func() {}
	l, err := (&net.ListenConfig{}).Listen(s.life, "tcp", address)
	if err != nil {
		return fmt.Errorf("start a simulated winrm service: %w", err)
	}
	boot, crash := context.WithCancel(s.life)
	s.address, s.crash = l.Addr(), crash
	server, listener := s.newHTTP(boot), s.listen(l)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		crash()
		_ = l.Close() // nobody has it yet
		return ErrClosed
	}
	s.http, s.phase, s.boot = server, p, boot
	s.net.Lock()
	s.deadNet = false
	s.net.Unlock()
	s.work.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.goDown() // it listens no more
		}
	})
	return nil
}

// newHTTP is what stands for HTTP.sys.
func (s *Server) newHTTP(boot context.Context) *http.Server {
	one := &http.Protocols{}
	one.SetHTTP1(true) // NTLM belongs to a connection
	return &http.Server{
		Handler:           http.HandlerFunc(s.serve),
		Protocols:         one,
		ReadHeaderTimeout: 30 * time.Second,
		IdleTimeout:       2 * time.Minute, // that of HTTP.sys
		MaxHeaderBytes:    32 << 10,        // an NTLM message is up to 16 KiB, in base64
		BaseContext:       func(net.Listener) context.Context { return boot },
		ConnContext:       withConnection,
		ErrorLog:          hclog.NewNullLogger().StandardLogger(nil), // clients that go away in a handshake
	}
}

// goDown drops all there is and stops listening.
func (s *Server) goDown() {
	s.phases.Lock()
	defer s.phases.Unlock()
	if s.http == nil {
		return
	}
	s.net.Lock()
	s.deadNet = true
	s.net.Unlock()
	s.Cut() // first of all: whoever waits gets no answer
	s.crash()
	s.mu.Lock()
	s.phase = Down
	for _, sh := range s.shells {
		s.drop(sh)
	}
	s.mu.Unlock()
	_ = s.http.Close() // what it says of connections is of those just cut
	s.http = nil
	// where the address cannot be held, somebody else may get the port
	if release, err := hold.Address(s.address); err == nil {
		s.free = release
	}
}

// Cut resets every connection, as a network does that breaks. Shells and commands
// live on.
func (s *Server) Cut() {
	s.net.Lock()
	conns := slices.Collect(maps.Keys(s.conns))
	s.net.Unlock()
	for _, c := range conns {
		c.reset()
	}
}

// ForgetLogins makes every connection log in again: the next request on each is
// answered with 401.
func (s *Server) ForgetLogins() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logins++
}
