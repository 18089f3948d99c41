package sim_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"patchwave/connectors"
	"patchwave/connectors/sim"
	"patchwave/connectors/ssh"
	"patchwave/engine/job"
	"patchwave/engine/updates"
	"patchwave/engine/updates/apt"
)

// fast is a fleet that does not keep anybody waiting.
var fast = sim.Options{JobTime: 20 * time.Millisecond, RebootTime: 60 * time.Millisecond, Second: 5 * time.Millisecond}

// world is a fleet and the program's own way to it.
type world struct {
	t      testing.TB
	fleet  *sim.Fleet
	dialer *ssh.Dialer
	key    string
}

// newWorld makes a fleet that is closed with the test; no goroutine may be left.
func newWorld(t testing.TB, opt sim.Options, machines ...sim.Machine) *world {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
	fleet, err := sim.NewFleet(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fleet.Close)
	return over(t, fleet, machines...)
}

// over adds machines to a fleet and makes a dialer for it.
func over(t testing.TB, fleet *sim.Fleet, machines ...sim.Machine) *world {
	t.Helper()
	w := &world{t: t, fleet: fleet, dialer: ssh.New(ssh.Config{}), key: filepath.Join(t.TempDir(), "key")}
	t.Cleanup(func() {
		if err := w.dialer.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, m := range machines {
		if _, err := fleet.Add(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(w.key, fleet.ClientKey(), 0o600); err != nil {
		t.Fatal(err)
	}
	return w
}

// knownHosts writes the host keys of the fleet as they are now.
func (w *world) knownHosts() string {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), "known_hosts")
	if err := os.WriteFile(path, w.fleet.KnownHosts(), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// target is how the program reaches a machine; root by sudo.
func (w *world) target(name string) connectors.Target {
	w.t.Helper()
	ip, port := w.fleet.Host(name).Addr()
	return connectors.Target{Name: name, Kind: connectors.KindSSH, Address: ip, Port: port, User: "patch",
		Auth: connectors.Auth{IdentityFiles: []string{w.key}}, Keys: connectors.HostKeys{Policy: connectors.HostKeysStrict, Files: []string{w.knownHosts()}},
		Become: connectors.Become{Method: connectors.BecomeSudo}, Timeouts: connectors.Timeouts{Connect: 5 * time.Second, Command: time.Minute},
		Retry: connectors.Retry{Attempts: 1}}
}

// dial opens a session that ends with the test.
func (w *world) dial(name string, edit func(*connectors.Target)) connectors.Session {
	w.t.Helper()
	target := w.target(name)
	if edit != nil {
		edit(&target)
	}
	s, err := w.dialer.Dial(w.t.Context(), target)
	if err != nil {
		w.t.Fatalf("dial %s: %v", name, err)
	}
	w.t.Cleanup(func() { _ = s.Close() }) // it may have been cut
	return s
}

// host is the one machine of a world.
func (w *world) host() *sim.Host { return w.fleet.Hosts()[0] }

// one makes a world of one machine and a session to it.
func one(t *testing.T, m sim.Machine) (*world, connectors.Session) {
	t.Helper()
	if m.Name == "" {
		m.Name = "m1"
	}
	w := newWorld(t, fast, m)
	return w, w.dial(m.Name, nil)
}

func managers() []updates.Manager { return []updates.Manager{apt.New()} }

// claim of the tests.
func claim(run string, fence int64) job.Claim {
	return job.Claim{Controller: "c1", Run: run, Fence: fence, TTL: time.Minute}
}

// client works with the jobs of a machine, the claim set.
func client(t *testing.T, s connectors.Session) job.Client {
	t.Helper()
	c := job.Client{Session: s, Host: "m1", Become: true, Claim: claim("r1", 1)}
	if err := c.Set(t.Context()); err != nil {
		t.Fatalf("claim: %v", err)
	}
	return c
}

// eventually repeats ask until it is true.
func eventually(t *testing.T, what string, ask func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ask() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("never came: %s", what)
		}
	}
}

// await polls a job until it ended.
func await(t *testing.T, c job.Client, id job.ID) (job.Status, []byte) {
	t.Helper()
	var status job.Status
	var log []byte
	eventually(t, "the end of job "+id.String(), func() bool {
		s, l, err := c.Poll(t.Context(), id, 0)
		if err != nil {
			t.Fatalf("poll: %v", err)
		}
		status, log = s, l
		return s.Ended()
	})
	return status, log
}
