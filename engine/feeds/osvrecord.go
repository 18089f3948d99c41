package feeds

import (
	"encoding/json"
	"slices"
	"strings"

	"patchwave/inventory"
	"patchwave/inventory/version"
)

// osvRecord is what is read of a record, in the schema's own names. What the
// distributions put in the specific objects differs, so those that are not
// understood are not an error.
type osvRecord struct {
	ID        string        `json:"id"`
	Modified  string        `json:"modified"`
	Withdrawn string        `json:"withdrawn"`
	Aliases   []string      `json:"aliases"`
	Upstream  []string      `json:"upstream"`
	Related   []string      `json:"related"`
	Severity  []osvSeverity `json:"severity"`
	Affected  []osvAffected `json:"affected"`
	Specific  osvWords      `json:"database_specific"`
}

type osvSeverity struct {
	Type  string `json:"type"`
	Score string `json:"score"`
}

type osvAffected struct {
	Package struct {
		Ecosystem string `json:"ecosystem"`
		Name      string `json:"name"`
	} `json:"package"`
	Severity          []osvSeverity `json:"severity"`
	Ranges            []osvRange    `json:"ranges"`
	EcosystemSpecific osvWords      `json:"ecosystem_specific"`
	DatabaseSpecific  osvWords      `json:"database_specific"`
}

// osvWords are the ratings in a specific object. It can have any form: what is
// not a text there is not looked at.
type osvWords struct{ severity, urgency string }

// UnmarshalJSON implements json.Unmarshaler.
func (w *osvWords) UnmarshalJSON(b []byte) error {
	*w = osvWords{}
	if firstByte(b) != '{' {
		return nil
	}
	var raw struct {
		Severity json.RawMessage `json:"severity"`
		Urgency  json.RawMessage `json:"urgency"`
	}
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	w.severity, w.urgency = textOf(raw.Severity), textOf(raw.Urgency)
	return nil
}

func textOf(raw json.RawMessage) string {
	var s string
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

type osvRange struct {
	Type   string     `json:"type"`
	Events []osvEvent `json:"events"`
}

type osvEvent struct {
	Introduced   string `json:"introduced"`
	Fixed        string `json:"fixed"`
	LastAffected string `json:"last_affected"`
}

// maxCVEs bounds the CVEs of one record, maxFixes what is made of it.
const (
	maxCVEs  = 10_000
	maxFixes = 200_000
)

// cves are those the record is about. An advisory (DSA, USN, ALSA) may list what
// it mends only as related; a record that is about a flaw means by it others.
func (r *osvRecord) cves() []string {
	var out []string
	take := func(ids ...string) {
		for _, id := range ids {
			if cve := cveOf(id); cve != "" && len(out) < maxCVEs {
				out = append(out, cve)
			}
		}
	}
	take(r.ID)
	take(r.Aliases...)
	take(r.Upstream...)
	if len(out) == 0 {
		take(r.Related...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// fixes are where the record says its flaws are mended. A list of single affected
// versions says nothing about that and is not looked at; nor are the commits of a
// range of type GIT.
func (r *osvRecord) fixes() []Fix {
	cves := r.cves()
	if r.Withdrawn != "" || len(cves) == 0 {
		return nil
	}
	var out []Fix
	for _, a := range r.Affected {
		eco, release, ok := parseEcosystem(a.Package.Ecosystem)
		if !ok || !nameForm.MatchString(a.Package.Name) {
			continue
		}
		sev, own := r.severity(a)
		for _, g := range a.Ranges {
			if g.Type != "ECOSYSTEM" {
				continue
			}
			for _, f := range spans(eco.family, g.Events) {
				f.Scope, f.Release, f.Package, f.Severity, f.Own = eco.scope, release, a.Package.Name, sev, own
				for _, cve := range cves {
					if len(out) >= maxFixes {
						return out
					}
					f.CVE = cve
					out = append(out, f)
				}
			}
		}
	}
	return out
}

// severity is the distributor's word, nearest first, or else the worst score.
func (r *osvRecord) severity(a osvAffected) (sev inventory.Severity, own bool) {
	words := []string{
		a.EcosystemSpecific.severity, a.EcosystemSpecific.urgency, a.DatabaseSpecific.severity,
		typed(a.Severity, "Ubuntu"), r.Specific.severity, typed(r.Severity, "Ubuntu"),
	}
	for _, w := range words {
		if s := ofWord(w); s != inventory.UnknownSeverity {
			return s, true
		}
	}
	sev = inventory.UnknownSeverity
	for _, list := range [][]osvSeverity{a.Severity, r.Severity} {
		for _, s := range list {
			if score, ok := BaseScore(s.Score); ok && worse(OfScore(score), sev) {
				sev = OfScore(score)
			}
		}
		if sev != inventory.UnknownSeverity {
			return sev, false
		}
	}
	return sev, false
}

func typed(list []osvSeverity, typ string) string {
	for _, s := range list {
		if s.Type == typ {
			return s.Score
		}
	}
	return ""
}

// spans pairs the events of a range: from where a flaw is in to where it is
// mended. Events have no order of their own but that of their versions. A span
// without an end is not mended, and left out; so is one with a version that is
// none.
func spans(f version.Family, events []osvEvent) []Fix {
	type event struct {
		v    string
		kind int // 0 introduced, 1 fixed, 2 last affected
	}
	var list []event
	for _, e := range events {
		switch {
		case e.Introduced == "0":
			list = append(list, event{})
		case e.Introduced != "":
			list = append(list, event{e.Introduced, 0})
		case e.Fixed != "":
			list = append(list, event{e.Fixed, 1})
		case e.LastAffected != "":
			list = append(list, event{e.LastAffected, 2})
		}
	}
	list = slices.DeleteFunc(list, func(e event) bool { return e.v != "" && version.Valid(f, e.v) != nil })
	slices.SortStableFunc(list, func(a, b event) int {
		if a.v == "" || b.v == "" {
			return strings.Compare(a.v, b.v)
		}
		n, err := version.Compare(f, a.v, b.v)
		if err != nil {
			return 0 // both were looked at above
		}
		return n
	})
	var out []Fix
	open, from := false, ""
	for _, e := range list {
		switch {
		case e.kind == 0 && !open:
			open, from = true, e.v
		case e.kind != 0 && open:
			out = append(out, Fix{Introduced: from, Fixed: e.v, After: e.kind == 2})
			open = false
		}
	}
	return out
}
