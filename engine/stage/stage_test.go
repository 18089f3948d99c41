package stage_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/sim"
	"patchwave/connectors/ssh"
	"patchwave/engine/job"
	"patchwave/engine/stage"
	"patchwave/engine/updates"
	"patchwave/engine/updates/apt"
	"patchwave/engine/updates/dnf"
)

// lab is simulated machines behind real SSH, and a stager for them.
type lab struct {
	t     *testing.T
	fleet *sim.Fleet
	s     *stage.Stager
}

func newLab(t *testing.T, machines ...sim.Machine) *lab {
	t.Helper()
	fleet, err := sim.NewFleet(sim.Options{JobTime: 40 * time.Millisecond, RebootTime: 60 * time.Millisecond, Second: 5 * time.Millisecond, SharedHostKey: true})
	if err != nil {
		t.Fatal(err)
	}
	dialer := ssh.New(ssh.Config{})
	t.Cleanup(func() {
		fleet.Close()
		if err := dialer.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, m := range machines {
		if _, err := fleet.Add(m); err != nil {
			t.Fatal(err)
		}
	}
	return &lab{t, fleet, &stage.Stager{Dialer: dialer, Places: dialer, Now: time.Now, Controller: "c1", Run: job.StagePrefix + "1", Fence: 3,
		Until: time.Now().Add(10 * time.Minute), Poll: 2 * time.Millisecond}}
}

// host is what is to be staged on a machine.
func (l *lab) host(name string, m updates.Manager, changes ...updates.Change) stage.Host {
	l.t.Helper()
	dir := l.t.TempDir()
	known, key := filepath.Join(dir, "known_hosts"), filepath.Join(dir, "id_ed25519")
	for path, data := range map[string][]byte{known: l.fleet.KnownHosts(), key: l.fleet.ClientKey()} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			l.t.Fatal(err)
		}
	}
	ip, port := l.fleet.Host(name).Addr()
	return stage.Host{Name: name, Manager: m, Changes: changes, Download: 1 << 20, Target: connectors.Target{
		Name: name, Kind: connectors.KindSSH, Address: ip, Port: port, User: "patch",
		Auth: connectors.Auth{IdentityFiles: []string{key}}, Keys: connectors.HostKeys{Policy: connectors.HostKeysStrict, Files: []string{known}},
		Become: connectors.Become{Method: connectors.BecomeSudo}, Retry: connectors.Retry{Attempts: 1},
		Timeouts: connectors.Timeouts{Connect: 20 * time.Second, Command: time.Minute},
	}}
}

func (l *lab) stage(ctx context.Context, hosts ...stage.Host) map[string]stage.Result {
	l.t.Helper()
	out := map[string]stage.Result{}
	if err := l.s.Stage(ctx, hosts, func(r stage.Result) error {
		out[r.Host] = r
		return nil
	}); err != nil {
		l.t.Fatal(err)
	}
	return out
}

func web(name string) sim.Machine {
	return sim.Machine{Name: name, Packages: append(sim.Base(), sim.Package{Name: "nginx", Version: "1"}), Updates: []sim.Offer{{Name: "nginx", Version: "2"}}}
}

func nginx() updates.Change {
	return updates.Change{Action: updates.ActionUpgrade, Name: "nginx", Arch: "amd64", From: "1", To: "2"}
}

// TestStage: downloaded, not installed, nothing left on the hosts; apt and dnf.
func TestStage(t *testing.T) {
	rocky := sim.Machine{Name: "rocky", Family: sim.RedHat, Updates: []sim.Offer{{Name: "curl", Version: "7.76.1-35.el9"}}}
	l := newLab(t, web("web"), rocky)
	got := l.stage(t.Context(), l.host("web", apt.New(), nginx()), l.host("rocky", dnf.New(),
		updates.Change{Action: updates.ActionUpgrade, Name: "curl", Arch: "x86_64", From: "7.76.1-31.el9", To: "7.76.1-35.el9"}))
	for _, name := range []string{"web", "rocky"} {
		if r := got[name]; r.Problem != nil || r.Staged != 1 || r.Total != 1 {
			t.Errorf("%s: %+v %+v", name, r, r.Problem)
		}
		s := l.fleet.Host(name).Snapshot()
		if len(s.Changes) != 0 || len(s.Left) != 0 || s.Claim != "" || len(s.Jobs) != 1 || s.Jobs[0].Script != "stage" {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

// TestStageTells what keeps a host from it, in words and with a code.
func TestStageTells(t *testing.T) {
	small := web("small")
	small.DiskFree = 100 << 20
	gone := web("gone")
	locked := web("locked")
	locked.Faults.AptLock = "unattended-upgrades"
	nosudo := web("nosudo")
	nosudo.Faults.Sudo = sim.SudoMissing
	l := newLab(t, small, gone, locked, nosudo)
	full := l.host("small", apt.New(), nginx())
	full.DiskFree = map[string]int64{"/": 200 << 20}
	missing := nginx()
	missing.To = "3"
	got := l.stage(t.Context(), full, l.host("gone", apt.New(), missing), l.host("locked", apt.New(), nginx()), l.host("nosudo", apt.New(), nginx()))
	for name, want := range map[string]struct{ code, words string }{
		"small":  {"disk", "the download would leave 99 MiB on /, 200 MiB wanted; nothing was downloaded"},
		"gone":   {"exit", "1 not downloaded (nginx 3): E: Version '3' for 'nginx' was not found"},
		"locked": {"exit", "Could not get lock"},
		"nosudo": {"sudo", "sudo"},
	} {
		r := got[name]
		if r.Problem == nil || r.Problem.Code != want.code || !strings.Contains(r.Problem.Message, want.words) || r.Staged != 0 {
			t.Errorf("%s: %+v %+v", name, r, r.Problem)
		}
		if s := l.fleet.Host(name).Snapshot(); len(s.Left) != 0 || s.Claim != "" {
			t.Errorf("%s: left %v, claim %q", name, s.Left, s.Claim)
		}
	}
}

// client is another run's way to a machine.
func (l *lab) client(name, run string, fence int64) job.Client {
	l.t.Helper()
	s, err := l.s.Dialer.Dial(l.t.Context(), l.host(name, apt.New()).Target)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { _ = s.Close() })
	return job.Client{Session: s, Host: name, Become: true, Claim: job.Claim{Controller: "c1", Run: run, Fence: fence, TTL: time.Minute}}
}

// TestStageWaits: where a run works nothing begins, and what gave way to a run begins
// anew when it is over.
func TestStageWaits(t *testing.T) {
	l := newLab(t, web("web"))
	h := l.fleet.Host("web")
	run := l.client("web", "r1", 2)
	if err := run.Set(t.Context()); err != nil {
		t.Fatal(err)
	}
	f := h.Faults()
	f.HoldDuring = []string{"stage"}
	h.SetFaults(f)
	results := make(chan map[string]stage.Result, 1)
	go func() { results <- l.stage(t.Context(), l.host("web", apt.New(), nginx())) }()
	until(t, "the refusal", func() bool { return h.Snapshot().Scripts["job claim"] >= 2 })
	if s := h.Snapshot(); len(s.Jobs) != 0 {
		t.Fatalf("%+v", s.Jobs)
	}
	if err := run.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	until(t, "the download", func() bool { s := h.Snapshot(); return len(s.Jobs) == 1 && s.Jobs[0].Runs == 1 })
	other := l.client("web", "r2", 2) // a number from before the download began
	if err := other.Set(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := h.Snapshot(); !s.Jobs[0].Ended || s.Claim != "c1 r2" {
		t.Errorf("%+v, claim %q", s.Jobs, s.Claim)
	}
	f.HoldDuring = nil
	h.SetFaults(f)
	if err := other.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := (<-results)["web"]; r.Problem != nil || r.Staged != 1 {
		t.Errorf("%+v %+v", r, r.Problem)
	}
	if s := h.Snapshot(); len(s.Jobs) != 2 || len(s.Left) != 0 || s.Claim != "" {
		t.Errorf("%+v left %v claim %q", s.Jobs, s.Left, s.Claim)
	}
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("it did not come to pass: %s", what)
		}
	}
}

// TestStageIsFoundAgain: whoever lets go has no result, and the same call finds the
// job; it is begun once.
func TestStageIsFoundAgain(t *testing.T) {
	l := newLab(t, web("web"))
	h := l.fleet.Host("web")
	f := h.Faults()
	f.HoldDuring = []string{"stage"}
	h.SetFaults(f)
	ctx, cancel := context.WithCancel(t.Context())
	results := make(chan map[string]stage.Result, 1)
	go func() { results <- l.stage(ctx, l.host("web", apt.New(), nginx())) }()
	until(t, "the download", func() bool { s := h.Snapshot(); return len(s.Jobs) == 1 && s.Jobs[0].Runs == 1 })
	cancel()
	if got := <-results; len(got) != 0 {
		t.Errorf("%+v", got)
	}
	f.HoldDuring = nil
	h.SetFaults(f)
	l.s.Fence = 9
	if r := l.stage(t.Context(), l.host("web", apt.New(), nginx()))["web"]; r.Problem != nil || r.Staged != 1 {
		t.Errorf("%+v %+v", r, r.Problem)
	}
	if s := h.Snapshot(); len(s.Jobs) != 1 || s.Jobs[0].Runs != 1 {
		t.Errorf("%+v", s.Jobs)
	}
}

// TestStageEndsWhenTheWindowOpens: a host that cannot be reached until then has its
// result then, and nothing is tried any more.
func TestStageEndsWhenTheWindowOpens(t *testing.T) {
	m := web("web")
	m.Faults.Unreachable = true
	l := newLab(t, m)
	l.s.Until = time.Now().Add(300 * time.Millisecond)
	r := l.stage(t.Context(), l.host("web", apt.New(), nginx()))["web"]
	if r.Problem == nil || r.Problem.Code != "unreachable" {
		t.Errorf("%+v %+v", r, r.Problem)
	}
}

// TestStageStopsWithItsRecord: what cannot be written down is not done.
func TestStageStopsWithItsRecord(t *testing.T) {
	l := newLab(t, web("a"), web("b"))
	broken := errors.New("the disk is full")
	err := l.s.Stage(t.Context(), []stage.Host{l.host("a", apt.New(), nginx()), l.host("b", apt.New(), nginx())}, func(stage.Result) error { return broken })
	if !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}
