package run_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/sim"
	"patchwave/engine/journal"
	"patchwave/policies"
)

// written is a text of the configuration that is the same for every host.
type written string

func (w written) Render(policies.Subject) (string, error) { return string(w), nil }
func (w written) Constant() (string, bool)                { return string(w), true }
func (w written) String() string                          { return string(w) }

// unchanged compares parts of a host's health.
func unchanged(on policies.OnFailure, parts ...string) func(*policies.Policy) {
	return func(p *policies.Policy) {
		p.Verification = &policies.Verification{Name: "same", OnFailure: on, Unchanged: parts}
	}
}

// everyProbe compares everything, and asks from the host and from here.
func everyProbe(p *policies.Policy) {
	p.Verification = &policies.Verification{Name: "all", OnFailure: policies.FailStop, Unchanged: policies.HealthParts(), Probes: []policies.Probe{
		{Kind: policies.ProbeHTTP, Name: "front", URL: written("http://localhost/healthz"), Status: []int{200}, Body: "well", On: policies.OnHost},
		{Kind: policies.ProbeCommand, Name: "there", Command: []policies.Text{written("echo"), written("two words")}, On: policies.OnHost, Become: true},
		{Kind: policies.ProbeCommand, Name: "here", Command: []policies.Text{written("true")}, On: policies.OnController},
	}}
}

// page lets a machine answer a request to itself.
func page(m *sim.Machine) {
	m.Commands = map[string]sim.Reply{"curl http://localhost/healthz": {Out: "HTTP/1.1 200 OK\r\nServer: x\r\n\r\nall is well\n"}}
}

// takenOnce: a host's health was taken once, before the first job that changes it.
func (l *lab) takenOnce(host string) {
	l.t.Helper()
	taken, begun := 0, false
	for _, e := range l.journal.all() {
		switch {
		case e.Host != host:
		case e.Type == journal.HealthTaken:
			if taken++; begun {
				l.t.Error("the health was taken after something was begun")
			}
		case e.Type == journal.JobIntent && decode[journal.JobIntentData](l.t, e).Step == "updates":
			begun = true
		}
	}
	if taken != 1 {
		l.t.Errorf("the health was taken %d times", taken)
	}
}

// TestUnchanged: what the update broke is found without a probe, and what follows is
// what the policy says.
func TestUnchanged(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		parts  []string
		edit   []func(*sim.Machine)
		on     policies.OnFailure
		state  journal.State
		detail []string
	}{
		{"nothing is worse", policies.HealthParts(), []func(*sim.Machine){kernel}, policies.FailStop, journal.Done,
			[]string{"services 2 as before", "listeners 2 as before", "mounts 1 as before", "failed_units 0 failed before, and no more now",
				"broken_packages 0 broken before, and no more now", "kernel 6.1.0-41-amd64 as before",
				"routes 2 as before", "time held by a time server as before", "event_errors the host has nothing of the kind"}},
		{"a service that stops", []string{"services", "listeners", "failed_units"}, []func(*sim.Machine){breaks}, policies.FailRollback, journal.RolledBack,
			[]string{"services service nginx ran before and is failed now", "listeners nothing listens on tcp/80 any more", "failed_units nginx.service has failed"}},
		{"the same, and the night goes on", []string{"services"}, []func(*sim.Machine){breaks}, policies.FailContinue, journal.Done,
			[]string{"services service nginx ran before and is failed now"}},
		{"a package that is half there", []string{"broken_packages"}, []func(*sim.Machine){postinst}, policies.FailStop, journal.Failed,
			[]string{"broken_packages package nginx is half-configured"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, policy(unchanged(test.on, test.parts...)), web("a", test.edit...))
			h := l.do().Host("a")
			var got []string
			for _, p := range h.Probes {
				got = append(got, p.Name+" "+p.Detail)
			}
			if diff := cmp.Diff(test.detail, got); diff != "" || h.State != test.state {
				t.Errorf("the host is %s\n%s", h.State, diff)
			}
			l.takenOnce("a")
		})
	}
}

// TestHealthIsNotTakenUnasked: who compares nothing has nothing to store.
func TestHealthIsNotTakenUnasked(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(verified("")), web("a"))
	l.do()
	if n := l.snapshot("a").Scripts["health"]; n != 0 {
		t.Errorf("it was taken %d times", n)
	}
}

// TestHealthThatIsNotTold: a host that does not say what it is cannot be held to it,
// and is left alone.
func TestHealthThatIsNotTold(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(unchanged("", "services", "prayers")), web("a"))
	h := l.do().Host("a")
	if h.State != journal.Failed || h.Fault.Code != "guard" || !strings.Contains(h.Fault.Message, "so nothing was changed: prayers") {
		t.Errorf("the host is %s: %+v", h.State, h.Fault)
	}
	l.wantOnce("a", "restore-point 1")
}

// TestTheFirstHealthCounts: of two rounds the first breaks the service; both
// verifications compare with what was before it, and the second round is not begun.
func TestTheFirstHealthCounts(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(unchanged("", "services")), web("a", kernel, breaks))
	h := l.apply(l.work(twoRounds(l.plan()))).Host("a")
	if h.State != journal.Failed || !strings.Contains(h.Fault.Message, "service nginx ran before") {
		t.Errorf("the host is %s: %+v", h.State, h.Fault)
	}
	l.takenOnce("a")

	well := newLab(t, policy(unchanged("", "services", "kernel")), web("a", kernel))
	if h := well.apply(well.work(twoRounds(well.plan()))).Host("a"); h.State != journal.Done || len(h.Probes) != 2 {
		t.Errorf("the host is %s: %+v", h.State, h.Probes)
	}
	well.takenOnce("a")
}

// TestOneBadPackage: it does not keep the others from the reboot they need, nor the
// host from being verified; but the host has failed.
func TestOneBadPackage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		edit  []func(*sim.Machine)
		says  []string
		state map[string]string
	}{
		{"the rest is well", nil, []string{"1 of 4 updates failed: nginx"}, map[string]string{"nginx": "failed-but-present", "openssl": "installed"}},
		{"a lie", []func(*sim.Machine){func(m *sim.Machine) { m.Faults.FailPostinst, m.Faults.Lies = nil, []string{"openssl"} }},
			[]string{"1 of 4 updates failed: openssl"}, map[string]string{"nginx": "installed", "openssl": "claimed-but-still-offered"}},
		{"and the service is gone", []func(*sim.Machine){breaks}, []string{"1 of 4 updates failed: nginx", "verification failed: unchanged services (service nginx ran before"}, nil},
	}
	for _, test := range tests {
		for _, split := range []bool{false, true} {
			t.Run(test.name, func(t *testing.T) {
				t.Parallel()
				edit := append([]func(*sim.Machine){kernel, postinst}, test.edit...)
				if split { // the first of two rounds fails, and the host waits for a reboot
					edit = append(edit, func(m *sim.Machine) { m.Updates[2].Reboot = true })
				}
				l := newLab(t, policy(unchanged("", "services")), web("a", edit...))
				p := l.plan()
				if split {
					p = twoRounds(p)
				}
				h := l.apply(l.work(p)).Host("a")
				if h.State != journal.Failed || h.Reboots != 1 || len(h.Probes) != 1 {
					t.Fatalf("the host is %s after %d reboots: %+v %+v", h.State, h.Reboots, h.Fault, h.Probes)
				}
				for _, says := range test.says {
					if split {
						says = strings.Replace(says, "of 4", "of 3", 1)
					}
					if !strings.Contains(h.Fault.Message, says) {
						t.Errorf("it says %q", h.Fault.Message)
					}
				}
				for name, state := range test.state {
					if i := slices.IndexFunc(h.Updates, func(u journal.UpdateRecord) bool { return u.Name == name }); h.Updates[i].State != state {
						t.Errorf("%s is %s", name, h.Updates[i].State)
					}
				}
			})
		}
	}
}
