package policies

import (
	"patchwave/inventory"
)

// Enriched is a pending update with what imported feeds say about it.
type Enriched struct {
	// Update has the CVEs of the feeds besides its own, and their severity where
	// the package manager knows none.
	inventory.Update
	KnownExploited bool
	// EPSS is nil if none of the CVEs has a score.
	EPSS    *float64
	Unknown Unknown
}

// Unknown says in words why something is not known of an update; "" where it is
// known.
type Unknown struct {
	// Severity: "no feed imported".
	Severity string
	// Exploited: "no catalogue imported".
	Exploited string
}

// remarks are what a decision says besides its reason: that something a rule
// asked for is not known, or comes from a feed. asked are the rules that were
// looked at, the one that decided last.
func remarks(asked []Rule, decided bool, s Subject) string {
	var severity, exploited bool
	for _, r := range asked {
		severity = severity || len(r.Severities) > 0
		exploited = exploited || r.KnownExploited != nil
	}
	out := ""
	if severity && unrated(s.Update.Severity) && s.Unknown.Severity != "" {
		out += "; severity unknown: " + s.Unknown.Severity
	}
	if exploited && !s.KnownExploited && s.Unknown.Exploited != "" {
		out += "; whether it is exploited is unknown: " + s.Unknown.Exploited
	}
	if last := len(asked) - 1; decided && last >= 0 && len(asked[last].Severities) > 0 && fromFeed(s.Update.SeveritySource) {
		out += "; severity " + string(s.Update.Severity) + " is that of the imported feed " + s.Update.SeveritySource
	}
	return out
}

func unrated(s inventory.Severity) bool { return s == "" || s == inventory.UnknownSeverity }

func fromFeed(source string) bool { return source != "" && source != SourceMetadata }

// SourceMetadata is the SeveritySource of a severity that the package manager
// knows.
const SourceMetadata = "metadata"
