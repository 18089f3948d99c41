package ssh

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// agentConn is one connection to the agent, for one login: the agent signs while
// the login runs.
type agentConn struct {
	conn   net.Conn
	client agent.ExtendedAgent
	stop   func() bool
}

func (c *agentConn) close() {
	c.stop()
	_ = c.conn.Close() // it may be closed already
}

// dialAgent connects to the agent. What it is asked has to be answered within
// limit, and before ctx ends.
func dialAgent(ctx context.Context, socket string, limit time.Duration) (*agentConn, error) {
	if socket == "" {
		socket = os.Getenv("SSH_AUTH_SOCK")
	}
	if socket == "" {
		return nil, &keyError{message: "no agent runs (SSH_AUTH_SOCK is not set)", fix: "start one with `eval $(ssh-agent)` and add the key with `ssh-add`"}
	}
	conn, err := (&net.Dialer{Timeout: limit}).DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, &keyError{message: "cannot reach the agent at " + socket, err: err, fix: "check SSH_AUTH_SOCK"}
	}
	if err := conn.SetDeadline(time.Now().Add(limit)); err != nil {
		_ = conn.Close() // it is of no use
		return nil, fmt.Errorf("set the agent's deadline: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // whoever waits for it gets an error
	return &agentConn{conn: conn, client: agent.NewClient(conn), stop: stop}, nil
}

// addAgent puts the keys of the agent in front. An agent that cannot be used is
// passed over: the other means may do.
func (a *authentication) addAgent(ctx context.Context, socket string, certs []*ssh.Certificate, files []ssh.Signer) {
	conn, err := dialAgent(ctx, socket, a.ep.timeouts.Connect)
	if err != nil {
		a.skipped = append(a.skipped, err.Error())
		return
	}
	a.agent = conn
	signers, err := conn.client.Signers()
	if err == nil {
		err = conn.conn.SetDeadline(time.Now().Add(agentWaits * a.ep.timeouts.Connect))
	}
	if err != nil {
		a.skipped = append(a.skipped, "the agent does not list its keys: "+err.Error())
		return
	}
	if len(signers) == 0 {
		a.skipped = append(a.skipped, "the agent holds no key")
	}
	var named, others []ssh.Signer
	for _, bare := range signers {
		s, err := secure(bare, "a key of the agent")
		if err != nil {
			a.skipped = append(a.skipped, err.Error())
			continue
		}
		for _, cert := range certs {
			if c := certify(cert, s); c != nil {
				named = append(named, c)
			}
		}
		if isNamed(s, files) {
			named = append(named, s)
		} else if !a.ep.onlyNamed {
			others = append(others, s)
		}
	}
	a.signers = append(a.signers, append(named, others...)...)
}

// agentWaits is how many connect timeouts the agent has for its signatures: it
// signs after the dialling and the handshake.
const agentWaits = 3

func isNamed(s ssh.Signer, files []ssh.Signer) bool {
	id := s.PublicKey().Marshal()
	return slices.ContainsFunc(files, func(f ssh.Signer) bool { return bytes.Equal(f.PublicKey().Marshal(), id) })
}
