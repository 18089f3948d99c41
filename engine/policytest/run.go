package policytest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"patchwave/engine/config"
	"patchwave/engine/plan"
	"patchwave/inventory"
	"patchwave/policies"
)

// Failure is one expectation that does not hold, at its place.
type Failure struct {
	Pos     inventory.Position
	Message string
}

// Result is what came of a test; without failures it has passed.
type Result struct {
	Name     string
	Pos      inventory.Position
	Failures []Failure
}

// Run carries out a test of a configuration.
func Run(cfg *config.Config, t config.PolicyTest) Result {
	w := newWorld(cfg, t)
	out := Result{Name: t.Name, Pos: t.Pos}
	for _, e := range t.Expects {
		if why := w.check(e); why != "" {
			out.Failures = append(out.Failures, Failure{e.Pos, why})
		}
	}
	return out
}

// world is a fleet as a test imagines it.
type world struct {
	test     config.PolicyTest
	inv      *inventory.Inventory
	policies []*policies.Policy
	zone     *time.Location
	// seen is when versions were first seen, by name and version.
	seen map[[2]string]time.Time
}

func newWorld(cfg *config.Config, t config.PolicyTest) *world {
	facts := map[string]inventory.Facts{}
	w := &world{test: t, zone: cfg.Zone(), seen: map[[2]string]time.Time{}}
	for _, h := range t.Hosts {
		if h.Facts != nil {
			facts[h.Name] = *h.Facts
		}
		for _, u := range h.Updates {
			if !u.FirstSeen.IsZero() {
				w.seen[[2]string{u.Name, u.To}] = u.FirstSeen
			}
		}
	}
	w.inv, w.policies, _ = cfg.Resolve(facts) // what facts add are warnings, and these facts are made up
	return w
}

// FirstSeen implements plan.Ledger.
func (w *world) FirstSeen(_ string, u inventory.Update) time.Time {
	return w.seen[[2]string{u.Name, u.To}]
}

// check says how a decision differs from what is expected; "" if it does not.
func (w *world) check(e config.Expectation) string {
	i := slices.IndexFunc(w.test.Hosts, func(h config.TestHost) bool { return h.Name == e.Host })
	host := w.inv.Host(e.Host)
	if i < 0 || host == nil {
		return fmt.Sprintf("the test has no host %q", e.Host)
	}
	p, why := w.policy(host, e.Policy)
	if why != "" {
		return why
	}
	x, why := find(w.decide(p, host, w.test.Hosts[i]), e)
	if why != "" {
		return why
	}
	return w.compare(x, e)
}

// policy is the one that an expectation asks about.
func (w *world) policy(h *inventory.Host, name string) (*policies.Policy, string) {
	names := h.Policies
	if name != "" {
		if !slices.Contains(names, name) {
			return nil, fmt.Sprintf("policy %s does not claim host %s%s", name, h.Name, claimed(names))
		}
		names = []string{name}
	}
	if len(names) != 1 {
		return nil, fmt.Sprintf("%s; name one in the expect block: policy = \"…\"", strings.TrimPrefix(claimed(names), ", "))
	}
	i := slices.IndexFunc(w.policies, func(p *policies.Policy) bool { return p.Name == names[0] })
	return w.policies[i], ""
}

func claimed(names []string) string {
	if len(names) == 0 {
		return ", no policy claims it"
	}
	return ", it is claimed by " + strings.Join(names, ", ")
}

// decide is what a plan decides about the updates of a host.
func (w *world) decide(p *policies.Policy, h *inventory.Host, t config.TestHost) []plan.Explained {
	imagined := *h
	imagined.Labels = maps.Clone(h.Labels)
	maps.Copy(imagined.Labels, t.Labels)
	o := inventory.Observation{Host: h.Name, At: w.test.Now, State: inventory.ScanOK}
	if t.Facts != nil {
		o.Facts = *t.Facts
	}
	us := make([]policies.Enriched, 0, len(t.Updates))
	for _, u := range t.Updates {
		us = append(us, policies.Enriched{Update: u.Update, KnownExploited: u.KnownExploited})
	}
	return plan.Decisions(p, &imagined, o, us, w, w.test.Now)
}

// find picks the update that an expectation asks about.
func find(all []plan.Explained, e config.Expectation) (plan.Explained, string) {
	var found []plan.Explained
	for _, x := range all {
		if x.Name == e.Update && (e.Version == "" || x.To == e.Version) {
			found = append(found, x)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], ""
	case len(found) > 1:
		return plan.Explained{}, fmt.Sprintf("host %s has %d updates of %q; name one with version", e.Host, len(found), e.Update)
	default:
		return plan.Explained{}, fmt.Sprintf("host %s has no update %q in this test", e.Host, strings.TrimSpace(e.Update+" "+e.Version))
	}
}

func (w *world) compare(x plan.Explained, e config.Expectation) string {
	got := fmt.Sprintf("%s is %s", x.Name, x.Verdict)
	if x.Rule != "" {
		got += fmt.Sprintf(" by rule %q (%s:%d)", x.Rule, x.Pos.File, x.Pos.Line)
	}
	switch {
	case e.Decision != "" && x.Verdict != e.Decision:
		return fmt.Sprintf("%s, not %s: %s", got, e.Decision, x.Reason)
	case e.Rule != "" && x.Rule != e.Rule:
		return fmt.Sprintf("%s, not by rule %q: %s", got, e.Rule, x.Reason)
	case !e.Until.IsZero() && !w.sameEnd(x.Until, e):
		until := "for ever"
		if !x.Until.IsZero() {
			until = "until " + x.Until.In(w.zone).Format(time.RFC3339)
		}
		return fmt.Sprintf("%s %s, not until %s", got, until, e.Until.In(w.zone).Format(time.RFC3339))
	}
	return ""
}

// sameEnd reports whether a decision changes when it is expected to.
func (w *world) sameEnd(until time.Time, e config.Expectation) bool {
	if !e.UntilDay {
		return until.Equal(e.Until)
	}
	a, b := until.In(w.zone), e.Until.In(w.zone)
	return a.Year() == b.Year() && a.YearDay() == b.YearDay()
}
