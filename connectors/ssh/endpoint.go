package ssh

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"patchwave/connectors"
)

const defaultPort = 22

// endpoint is a target with everything filled in.
type endpoint struct {
	target   connectors.Target
	timeouts connectors.Timeouts
	retry    connectors.Retry
	host     string
	port     int
	user     string
	// aliasName is the name under which the host key is looked up, and aliasPort
	// the port.
	aliasName string
	aliasPort int
	auth      connectors.Auth
	// certificates are user certificates that go with one of the keys.
	certificates []string
	// usualKeys says that nobody named the identity files at the target: those
	// that are not there are passed over.
	usualKeys bool
	// onlyNamed offers no key of the agent but those of the identity files.
	onlyNamed bool
	// keyFiles are the known_hosts files.
	keyFiles []string
	// jump is the chain to go through, first hop first, each without a chain of
	// its own.
	jump []endpoint
}

func (e endpoint) name() string {
	if e.target.Name != "" {
		return e.target.Name
	}
	return e.host
}

func (e endpoint) address() string { return net.JoinHostPort(e.host, strconv.Itoa(e.port)) }

func (e endpoint) reach() connectors.Reach {
	return connectors.Reach{Host: e.name(), Name: e.host, Address: e.address()}
}

// hostPort is the name of the host key.
func (e endpoint) hostPort() string {
	return net.JoinHostPort(e.aliasName, strconv.Itoa(e.aliasPort))
}

// lastHop is the jump host nearest to the target, with the chain that leads to
// it.
func (e endpoint) lastHop() endpoint {
	last := len(e.jump) - 1
	hop := e.jump[last]
	hop.jump = e.jump[:last]
	return hop
}

// limitKey names the sshd whose unauthenticated connections are counted: the
// same address behind another jump host is another machine.
func (e endpoint) limitKey() string {
	if len(e.jump) == 0 {
		return e.address()
	}
	return e.lastHop().limitKey() + " > " + e.address()
}

// key says which connections are the same: same machine, same way, same user,
// same means to log in, same trust.
func (e endpoint) key() string {
	var b strings.Builder
	for _, hop := range e.jump {
		b.WriteString(hop.ownKey())
	}
	b.WriteString(e.ownKey())
	return b.String()
}

func (e endpoint) ownKey() string {
	return fmt.Sprintf("%q\n", []string{
		e.user, e.address(), e.hostPort(), strings.Join(e.auth.IdentityFiles, "\x00"), strings.Join(e.certificates, "\x00"),
		strconv.FormatBool(e.auth.Agent), strconv.FormatBool(e.onlyNamed), ref(e.auth.Passphrase), ref(e.auth.Password),
		string(e.target.Keys.Policy), strings.Join(e.keyFiles, "\x00"), e.target.Keys.Pinned,
	})
}

func ref(s connectors.Secret) string {
	if s == nil {
		return ""
	}
	return s.Ref()
}
