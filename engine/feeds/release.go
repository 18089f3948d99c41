package feeds

import (
	"strconv"
	"strings"

	"patchwave/inventory"
	"patchwave/inventory/version"
)

// ecosystem is how OSV names the releases of one distribution.
type ecosystem struct {
	// scope is the part before the colon.
	scope string
	// id is the distribution in Release.
	id string
	// family orders its versions.
	family version.Family
	// release turns what stands behind the colon into the version of Release; ""
	// is one that no host can have.
	release func(string) string
}

var ecosystems = []ecosystem{
	{"Debian", "debian", version.Deb, plainRelease},
	{"Ubuntu", "ubuntu", version.Deb, ubuntuRelease},
	{"AlmaLinux", "almalinux", version.RPM, plainRelease},
	{"Rocky Linux", "rocky", version.RPM, plainRelease},
	{"Red Hat", "rhel", version.RPM, redHatRelease},
	{"SUSE", "sles", version.RPM, suseRelease},
	{"openSUSE", "opensuse", version.RPM, openSUSERelease},
	{"Mageia", "mageia", version.RPM, plainRelease},
	{"Alpine", "alpine", version.APK, func(s string) string { return strings.TrimPrefix(s, "v") }},
}

// maxEcosystem bounds the name of an ecosystem, in bytes.
const maxEcosystem = 128

// parseEcosystem turns OSV's name of an ecosystem into the scope and the release
// that hosts are looked up by. ok is false for one that no managed host has.
func parseEcosystem(name string) (e ecosystem, release string, ok bool) {
	base, rest, _ := strings.Cut(name, ":")
	if len(name) > maxEcosystem {
		return ecosystem{}, "", false
	}
	for _, e := range ecosystems {
		if e.scope == base {
			v := e.release(rest)
			return e, e.id + ":" + v, v != ""
		}
	}
	return ecosystem{}, "", false
}

func plainRelease(s string) string { return digits(s) }

// digits is s if it is numbers with dots between, else "".
func digits(s string) string {
	for _, part := range strings.Split(s, ".") {
		if _, err := strconv.ParseUint(part, 10, 31); err != nil {
			return ""
		}
	}
	return s
}

// ubuntuRelease reads "22.04:LTS" and "Pro:18.04:LTS"; what Ubuntu Pro mends is
// a release of its own. Its FIPS and realtime variants are left out.
func ubuntuRelease(s string) string {
	rest, pro := strings.CutPrefix(s, "Pro:")
	v := digits(strings.TrimSuffix(rest, ":LTS"))
	if v == "" || !pro {
		return v
	}
	return v + "-pro"
}

// redHatRelease reads "enterprise_linux:9::baseos": the major release.
func redHatRelease(s string) string {
	rest, ok := strings.CutPrefix(s, "enterprise_linux:")
	if !ok {
		return ""
	}
	v, _, _ := strings.Cut(rest, ":")
	major, _, _ := strings.Cut(v, ".")
	return digits(major)
}

// suseRelease reads "Linux Enterprise Module for Basesystem 15 SP5", which os-release calls
// 15.5: SUSE has an ecosystem for each product and module, and packages of one
// name have one version in all of them.
func suseRelease(s string) string {
	if !strings.HasPrefix(s, "Linux Enterprise ") {
		return ""
	}
	w := strings.Fields(strings.TrimSuffix(strings.TrimSuffix(s, "-LTSS"), " LTSS"))
	last := w[len(w)-1]
	if sp, ok := strings.CutPrefix(last, "SP"); ok && len(w) > 1 {
		if digits(sp) == "" {
			return ""
		}
		last = w[len(w)-2] + "." + sp
	}
	return digits(last)
}

func openSUSERelease(s string) string {
	if s == "Tumbleweed" {
		return "tumbleweed"
	}
	return digits(strings.TrimPrefix(s, "Leap "))
}

// releasesOf returns the releases whose fixes count for an update of a host, and
// the scope a feed for it has; nil for a host that no feed knows.
func releasesOf(os inventory.OS, u inventory.Update) (releases []string, scope string) {
	v := digits(os.Version)
	major, _, _ := strings.Cut(v, ".")
	switch os.Name {
	case "opensuse-tumbleweed":
		return []string{"opensuse:tumbleweed"}, "openSUSE"
	case "debian":
		v, scope = major, "Debian"
	case "ubuntu":
		if v != "" && strings.Contains(u.To, "esm") {
			return []string{"ubuntu:" + v, "ubuntu:" + v + "-pro"}, "Ubuntu"
		}
		scope = "Ubuntu"
	case "almalinux":
		v, scope = major, "AlmaLinux"
	case "rocky":
		v, scope = major, "Rocky Linux"
	case "rhel":
		v, scope = major, "Red Hat"
	case "sles", "sled", "sles_sap":
		return release("sles", v), "SUSE"
	case "opensuse-leap":
		return release("opensuse", v), "openSUSE"
	case "mageia":
		scope = "Mageia"
	case "alpine":
		v, scope = firstTwo(v), "Alpine"
	default:
		return nil, ""
	}
	return release(os.Name, v), scope
}

func release(id, v string) []string {
	if v == "" {
		return nil
	}
	return []string{id + ":" + v}
}

// firstTwo is "3.18" of "3.18.4".
func firstTwo(v string) string {
	if parts := strings.SplitN(v, ".", 3); len(parts) == 3 {
		return parts[0] + "." + parts[1]
	}
	return v
}
