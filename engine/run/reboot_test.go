package run_test

import (
	"strings"
	"testing"
	"time"

	"patchwave/connectors/sim"
	"patchwave/engine/journal"
	"patchwave/policies"
)

func reboots(when policies.RebootWhen) func(*policies.Policy) {
	return func(p *policies.Policy) { p.Reboot.When = when }
}

// TestReboot: when a host is rebooted.
func TestReboot(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		when   policies.RebootWhen
		kernel bool
		idle   bool
		want   int
	}{
		{"required and needed", policies.RebootRequired, true, false, 1},
		{"required and not needed", policies.RebootRequired, false, false, 0},
		{"always", policies.RebootAlways, false, false, 1},
		{"always, but nothing was installed", policies.RebootAlways, false, true, 0},
		{"never", policies.RebootNever, true, false, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := web("a")
			if test.kernel {
				kernel(&m)
			}
			if test.idle {
				m.Updates = nil
			}
			l := newLab(t, policy(reboots(test.when), verified("")), m)
			before := l.snapshot("a").BootID
			r := l.do()
			h, s := r.Host("a"), l.snapshot("a")
			want := journal.Done
			if test.idle {
				want = journal.Unchanged
			}
			if h.State != want || h.Reboots != test.want || s.Boots != test.want {
				t.Errorf("the host is %s: %d reboots in the journal, %d on the host; %+v", h.State, h.Reboots, s.Boots, h.Fault)
			}
			if (before != s.BootID) != (test.want > 0) {
				t.Errorf("the boot id was %s and is %s", before, s.BootID)
			}
			l.wantFree("a")
		})
	}
}

// TestNoRebootPolicy: a policy that takes only updates without a reboot never
// reboots, whatever waits for one on the host.
func TestNoRebootPolicy(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(func(p *policies.Policy) { p.Updates = "no-reboot" }), web("a", kernel, func(m *sim.Machine) { m.Updates[0].Reboot = true }))
	h := l.do().Host("a")
	if s := l.snapshot("a"); h.State != journal.Done || h.Reboots != 0 || s.Boots != 0 || len(s.RebootRequired) == 0 {
		t.Errorf("the host is %s after %d reboots; waiting for one: %v", h.State, s.Boots, s.RebootRequired)
	}
}

// TestRebootIsProven: the boot ids stand in the journal.
func TestRebootIsProven(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(), web("a", kernel))
	before := l.snapshot("a").BootID
	l.do()
	var got []journal.RebootedData
	for _, e := range l.journal.all() {
		if e.Type == journal.Rebooted {
			got = append(got, decode[journal.RebootedData](t, e))
		}
	}
	if len(got) != 1 || got[0].From != before || got[0].To != l.snapshot("a").BootID {
		t.Errorf("%+v; the host had %s and has %s", got, before, l.snapshot("a").BootID)
	}
}

// TestRebootThatFails: a host that does not reboot, and one that does not come
// back.
func TestRebootThatFails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		faults sim.Faults
		state  journal.State
		code   string
		says   string
	}{
		{"it does not reboot", sim.Faults{NoReboot: true}, journal.Failed, "exit", "was asked to reboot and did not within"},
		{"it does not come back", sim.Faults{NoReturn: true}, journal.Lost, "timeout", "did not come back within"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, policy(func(p *policies.Policy) { p.Reboot.Timeout = 400 * time.Millisecond }),
				web("a", kernel, func(m *sim.Machine) { m.Faults = test.faults }), web("b"))
			r := l.do()
			h := r.Host("a")
			if h.State != test.state || h.Fault == nil || h.Fault.Code != test.code || !strings.Contains(h.Fault.Message, test.says) {
				t.Errorf("the host is %s: %+v", h.State, h.Fault)
			}
			if r.State != "finished" {
				t.Errorf("the run is %s", r.State)
			}
			for _, u := range h.Updates {
				if u.State != "installed" {
					t.Errorf("%s is %s", u.Name, u.State)
				}
			}
			if test.state == journal.Failed {
				l.wantOnce("a", "restore-point 1", "updates 1", "reboot 1")
			} else {
				l.wantJobs("a", "restore-point 1", "updates 1", "reboot 1")
			}
		})
	}
}

// TestAnotherKeyAfterTheReboot: whoever answers now is not let in, and is not
// asked a second time.
func TestAnotherKeyAfterTheReboot(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(func(p *policies.Policy) { p.Reboot.Timeout = 50 * time.Second }), web("a", kernel), web("b"))
	logins := 0
	l.journal.after = func(_ int, events []journal.Event) {
		for _, e := range events {
			if e.Host == "a" && e.Type == journal.HostState && decode[journal.HostStateData](t, e).To == journal.Rebooting {
				l.fleet.Host("a").SetFaults(sim.Faults{HostKeyChanged: true})
				logins = l.snapshot("a").Logins["patch"]
			}
		}
	}
	begin := time.Now()
	r := l.do()
	if took := time.Since(begin); took > 40*time.Second {
		t.Errorf("it took %s: somebody went on asking", took)
	}
	h := r.Host("a")
	if h.State != journal.Lost || h.Fault == nil || h.Fault.Code != "host-key" {
		t.Errorf("the host is %s: %+v", h.State, h.Fault)
	}
	if r.State != "finished" {
		t.Errorf("the run is %s", r.State)
	}
	if got := l.snapshot("a").Logins["patch"]; got != logins {
		t.Errorf("%d logins after the key had changed", got-logins)
	}
}

// TestSlowStart: the verification waits for a host that has not finished
// booting.
func TestSlowStart(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(verified("stop")), web("a", kernel, func(m *sim.Machine) { m.Settle = 300 * time.Millisecond }))
	if h := l.do().Host("a"); h.State != journal.Done || h.Reboots != 1 {
		t.Errorf("the host is %s: %+v", h.State, h.Fault)
	}
}

// TestStagger: the reboots of a policy do not come at once.
func TestStagger(t *testing.T) {
	t.Parallel()
	const apart = 150 * time.Millisecond
	machines := webs(3)
	for i := range machines {
		kernel(&machines[i])
	}
	l := newLab(t, policy(func(p *policies.Policy) { p.Reboot.Stagger = apart }), machines...)
	r := l.do()
	var asked, last time.Time
	for _, e := range l.journal.all() {
		switch {
		case e.Type == journal.HostState && asked.IsZero() && decode[journal.HostStateData](t, e).To == journal.Rebooting:
			asked = e.At
		case e.Type == journal.Rebooted:
			last = e.At
		}
	}
	if r.State != "finished" {
		t.Errorf("the run is %s: %v", r.State, states(r))
	}
	if got := last.Sub(asked); got < 2*apart {
		t.Errorf("the reboots of three hosts ended within %s", got)
	}
}

// TestFailedUpdateAndReboot: the updates that did work need a reboot; it is
// done, and the host has failed all the same.
func TestFailedUpdateAndReboot(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(), web("a", kernel, postinst))
	h := l.do().Host("a")
	if h.State != journal.Failed || h.Reboots != 1 || h.Fault == nil || !strings.Contains(h.Fault.Message, "nginx") {
		t.Errorf("the host is %s after %d reboots: %+v", h.State, h.Reboots, h.Fault)
	}
	l.wantOnce("a", "restore-point 1", "updates 1", "reboot 1")
}
