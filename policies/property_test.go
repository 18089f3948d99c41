package policies

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"patchwave/inventory"
)

// anyRule draws a rule as the loader lets pass, and some that it does not.
func anyRule(t *rapid.T) Rule {
	r := Rule{
		Kind:     rapid.SampledFrom([]RuleKind{RuleApprove, RuleHold, RuleReject, RulePin}).Draw(t, "kind"),
		Name:     rapid.StringN(0, 8, -1).Draw(t, "name"),
		Packages: rapid.SliceOfN(rapid.SampledFrom([]string{"*", "open*", "nginx", "[", "[a-", "?", ""}), 0, 2).Draw(t, "packages"),
		After:    time.Duration(rapid.Int64Range(-1, int64(60*day)).Draw(t, "after")),
		Version:  rapid.SampledFrom([]string{"", "*", "1.24.*", "[", "3.0.15-1"}).Draw(t, "version"),
		Reason:   rapid.StringN(0, 8, -1).Draw(t, "reason"),
	}
	if rapid.Bool().Draw(t, "with severity") {
		r.Severities = []inventory.Severity{rapid.SampledFrom(inventory.Severities()).Draw(t, "severity")}
	}
	if rapid.Bool().Draw(t, "with end") {
		r.Until = anyTime(t, "until")
	}
	return r
}

// anyTime is an instant within some weeks of noon, or no time at all.
func anyTime(t *rapid.T, label string) time.Time {
	if rapid.Bool().Draw(t, label+" is none") {
		return time.Time{}
	}
	return noon().Add(time.Duration(rapid.Int64Range(int64(-60*day), int64(60*day)).Draw(t, label)))
}

func anySubject(t *rapid.T) Subject {
	u := inventory.Update{
		Name:      rapid.SampledFrom([]string{"openssl", "nginx", "", "\xff"}).Draw(t, "package"),
		To:        rapid.OneOf(rapid.SampledFrom([]string{"3.0.15-1", "1:1.24.0-2", ""}), rapid.String()).Draw(t, "to"),
		Severity:  rapid.SampledFrom(inventory.Severities()).Draw(t, "severity of the update"),
		BlockedBy: rapid.SampledFrom([]inventory.BlockedBy{"", "", "held", "kept-back", "phased", "locked", "broken"}).Draw(t, "blocked by"),
		Published: anyTime(t, "published"),
	}
	s := Subject{Update: &u, FirstSeen: anyTime(t, "first seen"), Offered: rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, "offered")}
	if rapid.Bool().Draw(t, "scanned") {
		s.Facts = &inventory.Facts{OS: inventory.OS{Family: rapid.SampledFrom([]string{"debian", "redhat", "arch", "x"}).Draw(t, "family")}}
	}
	return s
}

// TestDecideAlwaysSaysWhy: whatever it is asked, Decide does not panic, says the
// same twice, gives a reason, and names a rule of the baseline or none.
func TestDecideAlwaysSaysWhy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := &Baseline{Name: "b", Rules: rapid.SliceOfN(rapid.Custom(anyRule), 0, 5).Draw(t, "rules")}
		s := rapid.Custom(anySubject).Draw(t, "subject")
		d := Decide(b, s, noon())
		if diff := cmp.Diff(d, Decide(b, s, noon())); diff != "" {
			t.Fatalf("asked twice:\n%s", diff)
		}
		if d.Reason == "" {
			t.Fatalf("no reason: %+v", d)
		}
		switch d.Verdict {
		case Approved, Deferred, Held, Rejected, Pinned, Blocked, NotMatched:
		default:
			t.Fatalf("verdict %q", d.Verdict)
		}
		if d.Verdict == Deferred && !d.Until.After(noon()) {
			t.Fatalf("deferred until %s, which is over", d.Until)
		}
		if (d.Verdict == Approved || d.Verdict == Deferred) && s.Update.BlockedBy != "" && s.Update.BlockedBy != inventory.BlockedKeptBack {
			t.Fatalf("%s though the host keeps it back: %+v", d.Verdict, d)
		}
	})
}

// TestApprovalStays: what one approve rule approved at one time it approves at
// every later time, and what it deferred it approves at the date it gave.
func TestApprovalStays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRule(t)
		r.Kind, r.Packages, r.Severities, r.Until = RuleApprove, nil, nil, time.Time{}
		b := &Baseline{Name: "b", Rules: []Rule{r}}
		s := anySubject(t)
		s.Update.BlockedBy = ""
		first := Decide(b, s, noon())
		later := noon().Add(time.Duration(rapid.Int64Range(0, int64(90*day)).Draw(t, "later")))
		if first.Verdict == Approved {
			if d := Decide(b, s, later); d.Verdict != Approved {
				t.Fatalf("approved at noon, at %s %+v", later, d)
			}
			return
		}
		if s.Update.Published.IsZero() && s.FirstSeen.IsZero() {
			return // its age begins with the scan that will be stored
		}
		if d := Decide(b, s, first.Until); d.Verdict != Approved {
			t.Fatalf("deferred until %s, and then %+v", first.Until, d)
		}
		if d := Decide(b, s, first.Until.Add(-1)); d.Verdict != Deferred || !d.Until.Equal(first.Until) {
			t.Fatalf("an instant before %s: %+v", first.Until, d)
		}
	})
}

// TestOnlyTheFirstMatchCounts: rules behind the one that decided change nothing.
func TestOnlyTheFirstMatchCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := rapid.SliceOfN(rapid.Custom(anyRule), 0, 4).Draw(t, "rules")
		s := rapid.Custom(anySubject).Draw(t, "subject")
		d := Decide(&Baseline{Name: "b", Rules: rules}, s, noon())
		if d.Verdict == NotMatched {
			return
		}
		more := append(rules, rapid.SliceOfN(rapid.Custom(anyRule), 1, 3).Draw(t, "more")...)
		if diff := cmp.Diff(d, Decide(&Baseline{Name: "b", Rules: more}, s, noon())); diff != "" {
			t.Fatalf("rules behind the first match count:\n%s", diff)
		}
	})
}
