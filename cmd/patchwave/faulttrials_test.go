//go:build faults

package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"patchwave/engine/faults"
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

// sample is how many trials of each kind of step are made where not all are.
const sample = 50

// TestTrials lets a run go wrong at every write to the journal and at every call
// to a host, in every way, and goes on with it: no acknowledged event is lost, no
// package, reboot or rollback is done twice, the run comes to its end. Without
// CI_FULL it is a sample.
func TestTrials(t *testing.T) {
	plain := newTrial(t)
	if plain.judgeMachines(plain.carryOut(""), true) > 0 {
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
			stride = max(1, all/sample)
		}
		for i := 0; i < all; i += stride {
			kind := faults.Kinds()[i%len(faults.Kinds())]
			f := faults.Fault{Where: where, Step: i/len(faults.Kinds()) + 1, Kind: kind, Delay: 300e6}
			t.Run(fmt.Sprint(f), func(t *testing.T) {
				t.Parallel()
				tryFault(t, f, sum)
			})
		}
	}
	t.Cleanup(func() {
		t.Logf("trials: %d journal writes and %d remote calls in a run: %v", steps[faults.Journal], steps[faults.Remote], sum.counts)
	})
}

// tryFault makes one trial.
func tryFault(t *testing.T, f faults.Fault, sum *tally) {
	tr := newTrial(t)
	r := tr.carryOut(f.String())
	defer func() {
		if t.Failed() {
			t.Log(tr.said)
		}
	}()
	// What a host that cannot answer has to suffer is its own failure; a fault of
	// the journal, or of this process, changes no end.
	gone := f.Where == faults.Remote && (f.Kind == faults.Error || f.Kind == faults.ErrorAfter || f.Kind == faults.NoSpace)
	others := tr.judgeMachines(r, !gone)
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
	if strings.Contains(tr.said, "$ patchwave resume") {
		sum.count("resumed")
	}
	if others > 0 {
		sum.count("a host ended otherwise")
		tr.mended()
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
