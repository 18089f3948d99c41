package policies

import (
	"strings"
	"testing"

	"patchwave/inventory"
)

// TestDecisionsSayWhatIsNotKnown: a rule that asks for something that is not known
// of an update does not pass over it in silence, and one that asks for nothing
// of it says nothing.
func TestDecisionsSayWhatIsNotKnown(t *testing.T) {
	yes, no := true, false
	critical := Rule{Kind: RuleApprove, Name: "critical", Severities: []inventory.Severity{inventory.Critical}}
	unrated := Rule{Kind: RuleHold, Name: "unrated", Severities: []inventory.Severity{inventory.UnknownSeverity}}
	exploited := Rule{Kind: RuleApprove, Name: "exploited", KnownExploited: &yes}
	spared := Rule{Kind: RuleApprove, Name: "spared", KnownExploited: &no}
	all := Rule{Kind: RuleApprove, Name: "all", Packages: []string{"*"}}
	unknown := Unknown{Severity: "no feed imported", Exploited: "no catalogue imported"}
	for name, tt := range map[string]struct {
		rules   []Rule
		sev     inventory.Severity
		source  string
		known   bool
		unknown Unknown
		verdict Verdict
		want    string
	}{
		"nobody asked":               {[]Rule{all, critical}, "unknown", "", false, unknown, Approved, `rule approve "all"`},
		"severity unknown":           {[]Rule{critical}, "unknown", "", false, unknown, NotMatched, "no rule of baseline b matches; severity unknown: no feed imported"},
		"severity empty":             {[]Rule{critical}, "", "", false, unknown, NotMatched, "no rule of baseline b matches; severity unknown: no feed imported"},
		"asked before another":       {[]Rule{critical, all}, "unknown", "", false, unknown, Approved, `rule approve "all"; severity unknown: no feed imported`},
		"asked for the unknown":      {[]Rule{unrated}, "unknown", "", false, unknown, Held, `rule hold "unrated"; severity unknown: no feed imported`},
		"severity known":             {[]Rule{critical}, "low", "metadata", false, unknown, NotMatched, "no rule of baseline b matches"},
		"severity by metadata":       {[]Rule{critical}, "critical", "metadata", false, unknown, Approved, `rule approve "critical"`},
		"severity by a feed":         {[]Rule{critical}, "critical", "osv", false, Unknown{}, Approved, `rule approve "critical"; severity critical is that of the imported feed osv`},
		"by a feed, and not for it":  {[]Rule{all}, "critical", "osv", false, Unknown{}, Approved, `rule approve "all"`},
		"exploited":                  {[]Rule{exploited}, "unknown", "", true, Unknown{Severity: "why"}, Approved, `rule approve "exploited"`},
		"not exploited":              {[]Rule{exploited}, "unknown", "", false, Unknown{}, NotMatched, "no rule of baseline b matches"},
		"not known whether":          {[]Rule{exploited}, "low", "metadata", false, unknown, NotMatched, "no rule of baseline b matches; whether it is exploited is unknown: no catalogue imported"},
		"not known, and approved so": {[]Rule{spared}, "low", "metadata", false, unknown, Approved, `rule approve "spared"; whether it is exploited is unknown: no catalogue imported`},
	} {
		u := inventory.Update{Name: "a", To: "2", Severity: tt.sev, SeveritySource: tt.source}
		d := Decide(&Baseline{Name: "b", Rules: tt.rules}, Subject{Host: &inventory.Host{}, Facts: &inventory.Facts{}, Update: &u,
			KnownExploited: tt.known, Unknown: tt.unknown}, noon())
		if d.Verdict != tt.verdict || d.Reason != tt.want {
			t.Errorf("%s: %s, %q", name, d.Verdict, d.Reason)
		}
		if strings.HasSuffix(d.Reason, ".") {
			t.Errorf("%s: a full stop: %q", name, d.Reason)
		}
	}
}
