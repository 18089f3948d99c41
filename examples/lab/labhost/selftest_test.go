//go:build lab

package labhost_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/examples/lab/labhost"
)

const long = "a-very-long-package-name-that-exceeds-the-normal-column-width-of-dnf-output"

// pending is, for each flavour, the question that its own tools answer with one
// "name version" a line, and the answer on a new guest.
var pending = map[labhost.Flavour]struct {
	script string
	want   []string
}{
	labhost.Apt: {`apt list --upgradable 2>/dev/null | sed -n 's,^\([^/]*\)/[^ ]* \([^ ]*\) .*,\1 \2,p'`, []string{
		"a-very-long-package-name-that-does-not-fit-into-one-column-of-any-table 1.1-1",
		"brokenpkg 1.1-1", "confpkg 1.1-1", "goneold 1.1-1", "heldpkg 1:2.0-1", "keptback 2.0-1",
		"lab-security-tool 1.2-1", "labapp 1.1-1", "labboth 1.1-1", "labd 1.1-1", "labdbad 1.1-1",
		"labmulti 1.3-1", "labtool 1.1-1", "libauto 1.1-1", "liblab 1.0-1+deb12u1", "linux-image-lab 6.1.2-1",
		"phasedpkg 1.1-1", "promptpkg 1.1-1", "rebootpkg 1.1-1", "removerpkg 2.0-1", "slowpkg 2.0-1",
	}},
	labhost.Dnf: {`dnf -q repoquery --upgrades --latest-limit=1 --qf '%{name} %{evr}'`, []string{
		long + " 1:1.0-3.el9", "brokenpkg 1.1-1.el9", "confpkg 1.1-1.el9", "goneold 1.1-1.el9",
		"kernel-core 5.14.0-2.el9", "labapp 1.1-1.el9", "labd 1.1-1.el9", "labdbad 1.1-1.el9",
		"labmulti 1.3-1.el9", "labtool 1.1-1.el9", "libauto 1.1-1.el9", "liblab 1.0-2.el9_4.1",
		"linux-firmware 20240101-1.el9", "lockedpkg 2.0-1.el9", "needsdep 2.0-1.el9", "removerpkg 2.0-1.el9", "slowpkg 2.0-1.el9",
	}},
	labhost.Zypper: {`zypper -q -n --no-refresh list-updates --all | awk -F'|' '$1 ~ /^v/ { gsub(/ /, ""); print $3, $5 }'`, []string{
		long + " 1:1.0-3.el9", "brokenpkg 1.1-1.el9", "confpkg 1.1-1.el9", "excludedpkg 2.0-1.el9", "goneold 1.1-1.el9",
		"kernel-core 5.14.0-2.el9", "labapp 1.1-1.el9", "labd 1.1-1.el9", "labdbad 1.1-1.el9",
		"labmulti 1.3-1.el9", "labtool 1.1-1.el9", "libauto 1.1-1.el9", "liblab 1.0-2.el9_4.1",
		"linux-firmware 20240101-1.el9", "lockedpkg 2.0-1.el9", "needsdep 2.0-1.el9", "removerpkg 2.0-1.el9", "slowpkg 2.0-1.el9",
	}},
	labhost.Pacman: {`pacman -Qu | sed 's/ .* -> / /; s/ \[ignored\]//'`, []string{
		"brokenpkg 2.0-1", "confpkg 1.1-1", "goneold 1.1-1", "ignoredpkg 2.0-1", "labapp 1.1-1", "labd 1.1-1",
		"labdbad 1.1-1", "labmulti 1.3-1", "labtool 1.1-1", "libauto 1.1-1", "liblab 1:1.0-2", "linux 6.11.2-1",
		"removerpkg 2.0-1", "slowpkg 2.0-1",
	}},
}

// advisories is what dnf and zypper say of them: "id kind severity".
var advisories = []string{
	"LABBA-2026:0003 bugfix none", "LABEA-2026:0007 enhancement none", "LABSA-2026:0001 security critical",
	"LABSA-2026:0002 security moderate", "LABSA-2026:0004 security important", "LABSA-2026:0005 security low",
	"LABSA-2026:0006 security important", "LABSA-2026:0008 security moderate",
}

func sortedLines(text string) []string {
	lines := strings.FieldsFunc(strings.TrimSpace(text), func(r rune) bool { return r == '\n' })
	slices.Sort(lines)
	return lines
}

func TestPending(t *testing.T) {
	t.Parallel()
	lab := labhost.Start(t)
	for f, p := range pending {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			h := lab.Host(t, string(f), f)
			slices.Sort(p.want)
			if diff := cmp.Diff(p.want, sortedLines(h.MustSh(t, p.script))); diff != "" {
				t.Errorf("pending on a new guest (-want +got):\n%s", diff)
			}
			if out := h.MustSh(t, "systemctl is-system-running || systemctl --failed --plain --no-legend; systemctl is-active labd labdbad"); out != "running\nactive\nactive\n" {
				t.Errorf("a new guest is %q", out)
			}
		})
	}
}

func TestAdvisories(t *testing.T) {
	t.Parallel()
	lab := labhost.Start(t)
	dnf := lab.Host(t, "dnf", labhost.Dnf)
	zypper := lab.Host(t, "zypper", labhost.Zypper)

	out := zypper.MustSh(t, `zypper -q -n --no-refresh list-patches --with-optional |
		awk -F'|' '$2 ~ /LAB/ { gsub(/ /, ""); print $2, $3, $4 }'`)
	if diff := cmp.Diff(advisories, sortedLines(out)); diff != "" {
		t.Errorf("zypper list-patches (-want +got):\n%s", diff)
	}
	out = dnf.MustSh(t, `dnf -q updateinfo list --updates | awk '{ split($2, s, "/"); print $1, tolower(s[2]), tolower(s[1]) }'`)
	for i, line := range sortedLines(out) {
		id, _, _ := strings.Cut(line, " ")
		if want, _, _ := strings.Cut(advisories[i], " "); id != want {
			t.Errorf("dnf updateinfo list has %s where %s belongs", id, want)
		}
	}
	cves := sortedLines(dnf.MustSh(t, `dnf -q updateinfo list --updates --with-cve | grep -o '^CVE-[0-9-]*' | sort -u`))
	if len(cves) != 7 {
		t.Errorf("dnf knows the CVEs %v, not 7", cves)
	}
}

// TestAptKeptBack checks that apt keeps back what the lab built it for.
func TestAptKeptBack(t *testing.T) {
	t.Parallel()
	h := labhost.Start(t).Host(t, "apt", labhost.Apt)
	for _, c := range []struct{ name, script, want string }{
		{"held", "apt-mark showhold", "heldpkg\n"},
		{"phased", `apt-cache policy phasedpkg | grep -c 'phased 0%'`, "1\n"},
		{"auto", "apt-mark showauto | grep -x -e libauto -e labtool", "libauto\n"},
		{"removed, configuration left", `dpkg-query -W -f '${db:Status-Abbrev}\n' rcpkg`, "rc \n"},
		{"dist-upgrade", "apt-get -s dist-upgrade | sed -n 's/^Remv \\([^ ]*\\).*/\\1/p'", "victimpkg\n"},
		{"dist-upgrade leaves", "apt-get -s dist-upgrade | grep -A1 'kept back' | tail -n 1", "  heldpkg phasedpkg\n"},
		{"upgrade leaves", "apt-get -s --with-new-pkgs upgrade | grep -A1 'kept back' | tail -n 1", "  heldpkg phasedpkg removerpkg\n"},
		{"origins", "apt-get -s install labboth liblab | grep -o '^Inst .*'", "" +
			"Inst labboth [1.0-1] (1.1-1 Debian:12.15/oldstable, Debian-Security:12/oldstable-security [all])\n" +
			"Inst liblab [1.0-1] (1.0-1+deb12u1 Debian-Security:12/oldstable-security [amd64])\n"},
	} {
		if got := h.MustSh(t, c.script); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestDowngrade: labtool can go back, goneold's old version is nowhere.
func TestDowngrade(t *testing.T) {
	t.Parallel()
	lab := labhost.Start(t)
	scripts := map[labhost.Flavour]struct{ upgrade, back, gone string }{
		labhost.Apt: {
			"apt-get -qq -y install labtool=1.1-1 goneold=1.1-1", "apt-get -qq -y --allow-downgrades install labtool=1.0-1",
			"apt-get -qq -y --allow-downgrades install goneold=1.0-1"},
		labhost.Dnf: {
			"dnf -q -y upgrade labtool goneold", "dnf -q -y downgrade labtool-1.0-1.el9 && [ $(rpm -q --qf '%{version}' labtool) = 1.0 ]",
			"dnf -q -y downgrade goneold-1.0-1.el9 && [ $(rpm -q --qf '%{version}' goneold) = 1.0 ]"},
		labhost.Zypper: {
			"zypper -q -n install labtool=1.1-1.el9 goneold=1.1-1.el9", "zypper -q -n install --oldpackage labtool=1.0-1.el9",
			"zypper -q -n install --oldpackage goneold=1.0-1.el9"},
		labhost.Pacman: {
			"pacman -S --noconfirm labtool goneold", "pacman -U --noconfirm /var/cache/pacman/pkg/labtool-1.0-1-any.pkg.tar.zst",
			"pacman -U --noconfirm /var/cache/pacman/pkg/goneold-1.0-1-any.pkg.tar.zst"},
	}
	for f, s := range scripts {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			h := lab.Host(t, string(f), f)
			h.MustSh(t, "export DEBIAN_FRONTEND=noninteractive\n"+s.upgrade)
			h.MustSh(t, "export DEBIAN_FRONTEND=noninteractive\n"+s.back)
			if out, err := h.Sh(t.Context(), s.gone); err == nil {
				t.Errorf("the vanished version came back:\n%s", out)
			}
		})
	}
}
