//go:build faults

package main

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"patchwave/connectors/sim"
	"patchwave/engine/journal"
	"patchwave/engine/restore"
)

// pointOfTool is a point that another tool has made.
const pointOfTool = "daily-2020"

// oldTag is the tag of a point of a host that nobody waits for any more, by a run of a
// day in January.
func oldTag(host, day string) string { return restore.Tag("r202501"+day+"-020000-abc123", host) }

// TestTrialsPrune lets a prune go wrong at every step: db-1 has a point too many and two
// leftovers, db-2 a leftover beside the point of a run that can be gone on with.
func TestTrialsPrune(t *testing.T) {
	tryAll(t, undertaking{name: "prune", args: []string{"restore-points", "prune", "--yes"}, policies: pointPolicies("2"),
		machines: []sim.Machine{btrfsMachine("db-1"), btrfsMachine("db-2")},
		prepare:  (*trial).preparePrune, judge: (*trial).judgePrune, mended: (*trial).mendedPrune}, fewer)
}

func (tr *trial) preparePrune() {
	tr.t.Helper()
	one, two := tr.fleet.Host("db-1"), tr.fleet.Host("db-2")
	for _, version := range []string{"1.22.1-9+deb12u8", "1.22.1-9+deb12u9"} {
		one.Publish(sim.Offer{Name: "nginx", Version: version, From: []sim.Origin{sim.Security()}})
		tr.applied("-l", "db-1")
	}
	// another controller may still want the second
	young := restore.Tag("r"+time.Now().Add(-100*time.Hour).UTC().Format("20060102-150405")+"-abc123", "db-1")
	one.AddPoint(pointOfTool, old)
	one.AddPoint(young, 100*time.Hour)
	one.AddPoint(oldTag("db-1", "01"), old)
	one.AddPoint(oldTag("db-1", "02"), old)
	two.AddPoint(oldTag("db-2", "01"), old)
	tr.configure(pointPolicies("1"))
	two.SetFaults(sim.Faults{HoldDuring: []string{"install"}})
	tr.killedIn("db-2", "install")
	two.SetFaults(sim.Faults{})
	tr.until(func() bool {
		return !slices.ContainsFunc(two.Snapshot().Jobs, func(j sim.JobRecord) bool { return !j.Ended })
	})
}

// killedIn applies and ends the process in the middle of a job of a machine.
func (tr *trial) killedIn(host, script string) {
	tr.t.Helper()
	path, err := exec.LookPath("patchwave")
	if err != nil {
		tr.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(tr.t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "-C", tr.dir, "apply", "--yes", "-l", host)
	cmd.Env = tr.env("")
	if err := cmd.Start(); err != nil {
		tr.t.Fatal(err)
	}
	tr.until(func() bool {
		return slices.ContainsFunc(tr.fleet.Host(host).Snapshot().Jobs, func(j sim.JobRecord) bool { return j.Script == script && j.Runs > 0 && !j.Ended })
	})
	if err := cmd.Process.Kill(); err != nil {
		tr.t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
}

// until waits until something is so.
func (tr *trial) until(is func() bool) {
	tr.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-limit.C:
			tr.t.Fatal("it did not come to pass")
		}
	}
}

// stay are the points that nothing may remove, for what they say of themselves, or for
// the run that they are of.
func (tr *trial) stay(host string) []string {
	was := tr.before[host].Points
	if host == "db-2" { // its first is the leftover
		return was[1:]
	}
	return was[1:4]
}

// judgePrune: what may not go is there, what went is in the journal, once, and what the
// journal says went is gone. One machine may have failed if strict is not set.
func (tr *trial) judgePrune(r *journal.Run, strict bool) (others int) {
	tr.t.Helper()
	for _, m := range tr.fleet.Hosts() {
		name, s, b := m.Name(), m.Snapshot(), tr.before[m.Name()]
		tr.kept(name, s)
		h := r.Host(name)
		if h == nil {
			tr.t.Errorf("the run does not know %s", name)
			continue
		}
		if len(s.Changes) != len(b.Changes) || s.Boots != b.Boots || len(s.Jobs) != len(b.Jobs) {
			tr.t.Errorf("%s: more was done than to remove points: %+v", name, s.Jobs)
		}
		told := map[string]int{}
		for _, g := range h.Gone {
			told[g.Tag]++
			if g.State != journal.PointRemoved || slices.Contains(s.Points, g.Tag) {
				tr.t.Errorf("%s: %s is told to be %s, and the machine has %v", name, g.Tag, g.State, s.Points)
			}
		}
		for _, tag := range b.Points {
			if !slices.Contains(s.Points, tag) && told[tag] != 1 && h.State == journal.Done {
				tr.t.Errorf("%s: %s is gone, and told %d times", name, tag, told[tag])
			}
		}
		if h.State != journal.Done {
			others++
			if strict || !h.State.Ended() || h.Fault == nil || h.Fault.Message == "" {
				tr.t.Errorf("%s is %s: %+v", name, h.State, h.Fault)
			}
			continue
		}
		tr.pruned(name, s)
	}
	if others > 1 {
		tr.t.Errorf("one fault, and %d hosts suffer", others)
	}
	tr.free()
	if others == 0 {
		tr.openGoesOn()
	}
	return others
}

// kept: what may not go is there.
func (tr *trial) kept(name string, s sim.Snapshot) {
	tr.t.Helper()
	for _, tag := range tr.stay(name) {
		if !slices.Contains(s.Points, tag) {
			tr.t.Errorf("%s: %s was removed", name, tag)
		}
	}
}

// pruned: a machine on which the prune is done has nothing else, and is free, but for
// the run that was begun there before.
func (tr *trial) pruned(name string, s sim.Snapshot) {
	tr.t.Helper()
	if len(s.Points) != len(tr.stay(name)) {
		tr.t.Errorf("%s is done, and has the points %v", name, s.Points)
	}
	if strings.Contains(s.Claim, tr.last) != strings.Contains(tr.before[name].Claim, tr.last) && s.Claim != "" {
		tr.t.Errorf("%s: claim %q", name, s.Claim)
	}
}

// openGoesOn: the run that was left in the middle comes to its end, and its point can be
// gone back to.
func (tr *trial) openGoesOn() {
	tr.t.Helper()
	for _, args := range [][]string{{"resume", tr.last}, {"rollback", "db-2", "--yes"}} {
		if code, out := tr.run("", args...); code != exitOK {
			tr.t.Errorf("%v ends with %d\n%s", args, code, out)
		}
	}
	if has := tr.fleet.Host("db-2").Snapshot().Installed["nginx"].Version; has != "1.22.1-9+deb12u3" {
		tr.t.Errorf("db-2 has nginx %s", has)
	}
}

// mendedPrune: the next prune removes what is left, and tells no failure.
func (tr *trial) mendedPrune() {
	tr.t.Helper()
	if code, out := tr.run("", tr.what.args...); code != exitOK {
		tr.t.Errorf("the next prune ends with %d\n%s", code, out)
	}
	for _, h := range tr.fleet.Hosts() {
		tr.kept(h.Name(), h.Snapshot())
		tr.pruned(h.Name(), h.Snapshot())
	}
	if _, out := tr.run("", "restore-points", "list", "--ask", "-o", "json"); strings.Contains(out, `"gone"`) {
		tr.t.Errorf("what was removed is told to be gone behind patchwave's back: %s", out)
	}
	tr.free()
	tr.openGoesOn()
}

// TestTrialsKeep lets an apply go wrong that has a point too many at its end.
func TestTrialsKeep(t *testing.T) {
	tryAll(t, undertaking{name: "apply beyond keep", args: []string{"apply", "--yes", "--refresh", "always"}, policies: pointPolicies("1"),
		machines: []sim.Machine{btrfsMachine("db-1")},
		prepare: func(tr *trial) {
			tr.applied()
			second := time.Now().Unix()
			tr.until(func() bool { return time.Now().Unix() > second }) // points of one second have no order
			one := tr.fleet.Host("db-1")
			one.Publish(sim.Offer{Name: "nginx", Version: "1.22.1-9+deb12u9", From: []sim.Origin{sim.Security()}})
			one.AddPoint(pointOfTool, old)
			one.AddPoint(oldTag("db-1", "01"), old)
		},
		judge: (*trial).judgeKeep, mended: (*trial).mendedKeep}, fewer)
}

// judgeKeep: what is there is not told to be gone, and the other way round.
func (tr *trial) judgeKeep(r *journal.Run, strict bool) (others int) {
	tr.t.Helper()
	h, s, b := r.Host("db-1"), tr.fleet.Host("db-1").Snapshot(), tr.before["db-1"]
	first, mine := b.Points[0], s
	mine.Jobs, mine.Changes = s.Jobs[len(b.Jobs):], s.Changes[len(b.Changes):]
	tr.onceEach(mine)
	told := slices.ContainsFunc(h.Gone, func(g journal.PointGoneData) bool { return g.Tag == first && g.State == journal.PointRemoved })
	if there := slices.Contains(s.Points, first); there == told || len(h.Gone) > 1 {
		tr.t.Errorf("%s is there: %t, told to be removed: %+v", first, there, h.Gone)
	}
	if !slices.Contains(s.Points, pointOfTool) || !slices.Contains(s.Points, oldTag("db-1", "01")) {
		tr.t.Errorf("what is not this run's was removed: %v", s.Points)
	}
	tr.free()
	if h.State == journal.Done {
		if s.Claim != "" || len(s.Left) > 0 {
			tr.t.Errorf("claim %q, left %v", s.Claim, s.Left)
		}
		if strict && !told {
			tr.t.Errorf("the point beyond keep is still there: %v", s.Points)
		}
		return 0
	}
	if strict || !h.State.Ended() || h.Fault == nil || h.Fault.Message == "" {
		tr.t.Errorf("%s is %s: %+v", h.Name, h.State, h.Fault)
	}
	return 1
}

func (tr *trial) mendedKeep() {
	tr.t.Helper()
	if code, out := tr.run("", tr.what.args...); code != exitOK {
		tr.t.Errorf("the next apply ends with %d\n%s", code, out)
	}
	if has := tr.fleet.Host("db-1").Snapshot().Installed["nginx"].Version; has != "1.22.1-9+deb12u9" {
		tr.t.Errorf("db-1 has nginx %s", has)
	}
}
