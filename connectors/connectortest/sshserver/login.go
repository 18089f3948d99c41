package sshserver

import (
	"bytes"
	"errors"
	"net"
	"sync"

	"golang.org/x/crypto/ssh"
)

var errRefused = errors.New("refused")

func (s *Server) configure() *ssh.ServerConfig {
	c := &ssh.ServerConfig{MaxAuthTries: 6, ServerVersion: "SSH-2.0-sshserver"}
	for _, k := range s.hostKeys {
		c.AddHostKey(k)
	}
	c.AuthLogCallback = func(conn ssh.ConnMetadata, method string, err error) {
		if told, ok := s.loggingIn.Load(conn.RemoteAddr().String()); ok && err == nil {
			told.(func())()
		}
		outcome := "ok"
		if err != nil {
			outcome = "refused"
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.logins = append(s.logins, method+" "+conn.User()+" "+outcome)
	}
	c.PublicKeyCallback = s.publicKey
	if s.opt.Password != "" && !s.opt.NoPlainPassword {
		c.PasswordCallback = func(_ ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			s.passwords.Add(1)
			return s.verdict(string(password) == s.opt.Password)
		}
	}
	if len(s.opt.Interactive) > 0 {
		c.KeyboardInteractiveCallback = func(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
			answers, err := ask("", "", s.opt.Interactive, make([]bool, len(s.opt.Interactive)))
			if err != nil {
				return nil, err
			}
			s.passwords.Add(1)
			return s.verdict(len(answers) > 0 && answers[0] == s.opt.Password)
		}
	}
	if s.opt.Configure != nil {
		s.opt.Configure(c)
	}
	return c
}

func (s *Server) verdict(ok bool) (*ssh.Permissions, error) {
	if !ok {
		return nil, errRefused
	}
	return &ssh.Permissions{}, nil
}

func (s *Server) publicKey(conn ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
	if cert, ok := key.(*ssh.Certificate); ok {
		checker := ssh.CertChecker{IsUserAuthority: func(ca ssh.PublicKey) bool {
			return s.opt.UserCA != nil && bytes.Equal(ca.Marshal(), s.opt.UserCA.Marshal())
		}}
		return checker.Authenticate(conn, cert)
	}
	for _, k := range s.opt.AuthorizedKeys {
		if bytes.Equal(k.Marshal(), key.Marshal()) {
			return &ssh.Permissions{}, nil
		}
	}
	return nil, errRefused
}

// connection serves one client to its end.
func (s *Server) connection(raw net.Conn) {
	record := &Record{}
	s.mu.Lock()
	s.records = append(s.records, record)
	s.mu.Unlock()
	now := s.handshaking.Add(1)
	for most := s.mostHandshaking.Load(); now > most && !s.mostHandshaking.CompareAndSwap(most, now); {
		most = s.mostHandshaking.Load()
	}
	// A client is logged in when it is told so, not when this goroutine gets to
	// know that it was.
	loggedIn := sync.OnceFunc(func() { s.handshaking.Add(-1) })
	s.loggingIn.Store(raw.RemoteAddr().String(), loggedIn)
	conn, chans, reqs, err := ssh.NewServerConn(&recordedConn{Conn: raw, record: record}, s.config)
	s.loggingIn.Delete(raw.RemoteAddr().String())
	loggedIn()
	if err != nil {
		return
	}
	record.stop()
	s.work.Go(func() { ssh.DiscardRequests(reqs) })
	s.channels(chans)
	_ = conn.Close() // the client has gone
}
