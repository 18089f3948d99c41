package run_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors"
	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/restore"
	"patchwave/engine/run"
	"patchwave/engine/updates"
	"patchwave/inventory"
	"patchwave/policies"
)

// stage is one puppet on a hypervisor, and a run of it.
type stage struct {
	t       *testing.T
	puppet  *puppet
	virtual *virtual
	policy  *policies.Policy
	journal *memory
	plan    *plan.Plan
	kind    string
	past    string
	// undone is what the run did that is taken back by hand.
	undone *journal.Host
	// removable are run.Work.Removable.
	removable func(context.Context, string) (map[string]string, error)
	// restores are those of the run, if they are not the virtual machines.
	restores run.Restores
}

// points asks for restore points of these providers.
func points(names ...string) func(*policies.Policy) {
	return func(p *policies.Policy) {
		p.Preparation = &policies.Preparation{RestorePoint: &policies.RestorePoint{Providers: names, Required: true, Keep: 2}}
	}
}

func optional(p *policies.Policy) { p.Preparation.RestorePoint.Required = false }

// selftest has a probe whose failure is answered as said.
func selftest(on policies.OnFailure) func(*policies.Policy) {
	return func(p *policies.Policy) {
		p.Verification = &policies.Verification{OnFailure: on,
			Probes: []policies.Probe{{Kind: policies.ProbeCommand, Name: "selftest", Run: "selftest", On: policies.OnHost}}}
	}
}

func newStage(t *testing.T, f fate, edit ...func(*policies.Policy)) *stage {
	t.Helper()
	f.latency, f.install, f.reboot = 10*time.Millisecond, time.Minute, time.Minute
	p := policy(append([]func(*policies.Policy){func(p *policies.Policy) { p.Hosts = []string{"a"}; p.Reboot.Timeout = 15 * time.Minute }}, edit...)...)
	s := &stage{t: t, puppet: &puppet{name: "a", fate: f, version: "1", jobs: map[string]*puppetJob{}}, policy: p, journal: &memory{}, kind: run.KindApply, past: "r1"}
	s.virtual = newVirtual(s.puppet)
	r := p.Preparation.RestorePoint
	s.plan = &plan.Plan{ID: "p1", Excluded: []plan.Excluded{}, Waves: []plan.Wave{{Policy: p.Name, Name: "all", Batches: []plan.Batch{{Hosts: []plan.Host{{Name: "a",
		Steps: []plan.Step{{Step: plan.StepUpdates, Updates: []plan.Entry{{Change: puppetUpdate()}}, RestorePoint: &plan.Point{Required: r.Required}}}}}}}}}}
	return s
}

// apply goes on with the run, from what the journal has.
func (s *stage) apply(fence int64) (*journal.Run, error) {
	e := &run.Engine{Dialer: &puppets{hosts: map[string]*puppet{"a": s.puppet}}, Managers: []updates.Manager{puppetManager{}}, Journal: s.journal,
		Now: time.Now, Controller: controller, Poll: poll, Restores: s.virtual}
	if s.restores != nil {
		e.Restores = s.restores
	}
	h := &inventory.Host{Name: "a", Target: connectors.Target{Name: "a"}, Hypervisor: &inventory.Hypervisor{Type: "libvirt", Domain: "a"}}
	if s.puppet.pane != nil {
		h.Target.Kind, e.Managers = connectors.KindWinRM, []updates.Manager{paneManager{}}
	}
	id, undone := "r1", map[string]*journal.Host{}
	if s.kind == run.KindRollback {
		id, undone["a"] = "r2", s.undone
	}
	return e.Apply(s.t.Context(), run.Work{Run: id, Plan: s.plan, Inventory: &inventory.Inventory{Hosts: []*inventory.Host{h}}, Policies: []*policies.Policy{s.policy},
		Start: journal.RunStartedData{Kind: s.kind, Rollout: s.past, Controller: controller, Fence: fence}, Past: s.journal.all(), Undone: undone, Removable: s.removable}, nil)
}

// do runs it to its end.
func (s *stage) do() *journal.Host {
	s.t.Helper()
	r, err := s.apply(1)
	if err != nil {
		s.t.Fatal(err)
	}
	return r.Host("a")
}

func (s *stage) guest() *guest { return s.virtual.guests["a"] }

// TestChoice: the first provider of the policy that has a whole point is taken, and why
// the others were passed over is told.
func TestChoice(t *testing.T) {
	says := func(op restore.Op, text string) func(*virtual) {
		return func(v *virtual) {
			v.says = func(o restore.Op) string {
				if o == op {
					return text
				}
				return ""
			}
		}
	}
	tests := []struct {
		name      string
		providers []string
		virtual   func(*virtual)
		want      string
		tried     []string
	}{
		{"the first", []string{"hypervisor", "packages"}, nil, "hypervisor", nil},
		{"the order of the policy", []string{"packages", "hypervisor"}, nil, "packages", nil},
		{"one that is not of this system", []string{"system_restore", "snapper", "hypervisor"}, nil, "hypervisor",
			[]string{"system_restore: System Restore is part of Windows", "snapper: this version has no such provider"}},
		{"no space", []string{"hypervisor", "packages"}, says(restore.OpDetect, "possible=no\ncode=disk\nwhy=full"), "packages", []string{"hypervisor: full"}},
		{"not made", []string{"hypervisor", "packages"}, says(restore.OpCreate, "state=unusable\nwhy=pflash"), "packages", []string{"hypervisor: pflash"}},
		{"made and not there", []string{"hypervisor", "packages"}, says(restore.OpCheck, "state=absent\nwhy=gone"), "packages", []string{"hypervisor: gone"}},
		{"no answer", []string{"hypervisor", "packages"}, says(restore.OpCreate, "nonsense"), "packages", []string{"hypervisor: the host did not say what came of it"}},
		{"out of reach", []string{"hypervisor", "packages"}, func(v *virtual) { v.away = errors.New("no route") }, "packages",
			[]string{"hypervisor: reach the hypervisor of a: no route"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, fate{}, points(tt.providers...))
				if tt.virtual != nil {
					tt.virtual(s.virtual)
				}
				h := s.do()
				if h.State != journal.Done || h.Point == nil || h.Point.Provider != tt.want || !h.Point.Checked {
					t.Fatalf("%s (%+v), point %+v", h.State, h.Fault, h.Point)
				}
				var tried []string
				for _, x := range h.Point.Tried {
					tried = append(tried, x.Provider+": "+x.Why)
				}
				if diff := cmp.Diff(tt.tried, tried); diff != "" {
					t.Error(diff)
				}
				if tt.want == "hypervisor" && (h.Point.Scope != restore.ScopeSystem || len(h.Point.Cannot) == 0 || h.Point.Tag != restore.TagOf(restore.Origin(controller), "r1", "a")) {
					t.Errorf("point %+v", h.Point)
				}
			})
		})
	}
}

// TestNoPoint: what is required and cannot be had ends the host before anything is
// changed; what is not required is told.
func TestNoPoint(t *testing.T) {
	full := func(restore.Op) string { return "possible=no\ncode=disk\nwhy=full" }
	tests := []struct {
		name    string
		edit    []func(*policies.Policy)
		state   journal.State
		message string
		claimed bool
	}{
		{"required", []func(*policies.Policy){points("hypervisor")}, journal.Failed,
			"no restore point could be made, and one is required: hypervisor: full; nothing was changed; mend that on the host and run again, or allow another provider in the preparation", true},
		{"not required", []func(*policies.Policy){points("hypervisor"), optional}, journal.Done, "", true},
		{"not required, but to be gone back to", []func(*policies.Policy){points("hypervisor"), optional, selftest(policies.FailRollback)}, journal.Failed,
			"the policy rolls back on failure, and no restore point could be made: hypervisor: full; nothing was changed; mend that on the host and run again, or allow another provider in the preparation", true},
		{"files are no way back", []func(*policies.Policy){points("vss"), optional, selftest(policies.FailRollback)}, journal.Failed,
			"the policy rolls back on failure, and this host has no restore point for it (vss holds files only, and nothing can be taken back to it); nothing was changed", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, fate{}, tt.edit...)
				s.virtual.says = full
				h := s.do()
				message := ""
				if h.Fault != nil {
					message = h.Fault.Message
				}
				if h.State != tt.state || message != tt.message {
					t.Errorf("%s: %q", h.State, message)
				}
				if changed := s.puppet.version == "2"; changed != (tt.state == journal.Done) {
					t.Errorf("the host has version %s", s.puppet.version)
				}
				if tt.state == journal.Done && h.Point.Provider != restore.None {
					t.Errorf("point %+v", h.Point)
				}
				if claimed := slices.Contains(s.puppet.ops, "claim"); claimed != tt.claimed {
					t.Errorf("claimed %v: %v", claimed, s.puppet.ops)
				}
			})
		})
	}
}

// wantBack checks a host that was taken back, with all that was on it.
func (s *stage) wantBack(h *journal.Host, taken int) {
	s.t.Helper()
	if h.State != journal.RolledBack || s.puppet.version != "1" || h.Updates[0].State != "rolled-back" {
		s.t.Fatalf("%s: %+v, version %s, %+v", h.State, h.Fault, s.puppet.version, h.Updates)
	}
	if g := s.guest(); len(g.taken) != taken || len(g.snapshots) != 1 {
		s.t.Errorf("taken back to %v, snapshots %v", g.taken, g.snapshots)
	}
}

// TestRollbackOfTheSystem: afterwards the claim is set and the jobs are buried before
// anything else is done on the host.
func TestRollbackOfTheSystem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, fate{breaks: true}, points("hypervisor"), selftest(policies.FailRollback))
		h := s.do()
		s.wantBack(h, 1)
		want := []string{"claim", "bury r1.restore-point", "bury r1.updates", "bury r1.rollback"}
		var got []string
		for _, op := range s.puppet.ops {
			if len(got) < 3 {
				got = append(got, strings.TrimSuffix(op, ".1.a"))
			}
		}
		want = slices.DeleteFunc(want, func(s string) bool { return s == "bury r1.restore-point" }) // it was not on the host
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n%v", diff, s.puppet.ops)
		}
		if h.Point.Before != "1" || h.Reboots != 1 {
			t.Errorf("before %q, %d reboots", h.Point.Before, h.Reboots)
		}
	})
}

// TestRollbackOfTheSystemResumed: whenever the process dies, the machine is taken back
// once, and there is one snapshot.
func TestRollbackOfTheSystemResumed(t *testing.T) {
	for n := 0; ; n++ {
		over := false
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, fate{breaks: true}, points("hypervisor"), selftest(policies.FailRollback))
				s.journal.before = func(call int, _ []journal.Event) error {
					if call == n {
						return errCrash
					}
					return nil
				}
				r, err := s.apply(1)
				if over = err == nil; over {
					s.wantBack(r.Host("a"), 1)
					return
				}
				s.journal.before = nil
				if r, err = s.apply(2); err != nil {
					t.Fatal(err)
				}
				s.wantBack(r.Host("a"), 1)
			})
		})
		if over {
			if n < 10 {
				t.Errorf("the run has %d writes only", n)
			}
			return
		}
	}
}

// TestRollbackToNothing: the point that somebody has deleted, and the proof that does
// not come, are faults that say so.
func TestRollbackToNothing(t *testing.T) {
	tests := []struct {
		name, message string
		on            restore.Op
		says          string
	}{
		{"deleted", "the rollback failed: the restore point " + restore.TagOf(restore.Origin(controller), "r1", "a") + " of hypervisor cannot be used: gone; look at the host now", restore.OpCheck, "state=absent\nwhy=gone"},
		{"refused", "the rollback failed: no; look at the host now", restore.OpRollback, "state=not-restored\nwhy=no"},
		{"from something else", "the rollback failed: the provider says that the host was not taken back; look at the host now", restore.OpProve, "state=not-restored"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, fate{breaks: true}, points("hypervisor"), selftest(policies.FailRollback))
				asked := 0
				s.virtual.says = func(op restore.Op) string {
					if op == restore.OpCheck {
						asked++
					}
					if op == tt.on && (op != restore.OpCheck || asked > 1) {
						return tt.says
					}
					return ""
				}
				h := s.do()
				if h.State != journal.Failed || h.Fault == nil || h.Fault.Message != tt.message {
					t.Errorf("%s: %+v", h.State, h.Fault)
				}
			})
		})
	}
}

// TestRollbackOfTheSystemByHand, long after the run.
func TestRollbackOfTheSystemByHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, fate{}, points("hypervisor"))
		past := s.do()
		if past.State != journal.Done || s.puppet.version != "2" {
			t.Fatalf("%s: %+v", past.State, past.Fault)
		}
		s.kind, s.journal, s.undone = run.KindRollback, &memory{}, past
		step := &s.plan.Waves[0].Batches[0].Hosts[0].Steps[0]
		step.Step = run.StepRollback
		step.RestorePoint = &plan.Point{Provider: past.Point.Provider, ID: past.Point.Native}
		s.wantBack(s.do(), 1)
	})
}

// TestPointsArePruned: the newest stay, with the one of this run; what is not ours is
// not looked at.
func TestPointsArePruned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, fate{}, points("hypervisor"))
		at := time.Now().Unix()
		for i, name := range []string{"patchwave-r-000001", "patchwave-r-000002", "daily", "patchwave-r-000003"} {
			s.guest().snapshots[name] = snapshot{made: at - int64(100-i)}
		}
		if h := s.do(); h.State != journal.Done || len(h.Notes) > 0 {
			t.Fatalf("%s: %+v %v", h.State, h.Fault, h.Notes)
		}
		if diff := cmp.Diff([]string{"patchwave-r-000001", "patchwave-r-000002"}, s.guest().removed); diff != "" {
			t.Error(diff)
		}
		if _, ok := s.guest().snapshots["daily"]; !ok {
			t.Error("somebody else's is gone")
		}
	})
}

// TestPointsThatStay are told, and keep no host from its end.
func TestPointsThatStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, fate{}, points("hypervisor"))
		for i := range 3 {
			s.guest().snapshots[fmt.Sprintf("patchwave-r-00000%d", i)] = snapshot{made: int64(i)}
		}
		s.virtual.says = func(op restore.Op) string {
			if op == restore.OpRemove {
				return "code=timeout\nwhy=still merging"
			}
			return ""
		}
		if h := s.do(); h.State != journal.Done || len(h.Notes) != 1 || !strings.Contains(h.Notes[0], "still merging") {
			t.Errorf("%s: %v", h.State, h.Notes)
		}
	})
}
