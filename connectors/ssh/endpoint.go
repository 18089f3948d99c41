package ssh

import (
	"fmt"
	"net"
	"os/user"
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
	// alias is the name under which the host key is looked up.
	alias string
	auth  connectors.Auth
	// optionalKeys says that identity files that are not there are passed over:
	// nobody named them, they are the usual ones.
	optionalKeys bool
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

// hostPort is the name of the host key.
func (e endpoint) hostPort() string { return net.JoinHostPort(e.alias, strconv.Itoa(e.port)) }

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
		e.user, e.address(), e.alias, strings.Join(e.auth.IdentityFiles, "\x00"), e.auth.Certificate, strconv.FormatBool(e.auth.Agent),
		ref(e.auth.Passphrase), ref(e.auth.Password), string(e.target.Keys.Policy), strings.Join(e.keyFiles, "\x00"), e.target.Keys.Pinned,
	})
}

func ref(s connectors.Secret) string {
	if s == nil {
		return ""
	}
	return s.Ref()
}

// resolve fills in a target and its chain.
func (d *Dialer) resolve(t connectors.Target) (endpoint, error) {
	ep, err := d.resolveOne(t)
	if err != nil {
		return endpoint{}, err
	}
	for i := range t.Jump {
		if len(t.Jump[i].Jump) > 0 {
			return endpoint{}, connectors.Errorf(connectors.CodeUnsupported, connectors.PhaseDial, t.Name,
				"jump host %s has jump hosts of its own; write the whole chain at the target", t.Jump[i].Name)
		}
		hop, err := d.resolveOne(t.Jump[i])
		if err != nil {
			return endpoint{}, err
		}
		hop.jump = nil
		ep.jump = append(ep.jump, hop)
	}
	return ep, nil
}

func (d *Dialer) resolveOne(t connectors.Target) (endpoint, error) {
	ep := endpoint{
		target: t, timeouts: t.Timeouts.WithDefaults(), retry: t.Retry.WithDefaults(),
		host: t.Address, port: t.Port, user: t.User, alias: t.Address, auth: t.Auth, keyFiles: t.Keys.Files,
	}
	if t.Address == "" {
		return ep, connectors.Errorf(connectors.CodeUnsupported, connectors.PhaseDial, t.Name, "the host has no address; set `address`")
	}
	if t.SSHConfig {
		if err := d.files.fill(&ep); err != nil {
			return ep, err
		}
	}
	if ep.port == 0 {
		ep.port = defaultPort
	}
	if ep.user == "" {
		u, err := user.Current()
		if err != nil {
			return ep, &connectors.Error{Code: connectors.CodeUnsupported, Phase: connectors.PhaseDial, Host: t.Name,
				Message: "cannot find out the name of the running user", Hint: "set `user` in the connection", Err: err}
		}
		ep.user = u.Username
	}
	return ep, nil
}
