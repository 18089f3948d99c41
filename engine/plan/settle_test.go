package plan

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"patchwave/engine/updates"
	"patchwave/inventory"
	"patchwave/policies"
)

// pending makes decided updates from words: "a" is approved, "a!" may remove
// packages, "a:held" has that verdict, "a:host-held" and "a:host-locked" are kept
// back by the host, "a:untaken" needs a reboot that the policy does not take;
// "a=3" is of version 3, all others of version 2.
func pending(words ...string) []decided {
	out := make([]decided, 0, len(words))
	for _, w := range words {
		name, verdict, ok := strings.Cut(w, ":")
		d := decided{Decision: policies.Decision{Verdict: policies.Approved, Rule: "r"}}
		if ok {
			d.Verdict = policies.Verdict(verdict)
		}
		switch verdict {
		case "host-held":
			d.Verdict, d.BlockedBy = policies.Blocked, inventory.BlockedHeld
		case "host-locked":
			d.Verdict, d.BlockedBy = policies.Blocked, inventory.BlockedLocked
		case "kept-back":
			d.Verdict, d.BlockedBy = policies.Approved, inventory.BlockedKeptBack
		case "untaken":
			d.Verdict, d.untaken, d.Reboot = policies.NotMatched, true, true
		}
		name, d.AllowRemovals = strings.CutSuffix(name, "!")
		name, version, ok := strings.Cut(name, "=")
		if !ok {
			version = "2"
		}
		d.Name, d.Arch, d.From, d.To = name, "amd64", "1", version
		out = append(out, d)
	}
	return out
}

// verdicts is what became of decisions: "a approved", "b blocked: why".
func verdicts(ds []decided) []string {
	var out []string
	for _, d := range ds {
		text := d.Name + " " + string(d.Verdict)
		if d.Verdict == policies.Blocked && d.Reason != "" {
			text += ": " + d.Reason
		}
		out = append(out, text)
	}
	return out
}

func changeNames(sim updates.Simulation) []string {
	var out []string
	for _, c := range sim.Changes {
		out = append(out, c.Name)
	}
	return out
}

// cannot is the answer of a solver that finds no solution.
func cannot(why string) updates.Simulation {
	return updates.Simulation{Problem: &inventory.Problem{Code: "exit", Message: why}}
}

type settleCase struct {
	name    string
	pending []string
	answers map[string]updates.Simulation
	want    []string
	changes []string
	asked   []string
}

func settleCases() []settleCase {
	return []settleCase{
		{"nothing is asked for nothing", []string{"a:held", "b:deferred"}, nil, []string{"a held", "b deferred"}, nil, nil},
		{"just what was approved", []string{"a", "b"}, map[string]updates.Simulation{"a b": does("a", "b")},
			[]string{"a approved", "b approved"}, []string{"a", "b"}, []string{"a b"}},
		{"a dependency is added", []string{"a", "lib:not-matched"}, map[string]updates.Simulation{"a": does("a", "lib", "+new")},
			[]string{"a approved", "lib not-matched"}, []string{"a", "lib", "new"}, []string{"a"}},
		{"a deferred one may be a dependency", []string{"a", "lib:deferred"}, map[string]updates.Simulation{"a": does("a", "lib")},
			[]string{"a approved", "lib deferred"}, []string{"a", "lib"}, []string{"a"}},
		{"only the cause of a removal is blocked", []string{"a", "b", "c"},
			map[string]updates.Simulation{"a b c": does("a", "b", "c", "-victim"), "a": does("a"), "b": does("b", "-victim"), "c": does("c"), "a c": does("a", "c")},
			[]string{"a approved", "b blocked: it would remove victim", "c approved"}, []string{"a", "c"}, []string{"a b c", "*a", "*b", "*c", "a c"}},
		{"alone there is nobody else to blame", []string{"a"}, map[string]updates.Simulation{"a": does("a", "-victim")},
			[]string{"a blocked: it would remove victim"}, nil, []string{"a"}},
		{"a rule may allow removals", []string{"a!"}, map[string]updates.Simulation{"a": does("a", "-victim")},
			[]string{"a approved"}, []string{"a", "victim"}, []string{"a"}},
		{"one rule's leave does not excuse another's update", []string{"a!", "b"},
			map[string]updates.Simulation{"a b": does("a", "b", "-old", "-victim"), "b": does("b", "-victim"), "a": does("a", "-old")},
			[]string{"a approved", "b blocked: it would remove victim"}, []string{"a", "old"}, []string{"a b", "b", "a"}},
		{"what may not remove does not", []string{"a!", "b"},
			map[string]updates.Simulation{"a b": does("a", "b", "-old"), "b": does("b")},
			[]string{"a approved", "b approved"}, []string{"a", "b", "old"}, []string{"a b", "b"}},
		{"what cannot be solved without the one that may remove", []string{"a!", "b"},
			map[string]updates.Simulation{"a b": does("a", "b", "-old"), "b": cannot("b needs a")},
			[]string{"a approved", "b approved"}, []string{"a", "b", "old"}, []string{"a b", "b"}},
		{"a change of a held one blocks the cause", []string{"a", "b", "kernel:held"},
			map[string]updates.Simulation{"a b": does("a", "b", "kernel"), "a": does("a", "kernel"), "b": does("b")},
			[]string{`a blocked: it would change kernel, which is held by rule "r"`, "b approved", "kernel held"}, []string{"b"}, []string{"a b", "*a", "*b", "b"}},
		{"also to another version of it", []string{"a", "kernel:rejected"}, map[string]updates.Simulation{"a": does("a", "kernel=1.5")},
			[]string{`a blocked: it would change kernel, which is rejected by rule "r"`, "kernel rejected"}, nil, []string{"a"}},
		{"a change of a pinned one", []string{"a", "nginx:pinned"}, map[string]updates.Simulation{"a": does("a", "nginx")},
			[]string{`a blocked: it would change nginx, which is pinned by rule "r"`, "nginx pinned"}, nil, []string{"a"}},
		{"the version that the pin approves is none", []string{"nginx=3:pinned", "nginx"}, map[string]updates.Simulation{"nginx": does("nginx")},
			[]string{"nginx pinned", "nginx approved"}, []string{"nginx"}, []string{"nginx"}},
		{"a change of what the host holds", []string{"a", "x:host-held"}, map[string]updates.Simulation{"a": does("a", "x")},
			[]string{"a blocked: it would change x, which is held on the host", "x blocked"}, nil, []string{"a"}},
		{"a change of what the host locks", []string{"a", "x:host-locked"}, map[string]updates.Simulation{"a": does("a", "-x")},
			[]string{"a blocked: it would remove x", "x blocked"}, nil, []string{"a"}},
		{"a removal of a held one, though removals are allowed", []string{"a!", "x:held"}, map[string]updates.Simulation{"a": does("a", "-x")},
			[]string{`a blocked: it would change x, which is held by rule "r"`, "x held"}, nil, []string{"a"}},
		{"a reboot that the policy does not take", []string{"a", "kernel:untaken"}, map[string]updates.Simulation{"a": does("a", "kernel")},
			[]string{"a blocked: it would change kernel, which needs a reboot, and the policy takes only what needs none", "kernel not-matched"}, nil, []string{"a"}},
		{"no solution: each is asked alone", []string{"a", "b", "c"},
			map[string]updates.Simulation{"a b c": cannot("b needs d"), "a": does("a"), "b": cannot("b needs d (>= 3)"), "c": does("c"), "a c": does("a", "c")},
			[]string{"a approved", "b blocked: b needs d (>= 3)", "c approved"}, []string{"a", "c"}, []string{"a b c", "*a", "*b", "*c", "a c"}},
		{"no solution and no word why", []string{"a"}, map[string]updates.Simulation{"a": {}},
			[]string{"a blocked: the package manager finds no solution"}, nil, []string{"a"}},
		{"nobody alone is guilty", []string{"a", "b"},
			map[string]updates.Simulation{"a b": cannot("a conflicts with b"), "a": does("a"), "b": does("b")},
			[]string{"a approved", "b blocked: together with the others: a conflicts with b"}, []string{"a"}, []string{"a b", "*a", "*b", "a"}},
		{"two that exclude each other keep no others away", []string{"a", "b", "c", "d"},
			map[string]updates.Simulation{"a b c d": cannot("b conflicts with d"), "a": does("a"), "b": does("b"), "c": does("c"), "d": does("d"),
				"a b": does("a", "b"), "a b c": does("a", "b", "c"), "a b d": cannot("d conflicts with b")},
			[]string{"a approved", "b approved", "c approved", "d blocked: together with the others: b conflicts with d"}, []string{"a", "b", "c"},
			[]string{"a b c d", "*a", "*b", "*c", "*d", "a b", "a b c", "a b c"}},
		{"what the host keeps back goes first", []string{"a:kept-back", "b"},
			map[string]updates.Simulation{"a b": cannot("b obsoletes a"), "a": does("a"), "b": does("b")},
			[]string{"a blocked: together with the others: b obsoletes a", "b approved"}, []string{"b"}, []string{"a b", "*a", "*b", "b"}},
		{"what the solver leaves out", []string{"a", "b"}, map[string]updates.Simulation{"a b": does("a")},
			[]string{"a approved", "b blocked: the package manager leaves it out of the installation"}, []string{"a"}, []string{"a b"}},
		{"what the solver moves elsewhere", []string{"a"}, map[string]updates.Simulation{"a": does("a=1.5")},
			[]string{"a blocked: the package manager leaves it out of the installation"}, []string{"a"}, []string{"a"}},
	}
}

func TestSettle(t *testing.T) {
	for _, tt := range settleCases() {
		t.Run(tt.name, func(t *testing.T) {
			s := &solver{t: t, answers: tt.answers}
			got, err := settle(t.Context(), s, pending(tt.pending...))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, verdicts(got.decisions)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.changes, changeNames(got.sim)); diff != "" {
				t.Error("changes: " + diff)
			}
			if diff := cmp.Diff(tt.asked, s.asked); diff != "" {
				t.Error("questions: " + diff)
			}
			if !got.sim.OK {
				t.Error("the simulation that is left is none to be done")
			}
		})
	}
}

// TestSettleIsBounded: a solver that always finds something new to object to is
// not asked for ever, and what it cannot settle is not installed.
func TestSettleIsBounded(t *testing.T) {
	var names []string
	for i := range 20 {
		names = append(names, fmt.Sprintf("p%02d", i))
	}
	w := &whimsical{}
	got, err := settle(t.Context(), w, pending(names...))
	if err != nil {
		t.Fatal(err)
	}
	if w.rounds != maxRounds || len(got.sim.Changes) != 0 {
		t.Errorf("%d rounds, changes %v", w.rounds, got.sim.Changes)
	}
	for i, v := range verdicts(got.decisions) {
		if !strings.Contains(v, "blocked: ") || (i >= maxRounds) != strings.HasSuffix(v, "finds no way to install it with the others") {
			t.Error(v)
		}
	}
}

// whimsical finds one culprit a round and never a solution.
type whimsical struct{ rounds int }

func (w *whimsical) Together(context.Context, []updates.Want) (updates.Simulation, error) {
	w.rounds++
	return cannot("not like this"), nil
}

func (w *whimsical) Each(_ context.Context, want []updates.Want) ([]updates.Simulation, error) {
	out := []updates.Simulation{cannot("this one")}
	for _, x := range want[1:] {
		out = append(out, does(x.Name))
	}
	return out, nil
}

func TestSettleStopsAtAnError(t *testing.T) {
	broken := errors.New("the line is dead")
	s := &solver{t: t, answers: map[string]updates.Simulation{"a b": does("a", "b")}, err: broken}
	if _, err := settle(t.Context(), s, pending("a", "b")); !errors.Is(err, broken) {
		t.Errorf("together: %v", err)
	}
	for _, words := range [][]string{{"a", "b"}, {"a!", "b"}} {
		f := &failsLater{sim: does("a", "b", "-victim"), err: broken}
		if _, err := settle(t.Context(), f, pending(words...)); !errors.Is(err, broken) {
			t.Errorf("%v: %v", words, err)
		}
	}
}

// failsLater answers the first question only.
type failsLater struct {
	sim   updates.Simulation
	err   error
	asked bool
}

func (f *failsLater) Together(context.Context, []updates.Want) (updates.Simulation, error) {
	if f.asked {
		return updates.Simulation{}, f.err
	}
	f.asked = true
	return f.sim, nil
}

func (f *failsLater) Each(context.Context, []updates.Want) ([]updates.Simulation, error) {
	return nil, f.err
}

// TestObjectionsIgnoreTheUnspokenArchitecture: a manager that does not say an
// architecture means the package all the same.
func TestObjectionsIgnoreTheUnspokenArchitecture(t *testing.T) {
	ds := pending("kernel:held")
	for arch, want := range map[string]int{"amd64": 1, "": 1, "i386": 0} {
		c := updates.Change{Action: updates.ActionUpgrade, Name: "kernel", Arch: arch, From: "1", To: "2"}
		if got := objections(updates.Simulation{OK: true, Changes: []updates.Change{c}}, ds); len(got) != want {
			t.Errorf("architecture %q: %v", arch, got)
		}
	}
}

// TestManyObjectionsAreNotAllTold when nobody alone is guilty.
func TestManyObjectionsAreNotAllTold(t *testing.T) {
	sim := does("-v1", "-v2", "-v3", "-v4", "a", "b")
	s := &solver{t: t, answers: map[string]updates.Simulation{"a b": sim, "a": does("a"), "b": does("b")}}
	got, err := settle(t.Context(), s, pending("a", "b"))
	if err != nil {
		t.Fatal(err)
	}
	why := got.decisions[1].Reason
	if !strings.HasSuffix(why, "it would remove v1; it would remove v2; it would remove v3") {
		t.Errorf("why: %s", why)
	}
	if got.decisions[0].Verdict != policies.Approved || got.decisions[1].Verdict != policies.Blocked {
		t.Errorf("%v", verdicts(got.decisions))
	}
}

// TestGather: of many versions of which some exclude each other, few are blocked,
// and the solver is not asked for ever.
func TestGather(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 120).Draw(t, "updates")
		e := exclusive{every: rapid.IntRange(2, 60).Draw(t, "every")}
		var names []string
		for i := range n {
			names = append(names, fmt.Sprintf("p%03d", i))
		}
		got, err := settle(t.Context(), &e, pending(names...))
		if err != nil || e.questions > maxQuestions+maxRounds {
			t.Fatalf("%d questions, %v", e.questions, err)
		}
		left := 0
		for _, d := range got.decisions {
			if d.Verdict == policies.Approved {
				left++
			}
		}
		fit := n - max(0, (n-1)/e.every) // all that are in nobody's way, and one of the others
		if left > fit || e.questions < maxQuestions && left != fit || len(got.sim.Changes) != left {
			t.Fatalf("%d of %d are left, %d fit; %d questions, %d changes", left, n, fit, e.questions, len(got.sim.Changes))
		}
	})
}

// exclusive is a solver that takes only one of each versions whose number can be
// divided by every.
type exclusive struct{ every, questions int }

func (e *exclusive) Together(_ context.Context, want []updates.Want) (updates.Simulation, error) {
	e.questions++
	return e.solve(want)
}

func (e *exclusive) Each(_ context.Context, want []updates.Want) (out []updates.Simulation, err error) {
	for i := range want {
		sim, err := e.solve(want[i : i+1])
		if err != nil {
			return nil, err
		}
		out = append(out, sim)
	}
	return out, nil
}

func (e *exclusive) solve(want []updates.Want) (updates.Simulation, error) {
	var names []string
	rivals := 0
	for _, w := range want {
		names = append(names, w.Name)
		n, err := strconv.Atoi(strings.TrimPrefix(w.Name, "p"))
		if err != nil {
			return updates.Simulation{}, err
		}
		if n%e.every == 0 {
			rivals++
		}
	}
	if rivals > 1 {
		return cannot("they exclude each other"), nil
	}
	return does(names...), nil
}
