package run_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/sim"
	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/policies"
)

// fault is one thing that goes wrong on one host, and what becomes of it.
type fault struct {
	name    string
	machine func(*sim.Machine)
	policy  func(*policies.Policy)
	// faults are set after the plan was made.
	faults sim.Faults
	state  journal.State
	code   string
	// says is a part of the fault's message.
	says string
	// updates are the states of the updates "NAME STATE" that are not installed.
	updates []string
	jobs    []string
	// locked: no job was begun, and the claim cannot be given back: it expires.
	locked bool
}

func faults() []fault {
	return []fault{
		{name: "a script of a package fails", machine: postinst, state: journal.Failed, code: "exit", says: "nginx",
			updates: []string{"nginx failed-but-present"}, jobs: []string{"restore-point 1", "updates 1"}},
		{name: "a script fails and the policy wants all back", machine: postinst, policy: verified("rollback"), state: journal.RolledBack,
			code: "exit", says: "nginx", updates: []string{"libssl3 rolled-back", "nginx rolled-back", "openssl rolled-back"},
			jobs: []string{"restore-point 1", "updates 1", "rollback 1"}},
		{name: "the package manager lies", faults: sim.Faults{Lies: []string{"openssl"}}, state: journal.Failed, code: "exit",
			says: "reports success, but the host does not have it", updates: []string{"openssl claimed-but-still-offered"},
			jobs: []string{"restore-point 1", "updates 1"}},
		{name: "a restore point is required and cannot be made", faults: sim.Faults{CannotKeep: []string{"nginx"}}, policy: required,
			state: journal.Failed, code: "guard", says: "nginx 1.22.1-9+deb12u3", updates: pendingAll(), jobs: []string{"restore-point 1"}},
		{name: "a restore point cannot be made and is not required", faults: sim.Faults{CannotKeep: []string{"nginx"}},
			state: journal.Done, jobs: []string{"restore-point 1", "updates 1"}},
		{name: "another program holds the lock of dpkg", faults: sim.Faults{AptLock: "unattended-upgr"}, state: journal.Failed, code: "locked",
			says: "unattended-upgr", updates: failedAll(), jobs: []string{"restore-point 1", "updates 1"}},
		{name: "nothing was changed, so nothing is taken back", faults: sim.Faults{AptLock: "unattended-upgr"}, policy: verified("rollback"),
			state: journal.Failed, code: "locked", updates: failedAll(), jobs: []string{"restore-point 1", "updates 1"}},
		{name: "another job holds the lock of the host", faults: sim.Faults{HostLock: true}, state: journal.Failed, code: "locked",
			says: "another job works on this host", updates: pendingAll(), locked: true},
		{name: "the disk is full", faults: sim.Faults{DiskFull: true}, state: journal.Failed, code: "disk", says: "free space", updates: pendingAll()},
		{name: "sudo does not know us any more", faults: sim.Faults{Sudo: sim.SudoMissing}, state: journal.Failed, code: "sudo", updates: pendingAll()},
		{name: "nobody is there any more", faults: sim.Faults{Unreachable: true}, state: journal.Unreachable, code: "unreachable", updates: pendingAll()},
		{name: "the key is refused", faults: sim.Faults{AuthRefused: true}, state: journal.Unreachable, code: "auth", updates: pendingAll()},
		{name: "another machine answers", faults: sim.Faults{HostKeyChanged: true}, state: journal.Unreachable, code: "host-key", updates: pendingAll()},
		{name: "the host says what it likes", faults: sim.Faults{Hostile: true}, state: journal.Done, jobs: []string{"restore-point 1", "updates 1"}},
		{name: "the job is killed in the middle", faults: sim.Faults{KillDuring: []string{"install"}}, state: journal.Lost, code: "lost",
			says: "vanished without a result", updates: pendingAll(), jobs: []string{"restore-point 1", "updates 1"}},
		{name: "the job is killed before anything was changed", faults: sim.Faults{KillDuring: []string{"keep"}}, state: journal.Failed, code: "lost",
			says: "vanished without a result", updates: pendingAll(), jobs: []string{"restore-point 1"}},
		{name: "the host reboots by itself in the middle", faults: sim.Faults{CrashDuring: []string{"install"}}, state: journal.Lost, code: "lost",
			says: "rebooted while the job ran", updates: pendingAll(), jobs: []string{"restore-point 1", "updates 1"}},
		{name: "the host reboots by itself before anything was changed", faults: sim.Faults{CrashDuring: []string{"keep"}}, state: journal.Failed,
			updates: pendingAll(), jobs: []string{"restore-point 1"}},
	}
}

func pendingAll() []string { return []string{"libssl3 pending", "nginx pending", "openssl pending"} }
func failedAll() []string  { return []string{"libssl3 failed", "nginx failed", "openssl failed"} }

// TestFaults: what becomes of a host with one thing wrong, and that it is free
// afterwards if it can be reached at all.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, f := range faults() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			p, m := policy(), web("a")
			if f.policy != nil {
				f.policy(p)
			}
			if f.machine != nil {
				f.machine(&m)
			}
			l := newLab(t, p, m)
			planned := l.plan()
			if f.machine == nil {
				l.fleet.Host("a").SetFaults(f.faults)
			}
			r := l.apply(l.work(planned))
			h := r.Host("a")
			if h.State != f.state {
				t.Errorf("the host is %s (%s), not %s: %+v", h.State, h.Why, f.state, h.Fault)
			}
			f.checkFault(t, h)
			var got []string
			for _, u := range h.Updates {
				if u.State != "installed" {
					got = append(got, u.Name+" "+u.State)
				}
			}
			if diff := cmp.Diff(f.updates, got); diff != "" {
				t.Error(diff)
			}
			if !f.locked {
				l.wantOnce("a", f.jobs...)
			}
			if !slices.Contains(f.jobs, "updates 1") {
				if s := l.snapshot("a"); len(s.Changes) > 0 {
					t.Errorf("changed: %v", s.Changes)
				}
			}
			if _, err := journal.Fold(l.journal.all()); err != nil {
				t.Error(err)
			}
		})
	}
}

func (f fault) checkFault(t *testing.T, h *journal.Host) {
	t.Helper()
	switch {
	case f.state == journal.Done:
		if h.Fault != nil {
			t.Errorf("a host that is done has the fault %+v", h.Fault)
		}
	case h.Fault == nil:
		t.Error("nobody says why")
	case f.code != "" && h.Fault.Code != f.code:
		t.Errorf("the code is %s, not %s: %s", h.Fault.Code, f.code, h.Fault.Message)
	case !strings.Contains(h.Fault.Message, f.says):
		t.Errorf("the message does not say %q: %s", f.says, h.Fault.Message)
	}
}

// TestDrift: a host that somebody has patched since the plan is left alone and
// named; the others go on.
func TestDrift(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(waves(policies.Wave{Name: "all", Batch: amount(1)})), web("a"), web("b"), web("c"))
	old := l.plan()
	l.inv.Host("a").Policies, l.inv.Host("c").Policies = nil, nil
	l.apply(l.work(l.plan())) // only b
	l.inv.Host("a").Policies, l.inv.Host("c").Policies = []string{"all"}, []string{"all"}

	l.journal = &memory{}
	r := l.apply(l.work(old))
	if diff := cmp.Diff([]string{"a done", "b skipped", "c done"}, states(r)); diff != "" || r.State != "finished" {
		t.Fatalf("run %s\n%s", r.State, diff)
	}
	f := r.Host("b").Fault
	if f == nil || f.Code != "drift" || !strings.Contains(f.Message, "plan again") {
		t.Errorf("the fault is %+v", f)
	}
	l.wantJobs("b", "restore-point 1", "updates 1") // of the run before
}

// TestMoreIsDrift: the repositories would now bring another version with it.
func TestMoreIsDrift(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(), web("a"))
	p := l.plan()
	for _, h := range p.Hosts() {
		// the plan was made when openssl needed nothing else
		h.Steps[0].Updates = slices.DeleteFunc(h.Steps[0].Updates, func(e plan.Entry) bool { return e.Name == "libssl3" })
		p.Waves[0].Batches[0].Hosts[0] = h
	}
	r := l.apply(l.work(p))
	f := r.Host("a").Fault
	if r.Host("a").State != journal.Skipped || f == nil || f.Code != "drift" || !strings.Contains(f.Message, "upgrade libssl3") {
		t.Errorf("the host is %s: %+v", r.Host("a").State, f)
	}
	l.wantUntouched("a")
}

// TestOtherUpdatesAreNoDrift: what was published since belongs to the next plan.
func TestOtherUpdatesAreNoDrift(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(), web("a"))
	p := l.plan()
	l.fleet.Host("a").Publish(sim.Offer{Name: "curl", Version: "7.88.1-10+deb12u14"}, sim.Offer{Name: "nginx", Version: "1.22.1-9+deb12u5"})
	l.plan() // its scan refreshes the index
	r := l.apply(l.work(p))
	if r.Host("a").State != journal.Done {
		t.Errorf("the host is %s: %+v", r.Host("a").State, r.Host("a").Fault)
	}
	l.wantInstalled("a", p)
}
