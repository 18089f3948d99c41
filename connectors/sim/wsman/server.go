package wsman

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Auth is a set of ways to log in.
type Auth uint

// The ways to log in.
const (
	// Negotiate is NTLM in the scheme Negotiate, without SPNEGO around it.
	Negotiate Auth = 1 << iota
	// Basic is a password in every request.
	Basic
	// Certificate is a certificate of the client, over TLS.
	Certificate
)

// Options of a server. A Handler is needed, the rest has the values that Windows
// Server has at first.
type Options struct {
	// Handler answers commands.
	Handler Handler
	// Users are who may log in, by name ("admin", or `DOMAIN\admin` for only that
	// domain), with their passwords. Names are compared without case.
	Users map[string]string
	// Certificates are the certificates of clients, by their SHA-256 in lower-case
	// hex, and the users they stand for.
	Certificates map[string]string
	// Auth are the ways to log in; 0 means Negotiate.
	Auth Auth
	// Address is where to listen; "" means a free port of 127.0.0.1.
	Address string
	// TLS is HTTPS, with a certificate that the server makes: see Server.CA.
	TLS bool
	// AllowUnencrypted takes SOAP that is neither sealed nor inside of TLS. Else it
	// is answered with UnencryptedStatus, 401 or 500; 0 means 401. Both were seen.
	AllowUnencrypted  bool
	UnencryptedStatus int
	// Machine is its name, "" means WIN-SIM; Version that of its system, "" means
	// 10.0.20348.
	Machine, Version string

	// MaxTimeout bounds the OperationTimeout of a client; 0 means 60 s.
	MaxTimeout time.Duration
	// IdleTimeout is how long a shell lives that nobody uses, and the most that a
	// client may ask for; 0 means 2 h.
	IdleTimeout time.Duration
	// MaxShells bounds the shells of a user; 0 means 30. MaxOperations bounds the
	// commands that a shell ever runs; 0 means 1500.
	MaxShells, MaxOperations int
	// MaxEnvelope bounds a request, and what a client may ask for in a reply, in
	// bytes; 0 means 512,000.
	MaxEnvelope int
	// MaxLine bounds a command line, in UTF-16 units; 0 means 8191.
	MaxLine int
	// MaxConnections bounds the open connections; 0 means 300.
	MaxConnections int
	// Chunk bounds a Stream element, in bytes; 0 means 32 KiB.
	Chunk int
	// InputBuffer is the input that may wait for a command, in bytes; 0 means 1 MiB.
	InputBuffer int
}

func (o *Options) fill() {
	o.Auth = or(o.Auth, Negotiate)
	o.Address = or(o.Address, "127.0.0.1:0")
	o.UnencryptedStatus = or(o.UnencryptedStatus, http.StatusUnauthorized)
	o.Machine = or(o.Machine, "WIN-SIM")
	o.Version = or(o.Version, "10.0.20348")
	o.MaxTimeout = or(o.MaxTimeout, time.Minute)
	o.IdleTimeout = or(o.IdleTimeout, 2*time.Hour)
	o.MaxShells = or(o.MaxShells, 30)
	o.MaxOperations = or(o.MaxOperations, 1500)
	o.MaxEnvelope = or(o.MaxEnvelope, 512000)
	o.MaxLine = or(o.MaxLine, 8191)
	o.MaxConnections = or(o.MaxConnections, 300)
	o.Chunk = or(o.Chunk, 32<<10)
	o.InputBuffer = or(o.InputBuffer, 1<<20)
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Server is the WinRM service of a simulated machine. Its methods are safe for use
// by many.
type Server struct {
	opt     Options
	tls     *tls.Config
	ca      []byte
	address net.Addr

	count counters
	work  sync.WaitGroup
	// life ends with Close.
	life context.Context // it is the life of the server
	end  context.CancelFunc

	// phases is held while the machine goes up or down.
	phases sync.Mutex
	http   *http.Server
	crash  context.CancelFunc
	free   func() // lets go of the address of a machine that is down

	net     sync.Mutex
	conns   map[*connection]bool
	deadNet bool // no connection is taken any more

	mu      sync.Mutex
	closed  bool
	phase   Phase
	boot    context.Context // it is the life of the machine until it goes down
	shells  map[string]*shell
	running int
	// logins counts how often all logins were forgotten.
	logins uint64

	trouble Trouble
	// tries counts requests since the trouble began.
	tries map[Operation]int
	// eased is closed when the trouble changes.
	eased chan struct{}
}

// ErrClosed says that the server was closed.
var ErrClosed = errors.New("the simulated winrm service is closed")

// Start starts a machine's service. Close it.
func Start(opt Options) (*Server, error) {
	if opt.Handler == nil {
		return nil, errors.New("start a simulated winrm service: it has no handler")
	}
	opt.fill()
	s := &Server{
		opt: opt, conns: map[*connection]bool{}, shells: map[string]*shell{}, tries: map[Operation]int{},
		eased: make(chan struct{}), phase: Down, free: func() {},
	}
	if opt.TLS {
		var err error
		if s.tls, s.ca, err = newIdentity(opt.Machine); err != nil {
			return nil, err
		}
	}
	s.life, s.end = context.WithCancel(context.Background())
	if err := s.comeUp(opt.Address, Up); err != nil {
		s.end()
		return nil, err
	}
	return s, nil
}

// URL is where the service is.
func (s *Server) URL() string {
	scheme := "http"
	if s.opt.TLS {
		scheme = "https"
	}
	return scheme + "://" + s.address.String() + "/wsman"
}

// Addr is the address and port on which the service listens.
func (s *Server) Addr() (ip string, port int) {
	a, ok := s.address.(*net.TCPAddr)
	if !ok {
		return s.address.String(), 0
	}
	return a.IP.String(), a.Port
}

// CA is the certificate of the server in PEM, which is its own authority. It is
// for 127.0.0.1, ::1, localhost and Options.Machine. It is empty without TLS.
func (s *Server) CA() []byte { return append([]byte(nil), s.ca...) }

// Fingerprint is the SHA-256 of the certificate of the server in lower-case hex,
// or "" without TLS.
func (s *Server) Fingerprint() string {
	if s.tls == nil {
		return ""
	}
	return fingerprint(s.tls.Certificates[0].Certificate[0])
}

// Close ends the service, all connections and all commands, and waits until
// nothing of them is left.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.goDown()
	s.end()
	s.work.Wait()
	s.phases.Lock()
	defer s.phases.Unlock()
	s.free()
	s.free = func() {}
}

// enter is for a request that Close waits for. It is false after Close.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.work.Add(1)
	}
	return !s.closed
}

// password is the password of a user, if it may log in.
func (s *Server) password(domain, user string) (string, bool) {
	for name, password := range s.opt.Users {
		wantDomain, wantUser := splitUser(name)
		if strings.EqualFold(user, wantUser) && (wantDomain == "" || strings.EqualFold(domain, wantDomain)) {
			return password, true
		}
	}
	return "", false
}

// splitUser is domain and user of `DOMAIN\user`.
func splitUser(name string) (domain, user string) {
	if domain, user, ok := strings.Cut(name, `\`); ok {
		return domain, user
	}
	return "", name
}
