package plan

import (
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

// decided is one pending update with its decision.
type decided struct {
	inventory.Update
	policies.Decision
}

// decideAll decides about every pending update of a host.
func decideAll(p *policies.Policy, h *inventory.Host, o inventory.Observation, ledger Ledger, now time.Time) []decided {
	out := make([]decided, 0, len(o.Updates))
	for _, u := range o.Updates {
		s := policies.Subject{Host: h, Facts: &o.Facts, Update: &u, LastSeen: o.At,
			FirstSeen: ledger.FirstSeen(o.Facts.PackageManager, u)}
		d := policies.Decide(p.Baseline, s, now)
		if d.Verdict == policies.Approved && !takes(p.Updates, u) {
			d.Verdict, d.Reason = policies.NotMatched, "policy "+p.Name+" takes only updates of kind "+p.Updates
		}
		out = append(out, decided{u, d})
	}
	return out
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
