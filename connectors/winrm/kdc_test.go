//go:build peers

package winrm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/connectortest"
)

// The realm of the KDC, who logs in there, and the host.
const (
	krbRealm    = "CORP.TEST"
	krbUser     = "patch"
	krbPassword = "correct horse"
	krbHost     = "win1.corp.test"
	krbSPN      = "HTTP/" + krbHost
)

// kdc is krb5kdc of MIT with a realm of its own.
type kdc struct {
	t    *testing.T
	dir  string
	port int
	// keytab is that of the host, userKeytab that of the user.
	keytab, userKeytab string
	// replays is the replay cache of the host, in memory: each ticket waits for a disk else.
	replays string
	// daemon runs while there is a KDC.
	daemon *exec.Cmd
	words  *bytes.Buffer
	// realms are those that it serves.
	realms []string
}

func (k *kdc) path(name string) string { return filepath.Join(k.dir, name) }

// realmOf makes a realm and starts its KDC, which ends with the test.
func realmOf(t *testing.T) *kdc {
	t.Helper()
	k := &kdc{t: t, dir: t.TempDir(), port: freePort(t), realms: []string{krbRealm}}
	shm := filepath.Join("/dev/shm", "replays"+strconv.Itoa(k.port)) // of this very KDC, as its port is
	if err := os.Mkdir(shm, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(shm); err != nil {
			t.Error(err)
		}
	})
	k.replays = filepath.Join(shm, "rcache2")
	k.keytab, k.userKeytab = k.path("host.keytab"), k.path("user.keytab")
	k.write("krb5.conf", fmt.Sprintf(`[libdefaults]
  default_realm = %[1]s
  dns_lookup_kdc = false
  dns_lookup_realm = false
[realms]
  %[1]s = {
    kdc = 127.0.0.1:%[2]d
  }
[domain_realm]
  .corp.test = %[1]s
[logging]
  kdc = FILE:%[3]s
`, krbRealm, k.port, k.path("kdc.log")))
	k.write("kdc.conf", fmt.Sprintf(`[kdcdefaults]
  kdc_listen = 127.0.0.1:%[2]d
  kdc_tcp_listen = 127.0.0.1:%[2]d
[realms]
  %[1]s = {
    database_name = %[3]s/principal
    key_stash_file = %[3]s/stash
    acl_file = %[3]s/kadm5.acl
    max_life = 10h
    default_principal_flags = +preauth
  }
`, krbRealm, k.port, k.dir))
	k.write("kadm5.acl", "")
	k.tool("", "kdb5_util", "create", "-s", "-r", krbRealm, "-P", "master of the realm")
	for _, q := range []string{
		"addprinc -pw \"" + krbPassword + "\" " + krbUser,
		"addprinc -pw short -maxlife 1second brief",
		"addprinc -pw old -pwexpire 2001-01-01 stale",
		"addprinc -randkey " + krbSPN,
		"addprinc -randkey HTTP/stolen.corp.test", // its key is not in the keytab of the host
		"addprinc -randkey keytabuser",
		"ktadd -q -k " + k.keytab + " " + krbSPN,
		"ktadd -q -k " + k.userKeytab + " keytabuser",
		"addprinc -randkey moved",
		"ktadd -q -k " + k.userKeytab + " moved",
		"cpw -randkey moved", // and the keytab has the old one
	} {
		k.tool("", "kadmin.local", "-r", krbRealm, "-q", q)
	}
	k.start("")
	t.Cleanup(k.stop)
	return k
}

// freePort is a port that nobody has, neither for TCP nor for UDP.
func freePort(t *testing.T) int {
	t.Helper()
	for range 20 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		u, err := net.ListenPacket("udp", l.Addr().String())
		_ = l.Close()
		if err == nil {
			_ = u.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

func (k *kdc) write(name, text string) {
	k.t.Helper()
	if err := os.WriteFile(k.path(name), []byte(text), 0o600); err != nil {
		k.t.Fatal(err)
	}
}

// env is that of every program of Kerberos.
func (k *kdc) env() []string {
	return []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "HOME=" + k.dir, "KRB5_CONFIG=" + k.path("krb5.conf"),
		"KRB5_KDC_PROFILE=" + k.path("kdc.conf"), "KRB5RCACHENAME=file2:" + k.replays}
}

// tool runs a program that must work, with stdin.
func (k *kdc) tool(stdin, name string, args ...string) {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(k.t.Context(), peerWait)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env, cmd.Stdin = k.env(), strings.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		k.t.Fatalf("%s %q: %v (apt-get install krb5-kdc krb5-admin-server krb5-user)\n%s", name, args, err, out)
	}
}

// start starts the KDC, with a clock that is wrong by clock unless that is "".
func (k *kdc) start(clock string) {
	k.t.Helper()
	args := []string{"-n"}
	for _, r := range k.realms {
		args = append(args, "-r", r)
	}
	k.daemon, k.words = exec.Command("/usr/sbin/krb5kdc", args...), &bytes.Buffer{}
	k.daemon.Env, k.daemon.Stdout, k.daemon.Stderr = append(k.env(), wrongBy(k.t, clock)...), k.words, k.words
	if err := k.daemon.Start(); err != nil {
		k.t.Fatal(err)
	}
	limit, cancel := context.WithTimeout(k.t.Context(), peerWait)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := (&net.Dialer{}).DialContext(limit, "tcp", "127.0.0.1:"+strconv.Itoa(k.port))
		if err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-tick.C:
		case <-limit.Done():
			k.stop()
			k.t.Fatalf("the KDC does not start: %s", k.words)
		}
	}
}

// wrongBy is the environment of a program whose clock is wrong by that ("+1h").
func wrongBy(t *testing.T, clock string) []string {
	t.Helper()
	if clock == "" {
		return nil
	}
	// The program of that name starts another one: what is started could not be ended.
	found, err := filepath.Glob("/usr/lib/*/faketime/libfaketime.so.1")
	if err != nil || len(found) != 1 {
		t.Fatalf("no libfaketime (apt-get install libfaketime): %v, %v", found, err)
	}
	return []string{"LD_PRELOAD=" + found[0], "FAKETIME=" + clock}
}

// stop ends the KDC. It is safe to call twice.
func (k *kdc) stop() {
	if k.daemon == nil {
		return
	}
	_ = k.daemon.Process.Kill()
	var exit *exec.ExitError
	if err := k.daemon.Wait(); err != nil && !errors.As(err, &exit) {
		k.t.Errorf("the KDC: %v", err)
	}
	k.daemon = nil
}

// logged is how many lines of the log of the KDC have all the words.
func (k *kdc) logged(words ...string) (n int) {
	k.t.Helper()
	log, err := os.ReadFile(k.path("kdc.log"))
	if err != nil {
		k.t.Fatal(err)
	}
lines:
	for line := range strings.Lines(string(log)) {
		for _, w := range words {
			if !strings.Contains(line, w) {
				continue lines
			}
		}
		n++
	}
	return n
}

// valid reports whether klist finds a ticket in a cache that is still good.
func (k *kdc) valid(cache string) bool {
	k.t.Helper()
	cmd := exec.Command("klist", "-s", "-c", cache)
	cmd.Env = k.env()
	return cmd.Run() == nil
}

// host starts the service with the keytab of the host.
func (k *kdc) host(clock string, env ...string) *peer {
	k.t.Helper()
	return serveAt(k.t, clock, append(append(k.env(), "LOGIN=kerberos", "KRB5_KTNAME="+k.keytab), env...)...)
}

// target is how the host is reached by a name of the realm.
func (k *kdc) target(there *peer, name string) connectors.Target {
	t := there.target(connectors.WinRMKerberos, true)
	t.Address, t.User = name, krbUser
	t.Auth.Password = &connectortest.Secret{Name: "cred:win", Value: krbPassword}
	t.WinRM.Kerberos = connectors.Kerberos{Krb5Conf: k.path("krb5.conf")}
	return t
}

// kerberosConfig finds every name on this computer.
func kerberosConfig(there *peer) Config {
	cfg := peerConfig()
	cfg.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, "127.0.0.1:"+strconv.Itoa(there.secure))
	}
	return cfg
}
