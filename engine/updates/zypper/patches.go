package zypper

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"patchwave/engine/updates/parse"
	"patchwave/engine/updates/rpm"
	"patchwave/inventory"
)

// patch is a needed patch.
type patch struct {
	id       string
	category string
	severity inventory.Severity
	reboot   bool
	issued   time.Time
	cves     []string
	fixes    []fix
}

// fix says that a package older than a version is what the patch is about.
type fix struct {
	name, arch, below string // arch may be ""
}

// patchID admits what vendors name patches by; it goes into messages and JSON.
var patchID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:+-]{0,200}$`)

// readPatch reads an <update kind="patch">; ok is false if it is not needed or
// has no name to believe.
func readPatch(n *node) (p patch, ok bool) {
	status := n.attr("status")
	if !patchID.MatchString(n.attr("name")) || status != "" && status != "needed" {
		return p, false
	}
	p = patch{
		id: n.attr("name"), category: strings.ToLower(n.attr("category")), severity: parse.Severity(n.attr("severity")),
		// zypper calls rebootSuggested "restart" and restartSuggested "pkgmanager".
		reboot: n.attr("restart") == "true",
	}
	if s, err := strconv.ParseInt(n.child("issue-date").attr("time_t"), 10, 64); err == nil && s > 0 && s < 1<<40 {
		p.issued = time.Unix(s, 0).UTC()
	}
	n.each("issue", func(i *node) {
		if i.attr("type") == "cve" {
			id := i.attr("id")
			if !strings.HasPrefix(id, "CVE-") {
				id = "CVE-" + id
			}
			p.cves = append(p.cves, parse.CVEs(id)...)
		}
	})
	return p, true
}

var (
	infoName     = regexp.MustCompile(`^Name +: (.+)$`)
	infoConflict = regexp.MustCompile(`^(?:Conflicts +:|) +(\S+) < (\S+)$`)
	rpmArch      = regexp.MustCompile(`^(noarch|x86_64(_v[2-4])?|i[3-6]86|aarch64|armv[5-8][a-z]*|ppc64(le)?|ppc|s390x?|riscv64|src|nosrc)$`)
)

// parsePatchInfo reads the lines of frame zypper.patches: the fixes of each patch.
func parsePatchInfo(lines []string) map[string][]fix {
	g := parse.RPM()
	fixes := map[string][]fix{}
	id := ""
	for _, line := range lines {
		if m := infoName.FindStringSubmatch(line); m != nil {
			id = strings.TrimSpace(m[1])
			continue
		}
		m := infoConflict.FindStringSubmatch(strings.TrimRight(line, " "))
		if m == nil || id == "" || strings.Contains(m[1], ":") { // srcpackage:…, patch:…
			continue
		}
		f := fix{name: m[1], below: rpm.EVR(m[2])}
		if i := strings.LastIndexByte(f.name, '.'); i > 0 && rpmArch.MatchString(f.name[i+1:]) {
			f.name, f.arch = f.name[:i], f.name[i+1:]
		}
		if f.arch != "src" && f.arch != "nosrc" && g.NameOK(f.name) && g.VersionOK(f.below) {
			fixes[id] = append(fixes[id], f)
		}
	}
	return fixes
}

// repairs says whether the update brings what the patch is about.
func (p patch) repairs(u inventory.Update) bool {
	for _, f := range p.fixes {
		if f.name == u.Name && (f.arch == "" || f.arch == u.Arch) &&
			compareEVR(u.To, f.below) >= 0 && compareEVR(u.From, f.below) < 0 {
			return true
		}
	}
	return false
}

// annotate gives an update what the patches say of it.
func annotate(u *inventory.Update, patches []patch) {
	u.Classification, u.Severity = inventory.OtherClass, inventory.UnknownSeverity
	for _, p := range patches {
		if !p.repairs(*u) {
			continue
		}
		u.Advisories = append(u.Advisories, p.id)
		u.CVEs = append(u.CVEs, p.cves...)
		u.Classification = first(inventory.Classifications(), u.Classification, class(p.category))
		u.Severity = first(inventory.Severities(), u.Severity, p.severity)
		if p.reboot {
			u.Reboot, u.RebootSource = true, "metadata"
		}
		if p.issued.After(u.Published) {
			u.Published = p.issued
		}
	}
}

// first returns the one of two that comes first in order.
func first[T comparable](order []T, a, b T) T {
	for _, o := range order {
		if o == a || o == b {
			return o
		}
	}
	return a
}

// class maps a patch's category (zypper(8), "patch categories").
func class(category string) inventory.Classification {
	switch category {
	case "security":
		return inventory.Security
	case "bugfix", "recommended":
		return inventory.Bugfix
	case "enhancement", "optional":
		return inventory.Enhancement
	case "feature":
		return inventory.Feature
	default:
		return inventory.OtherClass
	}
}
