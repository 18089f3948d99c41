package ssh

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"golang.org/x/crypto/ssh"

	"patchwave/connectors"
)

// clientVersion is what servers see; RFC 4253, section 4.2.
const clientVersion = "SSH-2.0-patchwave"

// algorithms are what is offered to every server: what x/crypto/ssh holds for
// secure, without HMAC-SHA1.
func algorithms() ssh.Config {
	s := ssh.SupportedAlgorithms()
	return ssh.Config{
		KeyExchanges: s.KeyExchanges,
		Ciphers:      s.Ciphers,
		MACs:         slices.DeleteFunc(s.MACs, func(m string) bool { return m == ssh.HMACSHA1 }),
	}
}

// handshaker is one handshake and login.
type handshaker struct {
	ep    endpoint
	guard *guard
	trust *trust
	// verified says that the peer is who it should be: the login may begin.
	verified atomic.Bool
	// said is the last line that the host sent as a banner. Where it ends a login
	// (an account that expired, /etc/nologin), that is where it says why.
	said atomic.Value
}

// banner keeps the last line of what the host says during the login.
func (h *handshaker) banner(message string) error {
	lines := strings.FieldsFunc(message, func(r rune) bool { return r == '\n' || r == '\r' })
	for _, line := range slices.Backward(lines) {
		line = strings.TrimSpace(strings.Map(func(r rune) rune {
			if !unicode.IsPrint(r) {
				return -1
			}
			return r
		}, line))
		if line != "" {
			h.said.Store(string([]rune(line)[:min(len([]rune(line)), mostSaid)]))
			break
		}
	}
	return nil
}

// mostSaid is how many characters of a banner are kept.
const mostSaid = 200

func (h *handshaker) phase() connectors.Phase {
	if h.verified.Load() {
		return connectors.PhaseLogin
	}
	return connectors.PhaseHandshake
}

// hostKey runs in the first key exchange, before any authentication, and again
// in every later one.
func (h *handshaker) hostKey(_ string, remote net.Addr, key ssh.PublicKey) error {
	if err := h.trust.check(remote, key); err != nil {
		return err
	}
	if h.verified.CompareAndSwap(false, true) {
		h.guard.extend(h.ep.timeouts.Connect)
	}
	return nil
}

// established is what a handshake ends with.
type established struct {
	conn  ssh.Conn
	chans <-chan ssh.NewChannel
	reqs  <-chan *ssh.Request
	err   error
}

// handshake proves who the peer is and logs in. It owns conn; via is given back
// with the link.
func (d *Dialer) handshake(ctx context.Context, ep endpoint, raw net.Conn, via *hopSlot, t *trust, auth *authentication) (*link, error) {
	conn := newWatchedConn(raw, d.budget)
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	h := &handshaker{ep: ep, trust: t, guard: newGuard(ctx, conn, ep.timeouts.Connect, cancel)}
	config := &ssh.ClientConfig{
		Config: algorithms(), User: ep.user, ClientVersion: clientVersion,
		HostKeyCallback: h.hostKey, HostKeyAlgorithms: t.algorithms(),
		Auth: auth.methods(inner), AuthCallback: auth.observe, BannerCallback: h.banner,
	}
	done := make(chan established, 1)
	go func() {
		var e established
		e.conn, e.chans, e.reqs, e.err = ssh.NewClientConn(conn, ep.hostPort(), config)
		done <- e
	}()
	e, ended := h.await(done)
	cause := h.guard.stop()
	if !ended {
		go discardHandshake(done)
	} else if e.err == nil && cause != nil {
		done <- e
		go discardHandshake(done)
	}
	if e.err != nil || cause != nil {
		_ = conn.Close() // it is being given up
		return nil, handshakeError(ctx, h, auth, cause, e.err)
	}
	client := ssh.NewClient(e.conn, e.chans, e.reqs)
	// The library forgets its channels when reading fails, and tells nobody of the first
	// write that fails: whoever asked for a channel just then would wait for ever. So
	// that write is one that nobody waits for.
	conn.atEnd(func() { _, _, _ = client.SendRequest("keepalive@openssh.com", false, nil) })
	return newLink(client, conn, via, d.cfg.Keepalive), nil
}

// await waits for the end of the handshake, and only a moment longer once the
// guard has closed the connection: a jump host that is dead, or an agent or a
// secret store that hangs, would keep it blocked.
func (h *handshaker) await(done <-chan established) (e established, ended bool) {
	select {
	case e = <-done:
		return e, true
	case <-h.guard.fired:
	}
	timer := time.NewTimer(giveUp)
	defer timer.Stop()
	select {
	case e = <-done:
		return e, true
	case <-timer.C:
		return e, false
	}
}

// giveUp is that moment.
const giveUp = 200 * time.Millisecond

// discardHandshake lets a handshake end that nobody waits for any more. Its
// connection is closed.
func discardHandshake(done <-chan established) {
	e := <-done
	if e.err != nil {
		return
	}
	_ = e.conn.Close() // it is closed below already
	go ssh.DiscardRequests(e.reqs)
	for c := range e.chans {
		_ = c.Reject(ssh.Prohibited, "") // it cannot be sent any more
	}
}
