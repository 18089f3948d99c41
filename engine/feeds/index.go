package feeds

import (
	"regexp"
	"slices"
	"strings"

	"patchwave/inventory"
	"patchwave/inventory/version"
	"patchwave/policies"
)

// Stored is a fix with the kind of the feed it came with.
type Stored struct {
	Fix
	Kind Kind
}

// Have says which feeds are imported.
type Have struct {
	// Scopes are those that an imported feed has fixes of.
	Scopes map[string]bool
	KEV    bool
	EPSS   bool
}

// Index is the part of the imported feeds that some updates need.
type Index struct {
	Have Have
	// Fixes are those of each package, of all releases.
	Fixes map[string][]Stored
	// Exploited is the whole catalogue.
	Exploited map[string]bool
	Scores    map[string]float64
}

// Mended is what an update mends by the feeds.
type Mended struct {
	// CVEs are sorted.
	CVEs     []string
	Severity inventory.Severity
	// Source is that of Severity, "" where that is unknown.
	Source string
}

// rating is the severity of one CVE.
type rating struct {
	severity inventory.Severity
	own      bool
	kind     Kind
}

// better reports whether r is to be preferred to old: the distributor's word
// before a score, then the worse.
func (r rating) better(old rating) bool {
	if r.own != old.own && r.severity != inventory.UnknownSeverity {
		return r.own
	}
	if r.own == old.own {
		return worse(r.severity, old.severity)
	}
	return false
}

// Packages are the names by which feeds may know the package of an update.
// Debian, Ubuntu and Alpine are tracked by source package; of the others, some
// feeds go by the source and some by the package.
func Packages(os inventory.OS, u inventory.Update) []string {
	f, _ := version.FamilyOf(os.Family)
	src := trackedSource(os, u)
	switch {
	case f == version.RPM && src != u.Name:
		return []string{u.Name, src}
	default:
		return []string{src}
	}
}

// trackedSource is the source package that a feed knows. A signed kernel is built
// from a source of its own, that holds nothing but signatures: what is in it is
// the version of the kernel's.
func trackedSource(os inventory.OS, u inventory.Update) string {
	switch {
	case u.Source == "":
		return u.Name
	case os.Name == "debian" && strings.HasPrefix(u.Source, "linux-signed-"):
		return "linux"
	case os.Name == "ubuntu" && (u.Source == "linux-signed" || strings.HasPrefix(u.Source, "linux-signed-")):
		return "linux" + strings.TrimPrefix(u.Source, "linux-signed")
	default:
		return u.Source
	}
}

var rebuilt = regexp.MustCompile(`\+b[0-9]+$`)

// versions are what is compared with a feed's: of the source package for a deb.
// ok is false where they cannot be known: a package that is new on the host, or
// whose version is not its source's, of which only that on offer is known.
func versions(f version.Family, os inventory.OS, u inventory.Update) (from, to string, ok bool) {
	if u.From == "" {
		return "", "", false
	}
	if f != version.Deb || u.SourceVersion == "" || trackedSource(os, u) != u.Source {
		return u.From, u.To, true
	}
	return u.From, u.To, rebuilt.ReplaceAllString(u.To, "") == u.SourceVersion
}

// Mends works out what an update mends. It is a pure function of the index and
// its arguments.
func (x *Index) Mends(os inventory.OS, u inventory.Update) Mended {
	out := Mended{Severity: inventory.UnknownSeverity}
	f, known := version.FamilyOf(os.Family)
	releases, _ := releasesOf(os, u)
	from, to, ok := versions(f, os, u)
	if !known || len(releases) == 0 || !ok {
		return out
	}
	ratings := map[string]rating{}
	for _, name := range Packages(os, u) {
		for _, s := range x.Fixes[name] {
			if !slices.Contains(releases, s.Release) || !s.mendedBy(f, from, to) {
				continue
			}
			r := rating{s.Severity, s.Own, s.Kind}
			if old, ok := ratings[s.CVE]; !ok || r.better(old) {
				ratings[s.CVE] = r
			}
		}
	}
	for cve, r := range ratings {
		out.CVEs = append(out.CVEs, cve)
		if worse(r.severity, out.Severity) || r.severity == out.Severity && r.severity != inventory.UnknownSeverity && r.kind.Source() < out.Source {
			out.Severity, out.Source = r.severity, r.kind.Source()
		}
	}
	slices.Sort(out.CVEs)
	return out
}

// mendedBy reports whether the installed version has the flaw and the one on
// offer has not.
func (x Fix) mendedBy(f version.Family, from, to string) bool {
	older := func(a, b string) bool {
		n, err := compare(f, a, b)
		return err == nil && n < 0
	}
	notNewer := func(a, b string) bool {
		n, err := compare(f, a, b)
		return err == nil && n <= 0
	}
	if x.Introduced != "" && !notNewer(x.Introduced, from) {
		return false
	}
	if x.After {
		return notNewer(from, x.Fixed) && older(x.Fixed, to)
	}
	return older(from, x.Fixed) && notNewer(x.Fixed, to)
}

// compare compares versions as the host does, but for the epochs of an rpm: a
// feed that leaves them out means the package's own.
func compare(f version.Family, a, b string) (int, error) {
	if f == version.RPM {
		ea, va, oka := strings.Cut(a, ":")
		eb, vb, okb := strings.Cut(b, ":")
		if oka && !okb && ea != "" {
			return version.Compare(f, va, b)
		}
		if okb && !oka && eb != "" {
			return version.Compare(f, a, vb)
		}
	}
	return version.Compare(f, a, b)
}

// Enrich joins what is known of an update. What the package manager says of
// its severity stays as it is.
func (x *Index) Enrich(os inventory.OS, u inventory.Update, m Mended) policies.Enriched {
	e := policies.Enriched{Update: u}
	if len(m.CVEs) > 0 {
		e.CVEs = union(u.CVEs, m.CVEs)
	}
	switch {
	case u.Severity != "" && u.Severity != inventory.UnknownSeverity:
		e.SeveritySource = policies.SourceMetadata
	case m.Severity != inventory.UnknownSeverity:
		e.Severity, e.SeveritySource = m.Severity, m.Source
	default:
		e.Severity = inventory.UnknownSeverity
		e.Unknown.Severity = x.unrated(os, u, m)
	}
	for _, cve := range e.CVEs {
		e.KnownExploited = e.KnownExploited || x.Exploited[cve]
		if s, ok := x.Scores[cve]; ok && (e.EPSS == nil || s > *e.EPSS) {
			e.EPSS = &s
		}
	}
	switch {
	case e.KnownExploited:
	case !x.Have.KEV:
		e.Unknown.Exploited = "no catalogue imported"
	case len(e.CVEs) == 0:
		if _, scope := releasesOf(os, u); !x.Have.Scopes[scope] {
			e.Unknown.Exploited = "nothing says which CVEs it mends"
		}
	}
	return e
}

// unrated says why the severity of an update is unknown.
func (x *Index) unrated(os inventory.OS, u inventory.Update, m Mended) string {
	_, scope := releasesOf(os, u)
	switch {
	case len(x.Have.Scopes) == 0:
		return "no feed imported"
	case !x.Have.Scopes[scope]:
		return "no imported feed is about " + strings.TrimSpace(os.Name+" "+os.Version)
	case u.From == "":
		return "it installs a package that is new on the host"
	case len(m.CVEs) > 0:
		return "the imported feeds rate none of the CVEs it mends"
	default:
		return "the imported feeds know of nothing it mends"
	}
}

// union is sorted and without duplicates.
func union(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}
