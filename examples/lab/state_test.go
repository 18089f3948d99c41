//go:build lab

package lab_test

import (
	"slices"
	"testing"

	"patchwave/examples/lab/labhost"
)

// packages asks a host for all that is installed: "name version" a line.
func packages() map[labhost.Flavour]string {
	rpm := `rpm -qa --qf '%{name} %|epoch?{%{epoch}:}|%{version}-%{release}\n' 2>/dev/null | sort`
	return map[labhost.Flavour]string{
		labhost.Apt:    `dpkg-query -W -f '${db:Status-Abbrev}${Package} ${Version}\n' | sed -n 's/^.i //p'`,
		labhost.Dnf:    rpm,
		labhost.Zypper: rpm,
		labhost.Pacman: "pacman -Q",
	}
}

// marks asks a host what was installed by itself, what is held, and what the
// administrator wrote into a configuration file.
func marks() map[labhost.Flavour]string {
	const conf = "; cat /etc/confpkg.conf"
	return map[labhost.Flavour]string{
		labhost.Apt:    "apt-mark showauto | sed 's/^/auto /'; apt-mark showhold | sed 's/^/held /'" + conf,
		labhost.Dnf:    "dnf -q -C repoquery --userinstalled --qf 'user %{name}'; grep -v '^#' /etc/dnf/plugins/versionlock.list; grep ^exclude /etc/dnf/dnf.conf" + conf,
		labhost.Zypper: "sed '/^#/d; s/^/auto /' /var/lib/zypp/AutoInstalled; cat /etc/zypp/locks" + conf,
		labhost.Pacman: "pacman -Qqd | sed 's/^/auto /'; pacman -Qqe | sed 's/^/user /'; grep ^Ignore /etc/pacman.conf" + conf,
	}
}

// upgradeLogs asks a host how often its package manager has done something, by
// the manager's own records.
func upgradeLogs() map[labhost.Flavour]string {
	return map[labhost.Flavour]string{
		labhost.Apt:    "grep -c . /var/log/dpkg.log",
		labhost.Dnf:    "dnf -q -C history list | grep -c '^ *[0-9]'",
		labhost.Zypper: "grep -c . /var/log/zypp/history",
		labhost.Pacman: "grep -c . /var/log/pacman.log",
	}
}

// changed are the lines that came ("+ line") and went ("- line"), for each host.
func changed(before, after map[string]string) map[string][]string {
	differences := map[string][]string{}
	for name := range before {
		diff := []string{}
		diff = append(diff, lacking("- ", lines(before[name]), lines(after[name]))...)
		differences[name] = append(diff, lacking("+ ", lines(after[name]), lines(before[name]))...)
	}
	return differences
}

// lacking are the lines of a that b does not have, with a mark. There may be many.
func lacking(mark string, a, b []string) []string {
	has := map[string]bool{}
	for _, line := range b {
		has[line] = true
	}
	var out []string
	for _, line := range a {
		if !has[line] {
			out = append(out, mark+line)
		}
	}
	return out
}

// came are the packages that came with an exchange, "name version"; every
// package that went must have come in another version, or be in gone.
func came(t *testing.T, name string, differences []string, gone ...string) []string {
	t.Helper()
	arrived := []string{}
	names := map[string]bool{}
	for _, line := range differences {
		if line[0] == '+' {
			arrived = append(arrived, line[2:])
			names[firstWord(line[2:])] = true
		}
	}
	for _, line := range differences {
		if pkg := firstWord(line[2:]); line[0] == '-' && !names[pkg] && !slices.Contains(gone, pkg) {
			t.Errorf("%s lost %s", name, line[2:])
		}
	}
	return arrived
}

// bootIDs are the boot ids of all hosts.
func (f fleet) bootIDs(t *testing.T) map[string]string {
	t.Helper()
	ids := map[string]string{}
	for name, h := range f.hosts {
		id, err := h.BootID()
		if err != nil {
			t.Fatal(err)
		}
		ids[name] = id
	}
	return ids
}
