//go:build lab

package lab_test

import (
	"encoding/xml"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/examples/lab/labhost"
)

// onOffer asks the host itself what is pending: "name to" a line.
func onOffer() map[labhost.Flavour]string {
	return map[labhost.Flavour]string{
		labhost.Apt: `apt list --upgradable 2>/dev/null | sed -n 's,^\([^/]*\)/[^ ]* \([^ ]*\) .*,\1 \2,p'`,
		labhost.Dnf: `dnf -q -C --disableexcludes=all --disableplugin=versionlock repoquery --upgrades --latest-limit=1 --qf '%{name} %{evr}'
			dnf -q -C check-update | sed -n '/^Obsoleting/,$ s/^\([^ .]*\)[.][^ ]* *\([^ ]*\) .*/\1 \2/p'`,
		labhost.Zypper: `zypper -q -n --no-refresh list-updates --all | awk -F'|' '$1 ~ /^v/ { gsub(/ /, ""); print $3, $5 }'`,
		labhost.Pacman: `pacman -Qu | sed 's/ .* -> / /; s/ \[ignored\]//'`,
	}
}

// aptBlocked asks apt what it leaves alone and why: "name why" a line.
const aptBlocked = `
	apt-get -s upgrade | sed -n '/kept back:/,/^[^ ]/ s/^  //p' | tr ' ' '\n' | while read -r name; do
		if apt-mark showhold | grep -qx "$name"; then echo "$name held"
		elif apt-cache policy "$name" | grep -q '(phased'; then echo "$name phased"
		else echo "$name kept-back"; fi
	done`

// aptSecurity asks apt which updates are in a suite of security updates.
const aptSecurity = `apt list --upgradable 2>/dev/null | sed -n 's,^\([^/]*\)/[^ ]*-security[^ ]* .*,\1,p'`

// TestScan compares what patchwave says of new hosts with what their own tools
// say: what is pending, what keeps some of it back, what is a security update,
// and what the advisories say.
func TestScan(t *testing.T) {
	t.Parallel()
	f := newFleet(t, "", everyKind()...)
	scan := decode[scanDoc](t, f.patchwave(t, 0, "scan", "-o", "json"))
	for name, out := range f.sh(t, onOffer()) {
		got := []string{}
		for _, u := range scan.host(t, name).Updates {
			got = append(got, u.Name+" "+u.To)
		}
		slices.Sort(got)
		want := slices.DeleteFunc(lines(out), func(line string) bool { return strings.HasPrefix(line, "oldname ") })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: pending, by its own tools and by patchwave (-host +patchwave):\n%s", name, diff)
		}
		if state := scan.host(t, name).State; state != "ok" {
			t.Errorf("%s is %s", name, state)
		}
	}
	t.Run("blocked", func(t *testing.T) { scannedBlocked(t, f, scan) })
	t.Run("security", func(t *testing.T) { scannedSecurity(t, f, scan) })
}

// scannedBlocked looks at what keeps updates back.
func scannedBlocked(t *testing.T, f fleet, scan scanDoc) {
	want := map[string][]string{
		"dnf":    {"excludedpkg locked", "lockedpkg locked", "needsdep broken", "removerpkg kept-back"},
		"zypper": {"lockedpkg locked", "needsdep broken", "removerpkg kept-back"},
		"pacman": {"ignoredpkg locked"},
	}
	for name, out := range f.sh(t, map[labhost.Flavour]string{labhost.Apt: aptBlocked}) {
		want[name] = lines(out)
		if len(want[name]) != 5 {
			t.Errorf("%s keeps back %q: the lab has other packages than it says", name, want[name])
		}
	}
	for name, lines := range want {
		got := []string{}
		for _, u := range scan.host(t, name).Updates {
			if u.blocked() != "" {
				got = append(got, u.Name+" "+u.blocked())
			}
		}
		if diff := cmp.Diff(lines, got); diff != "" {
			t.Errorf("%s: kept back (-host +patchwave):\n%s", name, diff)
		}
	}
}

// scannedSecurity looks at the kinds of updates: by their suites with apt, by
// the advisories in the repositories' metadata with dnf and zypper.
func scannedSecurity(t *testing.T, f fleet, scan scanDoc) {
	for name, out := range f.sh(t, map[labhost.Flavour]string{labhost.Apt: aptSecurity}) {
		got := []string{}
		for _, u := range scan.host(t, name).Updates {
			switch {
			case u.Classification == "security":
				got = append(got, u.Name)
			case u.Classification != "other":
				t.Errorf("%s: %s is %s, which apt cannot know", name, u.Name, u.Classification)
			}
		}
		if diff := cmp.Diff(lines(out), got); diff != "" {
			t.Errorf("%s: security updates (-host +patchwave):\n%s", name, diff)
		}
	}
	metadata := `zcat /srv/repo/updates/repodata/*-updateinfo.xml.gz`
	for name, out := range f.sh(t, map[labhost.Flavour]string{labhost.Dnf: metadata, labhost.Zypper: metadata}) {
		want := advisories(t, out)
		if f.hosts[name].Flavour == labhost.Zypper {
			// zypper lists no enhancements unless asked for optional patches
			maps.DeleteFunc(want, func(_ string, a advised) bool { return a.Classification == "enhancement" })
		}
		got := map[string]advised{}
		for _, u := range scan.host(t, name).Updates {
			a := advised{u.Classification, u.Severity, u.Reboot, u.Advisories, u.CVEs}
			if len(u.Advisories) > 0 {
				got[u.Name] = a
			} else if u.Classification != "other" || u.Severity != "unknown" || len(u.CVEs) > 0 {
				t.Errorf("%s: %s is of no advisory, and yet %+v", name, u.Name, a)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: advisories (-metadata +patchwave):\n%s", name, diff)
		}
	}
}

// advised is what the advisories of a package say, all together.
type advised struct {
	Classification, Severity string
	Reboot                   bool
	Advisories, CVEs         []string
}

// updateInfo is the part of updateinfo.xml that is looked at.
type updateInfo struct {
	Updates []struct {
		Type     string `xml:"type,attr"`
		ID       string `xml:"id"`
		Severity string `xml:"severity"`
		CVEs     []struct {
			ID string `xml:"id,attr"`
		} `xml:"references>reference"`
		Packages []struct {
			Name   string `xml:"name,attr"`
			Reboot string `xml:"reboot_suggested"`
		} `xml:"pkglist>collection>package"`
	} `xml:"update"`
}

// advisories reads metadata in which every advisory is newer than what the host
// has.
func advisories(t *testing.T, text string) map[string]advised {
	t.Helper()
	var info updateInfo
	if err := xml.Unmarshal([]byte(text), &info); err != nil {
		t.Fatal(err)
	}
	severities := []string{"critical", "important", "moderate", "low", "unknown"}
	kinds := []string{"security", "bugfix", "enhancement"}
	worse := func(order []string, a, b string) string {
		return order[min(slices.Index(order, a), slices.Index(order, b))]
	}
	found := map[string]advised{}
	for _, u := range info.Updates {
		severity := strings.ToLower(u.Severity)
		if severity == "none" {
			severity = "unknown"
		}
		for _, p := range u.Packages {
			a, ok := found[p.Name]
			if !ok {
				a = advised{Classification: u.Type, Severity: severity, Advisories: []string{}, CVEs: []string{}}
			}
			a.Classification, a.Severity = worse(kinds, a.Classification, u.Type), worse(severities, a.Severity, severity)
			a.Reboot = a.Reboot || p.Reboot != ""
			a.Advisories = append(a.Advisories, u.ID)
			for _, cve := range u.CVEs {
				a.CVEs = append(a.CVEs, cve.ID)
			}
			slices.Sort(a.CVEs)
			a.CVEs = slices.Compact(a.CVEs)
			found[p.Name] = a
		}
	}
	return found
}
