package run_test

import (
	"slices"
	"testing"

	"patchwave/engine/journal"
	"patchwave/policies"
)

// busy follows a run and says how many hosts were in work at once at most.
type busy struct {
	in    map[string]bool
	most  int
	order []string
}

// event counts a host from its first state to its end.
func (b *busy) event(t *testing.T, e journal.Event) {
	if b.in == nil {
		b.in = map[string]bool{}
	}
	if e.Type != journal.HostState {
		return
	}
	d := decode[journal.HostStateData](t, e)
	switch {
	case d.From == journal.Pending:
		b.in[e.Host] = true
		b.order = append(b.order, e.Host)
	case d.To.Ended():
		delete(b.in, e.Host)
	}
	b.most = max(b.most, len(b.in))
}

// TestBatches: never more hosts in work at once than the batch has, and as many
// as it may have.
func TestBatches(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		wave        policies.Wave
		parallelism int
		most        int
	}{
		{"a number", policies.Wave{Batch: amount(2)}, 0, 2},
		{"a percentage", policies.Wave{Batch: percentage(50)}, 0, 3},
		{"max_unavailable is less", policies.Wave{Batch: amount(4), MaxUnavailable: percentage(20)}, 0, 1},
		{"the controller can do less", policies.Wave{Batch: amount(6)}, 2, 2},
		{"all at once", policies.Wave{}, 0, 6},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.wave.Name = "all"
			l := newLab(t, policy(waves(test.wave)), webs(6)...)
			var b busy
			e := l.engine()
			e.Parallelism = test.parallelism
			e.Notify = func(ev journal.Event, _ *journal.Run) { b.event(t, ev) }
			r, err := e.Apply(l.context(), l.work(l.plan()), nil)
			if err != nil || r.State != "finished" {
				t.Fatalf("run %v: %v", r, err)
			}
			if b.most != test.most {
				t.Errorf("%d hosts were in work at once, not %d", b.most, test.most)
			}
			if len(b.order) != 6 {
				t.Errorf("%v were in work", b.order)
			}
		})
	}
}

// TestWavesFollow: no host of a wave begins before the wave before has ended.
func TestWavesFollow(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(waves(policies.Wave{Name: "canary", Count: 1}, policies.Wave{Name: "early", Count: 2}, policies.Wave{Name: "rest"})), webs(5)...)
	var b busy
	most := map[int]bool{}
	e := l.engine()
	e.Notify = func(ev journal.Event, _ *journal.Run) {
		b.event(t, ev)
		for h := range b.in {
			if len(b.order) > 1 && h == "web-1" {
				t.Error("the canary is in work beside others")
			}
		}
		most[len(b.in)] = true
	}
	r, err := e.Apply(l.context(), l.work(l.plan()), nil)
	if err != nil || r.State != "finished" {
		t.Fatalf("run %v: %v", r, err)
	}
	if b.order[0] != "web-1" || b.most > 2 || !slices.Contains(b.order[1:3], "web-2") || !slices.Contains(b.order[1:3], "web-3") {
		t.Errorf("order %v, at most %d at once", b.order, b.most)
	}
	var got []string
	for _, h := range r.Hosts {
		got = append(got, h.Wave)
	}
	if want := []string{"canary", "early", "early", "rest", "rest"}; !slices.Equal(got, want) {
		t.Errorf("waves %v", got)
	}
}
