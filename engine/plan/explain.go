package plan

import (
	"slices"
	"time"

	"patchwave/inventory"
	"patchwave/policies"
)

// Explained is a pending update with what is decided about it.
type Explained struct {
	inventory.Update
	policies.Decision
}

// Decisions returns what a plan decides about every pending update of a host
// before the host's own solver is asked. us are the updates of o with what feeds
// know of them. It is pure.
func Decisions(p *policies.Policy, h *inventory.Host, o inventory.Observation, us []policies.Enriched, ledger Ledger, now time.Time) []Explained {
	ds := decideAll(p, h, o, us, ledger, now)
	out := make([]Explained, len(ds))
	for i, d := range ds {
		out[i] = Explained{d.Update, d.Decision}
	}
	return out
}

// Works reports whether a plan approves any pending update of a host before the
// host's own solver is asked: whether one of Decisions is. It is pure.
func Works(p *policies.Policy, h *inventory.Host, o inventory.Observation, us []policies.Enriched, ledger Ledger, now time.Time) bool {
	for _, s := range Subjects(h, o, us, ledger) {
		if takes(p.Updates, *s.Update) && policies.Decide(p.Baseline, s, now).Verdict == policies.Approved {
			return true // of several versions the newest stays approved
		}
	}
	return false
}

// HostsOf returns what a plan has by a policy, by host.
func (p *Plan) HostsOf(policy string) map[string]*Host {
	out := map[string]*Host{}
	for _, w := range p.Waves {
		if w.Policy != policy {
			continue
		}
		for _, b := range w.Batches {
			for i := range b.Hosts {
				out[b.Hosts[i].Name] = &b.Hosts[i]
			}
		}
	}
	return out
}

// Simulated returns what a plan that was made earlier says about an update of the
// host after the solver was asked: false if it knows nothing about it.
func (h *Host) Simulated(u inventory.Update) (policies.Decision, bool) {
	for _, s := range h.Steps {
		for _, e := range s.Updates {
			if e.isAbout(u) && e.To == u.To {
				return policies.Decision{Verdict: policies.Verdict(e.Decision), Rule: e.Rule, Reason: e.Reason}, true
			}
		}
	}
	for _, sk := range h.Skipped {
		if sk.Name == u.Name && sk.Arch == u.Arch && sk.To == u.To {
			d := policies.Decision{Verdict: policies.Verdict(sk.Decision), Rule: sk.Rule, Reason: sk.Reason}
			if sk.Until != nil {
				d.Until = *sk.Until
			}
			return d, true
		}
	}
	return policies.Decision{}, false
}

// isAbout reports whether an entry changes the package of an update.
func (e Entry) isAbout(u inventory.Update) bool {
	return e.Name == u.Name && (e.Arch == u.Arch || e.Arch == "" || u.Arch == "")
}

// Added returns what the solver added to a plan for the host beside the packages
// that a scan saw updates of: what comes new with them, or goes.
func (h *Host) Added(seen []inventory.Update) []Entry {
	var out []Entry
	for _, s := range h.Steps {
		for _, e := range s.Updates {
			if policies.Verdict(e.Decision) == policies.Dependency && !slices.ContainsFunc(seen, e.isAbout) {
				out = append(out, e)
			}
		}
	}
	return out
}

// WavesOf returns the wave in which each host of a policy is, by host. Hosts with
// work come first, so that works must say which have any.
func WavesOf(p *policies.Policy, inv *inventory.Inventory, works func(host string) bool) (map[string]string, error) {
	g := group{policy: p}
	for _, name := range p.Hosts {
		h := Host{Name: name}
		if works(name) {
			h.Steps = []Step{{}}
		}
		g.hosts = append(g.hosts, h)
	}
	waves, err := arrangePolicy(g, inv, nil)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, w := range waves {
		for _, b := range w.Batches {
			for _, h := range b.Hosts {
				out[h.Name] = w.Name
			}
		}
	}
	return out, nil
}
