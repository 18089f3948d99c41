package sshserver

import (
	"crypto/ed25519"
	"crypto/rand"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/ssh"
)

// Options of a server. The zero value accepts nobody.
type Options struct {
	// Address to listen on; "" means 127.0.0.1:0.
	Address string
	// HostKeys are what it can show; none means a new Ed25519 key.
	HostKeys []ssh.Signer
	// AuthorizedKeys may log in, as any user.
	AuthorizedKeys []ssh.PublicKey
	// UserCA signs certificates that may log in as their principals.
	UserCA ssh.PublicKey
	// Password lets in who knows it, by password and keyboard-interactive.
	Password string
	// Interactive are the questions of keyboard-interactive; the first answer is
	// the password. None means that the method is not offered, if Password is set
	// NoPlainPassword says whether that leaves anything.
	Interactive []string
	// NoPlainPassword does not offer the method "password".
	NoPlainPassword bool
	// MaxSessions bounds the open sessions of a connection; 0 means 10, as in
	// sshd, and -1 none.
	MaxSessions int
	// Forward lets clients go through it to other addresses.
	Forward bool
	// Path is put in front of PATH, for programs of the test's own (a fake sudo).
	Path string
	// Env is added to the environment of the commands.
	Env []string
	// NoExec refuses to run anything.
	NoExec bool
	// Answer answers a command line, given its standard input, instead of a shell.
	Answer func(line string, stdin io.Reader) string
	// Sent is called with each piece of a command's standard output once it has been
	// sent to the client.
	Sent func(p []byte)
	// Accept decides what happens to a connection before anything is said; nil
	// serves it. It owns the connection if it returns false.
	Accept func(n int, conn net.Conn) bool
	// Configure changes the server's configuration, its algorithms for one.
	Configure func(*ssh.ServerConfig)
}

// Server is a running server.
type Server struct {
	opt      Options
	config   *ssh.ServerConfig
	listener net.Listener
	hostKeys []ssh.Signer

	connections, handshaking, mostHandshaking, execs, passwords, refused atomic.Int64

	// loggingIn has a func() for each connection that is not logged in.
	loggingIn sync.Map

	mu      sync.Mutex
	conns   map[net.Conn]bool
	records []*Record
	logins  []string
	lines   []string
	closed  bool
	work    sync.WaitGroup
}

// Start runs a server until the test ends.
func Start(t testing.TB, opt Options) *Server {
	t.Helper()
	s := &Server{opt: opt, hostKeys: opt.HostKeys, conns: map[net.Conn]bool{}}
	if len(s.hostKeys) == 0 {
		s.hostKeys = []ssh.Signer{NewKey(t)}
	}
	if s.opt.MaxSessions == 0 {
		s.opt.MaxSessions = 10
	}
	address := opt.Address
	if address == "" {
		address = "127.0.0.1:0"
	}
	s.config = s.configure()
	var err error
	if s.listener, err = net.Listen("tcp", address); err != nil { //nolint:noctx // a test's own listener
		t.Fatalf("start SSH server: %v", err)
	}
	s.work.Go(s.serve)
	t.Cleanup(s.Close)
	return s
}

// NewKey makes an Ed25519 key.
func NewKey(t testing.TB) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatalf("make a key: %v", err)
	}
	return signer(t, private)
}

// Host is the address without the port.
func (s *Server) Host() string {
	host, _, _ := net.SplitHostPort(s.Addr()) // it comes from a listener
	return host
}

// Port is the TCP port.
func (s *Server) Port() int {
	_, port, _ := net.SplitHostPort(s.Addr()) // as above
	n, _ := strconv.Atoi(port)                // as above
	return n
}

// Addr is host:port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// HostKey is the first key it shows.
func (s *Server) HostKey() ssh.PublicKey { return s.hostKeys[0].PublicKey() }

// Pinned is the first key as Target.Keys.Pinned wants it.
func (s *Server) Pinned() string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(s.HostKey())))
}

// Connections is how many connections were accepted.
func (s *Server) Connections() int { return int(s.connections.Load()) }

// MostHandshaking is the largest number of connections that were not logged in
// at the same time.
func (s *Server) MostHandshaking() int { return int(s.mostHandshaking.Load()) }

// Execs is how many command lines were started.
func (s *Server) Execs() int { return int(s.execs.Load()) }

// Passwords is how many passwords were sent to it, by either method.
func (s *Server) Passwords() int { return int(s.passwords.Load()) }

// Refused is how many sessions were refused because there were too many.
func (s *Server) Refused() int { return int(s.refused.Load()) }

// Logins are the attempts to log in so far, as "method user ok|refused".
func (s *Server) Logins() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.logins...)
}

// Lines are the command lines that were asked for so far.
func (s *Server) Lines() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.lines...)
}

// Records are what the clients sent in the clear, one a connection.
func (s *Server) Records() []*Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*Record(nil), s.records...)
}

// DropAll closes every connection, as a reboot does.
func (s *Server) DropAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.Close() // it is being dropped
	}
}

// Close stops the server and waits for everything it does.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	_ = s.listener.Close() // Accept returns
	s.DropAll()
	s.work.Wait()
}

func (s *Server) serve() {
	for n := 1; ; n++ {
		raw, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.connections.Add(1)
		if !s.track(raw) {
			_ = raw.Close() // the server is closing
			return
		}
		s.work.Go(func() {
			defer s.untrack(raw)
			if s.opt.Accept == nil || s.opt.Accept(n, raw) {
				s.connection(raw)
			}
		})
	}
}

func (s *Server) track(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[c] = true
	return !s.closed
}

func (s *Server) untrack(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	_ = c.Close() // it may be closed already
}

// Open is how many connections are open.
func (s *Server) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}
