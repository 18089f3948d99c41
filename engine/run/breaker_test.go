package run_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/journal"
	"patchwave/policies"
)

// TestCanaryFails: the canary's failure keeps all others as they were.
func TestCanaryFails(t *testing.T) {
	t.Parallel()
	machines := webs(4)
	postinst(&machines[0])
	l := newLab(t, policy(waves(policies.Wave{Name: "canary", Count: 1}, policies.Wave{Name: "rest"})), machines...)
	r := l.do()
	want := []string{"web-1 failed", "web-2 skipped", "web-3 skipped", "web-4 skipped"}
	if diff := cmp.Diff(want, states(r)); diff != "" {
		t.Error(diff)
	}
	if r.State != "stopped" || r.Why == "" || r.Breaker == nil || r.Breaker.Failures != 1 || r.Breaker.Allowed != 0 {
		t.Errorf("the run is %s (%s), breaker %+v", r.State, r.Why, r.Breaker)
	}
	for _, h := range want[1:] {
		name := h[:5]
		l.wantUntouched(name)
		l.wantOnce(name)
		if r.Host(name).Why == "" {
			t.Errorf("%s: nobody says why it was skipped", name)
		}
	}
	l.wantOnce("web-1", "restore-point 1", "updates 1")
}

// TestMaxFailures: one host after the other; the first ones fail.
func TestMaxFailures(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		allowed policies.Amount
		fail    int // of 8
		done    int
		state   string
	}{
		{"none allowed, none", amount(0), 0, 8, "finished"},
		{"none allowed, one", amount(0), 1, 0, "stopped"},
		{"one allowed, one", amount(1), 1, 7, "finished"},
		{"one allowed, two", amount(1), 2, 0, "stopped"},
		{"a quarter of eight is two", percentage(25), 2, 6, "finished"},
		{"three are more than a quarter", percentage(25), 3, 0, "stopped"},
		{"a percentage is at least one", percentage(1), 1, 7, "finished"},
		{"percentages are rounded down", percentage(24), 2, 0, "stopped"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			machines := webs(8)
			for i := range test.fail {
				postinst(&machines[i])
			}
			l := newLab(t, policy(allow(test.allowed), waves(policies.Wave{Name: "all", Batch: amount(1)})), machines...)
			r := l.do()
			var want []string
			for i := range 8 {
				state := "skipped"
				switch {
				case i < test.fail:
					state = "failed"
				case test.done > 0:
					state = "done"
				}
				want = append(want, fmt.Sprintf("web-%d %s", i+1, state))
			}
			if diff := cmp.Diff(want, states(r)); diff != "" || r.State != test.state {
				t.Errorf("run %s (%s)\n%s", r.State, r.Why, diff)
			}
		})
	}
}

// TestWhatCounts: only the declared states open the breaker.
func TestWhatCounts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		counts []string
		want   string
	}{
		{[]string{"failed", "rolled-back"}, "stopped"},
		{[]string{"failed"}, "finished"},
		{nil, "finished"},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.counts), func(t *testing.T) {
			t.Parallel()
			machines := webs(2)
			breaks(&machines[0])
			l := newLab(t, policy(verified("rollback"), waves(policies.Wave{Name: "all", Batch: amount(1)}),
				func(p *policies.Policy) { p.Rollout.Counts = test.counts }), machines...)
			r := l.do()
			if r.State != test.want || r.Host("web-1").State != journal.RolledBack {
				t.Errorf("run %s, web-1 %s", r.State, r.Host("web-1").State)
			}
		})
	}
}

// TestBreakerInABatch: what has begun when the breaker opens is brought to its
// end; what is ready and has changed nothing is left as it is.
func TestBreakerInABatch(t *testing.T) {
	t.Parallel()
	machines := webs(3)
	postinst(&machines[0])
	l := newLab(t, policy(waves(policies.Wave{Name: "all", Batch: amount(3)})), machines...)
	r := l.do()
	want := "finished" // nothing was kept from beginning
	for _, name := range []string{"web-2", "web-3"} {
		if r.Host(name).State == journal.Skipped {
			want = "stopped"
		}
	}
	if r.State != want || r.Host("web-1").State != journal.Failed {
		t.Errorf("run %s, want %s; web-1 %s", r.State, want, r.Host("web-1").State)
	}
	for _, name := range []string{"web-2", "web-3"} {
		switch h := r.Host(name); h.State {
		case journal.Done:
			l.wantOnce(name, "restore-point 1", "updates 1")
		case journal.Skipped:
			l.wantUntouched(name)
			l.wantFree(name)
		default:
			t.Errorf("%s is %s", name, h.State)
		}
	}
}

// TestBreakerIsOfOnePolicy: the failures of one policy stop only that one.
func TestBreakerIsOfOnePolicy(t *testing.T) {
	t.Parallel()
	bad, good := web("bad-1", postinst), web("bad-2")
	l := newLab(t, policy(waves(policies.Wave{Name: "all", Batch: amount(1)})), bad, good, web("good-1"))
	other := policy()
	other.Name, other.Priority, other.Hosts = "other", 90, []string{"good-1"}
	l.policies = append(l.policies, other)
	l.inv.Host("good-1").Policies = []string{"other"}
	r := l.do()
	want := []string{"bad-1 failed", "bad-2 skipped", "good-1 done"}
	if diff := cmp.Diff(want, states(r)); diff != "" || r.State != "stopped" {
		t.Errorf("run %s\n%s", r.State, diff)
	}
}
