package plan

import (
	"context"
	"time"

	"patchwave/engine/updates"
	"patchwave/inventory"
	"patchwave/policies"
)

// Ledger says when any scan on this controller first saw a version.
type Ledger interface {
	// FirstSeen returns the zero time for a version that no scan saw.
	FirstSeen(manager string, u inventory.Update) time.Time
}

// Enricher says what imported feeds know of pending updates.
type Enricher interface {
	// Enrich returns the updates of an observation in their order. An error is of
	// the place where the feeds are kept.
	Enrich(ctx context.Context, o inventory.Observation) ([]policies.Enriched, error)
}

func enrich(ctx context.Context, e Enricher, o inventory.Observation) ([]policies.Enriched, error) {
	if e != nil {
		return e.Enrich(ctx, o)
	}
	out := make([]policies.Enriched, len(o.Updates))
	for i, u := range o.Updates {
		out[i].Update = u
	}
	return out, nil
}

// Subjects are the pending updates of a host as a baseline looks at them, in
// their order.
func Subjects(h *inventory.Host, o inventory.Observation, us []policies.Enriched, ledger Ledger) []policies.Subject {
	offered := make(map[inventory.Key][]string, len(us))
	for _, u := range us {
		offered[u.Key()] = append(offered[u.Key()], u.To)
	}
	out := make([]policies.Subject, len(us))
	for i := range us {
		u := &us[i]
		out[i] = policies.Subject{Host: h, Facts: &o.Facts, Update: &u.Update, Offered: offered[u.Key()], LastSeen: o.At,
			FirstSeen: ledger.FirstSeen(o.Facts.PackageManager, u.Update), KnownExploited: u.KnownExploited, EPSS: u.EPSS, Unknown: u.Unknown}
	}
	return out
}

// decided is one pending update with its decision.
type decided struct {
	inventory.Update
	policies.Decision
	// untaken says that a rule approved it and the policy does not take its kind.
	untaken bool
}

// decideAll decides about every pending update of a host.
func decideAll(p *policies.Policy, h *inventory.Host, o inventory.Observation, us []policies.Enriched, ledger Ledger, now time.Time) []decided {
	return decideFor(nil, p, h, o, us, ledger, now)
}

// decideFor is decideAll for a host that joins a rollout with its versions.
func decideFor(only Versions, p *policies.Policy, h *inventory.Host, o inventory.Observation, us []policies.Enriched, ledger Ledger, now time.Time) []decided {
	out := make([]decided, 0, len(us))
	for _, s := range Subjects(h, o, us, ledger) {
		d := decided{Update: *s.Update, Decision: policies.Decide(p.Baseline, s, now)}
		if d.Verdict == policies.Approved && !takes(p.Updates, *s.Update) {
			d.Verdict, d.Reason, d.untaken = policies.NotMatched, "policy "+p.Name+" takes only updates of kind "+p.Updates, true
		}
		out = append(out, d)
	}
	only.hold(out)
	newestOnly(o.Facts, out)
	return out
}

// newestOnly leaves one approved version of a package: the newest. A host cannot
// be asked for two.
func newestOnly(facts inventory.Facts, ds []decided) {
	best := make(map[inventory.Key]int, len(ds))
	for i := range ds {
		if ds[i].Verdict != policies.Approved {
			continue
		}
		b, ok := best[ds[i].Key()]
		if !ok {
			best[ds[i].Key()] = i
			continue
		}
		older, newer := i, b
		if policies.Newer(facts, ds[i].To, ds[b].To) {
			older, newer = b, i
		}
		ds[older].Verdict, ds[older].Reason = policies.NotMatched, "version "+ds[newer].To+" is approved too"
		best[ds[i].Key()] = newer
	}
}

// takes reports whether a policy with that "updates" argument takes u.
func takes(kind string, u inventory.Update) bool {
	switch kind {
	case "no-reboot":
		return !u.Reboot
	case "reboot":
		return u.Reboot
	default:
		return true
	}
}

// wants returns the approved versions.
func wants(ds []decided) []updates.Want {
	var out []updates.Want
	for _, d := range ds {
		if d.Verdict == policies.Approved {
			out = append(out, updates.Want{Name: d.Name, Arch: d.Arch, Version: d.To})
		}
	}
	return out
}

// skipped lists everything that is not approved.
func skipped(ds []decided) []Skipped {
	out := []Skipped{}
	for _, d := range ds {
		if d.Verdict == policies.Approved || d.Verdict == policies.Dependency {
			continue
		}
		s := Skipped{Name: d.Name, Arch: d.Arch, To: d.To, Decision: string(d.Verdict), Rule: d.Rule, Reason: d.Reason}
		if !d.Until.IsZero() {
			until := d.Until.UTC()
			s.Until = &until
		}
		out = append(out, s)
	}
	return out
}
