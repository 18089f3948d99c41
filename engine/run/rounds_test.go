package run_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/updates"
	"patchwave/inventory"
	"patchwave/policies"
)

// twoRounds splits the plan of host a: what needs a reboot comes later.
func twoRounds(p *plan.Plan) *plan.Plan {
	h := &p.Waves[0].Batches[0].Hosts[0]
	first, second := h.Steps[0], h.Steps[0]
	isKernel := func(e plan.Entry) bool { return strings.HasPrefix(e.Name, "linux-image") }
	first.Updates = slices.DeleteFunc(slices.Clone(first.Updates), isKernel)
	second.Updates = slices.DeleteFunc(slices.Clone(second.Updates), func(e plan.Entry) bool { return !isKernel(e) })
	first.Reboot = false
	h.Steps = []plan.Step{first, second}
	return p
}

// results are the updates of a host as "NAME STATE".
func results(h *journal.Host) []string {
	var out []string
	for _, u := range h.Updates {
		name, _, _ := strings.Cut(u.Name, "-")
		out = append(out, name+" "+u.State)
	}
	return out
}

// TestTwoRounds: the updates that need no reboot are installed and verified
// first, and the host reboots once, after the others.
func TestTwoRounds(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(verified("rollback")), web("a", kernel))
	r := l.apply(l.work(twoRounds(l.plan())))
	h := r.Host("a")
	if h.State != journal.Done || h.Reboots != 1 {
		t.Fatalf("the host is %s with %d reboots: %+v", h.State, h.Reboots, h.Fault)
	}
	if diff := cmp.Diff([]string{"libssl3 installed", "nginx installed", "openssl installed", "linux installed"}, results(h)); diff != "" {
		t.Error(diff)
	}
	l.wantOnce("a", "restore-point 1", "updates 1", "updates 2", "reboot 2")
	var steps []string
	for _, s := range h.Steps {
		steps = append(steps, s.Name+" "+s.State)
	}
	want := []string{"check ok", "restore-point ok", "updates ok", "verify ok", "updates ok", "reboot ok", "verify ok"}
	if diff := cmp.Diff(want, steps); diff != "" {
		t.Error(diff)
	}
}

// TestFirstRoundFails: nothing of the second is begun, and the way back takes only
// what was come to.
func TestFirstRoundFails(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(verified("rollback")), web("a", kernel, breaks))
	r := l.apply(l.work(twoRounds(l.plan())))
	h := r.Host("a")
	if h.State != journal.RolledBack || h.Reboots != 0 {
		t.Fatalf("the host is %s with %d reboots: %+v", h.State, h.Reboots, h.Fault)
	}
	if diff := cmp.Diff([]string{"libssl3 rolled-back", "nginx rolled-back", "openssl rolled-back", "linux pending"}, results(h)); diff != "" {
		t.Error(diff)
	}
	l.wantOnce("a", "restore-point 1", "updates 1", "rollback 1")
}

// TestSecondRoundDrifts: a host that would do something else in the second round
// is left as the first has left it.
func TestSecondRoundDrifts(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(verified("")), web("a", kernel))
	p := twoRounds(l.plan())
	e := l.engine()
	e.Notify = func(ev journal.Event, _ *journal.Run) {
		if ev.Type == journal.Verified { // as if the kernel had needed a library when the plan was made
			second := &p.Waves[0].Batches[0].Hosts[0].Steps[1]
			second.Updates = append(second.Updates, plan.Entry{Decision: "dependency",
				Change: updates.Change{Name: "libkernel", Action: updates.ActionInstall, To: "1"}})
		}
	}
	r, err := e.Apply(l.context(), l.work(p), nil)
	if err != nil {
		t.Fatal(err)
	}
	h := r.Host("a")
	if h.State != journal.Failed || h.Fault == nil || h.Fault.Code != "drift" || h.Reboots != 0 {
		t.Errorf("the host is %s: %+v", h.State, h.Fault)
	}
	l.wantOnce("a", "restore-point 1", "updates 1")
}

// open is a window with so much time left.
func open(left time.Duration) func(*policies.Policy, *inventory.Host) (time.Duration, bool) {
	return func(*policies.Policy, *inventory.Host) (time.Duration, bool) { return left, true }
}

// TestWindowEnd: a host begins only if there is time for its longest recent run,
// or for twenty minutes.
func TestWindowEnd(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		left  time.Duration
		longs map[string]time.Duration
		want  journal.State
		why   string
	}{
		{"time enough", 20 * time.Minute, nil, journal.Done, ""},
		{"too little for a host without history", 20*time.Minute - 1, nil, journal.Deferred, "a host without history is given 20m0s"},
		{"enough for a fast host", time.Minute, map[string]time.Duration{"a": time.Minute}, journal.Done, ""},
		{"too little for a slow host", 30 * time.Minute, map[string]time.Duration{"a": 31 * time.Minute}, journal.Deferred, "its longest recent run took 31m0s"},
		{"closed", 0, map[string]time.Duration{"a": 0}, journal.Deferred, "the window is closed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, policy(verified("")), web("a"))
			w := l.work(l.plan())
			w.Left, w.Longest = open(test.left), test.longs
			r := l.apply(w)
			if h := r.Host("a"); h.State != test.want || !strings.Contains(h.Why, test.why) {
				t.Errorf("the host is %s (%s)", h.State, h.Why)
			}
			if test.want == journal.Deferred {
				l.wantUntouched("a")
			}
		})
	}
}

// TestNoWindow: where nothing is bounded, nothing is deferred; a rollback by hand
// does not wait for a window.
func TestNoWindow(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(verified("")), web("a"))
	w := l.work(l.plan())
	w.Left = func(*policies.Policy, *inventory.Host) (time.Duration, bool) { return 0, false }
	if diff := cmp.Diff([]string{"a done"}, states(l.apply(w))); diff != "" {
		t.Error(diff)
	}
}

// TestWindowClosesBetweenRounds: what has begun is finished, the next round is
// not begun.
func TestWindowClosesBetweenRounds(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(verified("")), web("a", kernel))
	w := l.work(twoRounds(l.plan()))
	w.Left = func(*policies.Policy, *inventory.Host) (time.Duration, bool) {
		if slices.ContainsFunc(l.journal.all(), func(e journal.Event) bool { return e.Type == journal.Verified }) {
			return time.Minute, true
		}
		return time.Hour, true
	}
	h := l.apply(w).Host("a")
	if h.State != journal.Deferred || !strings.Contains(h.Why, "after an earlier step") {
		t.Errorf("the host is %s (%s)", h.State, h.Why)
	}
	l.wantOnce("a", "restore-point 1", "updates 1")
}
