//go:build faults

package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"patchwave/engine/faults"
	"patchwave/engine/journal"
	"patchwave/engine/run"
)

// tally counts what the trials came to.
type tally struct {
	mu     sync.Mutex
	counts map[string]int
}

func (t *tally) count(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[what]++
}

// sample is how many trials of each kind of step are made of an apply where not all are.
const sample = 50

// applying is an apply, in the course of which one machine is taken back.
func applying() undertaking {
	return undertaking{name: "apply", args: []string{"apply", "--yes"}, machines: trialMachines(), policies: trialPolicies,
		judge: (*trial).judgeMachines, mended: (*trial).mended}
}

// TestTrials lets a run go wrong at every write to the journal and at every call
// to a host, in every way, and goes on with it: no acknowledged event is lost, no
// package, reboot or rollback is done twice, the run comes to its end. Without
// CI_FULL it is a sample.
func TestTrials(t *testing.T) { tryAll(t, applying(), sample) }

// tryAll makes the trials of an undertaking: all, or without CI_FULL about some of
// each kind of step.
func tryAll(t *testing.T, what undertaking, some int) {
	plain := newTrial(t, what)
	if what.judge(plain, plain.carryOut(""), true) > 0 {
		t.Fatal("it goes wrong without any fault")
	}
	steps := map[faults.Where]int{}
	for _, l := range plain.steps() {
		steps[l.Where] = max(steps[l.Where], l.Step)
	}
	sum := &tally{counts: map[string]int{}}
	for where, n := range steps {
		all := n * len(faults.Kinds())
		stride := 1
		if os.Getenv("CI_FULL") == "" {
			stride = max(1, all/some)
			if stride%len(faults.Kinds()) == 0 {
				stride++ // or it would be one kind only
			}
		}
		for i := 0; i < all; i += stride {
			kind := faults.Kinds()[i%len(faults.Kinds())]
			f := faults.Fault{Where: where, Step: i/len(faults.Kinds()) + 1, Kind: kind, Delay: 300e6}
			t.Run(fmt.Sprint(f), func(t *testing.T) {
				t.Parallel()
				tryFault(t, what, f, sum)
			})
		}
	}
	t.Cleanup(func() {
		t.Logf("trials: %s, %d journal writes, %d remote calls, %d questions before: %v", what.name, steps[faults.Journal], steps[faults.Remote], steps[faults.Ask], sum.counts)
	})
}

// tryFault makes one trial.
func tryFault(t *testing.T, what undertaking, f faults.Fault, sum *tally) {
	tr := newTrial(t, what)
	r := tr.carryOut(f.String())
	defer func() {
		if t.Failed() {
			t.Log(tr.said)
		}
	}()
	// What a host that cannot answer has to suffer is its own failure; a fault of
	// the journal, or of this process, changes no end.
	gone := f.Where != faults.Journal && (f.Kind == faults.Error || f.Kind == faults.ErrorAfter || f.Kind == faults.NoSpace)
	others := what.judge(tr, r, !gone)
	for _, words := range []string{"a fault of the engine", "panic", "goroutine "} {
		if strings.Contains(tr.said, words) {
			t.Errorf("it says %q", words)
		}
	}
	sum.count("all")
	sum.count(string(f.Where) + " " + string(f.Kind))
	met := false
	for _, l := range tr.steps() {
		met = met || l.Fault != ""
	}
	if !met {
		sum.count("fault not met")
	}
	tr.judgeCodes(r, f, met)
	if len(tr.codes) > 1 {
		sum.count("resumed")
	}
	if others > 0 {
		sum.count("a host ended otherwise")
		for _, h := range r.Hosts {
			if h.Fault != nil {
				t.Logf("%s is %s: %s: %s", h.Name, h.State, h.Fault.Code, h.Fault.Message)
			}
		}
		what.mended(tr)
	}
}

// judgeCodes: every process ended as the documentation of the exit status says: the
// one that a fault has met, by the fault, and the last by what became of the machines.
func (tr *trial) judgeCodes(r *journal.Run, f faults.Fault, met bool) {
	tr.t.Helper()
	want := exitOK
	for _, h := range r.Hosts {
		code := exitOK
		switch h.State {
		case journal.Failed, journal.Lost:
			code = exitFailed
		case journal.Unreachable:
			code = exitUnreachable
		case journal.RolledBack:
			if r.Kind != run.KindRollback {
				code = exitRolledBack
			}
		}
		want = worst(want, code)
	}
	last := tr.codes[len(tr.codes)-1]
	if last != want && (len(tr.codes) > 1 || !met) { // the fault may come when all is done
		tr.t.Errorf("the exit status is %d, not %d", last, want)
	}
	first := want
	switch {
	case !met:
	case f.Kind == faults.Kill || f.Kind == faults.KillAfter:
		first = -1
	case f.Where == faults.Journal && (f.Kind == faults.Error || f.Kind == faults.ErrorAfter || f.Kind == faults.NoSpace):
		first = exitInternal
	}
	if tr.codes[0] != first {
		tr.t.Errorf("the exit status of the process that the fault has met is %d, not %d", tr.codes[0], first)
	}
}

// mended: a host that came off badly is free, and the next apply brings it to its
// end.
func (tr *trial) mended() {
	tr.t.Helper()
	_, out := tr.run("", "apply", "--yes", "-o", "jsonl")
	tr.out += out
	id, state := tr.state()
	if state != "finished" {
		tr.t.Fatalf("the next run is %s", state)
	}
	r := tr.judgeJournal(id)
	for _, h := range r.Hosts {
		if want := trialEnds()[h.Name]; h.State != want && h.State != "unchanged" && h.State != "done" {
			tr.t.Errorf("%s is %s after the next run: %+v", h.Name, h.State, h.Fault)
		}
	}
	for _, h := range tr.fleet.Hosts() {
		if s := h.Snapshot(); s.Claim != "" || len(s.Left) > 0 {
			tr.t.Errorf("%s: claim %q, left %v after the next run", h.Name(), s.Claim, s.Left)
		}
	}
}
