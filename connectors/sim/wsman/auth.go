package wsman

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// mutual is the scheme of a login with a certificate (DSP0226, C.3).
const mutual = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"

// login is how far a connection is with logging in by NTLM, which is for the whole
// connection.
type login struct {
	user    string // "": nobody is logged in
	sealing *sealing
	// epoch is Server.logins when it was made.
	epoch uint64

	// a negotiation that waits for its answer
	negotiate, challenge []byte
	nonce                [8]byte
}

// access is who sends a request. done says that it has been answered.
type access struct {
	user    string
	sealing *sealing
	done    bool
}

// authenticate finds out who sends a request. Else it answers.
func (s *Server) authenticate(w http.ResponseWriter, r *http.Request, c *connection, empty bool) access {
	value := r.Header.Get("Authorization")
	scheme, token, _ := strings.Cut(value, " ")
	token = strings.TrimSpace(token)
	s.mu.Lock()
	barred, epoch, challenge := s.trouble.NoLogin || s.phase == NoLogin, s.logins, s.trouble.Challenge
	s.mu.Unlock()
	if c.login.epoch != epoch {
		c.login = login{epoch: epoch}
	}
	switch {
	case s.opt.Auth&Negotiate != 0 && strings.EqualFold(scheme, "Negotiate"):
		return s.negotiate(w, c, token, challenge, empty, barred)
	case barred:
	case s.opt.Auth&Certificate != 0 && value == mutual && r.TLS != nil && len(r.TLS.PeerCertificates) > 0:
		if user, ok := s.opt.Certificates[fingerprint(r.TLS.PeerCertificates[0].Raw)]; ok {
			return access{user: user}
		}
	case s.opt.Auth&Basic != 0 && strings.EqualFold(scheme, "Basic"):
		name, password, ok := r.BasicAuth()
		name, password = text(name), text(password)
		domain, user := splitUser(name)
		if want, known := s.password(domain, user); ok && known && subtle.ConstantTimeCompare([]byte(want), []byte(password)) == 1 {
			return access{user: user}
		}
	case value == "" && c.login.user != "":
		return access{user: c.login.user, sealing: c.login.sealing}
	}
	s.unauthorized(w, "")
	return access{done: true}
}

// negotiate takes one step of NTLM (MS-NTHT).
func (s *Server) negotiate(w http.ResponseWriter, c *connection, token string, challenge []byte, empty, barred bool) access {
	refuse := func() access {
		c.login = login{epoch: c.login.epoch}
		s.unauthorized(w, "")
		return access{done: true}
	}
	m, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		return refuse()
	}
	if flags, err := parseNegotiate(m); err == nil {
		s.count.handshakes.Add(1)
		l := login{epoch: c.login.epoch, negotiate: m}
		_, _ = rand.Read(l.nonce[:]) // it never fails
		l.challenge = challengeMessage(l.nonce, flags, target{machine: s.opt.Machine, time: time.Now()})
		if challenge != nil {
			l.challenge = challenge
		}
		c.login = l
		s.unauthorized(w, "Negotiate "+base64.StdEncoding.EncodeToString(l.challenge))
		return access{done: true}
	}
	a, err := parseAuthenticate(m)
	if err != nil || c.login.challenge == nil || barred {
		return refuse()
	}
	password, known := s.password(a.domain, a.user)
	key, ok := a.exportedKey(password, c.login.nonce)
	if !known || !ok || !a.intact(key, c.login.negotiate, c.login.challenge) {
		return refuse()
	}
	s.count.logins.Add(1)
	c.login = login{epoch: c.login.epoch, user: a.user, sealing: newSealing(key, a.flags)}
	if empty {
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(http.StatusOK)
	}
	return access{user: a.user, sealing: c.login.sealing, done: empty}
}

// unauthorized answers 401. Its body is empty, else the connection, to which a
// negotiation belongs, would not be used again.
func (s *Server) unauthorized(w http.ResponseWriter, challenge string) {
	s.count.unauthorized.Add(1)
	h := w.Header()
	switch {
	case challenge != "":
		h.Add("WWW-Authenticate", challenge)
	default:
		if s.opt.Auth&Negotiate != 0 {
			h.Add("WWW-Authenticate", "Negotiate")
			h.Add("WWW-Authenticate", "Kerberos")
		}
		if s.opt.Auth&Basic != 0 {
			h.Add("WWW-Authenticate", `Basic realm="WSMAN"`)
		}
	}
	h.Set("Content-Length", "0")
	w.WriteHeader(http.StatusUnauthorized)
}

// text is what a client has sent as Basic: UTF-8, or where it is none, Latin-1, as
// the library requests of Python sends it.
func text(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	runes := make([]rune, 0, len(s))
	for i := range len(s) {
		runes = append(runes, rune(s[i]))
	}
	return string(runes)
}
