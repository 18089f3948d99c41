package run_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"patchwave/connectors/sim"
	"patchwave/engine/journal"
)

// printed collects what jobs print, as it is read.
type printed struct {
	mu    sync.Mutex
	text  map[string]string
	wrong []string
}

func (p *printed) take(_, job string, start int64, text []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if start == 0 {
		p.text[job] = "" // a resume begins anew
	}
	if start != int64(len(p.text[job])) || len(text) == 0 {
		p.wrong = append(p.wrong, job)
	}
	p.text[job] += string(text)
}

// TestPrinted: what a job prints is told while it runs, in pieces without a gap, and
// a resume tells it from the first byte.
func TestPrinted(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(), webs(1)...)
	p := &printed{text: map[string]string{}}
	plan := l.plan()
	l.fleet.Host("web-1").SetFaults(sim.Faults{HoldDuring: []string{"install"}})
	ctx, cancel := context.WithCancelCause(l.context())
	engine := l.engine()
	engine.Printed = func(host, job string, start int64, text []byte) {
		p.take(host, job, start, text)
		cancel(errors.New("enough was seen")) // in the middle of the job
	}
	if r, err := engine.Apply(ctx, l.work(plan), nil); err != nil || r.State != "interrupted" {
		t.Fatalf("%+v, %v", r, err)
	}
	l.fleet.Host("web-1").SetFaults(sim.Faults{})
	engine.Printed = p.take
	r, err := engine.Apply(l.context(), l.again(plan), nil)
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	h := r.Host("web-1")
	if h.State != journal.Done || len(h.Jobs) == 0 || len(p.wrong) > 0 {
		t.Errorf("%s, jobs %d, gaps %v", h.State, len(h.Jobs), p.wrong)
	}
	for _, j := range h.Jobs {
		if j.Outcome == nil || p.text[j.ID] != j.Outcome.Log || !strings.Contains(j.Outcome.Log, "\n") {
			t.Errorf("job %s: %q was told", j.ID, p.text[j.ID])
		}
	}
}
