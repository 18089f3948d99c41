//go:build peers

package wsman_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchwave/connectors/sim/wsman"
)

// The clients of others, as Debian packages them: python3-winrm with
// python3-requests-ntlm, and ansible-core. They are not changed, not configured
// beyond what a user would, and a missing one is a failure.
const python = "/usr/bin/python3"

const withLegacy = `openssl_conf = all
[all]
providers = both
[both]
default = on
legacy = on
[on]
activate = 1
`

// peers are two services for a client: over http and over https.
func peers(t *testing.T) (plain, secure *wsman.Server, files map[string]string) {
	t.Helper()
	cert, key, id, err := wsman.NewClientCertificate(user)
	if err != nil {
		t.Fatal(err)
	}
	plain = start(t, wsman.Options{Auth: wsman.Negotiate | wsman.Basic})
	secure = start(t, wsman.Options{
		TLS: true, Auth: wsman.Negotiate | wsman.Basic | wsman.Certificate, Certificates: map[string]string{id: user},
	})
	files = map[string]string{}
	for name, data := range map[string][]byte{"ca": secure.CA(), "cert": cert, "key": key} {
		files[name] = filepath.Join(t.TempDir(), name+".pem")
		if err := os.WriteFile(files[name], data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return plain, secure, files
}

// peer runs a program and logs what it says.
func peer(t *testing.T, env []string, name string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	// NTLM needs MD4, which OpenSSL 3 has only in its legacy provider.
	legacy := filepath.Join(t.TempDir(), "openssl.cnf")
	if err := os.WriteFile(legacy, []byte(withLegacy), 0o600); err != nil {
		t.Fatal(err)
	}
	// A pyenv or a virtual environment would bring other packages than Debian's.
	cmd.Env = append([]string{
		"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "PYTHONNOUSERSITE=1", "HOME=" + t.TempDir(), "OPENSSL_CONF=" + legacy,
	}, env...)
	out, err := cmd.CombinedOutput()
	t.Logf("%s\n%s", filepath.Base(name), out)
	return string(out), err
}

func TestPywinrm(t *testing.T) {
	plain, secure, files := peers(t)
	out, err := peer(t, []string{"PEER_USER=" + user, "PEER_PASSWORD=" + password},
		python, "testdata/peer.py", plain.URL(), secure.URL(), files["ca"], files["cert"], files["key"])
	if err != nil || !strings.HasSuffix(out, "pywinrm is content\n") {
		t.Fatalf("pywinrm: %v", err)
	}
	if n := plain.Counters(); n.Plain != 0 || n.Sealed == 0 || n.LiveShells != 0 || n.Running != 0 {
		t.Errorf("over http: %+v", n)
	}
	if n := secure.Counters(); n.Plain == 0 || n.Sealed == 0 || n.LiveShells != 0 || n.Running != 0 {
		t.Errorf("over https: %+v", n)
	}
}

func TestAnsible(t *testing.T) {
	plain, secure, files := peers(t)
	var inventory bytes.Buffer
	host := func(name string, s *wsman.Server, vars string) {
		ip, port := s.Addr()
		fmt.Fprintf(&inventory, "%s ansible_host=%s ansible_port=%d ansible_connection=winrm ansible_user=%s %s\n", name, ip, port, user, vars)
	}
	host("sealed", plain, "ansible_winrm_transport=ntlm ansible_winrm_scheme=http")
	host("ntlm", secure, "ansible_winrm_transport=ntlm ansible_winrm_scheme=https ansible_winrm_ca_trust_path="+files["ca"])
	host("basic", secure, "ansible_winrm_transport=basic ansible_winrm_scheme=https ansible_winrm_ca_trust_path="+files["ca"])
	dir := t.TempDir()
	hosts := filepath.Join(dir, "hosts")
	if err := os.WriteFile(hosts, inventory.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	secrets := filepath.Join(dir, "secrets.yml")
	if err := os.WriteFile(secrets, fmt.Appendf(nil, "ansible_password: '%s'\n", password), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"ANSIBLE_NOCOLOR=1", "ANSIBLE_LOCAL_TEMP=" + dir}
	out, err := peer(t, env, "/usr/bin/ansible", "all", "-i", hosts, "-e", "@"+secrets, "-m", "raw", "-a", "do:echo Gr\u00fc\u00dfe")
	if err != nil {
		t.Fatalf("ansible -m raw: %v", err)
	}
	for _, name := range []string{"sealed", "ntlm", "basic"} {
		if !strings.Contains(out, name+" | CHANGED | rc=0 >>\nGr\u00fc\u00dfe") {
			t.Errorf("ansible has no answer of %s", name)
		}
	}
	out, err = peer(t, env, "/usr/bin/ansible", "sealed", "-i", hosts, "-e", "@"+secrets, "-m", "raw", "-a", "do:exit 3010")
	if err == nil || !strings.Contains(out, "sealed | FAILED | rc=3010 >>") {
		t.Errorf("an exit code: %v", err)
	}
	out, err = peer(t, env, "/usr/bin/ansible", "sealed", "-i", hosts, "-e", "ansible_password=wrong", "-m", "raw", "-a", "do:echo")
	if err == nil || !strings.Contains(out, "sealed | UNREACHABLE!") || !strings.Contains(out, "credentials were rejected") {
		t.Errorf("a wrong password: %v", err)
	}
	for _, s := range []*wsman.Server{plain, secure} {
		if n := s.Counters(); n.LiveShells != 0 || n.Running != 0 {
			t.Errorf("ansible left behind: %+v", n)
		}
	}
}
