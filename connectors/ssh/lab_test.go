//go:build lab

package ssh_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/connectortest"
	"patchwave/connectors/ssh"
)

// lab is a real sshd on 127.0.0.1, run by the user of the test, with keys of the
// real ssh-keygen.
type lab struct {
	t    testing.TB
	dir  string
	port int
	user string
	log  *syncBuffer
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// sshd is the program to run: $PATCHWAVE_SSHD, else /usr/sbin/sshd. Run as root
// it needs the user sshd and /run/sshd.
func sshd(t testing.TB) string {
	t.Helper()
	path := os.Getenv("PATCHWAVE_SSHD")
	if path == "" {
		path = "/usr/sbin/sshd"
	}
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no sshd: %v", err)
	}
	return path
}

func run(t testing.TB, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// newLab starts an sshd. conf is added to its configuration, in which %s is the
// directory.
func newLab(t testing.TB, conf string) *lab {
	t.Helper()
	program := sshd(t)
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{t: t, dir: t.TempDir(), port: freePort(t), user: me.Username, log: &syncBuffer{}}
	run(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", l.path("host_ed25519"))
	run(t, "ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", l.path("host_rsa"))
	l.key("id_ed25519", "-t", "ed25519", "-N", "")
	text := fmt.Sprintf("Port %d\nListenAddress 127.0.0.1\nHostKey %s\nHostKey %s\nAuthorizedKeysFile %s\nStrictModes no\nPidFile none\nUsePAM no\n%s\n",
		l.port, l.path("host_ed25519"), l.path("host_rsa"), l.path("authorized_keys"), strings.ReplaceAll(conf, "%s", l.dir))
	writeFile(t, l.path("sshd_config"), text, 0o600)
	cmd := exec.CommandContext(t.Context(), program, "-D", "-e", "-f", l.path("sshd_config"))
	cmd.Stderr = l.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Wait() // the context has killed it
		if t.Failed() {
			t.Logf("sshd said:\n%s", l.log)
		}
	})
	l.await()
	return l
}

func freePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }() // it was only to find the number
	return listener.Addr().(*net.TCPAddr).Port
}

// await waits until sshd listens, without connecting.
func (l *lab) await() {
	l.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 500 {
		if strings.Contains(l.log.String(), "Server listening") {
			return
		}
		<-tick.C
	}
	l.t.Fatalf("sshd does not listen:\n%s", l.log)
}

func (l *lab) path(name string) string { return filepath.Join(l.dir, name) }

// key makes a key and lets it in.
func (l *lab) key(name string, args ...string) string {
	l.t.Helper()
	run(l.t, "ssh-keygen", append([]string{"-q", "-f", l.path(name)}, args...)...)
	f, err := os.OpenFile(l.path("authorized_keys"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		l.t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it was written
	if _, err := f.WriteString(readAll(l.t, l.path(name+".pub"))); err != nil {
		l.t.Fatal(err)
	}
	return l.path(name)
}

func readAll(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// known writes a known_hosts file with what ssh-keyscan sees.
func (l *lab) known() string {
	l.t.Helper()
	out, err := exec.CommandContext(l.t.Context(), "ssh-keyscan", "-p", strconv.Itoa(l.port), "127.0.0.1").Output()
	if err != nil {
		l.t.Fatal(err)
	}
	writeFile(l.t, l.path("known_hosts"), string(out), 0o600)
	return l.path("known_hosts")
}

func (l *lab) target() connectors.Target {
	return connectors.Target{
		Name: "web1", Kind: connectors.KindSSH, Address: "127.0.0.1", Port: l.port, User: l.user,
		Auth:  connectors.Auth{IdentityFiles: []string{l.path("id_ed25519")}},
		Keys:  connectors.HostKeys{Files: []string{l.known()}},
		Retry: connectors.Retry{Attempts: 1},
	}
}

// hello logs in, runs a command and logs out.
func hello(t testing.TB, cfg ssh.Config, target connectors.Target) error {
	t.Helper()
	d := ssh.New(cfg)
	defer closeDialer(t, d)
	s, err := d.Dial(t.Context(), target)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }() // never fails
	r, err := s.Run(t.Context(), connectors.Command{Script: []byte("echo hello; exit 3")})
	if err == nil && (string(r.Stdout) != "hello\n" || r.ExitCode != 3) {
		return fmt.Errorf("got %q %q %d", r.Stdout, r.Stderr, r.ExitCode)
	}
	return err
}

func TestLabContract(t *testing.T) {
	l := newLab(t, "")
	target := l.target()
	connectortest.Run(t, func(t testing.TB, edit func(*connectors.Target)) connectors.Session {
		t.Helper()
		d := ssh.New(ssh.Config{})
		t.Cleanup(func() { _ = d.Close() }) // never fails
		target := target
		if edit != nil {
			edit(&target)
		}
		s, err := d.Dial(t.Context(), target)
		if err != nil {
			t.Fatalf("dial: %v", err)
		}
		return s
	})
}

func TestLabKeys(t *testing.T) {
	l := newLab(t, "")
	for name, args := range map[string][]string{
		"rsa":       {"-t", "rsa", "-b", "2048", "-N", ""},
		"ecdsa":     {"-t", "ecdsa", "-N", ""},
		"encrypted": {"-t", "ed25519", "-N", "a pass phrase"},
		"pem":       {"-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "a pass phrase"},
	} {
		t.Run(name, func(t *testing.T) {
			target := l.target()
			target.Auth.IdentityFiles = []string{l.key(name, args...)}
			target.Auth.Passphrase = &connectortest.Secret{Name: "cred:key", Value: "a pass phrase"}
			if err := hello(t, ssh.Config{}, target); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestLabAgent(t *testing.T) {
	l := newLab(t, "")
	key := l.key("agent_key", "-t", "ed25519", "-N", "")
	socket := l.path("agent")
	agent := exec.CommandContext(t.Context(), "ssh-agent", "-D", "-a", socket)
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = agent.Wait() }) // the context has killed it
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 200 {
		if _, err := os.Stat(socket); err == nil {
			break
		}
		<-tick.C
	}
	t.Setenv("SSH_AUTH_SOCK", socket)
	run(t, "ssh-add", "-q", key)
	target := l.target()
	target.Auth = connectors.Auth{Agent: true}
	if err := hello(t, ssh.Config{}, target); err != nil {
		t.Error(err)
	}
}

func TestLabCertificates(t *testing.T) {
	l := newLab(t, "TrustedUserCAKeys %s/user_ca.pub\n") // it is read at each login
	run(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", l.path("user_ca"))
	run(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", l.path("certified"))
	run(t, "ssh-keygen", "-q", "-s", l.path("user_ca"), "-I", "test", "-n", l.user, "-V", "+1h", l.path("certified.pub"))
	target := l.target()
	target.Auth = connectors.Auth{IdentityFiles: []string{l.path("certified")}}
	if err := hello(t, ssh.Config{}, target); err != nil {
		t.Errorf("beside the key: %v", err)
	}
	if err := os.Rename(l.path("certified-cert.pub"), l.path("elsewhere")); err != nil {
		t.Fatal(err)
	}
	if err := hello(t, ssh.Config{}, target); connectors.CodeOf(err) != connectors.CodeAuth {
		t.Errorf("without the certificate: %v", err)
	}
	target.Auth.Certificate = l.path("elsewhere")
	if err := hello(t, ssh.Config{}, target); err != nil {
		t.Errorf("named: %v", err)
	}
}

func TestLabHostCertificate(t *testing.T) {
	dir := t.TempDir()
	run(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, "host"))
	run(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, "ca"))
	run(t, "ssh-keygen", "-q", "-s", filepath.Join(dir, "ca"), "-h", "-I", "test", "-n", "127.0.0.1", "-V", "+1h", filepath.Join(dir, "host.pub"))
	l := newLab(t, "HostKey "+dir+"/host\nHostCertificate "+dir+"/host-cert.pub\n")
	target := l.target()
	file := l.path("authorities")
	writeFile(t, file, "@cert-authority 127.0.0.1 "+readAll(t, filepath.Join(dir, "ca.pub")), 0o600)
	target.Keys = connectors.HostKeys{Files: []string{file}}
	if err := hello(t, ssh.Config{}, target); err != nil {
		t.Error(err)
	}
	writeFile(t, file, "@cert-authority 127.0.0.2 "+readAll(t, filepath.Join(dir, "ca.pub")), 0o600)
	if err := hello(t, ssh.Config{}, target); connectors.CodeOf(err) != connectors.CodeHostKey {
		t.Errorf("an authority for another host: %v", err)
	}
}

func TestLabKnownHosts(t *testing.T) {
	l := newLab(t, "")
	target := l.target()
	file := target.Keys.Files[0]
	run(t, "ssh-keygen", "-q", "-H", "-f", file)
	if text := readAll(t, file); !strings.HasPrefix(text, "|1|") {
		t.Fatalf("the names are not hashed: %s", text)
	}
	if err := hello(t, ssh.Config{}, target); err != nil {
		t.Errorf("hashed: %v", err)
	}
	writeFile(t, file, fmt.Sprintf("[127.0.0.1]:%d %s", l.port, readAll(t, l.path("id_ed25519.pub"))), 0o600)
	if err := hello(t, ssh.Config{}, target); connectors.CodeOf(err) != connectors.CodeHostKey || !strings.Contains(err.Error(), "has changed") {
		t.Errorf("changed: %v", err)
	}
	writeFile(t, file, "", 0o600)
	err := hello(t, ssh.Config{}, target)
	if connectors.CodeOf(err) != connectors.CodeHostKey {
		t.Fatalf("unknown: %v", err)
	}
	// The hint has to work as it stands.
	_, command, _ := strings.Cut(err.Error(), "add it: `")
	run(t, "/bin/sh", "-c", strings.TrimSuffix(command, "`"))
	if err := hello(t, ssh.Config{}, target); err != nil {
		t.Errorf("after the hint: %v", err)
	}
	writeFile(t, file, "", 0o600)
	target.Keys.Policy = connectors.HostKeysAcceptNew
	for range 2 {
		if err := hello(t, ssh.Config{}, target); err != nil {
			t.Errorf("accept-new: %v", err)
		}
	}
	run(t, "ssh-keygen", "-F", fmt.Sprintf("[127.0.0.1]:%d", l.port), "-f", file)
}

func TestLabJump(t *testing.T) {
	outer, inner, l := newLab(t, ""), newLab(t, ""), newLab(t, "")
	target := l.target()
	target.Jump = []connectors.Target{outer.target(), inner.target()}
	if err := hello(t, ssh.Config{}, target); err != nil {
		t.Error(err)
	}
}

// TestLabDefaultLimits is three hundred hosts behind one bastion with the limits
// of a default sshd (MaxStartups 10:30:100, MaxSessions 10). The hosts are one
// sshd: it sees three hundred logins of its own.
func TestLabDefaultLimits(t *testing.T) {
	bastion, l := newLab(t, ""), newLab(t, "")
	target := l.target()
	target.Jump = []connectors.Target{bastion.target()}
	d := ssh.New(ssh.Config{})
	defer closeDialer(t, d)
	var all sync.WaitGroup
	for i := range 300 {
		all.Go(func() {
			s, err := d.Dial(t.Context(), target)
			if err != nil {
				t.Errorf("host %d: %v", i, err)
				return
			}
			defer func() { _ = s.Close() }() // never fails
			if r, err := s.Run(t.Context(), connectors.Command{Script: []byte("echo hi")}); err != nil || string(r.Stdout) != "hi\n" {
				t.Errorf("host %d: %q %v", i, r.Stdout, err)
			}
		})
	}
	all.Wait()
	for _, s := range []*lab{bastion, l} {
		if strings.Contains(s.log.String(), "MaxStartups") {
			t.Error("sshd dropped connections")
		}
	}
}

func TestLabFewSessions(t *testing.T) {
	l := newLab(t, "MaxSessions 1\n")
	d := ssh.New(ssh.Config{})
	defer closeDialer(t, d)
	s, err := d.Dial(t.Context(), l.target())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }() // never fails
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() {
			if r, err := s.Run(t.Context(), connectors.Command{Script: []byte("sleep 0.05; echo hi")}); err != nil || string(r.Stdout) != "hi\n" {
				t.Errorf("got %q %v", r.Stdout, err)
			}
		})
	}
	all.Wait()
}
