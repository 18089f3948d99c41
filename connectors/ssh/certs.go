package ssh

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"golang.org/x/crypto/ssh"
)

// readCertificate reads an OpenSSH user certificate. A certificate is public:
// its mode does not matter.
func readCertificate(path string) (*ssh.Certificate, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > mostKeyFile {
		err = errors.New("the file is too large")
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, &keyError{message: "cannot read the certificate " + path, err: err, fix: "check `certificate`"}
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(text)
	if err != nil {
		return nil, &keyError{message: "cannot read the certificate " + path, err: err, fix: "check `certificate`"}
	}
	cert, ok := key.(*ssh.Certificate)
	if !ok || cert.CertType != ssh.UserCert {
		return nil, &keyError{message: path + " is not a user certificate", fix: "sign the public key with `ssh-keygen -s CA -I NAME -n USER KEY.pub`"}
	}
	return cert, nil
}

// besideKey reads the certificate that lies beside a key, as ssh does; nil if
// there is none.
func besideKey(identity string) (*ssh.Certificate, error) {
	cert, err := readCertificate(identity + "-cert.pub")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return cert, err
}

// usable says why a certificate cannot be used now, or nil.
func usable(cert *ssh.Certificate, path string, now time.Time) error {
	seconds := uint64(max(now.Unix(), 0))
	switch {
	case seconds < cert.ValidAfter:
		return &keyError{message: fmt.Sprintf("the certificate %s is not valid before %s", path, stamp(cert.ValidAfter)), fix: "check the clock, or wait"}
	case cert.ValidBefore != ssh.CertTimeInfinity && seconds >= cert.ValidBefore:
		return &keyError{message: fmt.Sprintf("the certificate %s expired on %s", path, stamp(cert.ValidBefore)), fix: "renew it"}
	default:
		return nil
	}
}

func stamp(seconds uint64) string {
	return time.Unix(int64(min(seconds, 1<<40)), 0).UTC().Format(time.RFC3339)
}

// certify joins a certificate with the key it was made for; nil if it is for
// another key.
func certify(cert *ssh.Certificate, signer ssh.Signer) ssh.Signer {
	if cert == nil || !bytes.Equal(cert.Key.Marshal(), signer.PublicKey().Marshal()) {
		return nil
	}
	joined, err := ssh.NewCertSigner(cert, signer)
	if err != nil {
		return nil
	}
	return joined
}
