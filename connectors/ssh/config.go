package ssh

import (
	"context"
	"net"
	"time"

	"golang.org/x/crypto/ssh"
)

// HostKeyStore says which key a host may present. hostport is "host:port" as the
// operator named the host, never an address it resolved to.
//
// Check fails with the errors of package knownhosts. Algorithms returns the host
// key algorithms to ask for first, nil if nothing is known. Add remembers a key.
type HostKeyStore interface {
	Check(hostport string, remote net.Addr, key ssh.PublicKey) error
	Algorithms(hostport string) []string
	Add(hostport string, key ssh.PublicKey) error
}

// Config of a Dialer. The zero value is what a program wants; the fields exist
// for tests and for large fleets.
type Config struct {
	// DialContext opens TCP connections; nil means net.Dialer.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	// HostKeys opens the known_hosts files of a target; nil means package
	// knownhosts, each list of files read once and again when a file changed.
	HostKeys func(files []string) (HostKeyStore, error)
	// ConfigFile is read for targets with SSHConfig; "" means ~/.ssh/config.
	ConfigFile string
	// AgentSocket is the socket of the agent; "" means $SSH_AUTH_SOCK.
	AgentSocket string
	// Now is the clock for certificates; nil means time.Now.
	Now func() time.Time

	// MaxHandshakes bounds the connections that are being set up at the same
	// time; 0 means 32 for each core, 64 at most. More do not make it faster.
	MaxHandshakes int
	// MaxHandshakesPerHost bounds those to one address; 0 means 4: a default sshd
	// (MaxStartups 10:30:100) drops connections at random from the tenth on.
	MaxHandshakesPerHost int
	// MaxSessions bounds the commands that run on one connection at the same
	// time; 0 means 8: a default sshd allows ten.
	MaxSessions int
	// HopChannels bounds the connections that go through one connection to a jump
	// host; over that, another one is opened. 0 means 128.
	HopChannels int
	// HopIdle is how long an unused connection to a jump host is kept; 0 means a
	// minute.
	HopIdle time.Duration
	// Keepalive is the silence after which the host is asked whether it is there;
	// after three questions without an answer the connection is lost. 0 means
	// 15s.
	Keepalive time.Duration
	// MaxBuffered bounds what the outputs of all commands hold while they run, over
	// 64 KiB for each, in bytes; 0 means 64 MiB. What does not fit is cut off, as
	// with Command.MaxOutput.
	MaxBuffered int64
	// PromptWait bounds the waiting for sudo and su; 0 means a minute.
	PromptWait time.Duration
}

// Defaults of Config.
const (
	DefaultMaxHandshakesPerHost = 4
	DefaultMaxSessions          = 8
	DefaultHopChannels          = 128
	DefaultHopIdle              = time.Minute
	DefaultKeepalive            = 15 * time.Second

	handshakesPerCore = 32
	mostHandshakes    = 64
)
