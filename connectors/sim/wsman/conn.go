package wsman

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
)

// listener hands out connections that the server knows.
type listener struct {
	net.Listener
	s *Server
}

// listen puts TLS and bookkeeping around a listener.
func (s *Server) listen(l net.Listener) net.Listener {
	var wrapped net.Listener = &listener{l, s}
	if s.tls != nil {
		config := s.tls.Clone()
		if s.opt.Auth&Certificate != 0 {
			config.ClientAuth = tls.RequestClientCert
		}
		wrapped = tls.NewListener(wrapped, config)
	}
	return wrapped
}

// Accept implements net.Listener. Beyond the limit, connections are closed.
func (l *listener) Accept() (net.Conn, error) {
	for {
		raw, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c := &connection{Conn: raw, s: l.s, gone: make(chan struct{})}
		if l.s.track(c) {
			return c, nil
		}
		_ = raw.Close() // nobody has it yet
	}
}

func (s *Server) track(c *connection) bool {
	s.net.Lock()
	defer s.net.Unlock()
	if s.deadNet || len(s.conns) >= s.opt.MaxConnections {
		return false
	}
	s.conns[c] = true
	s.count.connections.Add(1)
	return true
}

// connection is a TCP connection and who has logged in over it. HTTP/1.1 serves
// the requests of a connection one after the other, so the login needs no lock.
type connection struct {
	net.Conn
	s     *Server
	once  sync.Once
	gone  chan struct{}
	login login
}

// Read implements net.Conn. A machine that is deaf reads nothing.
func (c *connection) Read(p []byte) (int, error) {
	for {
		c.s.mu.Lock()
		deaf, eased := c.s.trouble.Deaf, c.s.eased
		c.s.mu.Unlock()
		if !deaf {
			return c.Conn.Read(p)
		}
		select {
		case <-eased:
		case <-c.gone:
			return 0, net.ErrClosed
		}
	}
}

// Close implements net.Conn.
func (c *connection) Close() error {
	c.once.Do(func() {
		close(c.gone)
		c.s.net.Lock()
		defer c.s.net.Unlock()
		delete(c.s.conns, c)
	})
	return c.Conn.Close()
}

// reset ends the connection with RST.
func (c *connection) reset() {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // then it ends with FIN, which is as good
	}
	_ = c.Close() // it is being dropped
}

type connectionKey struct{}

// withConnection puts a connection into the context of its requests.
func withConnection(ctx context.Context, c net.Conn) context.Context {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	return context.WithValue(ctx, connectionKey{}, c)
}

// connectionOf is the connection of a request.
func connectionOf(ctx context.Context) *connection {
	c, _ := ctx.Value(connectionKey{}).(*connection)
	return c
}
