package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/plan"
	"patchwave/engine/updates"
	"patchwave/inventory"
	"patchwave/policies"
)

// entry is one change of a plan.
func entry(name, arch, to, decision, rule string) plan.Entry {
	return plan.Entry{Change: updates.Change{Name: name, Arch: arch, Action: updates.ActionUpgrade, To: to}, Decision: decision, Rule: rule, Reason: "because"}
}

// remembered is a plan in which two policies have the same host.
func remembered() *plan.Plan {
	of := func(policy string, skipped []plan.Skipped, entries ...plan.Entry) plan.Wave {
		h := plan.Host{Name: "a", Steps: []plan.Step{{Updates: entries}}, Skipped: skipped}
		return plan.Wave{Policy: policy, Name: "all", Batches: []plan.Batch{{Hosts: []plan.Host{h}}}}
	}
	return &plan.Plan{Waves: []plan.Wave{
		of("one", []plan.Skipped{{Name: "bad", Arch: "amd64", To: "2", Decision: "blocked", Rule: "r", Reason: "it would remove x"}},
			entry("app", "amd64", "2", "approved", "r"), entry("lib", "amd64", "2", "dependency", "")),
		of("two", nil, entry("lib", "", "2", "approved", "q")),
	}}
}

func TestSimulated(t *testing.T) {
	for _, c := range []struct {
		policy, host, name, arch, to string
		want                         policies.Decision
		found                        bool
	}{
		{"one", "a", "app", "amd64", "2", policies.Decision{Verdict: policies.Approved, Rule: "r", Reason: "because"}, true},
		{"one", "a", "lib", "amd64", "2", policies.Decision{Verdict: policies.Dependency, Reason: "because"}, true},
		{"two", "a", "lib", "amd64", "2", policies.Decision{Verdict: policies.Approved, Rule: "q", Reason: "because"}, true},
		{"one", "a", "bad", "amd64", "2", policies.Decision{Verdict: policies.Blocked, Rule: "r", Reason: "it would remove x"}, true},
		{"one", "a", "app", "i386", "2", policies.Decision{}, false},
		{"one", "a", "app", "amd64", "3", policies.Decision{}, false},
		{"two", "a", "app", "amd64", "2", policies.Decision{}, false},
		{"one", "b", "app", "amd64", "2", policies.Decision{}, false},
		{"three", "a", "app", "amd64", "2", policies.Decision{}, false},
	} {
		var got policies.Decision
		var found bool
		if h := remembered().HostsOf(c.policy)[c.host]; h != nil {
			got, found = h.Simulated(inventory.Update{Name: c.name, Arch: c.arch, To: c.to})
		}
		if diff := cmp.Diff(c.want, got); diff != "" || found != c.found {
			t.Errorf("%s of %s by %s: %v (-want +got)\n%s", c.name, c.host, c.policy, found, diff)
		}
	}
}

// TestAdded: what a plan does beside the packages of a scan, by the policy that is
// asked about; a package that the scan offers in another version is not added.
func TestAdded(t *testing.T) {
	lib := entry("lib", "amd64", "2", "dependency", "")
	for _, c := range []struct {
		policy, host string
		seen         []inventory.Update
		want         []plan.Entry
	}{
		{"one", "a", []inventory.Update{{Name: "app", Arch: "amd64", To: "2"}}, []plan.Entry{lib}},
		{"one", "a", []inventory.Update{{Name: "app", Arch: "amd64", To: "3"}}, []plan.Entry{lib}},
		{"one", "a", []inventory.Update{{Name: "app", To: "2"}, {Name: "lib", Arch: "amd64", To: "2"}}, nil},
		{"two", "a", nil, nil}, // what was approved came from a scan, and is done
		{"one", "b", nil, nil},
		{"three", "a", nil, nil},
	} {
		var got []plan.Entry
		if h := remembered().HostsOf(c.policy)[c.host]; h != nil {
			got = h.Added(c.seen)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s by %s beside %v: (-want +got)\n%s", c.host, c.policy, c.seen, diff)
		}
	}
	if n := len(remembered().HostsOf("two")); n != 1 {
		t.Errorf("policy two has %d hosts in the plan", n)
	}
}
