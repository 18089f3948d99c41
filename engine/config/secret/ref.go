package secret

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strings"
)

// Hidden is what stands in the place of a secret wherever it is printed.
const Hidden = "(sensitive)"

// Scheme says where a secret is kept.
type Scheme string

// The schemes of the language.
const (
	Cred    Scheme = "cred"
	File    Scheme = "file"
	Env     Scheme = "env"
	Age     Scheme = "age"
	Exec    Scheme = "exec"
	Keyring Scheme = "keyring"
	Vault   Scheme = "vault"
)

// Schemes lists the schemes that this version can read.
func Schemes() []Scheme { return []Scheme{Cred, File, Env} }

// Later lists the schemes of the language that this version cannot read: a
// reference is checked, and Reveal refuses it.
func Later() []Scheme { return []Scheme{Age, Exec, Keyring, Vault} }

// ErrLater marks a scheme that belongs to the language and cannot be read by this
// version.
var ErrLater = errors.New("not available in this version")

// ErrScheme marks a scheme that is not known at all, or none.
var ErrScheme = errors.New("unknown scheme")

// Source is what a reference is read from. The zero value reads nothing from
// the environment and resolves nothing relative.
type Source struct {
	// Dir is the configuration directory: relative paths of file: start here.
	Dir string
	// Home replaces a leading "~".
	Home string
	// Env looks up a variable of the controller's environment; nil means that
	// there is none.
	Env func(string) (string, bool)
}

// Ref is a reference to a secret. It implements connectors.Secret.
type Ref struct {
	scheme Scheme
	// name is the name of a credential or variable, or an absolute path.
	name    string
	written string
	env     func(string) (string, bool)
}

// New returns a Ref for "scheme:rest" without reading anything. The error wraps
// ErrScheme, or says what is wrong with the rest; it never repeats the text,
// because a password may have been written there.
func New(written string, src Source) (*Ref, error) {
	word, rest, found := strings.Cut(written, ":")
	if !found {
		return nil, fmt.Errorf("%w: write scheme:reference, for example cred:sudo", ErrScheme)
	}
	r := &Ref{scheme: Scheme(word), name: rest, written: written, env: src.Env}
	switch r.scheme {
	case Cred:
		if !credentialName.MatchString(rest) || strings.Trim(rest, ".") == "" {
			return nil, errors.New("cred: needs the name of a systemd credential: letters, digits, dots, dashes and underscores")
		}
	case Env:
		if !variableName.MatchString(rest) {
			return nil, errors.New("env: needs the name of an environment variable")
		}
	case File, Age:
		path, err := absolute(r.scheme, rest, src)
		if err != nil {
			return nil, err
		}
		r.name = path
	case Exec:
		words, err := splitWords(rest)
		if err != nil {
			return nil, fmt.Errorf("exec: %w", err)
		}
		if len(words) == 0 || words[0] == "" {
			return nil, errors.New("exec: needs a program, and its arguments behind it")
		}
	case Keyring:
		if service, user, ok := strings.Cut(rest, "/"); !ok || service == "" || user == "" || hasControl(rest) {
			return nil, errors.New("keyring: needs a service and a user: keyring:SERVICE/USER")
		}
	case Vault:
		if path, field, ok := strings.Cut(rest, "#"); !ok || path == "" || field == "" || hasControl(rest) {
			return nil, errors.New("vault: needs a path and a field: vault:PATH#FIELD")
		}
	default:
		return nil, fmt.Errorf("%w: use one of cred:NAME, file:PATH, env:NAME, age:PATH, exec:PROGRAM, keyring:SERVICE/USER, vault:PATH#FIELD", ErrScheme)
	}
	return r, nil
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

func absolute(scheme Scheme, path string, src Source) (string, error) {
	switch {
	case path == "" || strings.ContainsRune(path, 0):
		return "", fmt.Errorf("%s: needs a path", scheme)
	case path == "~" || strings.HasPrefix(path, "~/"):
		if src.Home == "" {
			return "", fmt.Errorf("%s: the home directory of the running user is not known; write the whole path", scheme)
		}
		path = filepath.Join(src.Home, path[1:])
	case !filepath.IsAbs(path):
		path = filepath.Join(src.Dir, path)
	}
	return filepath.Clean(path), nil
}

// Scheme says where the secret is kept.
func (r *Ref) Scheme() Scheme { return r.scheme }

// Ref returns the reference as written, which is safe to print.
func (r *Ref) Ref() string { return r.written }

// Reveal reads the value; a single line end at its end is not part of it. The
// error names the reference and what to do next, never the value.
func (r *Ref) Reveal(ctx context.Context) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("read secret %q: %w", r.written, err)
	}
	value, err := r.read()
	if err != nil {
		return nil, fmt.Errorf("read secret %q: %w", r.written, err)
	}
	value = trimLineEnd(value)
	if len(value) == 0 {
		return nil, fmt.Errorf("read secret %q: it is empty", r.written)
	}
	return value, nil
}

func (r *Ref) read() ([]byte, error) {
	switch r.scheme {
	case Cred:
		return r.readCredential()
	case File:
		return readFile(r.name, privateFile)
	case Env:
		return r.readVariable()
	default:
		return nil, fmt.Errorf("%s: is %w; use cred:NAME, file:PATH or env:NAME", r.scheme, ErrLater)
	}
}

func (r *Ref) readCredential() ([]byte, error) {
	dir, ok := r.lookup("CREDENTIALS_DIRECTORY")
	if !ok || !filepath.IsAbs(dir) {
		return nil, fmt.Errorf("$CREDENTIALS_DIRECTORY is not set; "+
			"add LoadCredential=%s:PATH to the systemd unit, or use file: outside a unit", r.name)
	}
	// The directory belongs to the service manager, which sets the modes.
	return readFile(filepath.Join(dir, r.name), nil)
}

func (r *Ref) readVariable() ([]byte, error) {
	value, ok := r.lookup(r.name)
	if !ok {
		return nil, fmt.Errorf("environment variable %s is not set", r.name)
	}
	return []byte(value), nil
}

func (r *Ref) lookup(name string) (string, bool) {
	if r.env == nil {
		return "", false
	}
	return r.env(name)
}

func trimLineEnd(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] == '\n' {
		b = b[:n-1]
		if n > 1 && b[n-2] == '\r' {
			b = b[:n-2]
		}
	}
	return b
}

// String returns Hidden.
func (r Ref) String() string { return Hidden }

// Format writes Hidden, whatever the verb and the flags.
func (r Ref) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Hidden) } // the printer keeps its own error

// MarshalText returns Hidden; encoding/json uses it too.
func (r Ref) MarshalText() ([]byte, error) { return []byte(Hidden), nil }

// What a systemd credential and an environment variable may be called.
var (
	credentialName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,255}$`)
	variableName   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)
