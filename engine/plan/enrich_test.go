package plan

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors"
	"patchwave/engine/scan"
	"patchwave/engine/updates"
	"patchwave/inventory"
	"patchwave/policies"
)

// rater rates packages by name and has an error for the host of that name.
type rater struct {
	severity map[string]inventory.Severity
	broken   string
}

var errShelf = errors.New("the database is gone")

func (r rater) Enrich(_ context.Context, o inventory.Observation) ([]policies.Enriched, error) {
	if o.Host == r.broken {
		return nil, errShelf
	}
	out := plain(o.Updates...)
	for i := range out {
		out[i].Severity, out[i].SeveritySource = r.severity[out[i].Name], "osv"
		if out[i].Severity == "" {
			out[i].Severity, out[i].Unknown.Severity = inventory.UnknownSeverity, "no feed imported"
		}
	}
	return out, nil
}

func approveCritical() *policies.Policy {
	return policy(policies.Rule{Kind: policies.RuleApprove, Name: "critical", Severities: []inventory.Severity{inventory.Critical}})
}

// TestPlanDecidesByFeeds: what a feed says decides, the decision says so, and what
// is stored of the scan is what the host said.
func TestPlanDecidesByFeeds(t *testing.T) {
	n := &network{listing: map[string]string{"a": "labtool 1 2\nlib 1 2"}}
	p, seen := planned(t, n, func(pl *Planner, req *Request) {
		pl.Feeds = rater{severity: map[string]inventory.Severity{"labtool": inventory.Critical}}
		req.Policies[0] = approveCritical()
	}, "a web")
	h := p.Hosts()[0]
	if len(h.Steps) != 1 || len(h.Steps[0].Updates) != 1 {
		t.Fatalf("%+v", h)
	}
	if e := h.Steps[0].Updates[0]; e.Name != "labtool" || e.Rule != "critical" || !strings.Contains(e.Reason, "the imported feed osv") {
		t.Errorf("%+v", e)
	}
	want := []Skipped{{Name: "lib", Arch: "amd64", To: "2", Decision: "not-matched", Reason: "no rule of baseline monthly matches; severity unknown: no feed imported"}}
	if diff := cmp.Diff(want, h.Skipped); diff != "" {
		t.Error(diff)
	}
	for _, u := range seen[0].Updates {
		if u.Severity != "" || u.SeveritySource != "" {
			t.Errorf("a scan is stored with what it did not say: %+v", u)
		}
	}
}

// TestPlanEndsWithoutItsFeeds: a plan that could not look a host up decides by
// nothing.
func TestPlanEndsWithoutItsFeeds(t *testing.T) {
	n := &network{listing: map[string]string{"a": "labtool 1 2", "b": "labtool 1 2"}, asked: map[string][]string{}}
	req := Request{Inventory: &inventory.Inventory{}, Refresh: scan.RefreshNever, Policies: []*policies.Policy{approveCritical()}}
	for _, name := range []string{"a", "b"} {
		req.Hosts = append(req.Hosts, &inventory.Host{Name: name, Policies: []string{"web"}, Target: connectors.Target{Name: name}})
	}
	req.Inventory.Hosts = req.Hosts
	pl := Planner{Dialer: n, Managers: []updates.Manager{manager{}}, Ledger: ledger{}, Now: noon, Feeds: rater{broken: "b"},
		Observed: func(inventory.Observation) error { return nil }}
	if p, err := pl.Plan(t.Context(), req); !errors.Is(err, errShelf) || !strings.Contains(err.Error(), "b needs") {
		t.Errorf("%+v %v", p, err)
	}
}

// TestSubjects carry all that is known of an update, each its own.
func TestSubjects(t *testing.T) {
	score := 0.5
	o := observed(update("a", "2"), update("a", "3"), update("b", "2"))
	us := plain(o.Updates...)
	us[1].KnownExploited, us[1].EPSS, us[1].Unknown.Severity = true, &score, "why"
	h := &inventory.Host{Name: "a"}
	got := Subjects(h, o, us, ledger{"apt a": noon().Add(-time.Hour)})
	want := []policies.Subject{
		{Host: h, Facts: &o.Facts, Update: &o.Updates[0], Offered: []string{"2", "3"}, FirstSeen: noon().Add(-time.Hour), LastSeen: noon()},
		{Host: h, Facts: &o.Facts, Update: &o.Updates[1], Offered: []string{"2", "3"}, FirstSeen: noon().Add(-time.Hour), LastSeen: noon(),
			KnownExploited: true, EPSS: &score, Unknown: policies.Unknown{Severity: "why"}},
		{Host: h, Facts: &o.Facts, Update: &o.Updates[2], Offered: []string{"2"}, LastSeen: noon()},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
