package policies

import (
	"time"

	"patchwave/inventory"
)

// RuleKind is what a rule does with what it matches.
type RuleKind string

// The kinds of rules.
const (
	RuleApprove RuleKind = "approve"
	RuleHold    RuleKind = "hold"
	RuleReject  RuleKind = "reject"
	RulePin     RuleKind = "pin"
)

// Subject is what a condition looks at. Update is nil for conditions on hosts.
type Subject struct {
	Host   *inventory.Host
	Facts  *inventory.Facts // nil when the host was never scanned
	Update *inventory.Update
	// Offered are all versions of the package that the host is offered, the
	// update's own included or not; nil where it is the only one.
	Offered []string
	// FirstSeen is when any scan on this controller first saw the version.
	FirstSeen time.Time
	// LastSeen is when the host was last scanned; zero if never.
	LastSeen time.Time
	// KnownExploited says that one of the update's CVEs is in the imported
	// catalogue.
	KnownExploited bool
	// EPSS is the highest score of the update's CVEs, 0 to 1; nil if none has one.
	EPSS *float64
	// Unknown says why something is not known of the update.
	Unknown Unknown
	// Now is the instant of the decision.
	Now time.Time
}

// After reports whether the decision is made after t.
func (s Subject) After(t time.Time) bool { return s.Now.After(t) }

// Condition is a "where" expression. A condition that is null, or fails because
// of a null, is false; Match never panics.
type Condition interface {
	Match(s Subject) bool
}

// Rule is one rule of a baseline. All that is given must match; at least one
// criterion is given.
type Rule struct {
	Kind RuleKind
	Name string
	// Packages are globs over package names.
	Packages        []string
	KBs             []string
	CVEs            []string
	Classifications []inventory.Classification
	Severities      []inventory.Severity
	// KnownExploited is nil if not given.
	KnownExploited *bool
	Where          Condition // nil if not given
	// After is the age an update must have, approve only.
	After time.Duration
	// Until is the last instant at which a hold, reject or pin counts; zero is for
	// ever.
	Until  time.Time
	Reason string
	// AllowRemovals lets an approved update remove packages.
	AllowRemovals bool
	// Version is the glob of a pin.
	Version string
	Pos     inventory.Position
}

// Baseline is an ordered list of rules; the first match wins, and what no rule
// matches is not approved.
type Baseline struct {
	Name  string
	Rules []Rule
	Pos   inventory.Position
}
