package connectors

import "time"

// Kind names a way to a machine.
type Kind string

// The kinds of connection an inventory can declare.
const (
	KindSSH   Kind = "ssh"
	KindLocal Kind = "local"
	KindWinRM Kind = "winrm"
)

// Target is one machine and how to reach it. It is a plain value, safe to
// copy; secrets inside it are references that are read only when the
// connection needs them.
type Target struct {
	// Name is the inventory name of the host, used in messages only.
	Name string
	Kind Kind
	// Address is a DNS name or an IP address, without port and brackets.
	Address string
	// Port is the TCP port; 0 means the default of the kind (or of ssh_config).
	Port int
	// User is the login name; "" means the default (ssh_config, then the
	// running user).
	User string
	Auth Auth
	Keys HostKeys
	// Jump is the chain of hosts to go through, first hop first.
	Jump []Target
	// SSHConfig lets ~/.ssh/config fill in what is not set here.
	SSHConfig bool
	WinRM     WinRM
	Become    Become
	Timeouts  Timeouts
	Retry     Retry
}

// Auth is what the connection may log in with. Methods are tried in the order
// agent, certificate and key files, keyboard-interactive, password; those not
// set are not tried.
type Auth struct {
	// IdentityFiles are paths of private keys, "~" already resolved.
	IdentityFiles []string
	// Certificate is the path of an OpenSSH user certificate that goes with one
	// of the identity files (or an agent key).
	Certificate string
	// Passphrase unlocks encrypted identity files; nil means none is known.
	Passphrase Secret
	// Agent uses the running ssh-agent (SSH_AUTH_SOCK).
	Agent bool
	// Password is the login password; nil means none.
	Password Secret
}

// HostKeyPolicy says what to do with a host key that is not known. There is no
// "ignore": a changed or revoked key is always refused.
type HostKeyPolicy string

// The host key policies.
const (
	HostKeysStrict    HostKeyPolicy = "strict"
	HostKeysAcceptNew HostKeyPolicy = "accept-new"
)

// HostKeys says which server keys are trusted.
type HostKeys struct {
	Policy HostKeyPolicy
	// Files are known_hosts files, read in order. accept-new appends to the
	// first.
	Files []string
	// Pinned is one public key in authorized_keys form ("ssh-ed25519 AAAA…"); if
	// set it alone is trusted and Files are not read.
	Pinned string
}

// BecomeMethod names a way to become another user on a machine.
type BecomeMethod string

// The ways to become another user.
const (
	BecomeNone BecomeMethod = "none"
	BecomeSudo BecomeMethod = "sudo"
	BecomeDoas BecomeMethod = "doas"
	BecomeSu   BecomeMethod = "su"
)

// Become says how a command that needs it gets its privilege.
type Become struct {
	// Method "" means BecomeNone.
	Method BecomeMethod
	// User is the user to become; "" means root.
	User string
	// Password answers the prompt of sudo or su; nil means none is known.
	Password Secret
}

// Timeouts bound each phase. Zero means the default in parentheses.
type Timeouts struct {
	// Connect bounds dial, handshake and authentication, each (10s).
	Connect time.Duration
	// Command bounds one command from start to its exit status (2h).
	Command time.Duration
	// Idle bounds the silence of a command that is expected to talk, and of the
	// keepalive (5m).
	Idle time.Duration
}

// The default timeouts of the language.
const (
	DefaultConnectTimeout = 10 * time.Second
	DefaultCommandTimeout = 2 * time.Hour
	DefaultIdleTimeout    = 5 * time.Minute
)

// WithDefaults returns t with every zero replaced by its default.
func (t Timeouts) WithDefaults() Timeouts {
	if t.Connect <= 0 {
		t.Connect = DefaultConnectTimeout
	}
	if t.Command <= 0 {
		t.Command = DefaultCommandTimeout
	}
	if t.Idle <= 0 {
		t.Idle = DefaultIdleTimeout
	}
	return t
}

// Bound returns what bounds a command that the program itself expects to end
// within most: the shorter of that and of what the operator allows, and the
// operator's bound on silence.
func (t Timeouts) Bound(most time.Duration) (command, idle time.Duration) {
	t = t.WithDefaults()
	return min(most, t.Command), min(t.Idle, most)
}

// Retry says how often a connection is tried. It applies to reaching and
// logging in only: a command that may have begun is never repeated.
type Retry struct {
	// Attempts counts the first try too; 0 means 3.
	Attempts int
	// Backoff is the pause before the second try, doubled after each, with full
	// jitter; 0 means 2s.
	Backoff time.Duration
}

// The default retry of the language.
const (
	DefaultRetryAttempts = 3
	DefaultRetryBackoff  = 2 * time.Second
)

// WithDefaults returns r with every zero replaced by its default.
func (r Retry) WithDefaults() Retry {
	if r.Attempts <= 0 {
		r.Attempts = DefaultRetryAttempts
	}
	if r.Backoff <= 0 {
		r.Backoff = DefaultRetryBackoff
	}
	return r
}
