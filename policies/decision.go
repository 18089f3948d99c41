package policies

import (
	"time"

	"patchwave/inventory"
)

// Verdict is what was decided about one update on one host.
type Verdict string

// The verdicts.
const (
	Approved   Verdict = "approved"
	Deferred   Verdict = "deferred"
	Held       Verdict = "held"
	Rejected   Verdict = "rejected"
	Pinned     Verdict = "pinned"
	Dependency Verdict = "dependency"
	Blocked    Verdict = "blocked"
	NotMatched Verdict = "not-matched"
)

// Decision is a verdict with its reason.
type Decision struct {
	Verdict Verdict
	// Rule is the name of the rule that decided, or "" (not-matched; blocked by
	// the host itself).
	Rule string
	// Pos is the place of the rule; zero without a rule.
	Pos inventory.Position
	// Reason says why, in a sentence without a full stop.
	Reason string
	// Until is when the decision changes by itself (a hold's end, a deferred
	// approval's due date); zero if it does not.
	Until time.Time
	// AllowRemovals is that of the approve rule.
	AllowRemovals bool
}
