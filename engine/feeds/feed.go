package feeds

import (
	"regexp"
	"time"

	"patchwave/inventory"
)

// Kind is a kind of feed.
type Kind string

// The kinds of feeds.
const (
	OSV    Kind = "osv"
	Debian Kind = "debian"
	KEV    Kind = "kev"
	EPSS   Kind = "epss"
)

// Kinds lists them all.
func Kinds() []Kind { return []Kind{OSV, Debian, KEV, EPSS} }

// Fix says that a flaw is mended in a package of a release from a version on.
type Fix struct {
	// Scope is the ecosystem without its release, as OSV writes it: "Debian".
	Scope string
	// Release is one of Releases: "debian:12".
	Release string
	// Package is the source package, or what the ecosystem calls a package.
	Package string
	CVE     string
	// Introduced is the first version with the flaw; "" is all before Fixed.
	Introduced string
	// Fixed is the first version without the flaw, or, with After set, the last
	// one that has it.
	Fixed string
	After bool
	// Severity is inventory.UnknownSeverity if the feed has none.
	Severity inventory.Severity
	// Own says that the severity is the distributor's word and not a CVSS score.
	Own bool
}

// Exploited is one entry of the catalogue of known exploited vulnerabilities.
type Exploited struct {
	CVE string
	// Added and Due are dates, zero if the catalogue gives none.
	Added, Due time.Time
}

// Score is the probability that a CVE is exploited within 30 days, 0 to 1.
type Score struct {
	CVE   string
	Value float64
}

// Sink takes what is read, entry by entry. An error of it ends the reading and
// is returned as it is.
type Sink interface {
	Fix(Fix) error
	Exploited(Exploited) error
	Score(Score) error
}

// Meta is what is known of a feed as a whole once it is read.
type Meta struct {
	// Entries are the records, CVEs or lines of the file.
	Entries int
	// Used are those of them of which something was handed on.
	Used int
	// Date is the feed's own date, or of its newest entry; zero if it has none.
	Date time.Time
	// Scopes counts the fixes by their scope.
	Scopes map[string]int
}

// Scope is the one with the most fixes, "" if there are none: the ecosystem that
// the file is about. Records of one ecosystem can name packages of others.
func (m Meta) Scope() string {
	best := ""
	for s, n := range m.Scopes {
		if best == "" || n > m.Scopes[best] || n == m.Scopes[best] && s < best {
			best = s
		}
	}
	return best
}

// Source names a severity's feed as Update.SeveritySource does.
func (k Kind) Source() string {
	if k == Debian {
		return "debian-tracker"
	}
	return string(k)
}

var (
	cveForm  = regexp.MustCompile(`^CVE-[0-9]{4}-[0-9]{4,19}$`)
	cveTail  = regexp.MustCompile(`^[A-Z]+-(CVE-[0-9]{4}-[0-9]{4,19})$`)
	nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9+._@~:-]{0,199}$`)
)

// cveOf returns the CVE that an id is or ends in ("DEBIAN-CVE-2026-1234"), or "".
func cveOf(id string) string {
	if cveForm.MatchString(id) {
		return id
	}
	if m := cveTail.FindStringSubmatch(id); m != nil {
		return m[1]
	}
	return ""
}

// day reads a date or an instant as feeds write them; zero if it is none.
func day(s string) time.Time {
	if len(s) > 40 {
		return time.Time{}
	}
	for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04:05-0700", time.DateOnly} {
		if t, err := time.Parse(form, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
