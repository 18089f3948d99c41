package knownhosts

import (
	"crypto/elliptic"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"
)

func TestAlgorithms(t *testing.T) {
	ed := text(testKey(1).PublicKey())
	p256, p521, rsa := text(ecdsaKey(t, elliptic.P256()).PublicKey()), text(ecdsaKey(t, elliptic.P521()).PublicKey()), text(rsaKey(t).PublicKey())
	certs := []string{
		"ssh-ed25519-cert-v01@openssh.com", "ecdsa-sha2-nistp256-cert-v01@openssh.com", "ecdsa-sha2-nistp384-cert-v01@openssh.com",
		"ecdsa-sha2-nistp521-cert-v01@openssh.com", "rsa-sha2-512-cert-v01@openssh.com", "rsa-sha2-256-cert-v01@openssh.com",
	}
	db := load(t,
		"one "+ed, "two "+rsa, "two "+ed, "ec "+p521, "ec "+p256, "[port]:2222 "+rsa,
		hashName("hidden", 1)+" "+rsa, hashName("both", 2)+" "+rsa, "both "+ed,
		"*.wild "+p256, "@cert-authority *.ca "+ed, "web.ca "+rsa,
		"@cert-authority "+hashName("secret", 3)+" "+ed, "@revoked gone "+ed,
	)
	for host, want := range map[string][]string{
		"one:22":     {"ssh-ed25519"},
		"two:22":     {"ssh-ed25519", "rsa-sha2-512", "rsa-sha2-256"},
		"ec:22":      {"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp521"},
		"port:2222":  {"rsa-sha2-512", "rsa-sha2-256"},
		"port:22":    nil,
		"hidden:22":  {"rsa-sha2-512", "rsa-sha2-256"},
		"both:22":    {"ssh-ed25519"},
		"a.wild:22":  {"ecdsa-sha2-nistp256"},
		"new.ca:22":  certs,
		"new.ca:222": certs,
		"secret:22":  certs,
		"web.ca:22":  slices.Concat(certs, []string{"rsa-sha2-512", "rsa-sha2-256"}),
		"gone:22":    nil,
		"nobody:22":  nil,
		"nobody":     nil,
	} {
		for range 2 {
			if diff := cmp.Diff(want, db.Algorithms(host)); diff != "" {
				t.Errorf("%s: %s", host, diff)
			}
		}
	}
}

// Every algorithm that is offered must be one that the SSH library takes.
func TestAlgorithmsAreSupported(t *testing.T) {
	supported := ssh.SupportedAlgorithms().HostKeys
	for _, name := range algorithms(typeEd25519|typeP256|typeP384|typeP521|typeRSA, true) {
		if !slices.Contains(supported, name) {
			t.Errorf("%s is not supported", name)
		}
	}
}
