package policies

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/inventory"
)

// noon is the instant of the decisions in these tests.
func noon() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }

const day = 24 * time.Hour

// openssl is an update with everything that a rule can ask for.
func openssl() inventory.Update {
	return inventory.Update{Name: "openssl", Arch: "amd64", From: "3.0.14-1", To: "3.0.15-1", Classification: inventory.Security,
		Severity: inventory.Critical, CVEs: []string{"CVE-2026-1", "CVE-2026-2"}, KBs: []string{"KB5034441"}}
}

// debian is a subject on a Debian host.
func debian(u inventory.Update) Subject {
	return Subject{Host: &inventory.Host{Name: "web-01"}, Facts: &inventory.Facts{OS: inventory.OS{Family: "debian"}, PackageManager: "apt"}, Update: &u}
}

// cond is a where expression.
type cond func(Subject) bool

func (c cond) Match(s Subject) bool { return c(s) }

func baseline(rules ...Rule) *Baseline {
	for i := range rules {
		rules[i].Pos = inventory.Position{File: "b.hcl", Line: i + 1, Column: 3}
	}
	return &Baseline{Name: "monthly", Rules: rules}
}

// TestCriteria asks one approve rule about one update: every criterion that
// matches, every one that does not.
func TestCriteria(t *testing.T) {
	yes, no := true, false
	tests := []struct {
		name string
		rule Rule
		want bool
	}{
		{"a package", Rule{Packages: []string{"openssl"}}, true},
		{"a glob", Rule{Packages: []string{"nginx", "open*"}}, true},
		{"the whole name", Rule{Packages: []string{"ssl", "openss"}}, false},
		{"case counts", Rule{Packages: []string{"OpenSSL"}}, false},
		{"a set of letters", Rule{Packages: []string{"[!a-m]pen[s]sl"}}, true},
		{"an article", Rule{KBs: []string{"KB1", "KB5034441"}}, true},
		{"another article", Rule{KBs: []string{"KB503444"}}, false},
		{"a vulnerability", Rule{CVEs: []string{"CVE-2026-2"}}, true},
		{"another vulnerability", Rule{CVEs: []string{"CVE-2026-3"}}, false},
		{"a classification", Rule{Classifications: []inventory.Classification{inventory.Bugfix, inventory.Security}}, true},
		{"another classification", Rule{Classifications: []inventory.Classification{inventory.Bugfix}}, false},
		{"a severity", Rule{Severities: []inventory.Severity{inventory.Critical}}, true},
		{"another severity", Rule{Severities: []inventory.Severity{inventory.UnknownSeverity}}, false},
		{"exploited", Rule{KnownExploited: &yes}, false},
		{"not exploited", Rule{KnownExploited: &no}, true},
		{"a condition", Rule{Where: cond(func(s Subject) bool { return s.Host.Name == "web-01" && s.Update.Name == "openssl" })}, true},
		{"another condition", Rule{Where: cond(func(Subject) bool { return false })}, false},
		{"all must match", Rule{Packages: []string{"openssl"}, Severities: []inventory.Severity{inventory.Critical}, CVEs: []string{"CVE-2026-1"}}, true},
		{"one does not", Rule{Packages: []string{"openssl"}, Severities: []inventory.Severity{inventory.Low}}, false},
	}
	for _, tt := range tests {
		for kind, want := range map[RuleKind]Verdict{RuleApprove: Approved, RuleHold: Held, RuleReject: Rejected, RulePin: Approved} {
			t.Run(tt.name+" "+string(kind), func(t *testing.T) {
				tt.rule.Kind, tt.rule.Name, tt.rule.Version = kind, "r", "3.0.15"
				d := Decide(baseline(tt.rule), debian(openssl()), noon())
				if !tt.want {
					want = NotMatched
				}
				if d.Verdict != want {
					t.Errorf("%+v, want %s", d, want)
				}
			})
		}
	}
}

func TestKnownExploited(t *testing.T) {
	yes := true
	s := debian(openssl())
	s.KnownExploited = true
	if d := Decide(baseline(Rule{Kind: RuleApprove, KnownExploited: &yes}), s, noon()); d.Verdict != Approved {
		t.Errorf("%+v", d)
	}
}

// TestConditionSeesTheInstant: a where expression is asked with the time of the
// decision.
func TestConditionSeesTheInstant(t *testing.T) {
	var at time.Time
	Decide(baseline(Rule{Kind: RuleApprove, Where: cond(func(s Subject) bool { at = s.Now; return true })}), debian(openssl()), noon())
	if !at.Equal(noon()) {
		t.Errorf("the condition was asked at %s", at)
	}
}

func TestDecisions(t *testing.T) {
	star := []string{"*"}
	newYear := time.Date(2026, 12, 31, 23, 59, 59, 999999999, time.UTC)
	published := openssl()
	published.Published = noon().Add(-2 * day)
	future := openssl()
	future.Published = noon().Add(day)
	seen := debian(openssl())
	seen.FirstSeen = noon().Add(-2 * day)
	at := func(line int) inventory.Position { return inventory.Position{File: "b.hcl", Line: line, Column: 3} }
	tests := []struct {
		name  string
		rules []Rule
		s     Subject
		want  Decision
	}{
		{"no rule", nil, debian(openssl()), Decision{Verdict: NotMatched, Reason: "no rule of baseline monthly matches"}},
		{"the first match wins",
			[]Rule{{Kind: RuleReject, Name: "other", Packages: []string{"nginx"}}, {Kind: RuleHold, Name: "freeze", Packages: star}, {Kind: RuleApprove, Name: "all", Packages: star}},
			debian(openssl()), Decision{Verdict: Held, Rule: "freeze", Pos: at(2), Reason: `rule hold "freeze"`}},
		{"the reason of the operator", []Rule{{Kind: RuleReject, Name: "bad", Packages: star, Reason: "breaks printing"}},
			debian(openssl()), Decision{Verdict: Rejected, Rule: "bad", Pos: at(1), Reason: "breaks printing"}},
		{"a hold with an end", []Rule{{Kind: RuleHold, Name: "freeze", Packages: star, Until: newYear}},
			debian(openssl()), Decision{Verdict: Held, Rule: "freeze", Pos: at(1), Reason: `rule hold "freeze"`, Until: newYear}},
		{"a reject with an end", []Rule{{Kind: RuleReject, Name: "bad", Packages: star, Until: newYear}},
			debian(openssl()), Decision{Verdict: Rejected, Rule: "bad", Pos: at(1), Reason: `rule reject "bad"`, Until: newYear}},
		{"a hold that is over", []Rule{{Kind: RuleHold, Name: "freeze", Packages: star, Until: noon().Add(-1)}, {Kind: RuleApprove, Name: "all", Packages: star}},
			debian(openssl()), Decision{Verdict: Approved, Rule: "all", Pos: at(2), Reason: `rule approve "all"`}},
		{"a reject that is over", []Rule{{Kind: RuleReject, Name: "bad", Packages: star, Until: noon().Add(-1)}},
			debian(openssl()), Decision{Verdict: NotMatched, Reason: "no rule of baseline monthly matches"}},
		{"a pin that is over", []Rule{{Kind: RulePin, Name: "p", Packages: star, Version: "1.*", Until: noon().Add(-1)}},
			debian(openssl()), Decision{Verdict: NotMatched, Reason: "no rule of baseline monthly matches"}},
		{"approved with removals", []Rule{{Kind: RuleApprove, Name: "all", Packages: star, AllowRemovals: true}},
			debian(openssl()), Decision{Verdict: Approved, Rule: "all", Pos: at(1), Reason: `rule approve "all"`, AllowRemovals: true}},
		{"old enough by its publication", []Rule{{Kind: RuleApprove, Name: "quiet", Packages: star, After: 2 * day}},
			debian(published), Decision{Verdict: Approved, Rule: "quiet", Pos: at(1), Reason: `rule approve "quiet"`}},
		{"too young by its publication", []Rule{{Kind: RuleApprove, Name: "quiet", Packages: star, After: 3 * day}},
			debian(published), Decision{Verdict: Deferred, Rule: "quiet", Pos: at(1), Until: noon().Add(day),
				Reason: "quiet old enough on 2026-11-21T12:00:00Z (counted from its publication)"}},
		{"too young by the first scan", []Rule{{Kind: RuleApprove, Name: "quiet", Packages: star, After: 3 * day}},
			seen, Decision{Verdict: Deferred, Rule: "quiet", Pos: at(1), Until: noon().Add(day),
				Reason: "quiet old enough on 2026-11-21T12:00:00Z (counted from the first scan that saw it)"}},
		{"seen for the first time now", []Rule{{Kind: RuleApprove, Name: "quiet", Packages: star, After: day}},
			debian(openssl()), Decision{Verdict: Deferred, Rule: "quiet", Pos: at(1), Until: noon().Add(day),
				Reason: "quiet old enough on 2026-11-21T12:00:00Z (counted from this scan)"}},
		{"without an age the publisher's clock does not matter", []Rule{{Kind: RuleApprove, Name: "now", Packages: star}},
			debian(future), Decision{Verdict: Approved, Rule: "now", Pos: at(1), Reason: `rule approve "now"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Decide(baseline(tt.rules...), tt.s, noon())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestPublicationComesFirst: the first scan counts only where the source gives
// no date.
func TestPublicationComesFirst(t *testing.T) {
	u := openssl()
	u.Published = noon().Add(-10 * day)
	s := debian(u)
	s.FirstSeen = noon()
	rule := Rule{Kind: RuleApprove, Name: "quiet", Packages: []string{"*"}, After: 7 * day}
	if d := Decide(baseline(rule), s, noon()); d.Verdict != Approved {
		t.Errorf("%+v", d)
	}
}

// TestUntilIsInclusive: the last instant of the last day still counts.
func TestUntilIsInclusive(t *testing.T) {
	end := noon().Add(day - 1)
	b := baseline(Rule{Kind: RuleHold, Name: "freeze", Packages: []string{"*"}, Until: end})
	for _, tt := range []struct {
		at   time.Time
		want Verdict
	}{{end.Add(-1), Held}, {end, Held}, {end.Add(1), NotMatched}} {
		if d := Decide(b, debian(openssl()), tt.at); d.Verdict != tt.want {
			t.Errorf("at %s: %s, want %s", tt.at.Format(time.RFC3339Nano), d.Verdict, tt.want)
		}
	}
}

// TestWhatTheHostKeepsBack: the host's word counts where a rule would let the
// update through, now or later; where no rule does, the rule's counts.
func TestWhatTheHostKeepsBack(t *testing.T) {
	star := []string{"*"}
	approve := Rule{Kind: RuleApprove, Name: "all", Packages: star, AllowRemovals: true}
	tests := []struct {
		by   inventory.BlockedBy
		rule Rule
		want Decision
	}{
		{inventory.BlockedHeld, approve, Decision{Verdict: Blocked, Rule: "all", Reason: "the package is held on the host"}},
		{inventory.BlockedLocked, approve, Decision{Verdict: Blocked, Rule: "all", Reason: "the package is locked on the host"}},
		{inventory.BlockedPhased, approve, Decision{Verdict: Blocked, Rule: "all", Reason: "the update is phased and not yet offered to this machine"}},
		{inventory.BlockedBroken, approve, Decision{Verdict: Blocked, Rule: "all", Reason: "the package manager cannot resolve it"}},
		{inventory.BlockedKeptBack, approve, Decision{Verdict: Approved, Rule: "all", Reason: `rule approve "all"`, AllowRemovals: true}},
		{inventory.BlockedHeld, Rule{Kind: RuleApprove, Name: "quiet", Packages: star, After: day}, Decision{Verdict: Blocked, Rule: "quiet", Reason: "the package is held on the host"}},
		{inventory.BlockedHeld, Rule{Kind: RulePin, Name: "p", Packages: star, Version: "3.*"}, Decision{Verdict: Blocked, Rule: "p", Reason: "the package is held on the host"}},
		{inventory.BlockedHeld, Rule{Kind: RuleReject, Name: "bad", Packages: star}, Decision{Verdict: Rejected, Rule: "bad", Reason: `rule reject "bad"`}},
		{inventory.BlockedLocked, Rule{Kind: RuleHold, Name: "freeze", Packages: star}, Decision{Verdict: Held, Rule: "freeze", Reason: `rule hold "freeze"`}},
		{inventory.BlockedHeld, Rule{Kind: RuleApprove, Name: "x", Packages: []string{"x"}}, Decision{Verdict: NotMatched, Reason: "no rule of baseline monthly matches"}},
	}
	for _, tt := range tests {
		t.Run(string(tt.by)+" "+string(tt.rule.Kind), func(t *testing.T) {
			u := openssl()
			u.BlockedBy = tt.by
			got := Decide(&Baseline{Name: "monthly", Rules: []Rule{tt.rule}}, debian(u), noon())
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
