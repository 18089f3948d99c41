package ssh

import (
	"bytes"
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"patchwave/connectors"
)

// mostKeyFile bounds the size of a key or certificate file, in bytes.
const mostKeyFile = 1 << 20

// keyCache holds the keys that were read: a login must not cost a decryption.
type keyCache struct {
	mu   sync.Mutex
	keys map[string]*cachedKey
}

// cachedKey is one key file. Its lock is held while it is read, so that a
// passphrase is asked for once.
type cachedKey struct {
	mu     sync.Mutex
	id     fileID
	signer ssh.Signer
}

// fileID is different when the file was replaced or written to.
type fileID struct {
	size     int64
	modified time.Time
}

func newKeyCache() *keyCache { return &keyCache{keys: map[string]*cachedKey{}} }

// keyError is a key that cannot be used; fix says what to do.
type keyError struct {
	message, fix string
	err          error
}

func (e *keyError) Error() string {
	s := e.message
	if e.err != nil {
		s += ": " + e.err.Error()
	}
	if e.fix != "" {
		s += "; " + e.fix
	}
	return s
}

func (e *keyError) Unwrap() error { return e.err }

// signer returns the key in a file. passphrase is asked only if it is encrypted;
// it may be nil.
func (c *keyCache) signer(ctx context.Context, path string, passphrase connectors.Secret) (ssh.Signer, error) {
	c.mu.Lock()
	key := c.keys[path+"\x00"+ref(passphrase)]
	if key == nil {
		key = &cachedKey{}
		c.keys[path+"\x00"+ref(passphrase)] = key
	}
	c.mu.Unlock()
	key.mu.Lock()
	defer key.mu.Unlock()
	text, id, err := readKeyFile(path, key.id)
	if err != nil {
		key.signer, key.id = nil, fileID{}
		return nil, err
	}
	if text == nil {
		return key.signer, nil
	}
	defer clear(text)
	signer, err := parseKey(ctx, path, text, passphrase)
	if err != nil {
		return nil, err
	}
	key.signer, key.id = signer, id
	return signer, nil
}

// readKeyFile reads a private key, unless it is the one that is known already:
// then the text is nil. A key that others can read is refused, as ssh does.
func readKeyFile(path string, known fileID) (text []byte, id fileID, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, id, &keyError{message: "cannot read the key " + path, err: errors.Unwrap(err), fix: "check identity_files"}
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, id, &keyError{message: "cannot read the key " + path, err: err}
	}
	if err := checkKeyFile(path, info); err != nil {
		return nil, id, err
	}
	id = fileID{info.Size(), info.ModTime()}
	if id == known {
		return nil, id, nil
	}
	text, err = io.ReadAll(io.LimitReader(f, mostKeyFile))
	if err != nil {
		return nil, id, &keyError{message: "cannot read the key " + path, err: err}
	}
	return text, id, nil
}

func checkKeyFile(path string, info fs.FileInfo) error {
	switch {
	case !info.Mode().IsRegular():
		return &keyError{message: fmt.Sprintf("the key %s is not a regular file", path), fix: "check identity_files"}
	case info.Mode().Perm()&0o077 != 0:
		return &keyError{message: fmt.Sprintf("the key %s can be read by others (mode %04o)", path, info.Mode().Perm()), fix: "run `chmod 600 " + path + "`"}
	case !ownedByUs(info):
		return &keyError{message: fmt.Sprintf("the key %s belongs to another user", path), fix: "run `chown " + runningUser() + " " + path + "`"}
	case info.Size() > mostKeyFile:
		return &keyError{message: fmt.Sprintf("the key %s is larger than any key", path), fix: "check identity_files"}
	default:
		return nil
	}
}

func parseKey(ctx context.Context, path string, text []byte, passphrase connectors.Secret) (ssh.Signer, error) {
	signer, err := ssh.ParsePrivateKey(text)
	if _, locked := errors.AsType[*ssh.PassphraseMissingError](err); locked {
		signer, err = unlock(ctx, path, text, passphrase)
	}
	if err != nil {
		if known, ok := errors.AsType[*keyError](err); ok {
			return nil, known
		}
		if bytes.HasPrefix(text, []byte("ssh-")) || bytes.HasPrefix(text, []byte("ecdsa-")) {
			return nil, &keyError{message: path + " holds a public key", fix: "name the private key, without .pub"}
		}
		return nil, &keyError{message: "cannot read the key " + path, err: err, fix: "make a new one: `ssh-keygen -t ed25519`"}
	}
	return secure(signer, path)
}

func unlock(ctx context.Context, path string, text []byte, passphrase connectors.Secret) (ssh.Signer, error) {
	if passphrase == nil {
		return nil, &keyError{message: fmt.Sprintf("the key %s is encrypted", path), fix: "set `passphrase`, or add the key to the agent and set `agent = true`"}
	}
	secret, err := passphrase.Reveal(ctx)
	if err != nil {
		return nil, &keyError{message: "cannot read the passphrase " + passphrase.Ref(), err: err}
	}
	defer clear(secret)
	signer, err := ssh.ParsePrivateKeyWithPassphrase(text, secret)
	if err != nil {
		// The library's words could quote what it was given.
		return nil, &keyError{message: fmt.Sprintf("the passphrase %s does not open the key %s", passphrase.Ref(), path), fix: "check the passphrase"}
	}
	return signer, nil
}

// secure refuses keys that are too weak, and keeps RSA keys from signing with
// SHA-1.
func secure(signer ssh.Signer, from string) (ssh.Signer, error) {
	pub := signer.PublicKey()
	if cert, ok := pub.(*ssh.Certificate); ok {
		pub = cert.Key
	}
	switch pub.Type() {
	case "ssh-dss":
		return nil, &keyError{message: from + " is a DSA key, which is too weak", fix: "make a new one: `ssh-keygen -t ed25519`"}
	case ssh.KeyAlgoRSA:
		if k, ok := pub.(ssh.CryptoPublicKey); ok {
			if r, ok := k.CryptoPublicKey().(*rsa.PublicKey); ok && r.N.BitLen() < leastRSA {
				return nil, &keyError{message: fmt.Sprintf("%s is an RSA key of %d bits, which is too weak", from, r.N.BitLen()), fix: "make a new one: `ssh-keygen -t ed25519`"}
			}
		}
		as, ok := signer.(ssh.AlgorithmSigner)
		if !ok {
			return nil, &keyError{message: from + " is an RSA key that can sign with SHA-1 only", fix: "use another key"}
		}
		return ssh.NewSignerWithAlgorithms(as, []string{ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSASHA512})
	default:
		return signer, nil
	}
}
