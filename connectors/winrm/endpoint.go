package winrm

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"

	"patchwave/connectors"
)

// endpoint is a target with every default filled in.
type endpoint struct {
	target   connectors.Target
	host     string
	port     int
	timeouts connectors.Timeouts
	// tls is nil over plain http.
	tls *tls.Config
}

func (ep *endpoint) name() string    { return ep.target.Name }
func (ep *endpoint) address() string { return net.JoinHostPort(ep.host, strconv.Itoa(ep.port)) }
func (ep *endpoint) reach() connectors.Reach {
	return connectors.Reach{Host: ep.name(), Name: ep.host, Address: ep.address()}
}

// path is where the service is, on every host.
const path = "/wsman"

func (ep *endpoint) url() string {
	scheme := "http"
	if ep.tls != nil {
		scheme = "https"
	}
	return scheme + "://" + ep.address() + path
}

// hostPattern is what may stand in a request as the host: a DNS name, or an IP
// address with a zone.
var hostPattern = regexp.MustCompile(`^[A-Za-z0-9._:%-]{1,255}$`)

// resolve checks a target and fills in the defaults.
func resolve(t connectors.Target) (*endpoint, error) {
	ep := &endpoint{target: t, host: t.Address, port: t.Port, timeouts: t.Timeouts.WithDefaults()}
	refuse := func(hint, format string, args ...any) error {
		e := connectors.Errorf(connectors.CodeUnsupported, connectors.PhaseDial, t.Name, format, args...)
		e.Hint = hint
		return e
	}
	if t.Kind != connectors.KindWinRM {
		return nil, refuse("", "the WinRM connector cannot open a connection of type %q", t.Kind)
	}
	if !hostPattern.MatchString(t.Address) {
		return nil, refuse("correct the address in the inventory", "%q is no address", t.Address)
	}
	if len(t.Jump) > 0 {
		return nil, refuse("remove jump from the connection", "WinRM does not go through a jump host")
	}
	if !t.WinRM.HTTPS && t.WinRM.Auth != connectors.WinRMNTLM {
		return nil, refuse("set https = true", "auth %q needs https: only ntlm encrypts what is sent over plain http", t.WinRM.Auth)
	}
	if ep.port == 0 {
		ep.port = connectors.WinRMPortHTTP
		if t.WinRM.HTTPS {
			ep.port = connectors.WinRMPortHTTPS
		}
	}
	if !t.WinRM.HTTPS {
		return ep, nil
	}
	config, err := trust(t)
	if err != nil {
		e := connectors.Errorf(connectors.CodeUnsupported, connectors.PhaseDial, t.Name, "cannot prepare TLS")
		e.Err = err
		return nil, e
	}
	ep.tls = config
	return ep, nil
}

// pinError is a certificate that is not the pinned one.
type pinError struct{ got string }

func (e *pinError) Error() string {
	return "the certificate of the host is not the pinned one, its SHA-256 is " + e.got
}

// trust is how the peer is verified, and the certificate that logs in.
func trust(t connectors.Target) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.Address}
	if at := strings.IndexByte(c.ServerName, '%'); at >= 0 {
		c.ServerName = c.ServerName[:at] // a zone is in no certificate
	}
	switch w := t.WinRM; {
	case w.Fingerprint != "":
		want, err := hex.DecodeString(w.Fingerprint)
		if err != nil || len(want) != sha256.Size {
			return nil, errors.New("the fingerprint is not 64 hex digits")
		}
		c.InsecureSkipVerify = true // verified below: the pinned certificate alone is trusted
		c.VerifyConnection = func(s tls.ConnectionState) error {
			got := sha256.Sum256(s.PeerCertificates[0].Raw)
			if subtle.ConstantTimeCompare(got[:], want) == 0 {
				return &pinError{hex.EncodeToString(got[:])}
			}
			return nil
		}
	case w.CAFile != "":
		pem, err := os.ReadFile(w.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read ca_file: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", w.CAFile)
		}
	}
	if t.WinRM.Auth != connectors.WinRMCertificate {
		return c, nil
	}
	pair, err := tls.LoadX509KeyPair(t.WinRM.Certificate, t.WinRM.PrivateKey)
	if err != nil {
		return nil, fmt.Errorf("read the certificate that logs in: %w", err)
	}
	c.Certificates = []tls.Certificate{pair}
	// Windows asks for it after it has read the request: a second handshake in TLS
	// 1.2. That of TLS 1.3 is not in the library.
	c.Renegotiation = tls.RenegotiateOnceAsClient
	c.MaxVersion = tls.VersionTLS12
	return c, nil
}
