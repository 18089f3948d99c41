package plan

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"patchwave/engine/updates"
	"patchwave/inventory"
	"patchwave/policies"
)

// rolled is a plan of policy web in two waves, and of a host of another policy.
func rolled() *Plan {
	host := func(name string, changes ...string) Host {
		h := Host{Name: name, Steps: []Step{}, Skipped: []Skipped{}, Notes: []string{}}
		if len(changes) > 0 {
			step := Step{Step: StepUpdates}
			for _, c := range changes {
				step.Updates = append(step.Updates, Entry{Decision: "approved", Change: updates.Change{Action: updates.ActionUpgrade, Name: "nginx", Arch: "amd64", From: "1", To: c}})
			}
			h.Steps = append(h.Steps, step)
		}
		return h
	}
	return &Plan{Schema: Schema, ConfigDigest: "c", Excluded: []Excluded{{Host: "web-5", Code: "unreachable"}}, Waves: []Wave{
		{Policy: "web", Name: "canary", Batches: []Batch{{Hosts: []Host{host("web-1", "2")}}}},
		{Policy: "db", Name: "all", Batches: []Batch{{Hosts: []Host{host("db-1", "7")}}}},
		{Policy: "web", Name: "rest", Batches: []Batch{{Hosts: []Host{host("web-2", "2"), host("web-3")}}, {Hosts: []Host{host("web-4", "2", "3")}}}},
	}}
}

func shape(p *Plan) map[string][]string {
	out := map[string][]string{}
	for _, w := range p.Waves {
		for _, b := range w.Batches {
			for _, h := range b.Hosts {
				out[w.Policy+" "+w.Name] = append(out[w.Policy+" "+w.Name], h.Name)
			}
		}
	}
	return out
}

func TestVersions(t *testing.T) {
	if diff := cmp.Diff(Versions{"nginx": {"2", "3"}}, rolled().Versions("web")); diff != "" {
		t.Error(diff)
	}
	if v := rolled().Versions("nothing"); len(v) != 0 {
		t.Error(v)
	}
}

// TestHold: what the rollout has not fixed waits for the next; without any version
// nothing does.
func TestHold(t *testing.T) {
	of := func(name, to string, v policies.Verdict) decided {
		return decided{Update: inventory.Update{Name: name, To: to}, Decision: policies.Decision{Verdict: v}}
	}
	all := func() []decided {
		return []decided{of("nginx", "2", policies.Approved), of("nginx", "9", policies.Approved), of("bash", "5", policies.Approved), of("bash", "6", policies.Held)}
	}
	verdicts := func(ds []decided) (out []policies.Verdict) {
		for _, d := range ds {
			out = append(out, d.Verdict)
		}
		return out
	}
	ds := all()
	Versions{"nginx": {"1", "2"}}.hold(ds)
	if diff := cmp.Diff([]policies.Verdict{policies.Approved, policies.Deferred, policies.Deferred, policies.Held}, verdicts(ds)); diff != "" || ds[1].Reason == "" {
		t.Error(diff, ds[1].Reason)
	}
	ds = all()
	Versions(nil).hold(ds)
	if diff := cmp.Diff(verdicts(all()), verdicts(ds)); diff != "" {
		t.Error(diff)
	}
}

// TestRemainder has what is left, as it was, in order, and nothing else.
func TestRemainder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rolled()
		left := rapid.SliceOfDistinct(rapid.SampledFrom([]string{"web-1", "web-2", "web-3", "web-4", "db-1", "web-5"}), rapid.ID).Draw(t, "left")
		r := p.Remainder(func(host string) bool { return slices.Contains(left, host) })
		var want []Host
		for _, h := range p.Hosts() {
			if slices.Contains(left, h.Name) {
				want = append(want, h)
			}
		}
		if diff := cmp.Diff(want, r.Hosts()); diff != "" {
			t.Error(diff)
		}
		for _, w := range r.Waves {
			if len(w.Batches) == 0 || slices.ContainsFunc(w.Batches, func(b Batch) bool { return len(b.Hosts) == 0 }) {
				t.Errorf("an empty wave or batch: %+v", r.Waves)
			}
		}
		if r.ConfigDigest != p.ConfigDigest || r.Schema != Schema {
			t.Errorf("%+v", r)
		}
		if diff := cmp.Diff(rolled(), p); diff != "" {
			t.Errorf("the plan itself was changed: %s", diff)
		}
	})
}

// TestJoin: hosts that come late stand in the last wave of their policy.
func TestJoin(t *testing.T) {
	web := &policies.Policy{Name: "web", Rollout: policies.Rollout{Waves: []policies.Wave{{Name: "canary", Count: 1}, {Name: "rest"}}}}
	late := func(names ...string) *Plan {
		p := &Plan{Waves: []Wave{{Policy: "web", Name: "canary", Batches: []Batch{}}}}
		for _, n := range names {
			p.Waves[0].Batches = append(p.Waves[0].Batches, Batch{Hosts: []Host{{Name: n}}})
		}
		return p
	}
	p := rolled()
	if err := p.Join(web, late("web-5", "web-6")); err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{"web canary": {"web-1"}, "db all": {"db-1"}, "web rest": {"web-2", "web-3", "web-4", "web-5", "web-6"}}
	if diff := cmp.Diff(want, shape(p)); diff != "" || len(p.Excluded) != 0 {
		t.Error(diff, p.Excluded)
	}
	if err := p.Join(web, late("web-1")); err == nil {
		t.Error("a host is in the plan twice")
	}

	// Only the canary was there: the others do not join it.
	p = rolled().Remainder(func(host string) bool { return host == "web-1" || host == "db-1" })
	if err := p.Join(web, late("web-7")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string][]string{"web canary": {"web-1"}, "web rest": {"web-7"}, "db all": {"db-1"}}, shape(p)); diff != "" || p.Waves[1].Name != "rest" {
		t.Error(diff)
	}

	// Nobody was there.
	p = &Plan{}
	if err := p.Join(web, late("web-7")); err != nil || len(p.Waves) != 1 {
		t.Error(err, p.Waves)
	}
	if err := p.Join(&policies.Policy{Name: "web"}, late()); err == nil {
		t.Error("a policy without waves")
	}
}
