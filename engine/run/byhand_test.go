package run_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/sim"
	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/run"
	"patchwave/engine/updates"
)

// undo is the work of undoing a run by hand.
func (l *lab) undo(past *journal.Run) run.Work {
	l.t.Helper()
	p := &plan.Plan{Schema: plan.Schema, ID: "bundo", ConfigDigest: "digest"}
	wave := plan.Wave{Policy: l.policies[0].Name, Name: "rollback", Batches: []plan.Batch{{}}}
	for _, h := range past.Hosts {
		step := plan.Step{Step: run.StepRollback}
		for _, u := range h.Updates {
			step.Updates = append(step.Updates, plan.Entry{Decision: "rollback", Change: change(u)})
		}
		wave.Batches[0].Hosts = append(wave.Batches[0].Hosts, plan.Host{Name: h.Name, Steps: []plan.Step{step}})
	}
	p.Waves = []plan.Wave{wave}
	w := l.work(p)
	w.Run, w.Start.Kind, w.Start.Rollout = "rundo", run.KindRollback, past.ID
	return w
}

func change(u journal.UpdateRecord) updates.Change {
	return updates.Change{Action: updates.Action(u.Action), Name: u.Name, Arch: u.Arch, From: u.From, To: u.To}
}

// TestRollbackByHand: a run that went well is taken back, from the packages that
// it kept.
func TestRollbackByHand(t *testing.T) {
	t.Parallel()
	gone := func(m *sim.Machine) {
		m.Packages = slices.Clone(m.Packages)
		for i := range m.Packages {
			m.Packages[i].Gone = true // the repositories cannot help
		}
	}
	l := newLab(t, policy(), web("a", gone), web("b", gone))
	past := l.do()
	l.journal = &memory{}
	r := l.apply(l.undo(past))
	if diff := cmp.Diff([]string{"a rolled-back", "b rolled-back"}, states(r)); diff != "" || r.State != "finished" {
		t.Fatalf("run %s: %+v\n%s", r.State, r.Host("a").Fault, diff)
	}
	for _, host := range []string{"a", "b"} {
		s := l.snapshot(host)
		if got := s.Installed["nginx"]; got.Version != "1.22.1-9+deb12u3" || got.State != "ok" {
			t.Errorf("%s: nginx is %+v", host, got)
		}
		l.wantOnce(host, "restore-point 1", "updates 1", "rollback 1")
		for _, u := range r.Host(host).Updates {
			if u.State != "rolled-back" {
				t.Errorf("%s: %s is %s", host, u.Name, u.State)
			}
		}
	}

	l.journal = &memory{}
	w := l.undo(past)
	w.Run = "ragain"
	if got := states(l.apply(w)); !slices.Equal(got, []string{"a unchanged", "b unchanged"}) {
		t.Errorf("undone twice: %v", got)
	}
	l.wantOnce("a", "restore-point 1", "updates 1", "rollback 1")
}

// TestRollbackByHandThatCannot says what it could not bring back.
func TestRollbackByHandThatCannot(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(), web("a", func(m *sim.Machine) {
		m.Packages = slices.Clone(m.Packages)
		for i := range m.Packages {
			m.Packages[i].Gone = m.Packages[i].Name == "nginx"
		}
		m.Faults.CannotKeep = []string{"nginx"}
	}))
	past := l.do()
	l.journal = &memory{}
	h := l.apply(l.undo(past)).Host("a")
	if h.State != journal.Failed || h.Fault == nil || !strings.Contains(h.Fault.Message, "nginx 1.22.1-9+deb12u3") {
		t.Errorf("the host is %s: %+v", h.State, h.Fault)
	}
	l.wantFree("a")
}

// TestRollbackByHandInterrupted: let go of after every write, and resumed.
func TestRollbackByHandInterrupted(t *testing.T) {
	t.Parallel()
	whole := newLab(t, policy(), web("a"))
	past := whole.do()
	whole.journal = &memory{}
	whole.apply(whole.undo(past))
	for n := range whole.journal.calls {
		t.Run(fmt.Sprintf("write %d", n), func(t *testing.T) {
			t.Parallel()
			interruptedUndo(t, n)
		})
	}
}

func interruptedUndo(t *testing.T, n int) {
	t.Helper()
	fresh := newLab(t, policy(), web("a"))
	past := fresh.do()
	fresh.journal = &memory{}
	w := fresh.undo(past)
	r := fresh.letGo(w, n)
	if r.State != "finished" {
		again := fresh.again(w.Plan)
		again.Run, again.Start.Kind, again.Start.Rollout, again.Dead = w.Run, w.Start.Kind, w.Start.Rollout, []string{w.Run}
		r = fresh.apply(again)
	}
	if got := states(r); !slices.Equal(got, []string{"a rolled-back"}) {
		t.Errorf("let go of after write %d: %v, %+v", n, got, r.Host("a").Fault)
	}
	fresh.wantOnce("a", "restore-point 1", "updates 1", "rollback 1")
}
