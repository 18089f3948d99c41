package plan

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/updates"
	"patchwave/inventory"
	"patchwave/policies"
)

func noon() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }

// ledger saw versions by name.
type ledger map[string]time.Time

func (l ledger) FirstSeen(manager string, u inventory.Update) time.Time { return l[manager+" "+u.Name] }

func observed(us ...inventory.Update) inventory.Observation {
	return inventory.Observation{Host: "a", At: noon(), State: inventory.ScanOK, Updates: us,
		Facts: inventory.Facts{OS: inventory.OS{Family: "debian"}, PackageManager: "apt"}}
}

func update(name, to string) inventory.Update {
	return inventory.Update{Name: name, Arch: "amd64", From: "1", To: to}
}

// plain are updates of which no feed knows anything.
func plain(us ...inventory.Update) []policies.Enriched {
	out := make([]policies.Enriched, len(us))
	for i, u := range us {
		out[i].Update = u
	}
	return out
}

func policy(rules ...policies.Rule) *policies.Policy {
	return &policies.Policy{Name: "web", Baseline: &policies.Baseline{Name: "monthly", Rules: rules}, Updates: "all",
		Reboot: policies.Reboot{When: policies.RebootRequired}, Rollout: policies.Rollout{Waves: []policies.Wave{{Name: "all"}}}}
}

func approveAll() policies.Rule {
	return policies.Rule{Kind: policies.RuleApprove, Name: "all", Packages: []string{"*"}}
}

// shown is "name version verdict".
func shown(ds []decided) []string {
	out := []string{}
	for _, d := range ds {
		out = append(out, d.Name+" "+d.To+" "+string(d.Verdict))
	}
	return out
}

func TestDecideAll(t *testing.T) {
	kernel, quiet := update("linux-image", "2"), update("labtool", "2")
	kernel.Reboot = true
	for kind, want := range map[string][]string{
		"all":       {"linux-image 2 approved", "labtool 2 approved"},
		"no-reboot": {"linux-image 2 not-matched", "labtool 2 approved"},
		"reboot":    {"linux-image 2 approved", "labtool 2 not-matched"},
	} {
		p := policy(approveAll())
		p.Updates = kind
		ds := decideAll(p, &inventory.Host{Name: "a"}, observed(kernel, quiet), plain(kernel, quiet), ledger{}, noon())
		if diff := cmp.Diff(want, shown(ds)); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
		for _, d := range ds {
			if d.untaken != (d.Verdict == policies.NotMatched) {
				t.Errorf("%s: %s untaken %v", kind, d.Name, d.untaken)
			}
		}
	}
}

// TestDecideAllAsksTheLedger: the age of an update without a date counts from
// the first scan of that version by that manager.
func TestDecideAllAsksTheLedger(t *testing.T) {
	rule := approveAll()
	rule.After = 48 * time.Hour
	l := ledger{"apt old": noon().Add(-72 * time.Hour), "apt young": noon().Add(-time.Hour), "dnf new": noon().Add(-72 * time.Hour)}
	us := []inventory.Update{update("old", "2"), update("young", "2"), update("new", "2")}
	ds := decideAll(policy(rule), &inventory.Host{Name: "a"}, observed(us...), plain(us...), l, noon())
	if diff := cmp.Diff([]string{"old 2 approved", "young 2 deferred", "new 2 deferred"}, shown(ds)); diff != "" {
		t.Error(diff)
	}
}

// TestSeveralVersionsOfOnePackage: a pin lets the newest pass that it matches,
// and no rule makes a host be asked for two.
func TestSeveralVersionsOfOnePackage(t *testing.T) {
	o := observed(update("nginx", "1.26.0-1"), update("nginx", "1.24.9-1"), update("nginx", "1.24.10-1"), update("b", "3"), update("b", "2"), update("b", "10"))
	pin := policies.Rule{Kind: policies.RulePin, Name: "nginx", Packages: []string{"nginx"}, Version: "1.24.*"}
	ds := decideAll(policy(pin, approveAll()), &inventory.Host{Name: "a"}, o, plain(o.Updates...), ledger{}, noon())
	want := []string{"nginx 1.26.0-1 pinned", "nginx 1.24.9-1 pinned", "nginx 1.24.10-1 approved", "b 3 not-matched", "b 2 not-matched", "b 10 approved"}
	if diff := cmp.Diff(want, shown(ds)); diff != "" {
		t.Error(diff)
	}
	if ds[4].Reason != "version 3 is approved too" || ds[3].Reason != "version 10 is approved too" {
		t.Errorf("reasons %q, %q", ds[4].Reason, ds[3].Reason)
	}
	if diff := cmp.Diff([]updates.Want{{Name: "nginx", Arch: "amd64", Version: "1.24.10-1"}, {Name: "b", Arch: "amd64", Version: "10"}}, wants(ds)); diff != "" {
		t.Error(diff)
	}
}

func TestSkipped(t *testing.T) {
	until := noon().In(time.FixedZone("", 3600))
	ds := []decided{
		{Update: update("a", "2"), Decision: policies.Decision{Verdict: policies.Approved, Rule: "all"}},
		{Update: update("b", "2"), Decision: policies.Decision{Verdict: policies.Held, Rule: "freeze", Reason: "why", Until: until}},
		{Update: update("c", "2"), Decision: policies.Decision{Verdict: policies.NotMatched, Reason: "no rule"}},
		{Update: update("d", "2"), Decision: policies.Decision{Verdict: policies.Dependency}},
	}
	at := noon()
	want := []Skipped{
		{Name: "b", Arch: "amd64", To: "2", Decision: "held", Rule: "freeze", Reason: "why", Until: &at},
		{Name: "c", Arch: "amd64", To: "2", Decision: "not-matched", Reason: "no rule"},
	}
	if diff := cmp.Diff(want, skipped(ds)); diff != "" {
		t.Error(diff)
	}
	if got := skipped(nil); got == nil || len(got) != 0 {
		t.Errorf("skipped(nil) = %#v", got)
	}
}

// TestWorksIsWhetherAnythingIsApproved: it answers as Decisions does, sooner.
func TestWorksIsWhetherAnythingIsApproved(t *testing.T) {
	kernel, held := update("linux-image", "2"), update("held", "2")
	kernel.Reboot, held.BlockedBy = true, inventory.BlockedHeld
	pin := policies.Rule{Kind: policies.RulePin, Name: "nginx", Packages: []string{"nginx"}, Version: "1.24.*"}
	for name, tt := range map[string]struct {
		kind string
		us   []inventory.Update
		want bool
	}{
		"nothing pending":         {"all", nil, false},
		"the last is approved":    {"all", []inventory.Update{held, update("labtool", "2")}, true},
		"held on the host":        {"all", []inventory.Update{held}, false},
		"only a reboot":           {"no-reboot", []inventory.Update{kernel}, false},
		"several versions":        {"all", []inventory.Update{update("b", "3"), update("b", "10")}, true},
		"pinned to another":       {"all", []inventory.Update{update("nginx", "1.26.0-1")}, false},
		"pinned to one of two":    {"all", []inventory.Update{update("nginx", "1.26.0-1"), update("nginx", "1.24.9-1")}, true},
		"a reboot that is wanted": {"reboot", []inventory.Update{update("labtool", "2"), kernel}, true},
	} {
		p := policy(pin, approveAll())
		p.Updates = tt.kind
		h, o := &inventory.Host{Name: "a"}, observed(tt.us...)
		got := Works(p, h, o, plain(tt.us...), ledger{}, noon())
		approved := false
		for _, d := range Decisions(p, h, o, plain(tt.us...), ledger{}, noon()) {
			approved = approved || d.Verdict == policies.Approved
		}
		if got != tt.want || approved != tt.want {
			t.Errorf("%s: works %v, decisions say %v, want %v", name, got, approved, tt.want)
		}
	}
}
