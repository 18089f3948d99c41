package run_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/sim"
	"patchwave/engine/journal"
	"patchwave/engine/run"
	"patchwave/policies"
)

// programs are those of a controller: it remembers what was started, and starts
// nothing.
type programs struct {
	mu  sync.Mutex
	ran []string
	ids []string
	// fail are exit statuses by command line; missing are programs that cannot be
	// started.
	fail    map[string]int
	missing string
	// before is called before a program runs.
	before func(line string)
}

// Run implements run.Programs.
func (p *programs) Run(ctx context.Context, x run.Program) (run.Printed, error) {
	line := strings.Join(x.Argv, " ")
	if p.before != nil {
		p.before(line)
	}
	if ctx.Err() != nil {
		return run.Printed{}, context.Cause(ctx)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ran = append(p.ran, line)
	for _, v := range x.Env {
		if id, ok := strings.CutPrefix(v, "PATCHWAVE_ACTION="); ok {
			p.ids = append(p.ids, id)
		}
	}
	if p.missing != "" && strings.HasPrefix(line, p.missing) {
		return run.Printed{}, errors.New("no such program")
	}
	return run.Printed{ExitCode: p.fail[line], Output: "said " + line + "\n"}, nil
}

func (p *programs) lines() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.ran)
}

// hostText is "HEAD${host.name}".
type hostText string

func (x hostText) Render(s policies.Subject) (string, error) {
	if x == "nothing" {
		return "", errors.New("something in it has no value on this host")
	}
	return strings.ReplaceAll(string(x), "HOST", s.Host.Name), nil
}
func (x hostText) Constant() (string, bool) { return string(x), !strings.Contains(string(x), "HOST") }
func (x hostText) String() string           { return string(x) }

func words(line string) []policies.Text {
	var out []policies.Text
	for _, w := range strings.Fields(line) {
		out = append(out, hostText(w))
	}
	return out
}

// prepared adds actions to a policy.
func prepared(actions ...policies.Action) func(*policies.Policy) {
	return func(p *policies.Policy) {
		p.Preparation = &policies.Preparation{Name: "standard", Actions: actions}
	}
}

// silence is an action of the controller, drain one of the host.
func silence() policies.Action {
	return policies.Action{Name: "silence", On: policies.OnController, Command: words("amtool add HOST"), Undo: words("amtool expire HOST"), OnFailure: policies.FailStop}
}

func drainAction() policies.Action {
	return policies.Action{Name: "drain", On: policies.OnHost, Script: "systemctl stop nginx", UndoScript: "systemctl start nginx", OnFailure: policies.FailStop}
}

// drained puts both around the updates, and asks for something.
func drained(p *policies.Policy) {
	prepared(silence(), drainAction())(p)
	p.Preparation.Require = &policies.Require{DiskFree: map[string]int64{"/": 1 << 20}, ClockSkew: time.Minute, NoProcess: []string{"backup-agent"}, NoUsers: true}
}

// wantUndone: what was done for host a was undone afterwards, and not done again
// after that; on the host it was all done once.
func (l *lab) wantUndone(t *testing.T) {
	t.Helper()
	ran := l.programs.lines()
	add, expire := slices.Index(ran, "amtool add a"), slices.Index(ran, "amtool expire a")
	if add != 0 || expire < 0 || slices.Contains(ran[expire:], "amtool add a") || ran[len(ran)-1] != "amtool expire a" {
		t.Errorf("on the controller: %q", ran)
	}
	if diff := cmp.Diff([]string{"systemctl stop nginx", "systemctl start nginx"}, l.snapshot("a").Actions); diff != "" {
		t.Errorf("on the host: %s", diff)
	}
	if got := l.snapshot("a").Services["nginx"]; got != "active" {
		t.Errorf("nginx is %s", got)
	}
}

// told are the actions of a host as a report has them.
func told(h *journal.Host) (out []string) {
	for _, a := range h.Actions {
		word := a.Name + " " + a.State
		if a.Undo {
			word = "undo " + word
		}
		out = append(out, word)
	}
	return out
}

// TestActionsAroundUpdates: in their order before, in the other one after.
func TestActionsAroundUpdates(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(drained), web("a"))
	r := l.do()
	h := r.Host("a")
	if h.State != journal.Done {
		t.Fatalf("%s %+v", h.State, h.Fault)
	}
	l.wantUndone(t)
	if diff := cmp.Diff([]string{"silence ok", "drain ok", "undo drain ok", "undo silence ok"}, told(h)); diff != "" {
		t.Error(diff)
	}
	want := []string{runID + "/a/action/silence", runID + "/a/action/silence/undo"}
	if diff := cmp.Diff(want, l.programs.ids); diff != "" {
		t.Error(diff)
	}
	a := h.Actions[0]
	if a.Output != "said amtool add a\n" || a.ExitCode == nil || *a.ExitCode != 0 || a.On != "controller" || a.Finished == nil {
		t.Errorf("%+v", a)
	}
	if diff := cmp.Diff([]string{"amtool", "add", "a"}, a.Command); diff != "" {
		t.Error(diff)
	}
	l.wantOnce("a", "restore-point 1", "action-2 1", "updates 1", "undo-2 1")
	if diff := cmp.Diff(told(h), told(l.journal.fold(t).Host("a"))); diff != "" {
		t.Errorf("the journal tells something else: %s", diff)
	}
}

// TestActionsThatFail end the host before anything is changed, or are told.
func TestActionsThatFail(t *testing.T) {
	t.Parallel()
	goOn := func(a policies.Action) policies.Action { a.OnFailure = policies.FailContinue; return a }
	unwritable := policies.Action{Name: "bad", On: policies.OnHost, Command: words("tell HOST"), Undo: words("tell nothing")}
	for _, test := range []struct {
		name    string
		actions []policies.Action
		fail    map[string]int
		missing string
		onHost  map[string]int
		state   journal.State
		words   string
		told    []string
		notes   int
	}{
		{"on the controller", []policies.Action{silence(), drainAction()}, map[string]int{"amtool add a": 3}, "", nil,
			journal.Failed, `the action "silence" failed: exit status 3: said amtool add a; nothing was changed`, []string{"silence failed", "undo silence ok"}, 0},
		{"no such program", []policies.Action{silence()}, nil, "amtool add", nil,
			journal.Failed, `the action "silence" failed: no such program; nothing was changed`, []string{"silence failed", "undo silence ok"}, 0},
		{"on the host", []policies.Action{silence(), drainAction()}, nil, "", map[string]int{"systemctl stop nginx": 5},
			journal.Failed, `the action "drain" failed: exit status 5: systemctl stop nginx: failed; nothing was changed`,
			[]string{"silence ok", "drain failed", "undo drain ok", "undo silence ok"}, 0},
		{"told", []policies.Action{goOn(silence()), goOn(drainAction())}, map[string]int{"amtool add a": 3}, "", map[string]int{"systemctl stop nginx": 5},
			journal.Done, "", []string{"silence failed", "drain failed", "undo drain ok", "undo silence ok"}, 2},
		{"what cannot be undone is not done", []policies.Action{silence(), unwritable}, nil, "", nil,
			journal.Failed, `the action "bad" failed: something in it has no value on this host; nothing was changed`, []string{"silence ok", "undo silence ok"}, 0},
		{"an undo that fails", []policies.Action{silence(), drainAction()}, map[string]int{"amtool expire a": 1}, "", nil,
			journal.Failed, `the action "silence" is not undone: exit status 1: said amtool expire a; undo it by hand`,
			[]string{"silence ok", "drain ok", "undo drain ok", "undo silence failed"}, 0},
		{"an undo on the host that fails", []policies.Action{drainAction()}, nil, "", map[string]int{"systemctl start nginx": 1},
			journal.Failed, `the action "drain" is not undone: exit status 1: systemctl start nginx: failed; undo it by hand`, []string{"drain ok", "undo drain failed"}, 0},
		{"an undo that may fail", []policies.Action{goOn(silence())}, map[string]int{"amtool expire a": 1}, "", nil,
			journal.Done, "", []string{"silence ok", "undo silence failed"}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, policy(prepared(test.actions...)), web("a", func(m *sim.Machine) { m.Faults.FailActions = test.onHost }))
			l.programs.fail, l.programs.missing = test.fail, test.missing
			h := l.do().Host("a")
			if h.State != test.state || (h.Fault == nil) != (test.words == "") || (h.Fault != nil && h.Fault.Message != test.words) {
				t.Errorf("%s %+v, want %s %s", h.State, h.Fault, test.state, test.words)
			}
			if diff := cmp.Diff(test.told, told(h)); diff != "" {
				t.Error(diff)
			}
			if len(h.Notes) != test.notes {
				t.Errorf("notes %q", h.Notes)
			}
			if strings.Contains(test.words, "nothing was changed") {
				l.wantUntouched("a")
			}
			l.wantFree("a")
		})
	}
}

// TestUndoTriesAgain: at most three times.
func TestUndoTriesAgain(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(prepared(drainAction())), web("a", func(m *sim.Machine) { m.Faults.FailActions = map[string]int{"systemctl start nginx": 1} }))
	l.do()
	l.wantOnce("a", "restore-point 1", "action-1 1", "updates 1", "undo-1 1", "undo-1 2", "undo-1 3")
}

// TestUndoOfALostHost: it is asked once, the controller's part is undone, and what
// is left is told.
func TestUndoOfALostHost(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(drained, func(p *policies.Policy) { p.Reboot.Timeout = 300 * time.Millisecond }),
		web("a", kernel, func(m *sim.Machine) { m.Faults.NoReturn = true }))
	h := l.do().Host("a")
	if h.State != journal.Lost || h.Fault == nil || !strings.Contains(h.Fault.Message, `; and the action "drain" is not undone: `) {
		t.Errorf("%s %+v", h.State, h.Fault)
	}
	if ran := l.programs.lines(); !slices.Equal(ran, []string{"amtool add a", "amtool expire a"}) {
		t.Errorf("on the controller: %q", ran)
	}
	if diff := cmp.Diff([]string{"silence ok", "drain ok", "undo drain failed", "undo silence ok"}, told(h)); diff != "" {
		t.Error(diff)
	}
}

// TestDrainWithActions: a host on which an action was done has begun, and goes to
// its end; one whose restore point was made waits for the resume.
func TestDrainWithActions(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"before", "in"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, policy(drained, waves(policies.Wave{Name: "all", Batch: amount(1)})), web("a"), web("b"))
			p := l.plan()
			stop := make(chan struct{})
			if at == "in" {
				l.programs.before = func(line string) {
					if line == "amtool add a" {
						close(stop)
					}
				}
			} else {
				l.journal.after = func(_ int, events []journal.Event) {
					if events[0].Type == journal.JobOutcome {
						close(stop)
						l.journal.after = nil
					}
				}
			}
			r, err := l.engine().Apply(l.context(), l.work(p), stop)
			if err != nil {
				t.Fatal(err)
			}
			l.programs.before = nil
			want := []string{"a done", "b pending"}
			if at == "before" {
				want[0] = "a protecting"
				if ran := l.programs.lines(); len(ran) > 0 {
					t.Errorf("%q", ran)
				}
			}
			if diff := cmp.Diff(want, states(r)); diff != "" {
				t.Error(diff)
			}
			if at == "in" {
				l.wantUndone(t)
			}
			if r = l.apply(l.again(p)); r.Host("a").State != journal.Done || r.Host("b").State != journal.Done {
				t.Errorf("resumed: %v", states(r))
			}
			if got := l.snapshot("a").Actions; len(got) != 2 {
				t.Errorf("on the host: %q", got)
			}
		})
	}
}

// TestRollbackByHandHasNoActions.
func TestRollbackByHandHasNoActions(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(drained), web("a"))
	p := l.plan()
	l.apply(l.work(p))
	before := len(l.programs.lines())
	l.fleet.Host("a").SetFaults(sim.Faults{Users: []string{"anna"}})
	l.journal = &memory{}
	w := l.work(p)
	w.Start.Kind, w.Start.Rollout = run.KindRollback, runID
	w.Run = "r20261124-020000-abcdef"
	if h := l.apply(w).Host("a"); h.State != journal.RolledBack || len(h.Actions) > 0 {
		t.Errorf("%s %+v", h.State, h.Fault)
	}
	if n := len(l.programs.lines()); n != before {
		t.Errorf("%d programs were started", n-before)
	}
}

// TestRequirements: all that is wrong is told at once, before anything is changed.
func TestRequirements(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		edit func(*sim.Machine)
		code string
		says []string
	}{
		{"disk", func(m *sim.Machine) { m.DiskFree = 1 << 30 }, "disk", []string{"1.0 GiB free on /, 2.0 GiB wanted; 1.0 GiB free on /boot, 3.0 GiB wanted; nothing was changed"}},
		{"ahead", func(m *sim.Machine) { m.ClockSkew = time.Hour }, "guard", []string{"its clock is ", " ahead, 30s allowed"}},
		{"behind", func(m *sim.Machine) { m.ClockSkew = -time.Hour }, "guard", []string{"its clock is ", " behind, 30s allowed"}},
		{"process", func(m *sim.Machine) { m.Faults.Processes = []string{"a-program-with-"} }, "guard", []string{"a-program-with-a-long-name runs (process 4000)"}},
		{"users", func(m *sim.Machine) { m.Faults.Users = []string{"anna", "bert"} }, "guard", []string{"logged in: anna on pts/0, bert on pts/1"}},
		{"all", func(m *sim.Machine) {
			m.DiskFree, m.ClockSkew, m.Faults.Users = 1<<30, time.Hour, []string{"anna"}
		}, "disk", []string{"free on /", "its clock", "logged in: anna on pts/0"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := policy(drained)
			p.Preparation.Require = &policies.Require{DiskFree: map[string]int64{"/": 2 << 30, "/boot": 3 << 30, "C:": 1 << 50}, ClockSkew: 30 * time.Second,
				NoProcess: []string{"a-program-with-a-long-name"}, NoUsers: true}
			l := newLab(t, p, web("a", test.edit))
			h := l.do().Host("a")
			if h.State != journal.Failed || h.Fault == nil || h.Fault.Code != test.code {
				t.Fatalf("%s %+v", h.State, h.Fault)
			}
			for _, s := range test.says {
				if !strings.Contains(h.Fault.Message, s) {
					t.Errorf("%q is not in %q", s, h.Fault.Message)
				}
			}
			l.wantUntouched("a")
			l.wantOnce("a")
			if s := l.snapshot("a"); s.Scripts["require"] != 1 || len(l.programs.lines()) > 0 {
				t.Errorf("asked %d times; programs %q", s.Scripts["require"], l.programs.lines())
			}
		})
	}
}

// TestAbandonedWithActions: what nobody undoes any more is told.
func TestAbandonedWithActions(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(drained), web("a"))
	p := l.plan()
	ctx, letGo := context.WithCancel(l.context())
	defer letGo()
	l.journal.after = func(_ int, events []journal.Event) {
		for _, e := range events {
			if e.Type == journal.HostState && decode[journal.HostStateData](t, e).To == journal.Installing {
				letGo()
			}
		}
	}
	if _, err := l.engine().Apply(ctx, l.work(p), nil); err != nil {
		t.Fatal(err)
	}
	l.journal.after = nil
	r, err := l.engine().Abandoned(l.context(), runID, l.again(p).Start, l.journal.all(), "its configuration is gone")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`the action "silence" may still be in force; if it has an undo, do that by hand`, `the action "drain" may still be in force; if it has an undo, do that by hand`}
	if h := r.Host("a"); h.State != journal.Lost || !slices.Equal(h.Notes, want) {
		t.Errorf("%s %q", h.State, h.Notes)
	}
	l.settle("a")
}
