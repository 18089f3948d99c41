package apt

import (
	"regexp"
	"strconv"
	"strings"

	"patchwave/connectors/framing"
	"patchwave/engine/updates/parse"
)

// index is what the host's index says about the upgradable packages.
type index struct {
	files    map[string]release
	versions map[string][]offered
	records  map[string][]record
}

// release is one index file: a line "release" of apt-cache policy.
type release struct {
	// location is "URI SUITE/COMPONENT ARCH Packages".
	location string
	// By their letters: v, o, a, n, l.
	version, origin, archive, codename, label string
}

// offered is one version in the index that is newer than the installed one.
type offered struct {
	version string
	// phased: it is not offered to all machines.
	phased bool
	files  []string
}

// record is what Packages says about the version on offer.
type record struct {
	arch, version, source, sourceVersion string
	size                                 int64
}

func parseIndex(a framing.Answer) index {
	return index{files: parseFiles(a), versions: parseVersions(a), records: parseRecords(a)}
}

// any says whether there is an index at all, beside dpkg's own status.
func (x index) any() bool { return len(x.files) > 0 }

// releaseField finds the fields of "v=12,o=Debian,a=stable,l=A, B,c=main": a
// value may hold a comma.
var releaseField = regexp.MustCompile(`(?:^|,)([voanlcb])=`)

// parseFiles reads frame apt.files: N<TAB>LOCATION<TAB>RELEASE.
func parseFiles(a framing.Answer) map[string]release {
	files := map[string]release{}
	frame, _ := a.Get("apt.files")
	for _, line := range frame.Lines() {
		f := strings.Split(line, "\t")
		if len(f) != 3 || f[2] == "a=now" {
			continue
		}
		r := release{location: f[1]}
		marks := releaseField.FindAllStringSubmatchIndex(f[2], -1)
		for i, m := range marks {
			end := len(f[2])
			if i+1 < len(marks) {
				end = marks[i+1][0]
			}
			r.set(f[2][m[2]:m[3]], parse.Clean(f[2][m[1]:end], 100))
		}
		files[f[0]] = r
	}
	return files
}

func (r *release) set(letter, value string) {
	switch letter {
	case "v":
		r.version = value
	case "o":
		r.origin = value
	case "a":
		r.archive = value
	case "n":
		r.codename = value
	case "l":
		r.label = value
	}
}

// name spells the release as apt does between the parentheses of "Inst":
// LABEL:VERSION/SUITE (pkgCache::VerIterator::RelStr).
func (r release) name() string {
	suite := r.archive
	if suite == "" {
		suite = r.codename
	}
	switch {
	case suite == "":
		suite, _, _ = strings.Cut(r.location, " ")
	case r.version != "":
		suite = r.version + "/" + suite
	}
	if r.label != "" {
		suite = r.label + ":" + suite
	}
	return parse.Clean(suite, 200)
}

// securitySuite are Debian's, Ubuntu's and Ubuntu Pro's: bookworm-security,
// noble-security, noble-infra-security, noble-apps-security, and Kali's and
// Devuan's by the same rule.
var securitySuite = regexp.MustCompile(`(^|[-/])security$`)

// security says whether the release is one of security updates. A package's
// name never says so.
func (r release) security() bool {
	return strings.HasSuffix(r.label, "-Security") || securitySuite.MatchString(r.archive) || securitySuite.MatchString(r.codename)
}

// parseVersions reads frame apt.versions: NAME<TAB>VERSION<TAB>PHASED<TAB>N,N…,
// the newest version of a name first.
func parseVersions(a framing.Answer) map[string][]offered {
	versions := map[string][]offered{}
	frame, _ := a.Get("apt.versions")
	for _, line := range frame.Lines() {
		f := strings.Split(line, "\t")
		if len(f) != 4 {
			continue
		}
		o := offered{version: f[1], phased: f[2] != "" && f[2] != "100"}
		if f[3] != "" {
			o.files = strings.Split(f[3], ",")
		}
		versions[f[0]] = append(versions[f[0]], o)
	}
	return versions
}

// pending returns the versions of a row's package from the one on offer down to
// the one above the installed one.
func (x index) pending(r row) []offered {
	key := r.name
	if r.arch != "" {
		key += ":" + r.arch
	}
	all := x.versions[key]
	for i, o := range all {
		if o.version == r.to {
			return all[i:]
		}
	}
	return nil
}

// origins names the releases that carry a version.
func (x index) origins(o offered) []string {
	var names []string
	for _, n := range o.files {
		if r, ok := x.files[n]; ok {
			names = append(names, r.name())
		}
	}
	return names
}

// security says whether a step from the installed version to the one on offer
// holds a security update: the version on offer, or one between that a later
// one has overtaken, is in an index of security updates.
func (x index) security(versions []offered) bool {
	for _, o := range versions {
		for _, n := range o.files {
			if x.files[n].security() {
				return true
			}
		}
	}
	return false
}

// parseRecords reads frame apt.records:
// NAME<TAB>ARCH<TAB>VERSION<TAB>SIZE<TAB>SOURCE, where SOURCE is "", "name" or
// "name (version)".
func parseRecords(a framing.Answer) map[string][]record {
	records := map[string][]record{}
	frame, _ := a.Get("apt.records")
	for _, line := range frame.Lines() {
		f := strings.Split(line, "\t")
		if len(f) != 5 {
			continue
		}
		rec := record{arch: f[1], version: f[2], source: f[0], sourceVersion: f[2]}
		if source, version, ok := strings.Cut(f[4], " "); source != "" {
			rec.source = source
			if ok {
				rec.sourceVersion = strings.Trim(version, "()")
			}
		}
		if size, err := strconv.ParseInt(f[3], 10, 64); err == nil && size > 0 {
			rec.size = size
		}
		records[f[0]] = append(records[f[0]], rec)
	}
	return records
}

// record returns what the index says about the version on offer of a row, or
// what follows from the row itself.
func (x index) record(r row, native string) record {
	for _, rec := range x.records[r.name] {
		if rec.version == r.to && (r.matches(rec.arch, native) || rec.arch == "all") {
			return rec
		}
	}
	rec := record{arch: r.arch, version: r.to, source: r.name, sourceVersion: r.to}
	if rec.arch == "" {
		rec.arch = native
	}
	return rec
}
