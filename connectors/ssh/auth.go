package ssh

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"

	"patchwave/connectors"
)

// authentication is what one login is tried with, and what came of it.
type authentication struct {
	ep      endpoint
	signers []ssh.Signer
	agent   *agentConn
	// skipped are the means that could not be used, for the message if nothing
	// else works.
	skipped []string

	mu sync.Mutex
	// sent says that the password was sent: once is enough, or the account gets
	// locked.
	sent     bool
	secret   error
	accepted []string
	tried    []string
}

// authentication gathers the means of an endpoint: agent, certificates and keys,
// password. A means that the operator named and that cannot be used is an error;
// the others are passed over.
func (d *Dialer) authentication(ctx context.Context, ep endpoint) (*authentication, error) {
	a := &authentication{ep: ep}
	if err := d.addKeys(ctx, a); err != nil {
		a.close()
		return nil, &connectors.Error{Code: connectors.CodeAuth, Phase: connectors.PhaseDial, Host: ep.name(), Message: "cannot log in as " + ep.user, Err: err}
	}
	if len(a.signers) == 0 && ep.auth.Password == nil {
		a.close()
		e := connectors.Errorf(connectors.CodeAuth, connectors.PhaseDial, ep.name(), "there is nothing to log in with as %s", ep.user)
		if len(a.skipped) > 0 {
			e.Message += " (" + strings.Join(a.skipped, ", ") + ")"
		}
		e.Hint = "set identity_files, agent or password in the connection"
		return nil, e
	}
	return a, nil
}

// addKeys fills signers: those of the agent first, and among them those that are
// named as identity files too, because a server gives up after a few.
func (d *Dialer) addKeys(ctx context.Context, a *authentication) error {
	certs, err := d.certificates(a)
	if err != nil {
		return err
	}
	var files []ssh.Signer
	for _, path := range a.ep.auth.IdentityFiles {
		signers, err := d.identity(ctx, a, path, certs)
		switch {
		case err == nil:
			files = append(files, signers...)
		case !a.ep.usualKeys:
			return err
		case !errors.Is(err, fs.ErrNotExist):
			a.skipped = append(a.skipped, err.Error())
		}
	}
	if a.ep.auth.Agent {
		a.addAgent(ctx, d.cfg.AgentSocket, certs, files)
	}
	a.signers = unique(append(a.signers, files...))
	if a.ep.auth.Certificate != "" && !slices.ContainsFunc(a.signers, isCertificate) {
		return &keyError{message: fmt.Sprintf("no key goes with the certificate %s", a.ep.auth.Certificate), fix: "name its private key in identity_files, or set `agent = true`"}
	}
	return nil
}

func isCertificate(s ssh.Signer) bool {
	_, ok := s.PublicKey().(*ssh.Certificate)
	return ok
}

// certificates reads the certificates of the endpoint. One that the target names
// has to be good; the others are passed over.
func (d *Dialer) certificates(a *authentication) (certs []*ssh.Certificate, err error) {
	for _, path := range a.ep.certificates {
		cert, err := readCertificate(path)
		if err == nil {
			err = usable(cert, path, d.cfg.Now())
		}
		switch {
		case err == nil:
			certs = append(certs, cert)
		case path == a.ep.auth.Certificate:
			return nil, err
		case !errors.Is(err, fs.ErrNotExist):
			a.skipped = append(a.skipped, err.Error())
		}
	}
	return certs, nil
}

// identity returns the signers of one identity file: with its certificates, then
// bare.
func (d *Dialer) identity(ctx context.Context, a *authentication, path string, certs []*ssh.Certificate) ([]ssh.Signer, error) {
	signer, err := d.keys.signer(ctx, path, a.ep.auth.Passphrase)
	if err != nil {
		return nil, err
	}
	var out []ssh.Signer
	for _, cert := range certs {
		if s := certify(cert, signer); s != nil {
			out = append(out, s)
		}
	}
	beside, err := besideKey(path)
	if err == nil && beside != nil {
		err = usable(beside, path+"-cert.pub", d.cfg.Now())
	}
	if err != nil {
		a.skipped = append(a.skipped, err.Error())
	} else if s := certify(beside, signer); s != nil {
		out = append(out, s)
	}
	return append(out, signer), nil
}

// unique drops signers whose public key came before.
func unique(signers []ssh.Signer) []ssh.Signer {
	seen := map[string]bool{}
	return slices.DeleteFunc(signers, func(s ssh.Signer) bool {
		id := string(s.PublicKey().Marshal())
		dup := seen[id]
		seen[id] = true
		return dup
	})
}

// close lets go of the agent.
func (a *authentication) close() {
	if a.agent != nil {
		a.agent.close()
	}
}

// methods are the ways to log in, in order. When ctx ends whatever they wait for
// is given up.
func (a *authentication) methods(ctx context.Context) []ssh.AuthMethod {
	if a.agent != nil {
		context.AfterFunc(ctx, a.agent.close)
	}
	var methods []ssh.AuthMethod
	if len(a.signers) > 0 {
		methods = append(methods, ssh.PublicKeys(a.signers...))
	}
	if a.ep.auth.Password != nil {
		methods = append(methods,
			ssh.KeyboardInteractive(func(_, _ string, questions []string, echos []bool) ([]string, error) {
				return a.answer(ctx, questions, echos)
			}),
			ssh.PasswordCallback(func() (string, error) { return a.password(ctx) }))
	}
	return methods
}

// observe remembers what the server accepts, for the message.
func (a *authentication) observe(c *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.accepted = slices.DeleteFunc(slices.Clone(c.AllowedMethods), func(m string) bool { return m == "" })
	a.tried = slices.DeleteFunc(slices.Clone(c.TriedMethods), func(m string) bool { return m == "none" })
	return nil, nil
}

func (a *authentication) passwordSent() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.sent
}

// refused is the error of a login that the server did not accept.
func (a *authentication) refused(ep endpoint, err error) *connectors.Error {
	a.mu.Lock()
	defer a.mu.Unlock()
	e := &connectors.Error{Code: connectors.CodeAuth, Phase: connectors.PhaseLogin, Host: ep.name(), Err: connectors.Worded("not accepted", err),
		Message: fmt.Sprintf("the host refuses the login as %s", ep.user)}
	if len(a.accepted) > 0 {
		e.Message += fmt.Sprintf(" (it accepts %s; tried: %s)", strings.Join(a.accepted, ", "), a.describe())
	} else {
		e.Message += fmt.Sprintf(" (tried: %s)", a.describe())
	}
	switch {
	case a.secret != nil:
		e.Err = a.secret
	case a.sent:
		e.Hint = "check the user and the password; it was tried once and is not tried again"
	case len(a.signers) > manyKeys:
		e.Hint = "a server gives up after a few keys: name the right one in identity_files"
	default:
		e.Hint = fmt.Sprintf("check the user, and that ~%s/.ssh/authorized_keys on the host holds the key", ep.user)
	}
	if len(a.skipped) > 0 {
		e.Hint = strings.Join(a.skipped, ", ") + "; " + e.Hint
	}
	return e
}

// manyKeys is how many keys a default sshd lets us try (MaxAuthTries 6, of which
// asking without any is one).
const manyKeys = 5

// describe names the means that were there, never what is in them.
func (a *authentication) describe() string {
	var words []string
	for i, s := range a.signers {
		if i == manyKeys {
			words = append(words, fmt.Sprintf("and %d more keys", len(a.signers)-i))
			break
		}
		words = append(words, fingerprint(s.PublicKey()))
	}
	if a.sent {
		words = append(words, "password")
	}
	if len(words) == 0 {
		return "nothing that it accepts"
	}
	return strings.Join(words, ", ")
}
