package policies

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"patchwave/inventory"
)

// Decide says what is to become of one pending update on one host. The first
// rule that matches wins; what no rule matches is not approved. An update that
// a rule lets through, now or later, and the host itself keeps back is blocked,
// but for one that is kept back by its dependencies: the simulation decides
// about that.
func Decide(b *Baseline, s Subject, now time.Time) Decision {
	s.Now = now
	d := Decision{Verdict: NotMatched, Reason: "no rule of baseline " + b.Name + " matches"}
	asked, decided := len(b.Rules), false
	for i := range b.Rules {
		if b.Rules[i].matches(s) {
			d = b.Rules[i].decide(s, now)
			asked, decided = i+1, true
			break
		}
	}
	d.Reason += remarks(b.Rules[:asked], decided, s)
	if d.Verdict == Approved || d.Verdict == Deferred {
		if why := hostBlocks(s.Update.BlockedBy); why != "" {
			d = Decision{Verdict: Blocked, Rule: d.Rule, Pos: d.Pos, Reason: why}
		}
	}
	return d
}

// hostBlocks says why the host itself does not take an update; "" if it does.
func hostBlocks(by inventory.BlockedBy) string {
	switch by {
	case inventory.BlockedHeld:
		return "the package is held on the host"
	case inventory.BlockedLocked:
		return "the package is locked on the host"
	case inventory.BlockedPhased:
		return "the update is phased and not yet offered to this machine"
	case inventory.BlockedBroken:
		return "the package manager cannot resolve it"
	default:
		return ""
	}
}

func (r *Rule) decide(s Subject, now time.Time) Decision {
	d := Decision{Rule: r.Name, Pos: r.Pos, Reason: r.Reason, AllowRemovals: r.AllowRemovals}
	switch r.Kind {
	case RuleHold:
		d.Verdict, d.Until = Held, r.Until
	case RuleReject:
		d.Verdict, d.Until = Rejected, r.Until
	case RulePin:
		if why := r.pins(s); why != "" {
			d.Verdict, d.Until, d.Reason = Pinned, r.Until, or(d.Reason, why)
		} else {
			d.Verdict = Approved
		}
	default:
		d.Verdict = Approved
		if due, from := r.due(s, now); due.After(now) {
			d.Verdict, d.Until = Deferred, due
			d.Reason = fmt.Sprintf("%s old enough on %s (counted from %s)", r.Name, due.UTC().Format(time.RFC3339), from)
		}
	}
	d.Reason = or(d.Reason, "rule "+string(r.Kind)+" "+strconv.Quote(r.Name))
	return d
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// due is when an approval with an age comes due, and what the age counts from. A
// rule without an age is due at once, whatever the clock of the publisher says.
func (r *Rule) due(s Subject, now time.Time) (time.Time, string) {
	switch {
	case r.After <= 0:
		return now, "now"
	case !s.Update.Published.IsZero():
		return s.Update.Published.Add(r.After), "its publication"
	case !s.FirstSeen.IsZero():
		return s.FirstSeen.Add(r.After), "the first scan that saw it"
	default:
		return now.Add(r.After), "this scan"
	}
}

// matches reports whether every criterion that is given matches.
func (r *Rule) matches(s Subject) bool {
	u := s.Update
	if !r.Until.IsZero() && s.After(r.Until) {
		return false
	}
	return (len(r.Packages) == 0 || slices.ContainsFunc(r.Packages, func(p string) bool { return inventory.MatchGlob(p, u.Name) })) &&
		(len(r.KBs) == 0 || intersects(r.KBs, u.KBs)) &&
		(len(r.CVEs) == 0 || intersects(r.CVEs, u.CVEs)) &&
		(len(r.Classifications) == 0 || slices.Contains(r.Classifications, u.Classification)) &&
		(len(r.Severities) == 0 || slices.Contains(r.Severities, u.Severity)) &&
		(r.KnownExploited == nil || *r.KnownExploited == s.KnownExploited) &&
		(r.Where == nil || r.Where.Match(s))
}

func intersects(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool { return slices.Contains(b, x) })
}
