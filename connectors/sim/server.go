package sim

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
)

// maxSessions bounds the open sessions of a connection, as sshd does.
const maxSessions = 10

// handshakeTime bounds a login, as LoginGraceTime does.
const handshakeTime = 2 * time.Minute

var errRefused = errors.New("permission denied")

// config is the server's side of a handshake.
func (h *Host) config() (*ssh.ServerConfig, error) {
	f := h.Faults()
	c := &ssh.ServerConfig{MaxAuthTries: 6, ServerVersion: "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7"}
	c.PublicKeyCallback = func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if f.AuthRefused || !bytes.Equal(key.Marshal(), h.fleet.client.Marshal()) {
			return nil, errRefused
		}
		return &ssh.Permissions{}, nil
	}
	key := h.key
	if f.HostKeyChanged {
		var err error
		if key, err = h.changedKey(); err != nil {
			return nil, err
		}
	}
	c.AddHostKey(key)
	return c, nil
}

// changedKey is the key of whoever sits in the machine's place.
func (h *Host) changedKey() (ssh.Signer, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.other == nil {
		var err error
		if h.other, err = newHostKey(); err != nil {
			return nil, err
		}
	}
	return h.other, nil
}

// connection serves one client to its end.
func (h *Host) connection(raw net.Conn) {
	if h.Faults().Silent {
		_, _ = io.Copy(io.Discard, raw) // until the client has had enough
		return
	}
	config, err := h.config()
	if err != nil || raw.SetDeadline(time.Now().Add(handshakeTime)) != nil {
		return
	}
	conn, chans, reqs, err := ssh.NewServerConn(raw, config)
	if err != nil || raw.SetDeadline(time.Time{}) != nil {
		return
	}
	h.loggedIn(conn.User())
	var work sync.WaitGroup
	work.Go(func() { ssh.DiscardRequests(reqs) })
	var open atomic.Int64
	for nc := range chans {
		if nc.ChannelType() != "session" || open.Load() >= maxSessions {
			_ = nc.Reject(ssh.Prohibited, "open failed") // the client may be gone
			continue
		}
		ch, reqs, err := nc.Accept()
		if err != nil {
			continue
		}
		open.Add(1)
		work.Go(func() {
			defer open.Add(-1)
			h.session(conn.User(), ch, reqs)
		})
	}
	_ = conn.Close() // the client has gone
	work.Wait()
}

// session runs one command (RFC 4254, section 6.5).
func (h *Host) session(user string, ch ssh.Channel, reqs <-chan *ssh.Request) {
	defer func() { _ = ch.Close() }() // the client may have closed it
	for req := range reqs {
		var m struct{ Command string }
		ok := req.Type == "exec" && ssh.Unmarshal(req.Payload, &m) == nil
		if req.WantReply {
			_ = req.Reply(ok, nil) // the client may be gone
		}
		if !ok {
			continue
		}
		h.command(user, m.Command, ch, reqs)
		return
	}
}

// command runs a command line until it ends or the client closes the channel.
func (h *Host) command(user, line string, ch ssh.Channel, reqs <-chan *ssh.Request) {
	ctx, cancel := context.WithCancel(h.fleet.ctx)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		defer cancel()
		for req := range reqs {
			if req.WantReply {
				_ = req.Reply(false, nil) // the client may be gone
			}
		}
	}()
	rc := h.execute(ctx, user, line, ch)
	if ctx.Err() == nil {
		status := ssh.Marshal(struct{ Status uint32 }{uint32(rc & 0xff)})
		_, _ = ch.SendRequest("exit-status", false, status) // the client may be gone
	}
	_ = ch.Close() // as above
	<-gone
}
