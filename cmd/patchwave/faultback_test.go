//go:build faults

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"patchwave/connectors/sim"
	"patchwave/engine/journal"
)

// fewer is how many trials of each kind of step are made of a rollback or a prune where
// not all are.
const fewer = 2

// pointPolicies give every host the best restore point that it can have, and keep as
// many as keep says.
func pointPolicies(keep string) string {
	return strings.Replace(trialPolicies, `providers = ["packages"]`, `providers = ["btrfs", "packages"]
    keep      = `+keep, 1)
}

// TestTrialsRollback lets a rollback by hand go wrong at every step, of a snapshot of
// the whole system and of packages.
func TestTrialsRollback(t *testing.T) {
	tryAll(t, undertaking{name: "rollback", args: []string{"rollback", "RUN", "--yes"}, policies: pointPolicies("3"),
		machines: []sim.Machine{btrfsMachine("db-1"), machine("web-1")},
		prepare: func(tr *trial) {
			tr.applied()
			tr.what.args = slices.Replace(slices.Clone(tr.what.args), 1, 2, tr.last)
		},
		judge: (*trial).judgeBack, mended: (*trial).mendedBack}, fewer)
}

// TestTrialsRollbackTo is TestTrialsRollback for a rollback to the older of two points.
func TestTrialsRollbackTo(t *testing.T) {
	tryAll(t, undertaking{name: "rollback --to", args: []string{"rollback", "db-1", "--to", "ID", "--discard-later", "--yes"}, policies: pointPolicies("3"),
		machines: []sim.Machine{btrfsMachine("db-1")},
		prepare: func(tr *trial) {
			tr.applied()
			tr.what.args = slices.Replace(slices.Clone(tr.what.args), 3, 4, tr.last+"/btrfs")
			tr.fleet.Host("db-1").Publish(sim.Offer{Name: "nginx", Version: "1.22.1-9+deb12u9", From: []sim.Origin{sim.Security()}})
			tr.applied()
		},
		judge: (*trial).judgeBack, mended: (*trial).mendedBack}, fewer)
}

func btrfsMachine(name string) sim.Machine {
	m := machine(name)
	m.Btrfs = true
	return m
}

// applied applies, undisturbed, and notes the run.
func (tr *trial) applied(args ...string) {
	tr.t.Helper()
	if code, out := tr.run("", slices.Concat([]string{"apply", "--yes", "--refresh", "always"}, args)...); code != exitOK {
		tr.t.Fatalf("apply ends with %d\n%s%s", code, out, tr.said)
	}
	tr.last, _ = tr.state()
}

// judgeBack: every machine was taken back once, in all that it has, and all points are
// there still. One may have ended in another state if strict is not set; it says why.
func (tr *trial) judgeBack(r *journal.Run, strict bool) (others int) {
	tr.t.Helper()
	for _, m := range tr.fleet.Hosts() {
		h, s, b := r.Host(m.Name()), m.Snapshot(), tr.before[m.Name()]
		if h == nil {
			tr.t.Errorf("the run does not know %s", m.Name())
			continue
		}
		if !slices.Equal(s.Points, b.Points) {
			tr.t.Errorf("%s has the restore points %v, and had %v", h.Name, s.Points, b.Points)
		}
		boots, restored := s.Boots-b.Boots, swaps(s)-swaps(b)
		if begun := tr.begunBack(s, b); boots > 1 || restored > 1 || begun > 1 {
			tr.t.Errorf("%s: %d reboots, taken back %d times, %d jobs", h.Name, boots, restored, begun)
		}
		system := h.Point != nil && h.Point.Scope == "system"
		if h.State != journal.RolledBack {
			others++
			if strict || !h.State.Ended() || h.Fault == nil || h.Fault.Message == "" {
				tr.t.Errorf("%s is %s: %+v", h.Name, h.State, h.Fault)
			}
			continue
		}
		if system && (boots != 1 || restored != 1 || h.Reboots != 1) {
			tr.t.Errorf("%s is rolled back after %d reboots, %d in the journal, taken back %d times", h.Name, boots, h.Reboots, restored)
		}
		tr.isBack(h, s)
	}
	if others > 1 {
		tr.t.Errorf("one fault, and %d hosts suffer", others)
	}
	tr.free()
	return others
}

// swaps counts how often a machine was taken back to a snapshot.
func swaps(s sim.Snapshot) int {
	n := 0
	for _, c := range s.Changes {
		if c.Action == "restore" {
			n++
		}
	}
	return n
}

// begunBack counts the jobs that took the machine back since, each as often as it was
// begun.
func (tr *trial) begunBack(s, before sim.Snapshot) int {
	n := 0
	for _, j := range s.Jobs[len(before.Jobs):] {
		if strings.Contains(j.ID, ".rollback.") {
			n += j.Runs
		}
	}
	return n
}

// isBack: the machine has the versions again that it had at first, by its own word and
// by the journal's.
func (tr *trial) isBack(h *journal.Host, s sim.Snapshot) {
	tr.t.Helper()
	for _, p := range machine(h.Name).Packages {
		if has := s.Installed[p.Name].Version; has != p.Version {
			tr.t.Errorf("%s is %s with %s %s, not %s", h.Name, h.State, p.Name, has, p.Version)
		}
	}
	for _, u := range h.Updates {
		if u.State != "rolled-back" {
			tr.t.Errorf("%s is %s, and %s is %s", h.Name, h.State, u.Name, u.State)
		}
	}
	if s.Claim != "" || len(s.Left) > 0 {
		tr.t.Errorf("%s: claim %q, left %v", h.Name, s.Claim, s.Left)
	}
}

// free: nobody holds a lease but the run that was left in the middle before, and the one
// whose process was killed last: its leases are abandoned, and the next run sweeps them.
func (tr *trial) free() {
	tr.t.Helper()
	var doc lockDoc
	code, out := tr.run("", "lock", "list", "-o", "json")
	if err := json.Unmarshal([]byte(out), &doc); err != nil || code != exitOK {
		tr.t.Fatalf("lock list ends with %d: %v", code, err)
	}
	killed := tr.codes[len(tr.codes)-1] < 0
	for _, l := range doc.Leases {
		if l.State != lockAbandoned || l.Owner.Run != tr.last && !killed {
			tr.t.Errorf("a lease is left: %+v", l)
		}
	}
}

// mendedBack: a machine that came off badly is taken back by the next rollback, or says
// that it is.
func (tr *trial) mendedBack() {
	tr.t.Helper()
	before := tr.last
	tr.last, _ = tr.state()
	tr.work("", tr.what.args...)
	id, state := tr.state()
	if id == tr.last || state != "finished" {
		tr.t.Fatalf("the next rollback of what %s began is %s", before, state)
	}
	r := tr.judgeJournal(id)
	for _, h := range r.Hosts {
		if h.State != journal.RolledBack && h.State != journal.Unchanged {
			tr.t.Errorf("%s is %s after the next rollback: %+v", h.Name, h.State, h.Fault)
		}
		s := tr.fleet.Host(h.Name).Snapshot()
		h.Updates = nil
		tr.isBack(h, s)
	}
	tr.free()
}

// configure replaces the policies.
func (tr *trial) configure(policies string) {
	tr.t.Helper()
	if err := os.WriteFile(filepath.Join(tr.dir, "policies.hcl"), []byte(policies), 0o600); err != nil {
		tr.t.Fatal(err)
	}
}

// old is the age of a point that nobody waits for any more.
const old = 9000 * time.Hour
