package sim

import (
	"cmp"
	"fmt"
	"strings"
)

// redhat is Rocky Linux 9.
type redhat struct{}

var _ family = redhat{}

// nativeRPM is the architecture of the packages.
const nativeRPM = "x86_64"

// The kernel of a machine, and the package that it is in.
const (
	kernelPackage = "kernel-core"
	kernelRPM     = "5.14.0-570.el9_6"
)

func (redhat) manager() string         { return "dnf" }
func (redhat) arch() string            { return nativeRPM }
func (redhat) cache() string           { return "/var/cache/dnf" }
func (redhat) base() []Package         { return BaseRedHat() }
func (redhat) kernel() string          { return kernelRPM + "." + nativeRPM }
func (redhat) flag() bool              { return false }
func (redhat) compare(a, b string) int { return compareRPM(a, b) }

func (redhat) build(*Host, string) string {
	return "#1 SMP PREEMPT_DYNAMIC Tue Oct 6 09:12:44 UTC 2026"
}

func (redhat) osRelease() string {
	return `NAME="Rocky Linux"
VERSION="9.6 (Blue Onyx)"
ID="rocky"
ID_LIKE="rhel centos fedora"
VERSION_ID="9.6"
PLATFORM_ID="platform:el9"
PRETTY_NAME="Rocky Linux 9.6 (Blue Onyx)"
`
}

// BaseRedHat are the packages of a small server of the family RedHat.
func BaseRedHat() []Package {
	return []Package{
		{Name: "bash", Version: "5.1.8-9.el9"},
		{Name: "ca-certificates", Arch: "noarch", Version: "2024.2.69_v8.0.303-91.4.el9_4"},
		{Name: "curl", Version: "7.76.1-31.el9"},
		{Name: "dnf", Arch: "noarch", Version: "4.14.0-25.el9"},
		{Name: "glibc", Version: "2.34-168.el9_6.14"},
		{Name: kernelPackage, Version: kernelRPM},
		{Name: "libcurl", Version: "7.76.1-31.el9", Auto: true},
		{Name: "openssh-server", Version: "8.7p1-45.el9"},
		{Name: "openssl", Version: "1:3.2.2-6.el9_5"},
		{Name: "openssl-libs", Version: "1:3.2.2-6.el9_5", Auto: true},
		{Name: "sudo", Version: "1.9.5p2-10.el9_6.1"},
		{Name: "systemd", Version: "252-51.el9_6.1"},
		{Name: "tzdata", Arch: "noarch", Version: "2025b-1.el9"},
	}
}

// BaseOS is the repository of the system itself.
func BaseOS() Origin {
	return Origin{Location: "https://mirror.example.com/rocky/9/BaseOS/x86_64/os/", Label: "baseos"}
}

// AppStream is the repository of everything else.
func AppStream() Origin {
	return Origin{Location: "https://mirror.example.com/rocky/9/AppStream/x86_64/os/", Label: "appstream"}
}

// repo is the repository of a version.
func (o Offer) repo() Origin {
	if len(o.From) == 0 {
		return BaseOS()
	}
	return o.From[0]
}

// nevra is how dnf writes a package: NAME-[EPOCH:]VERSION-RELEASE.ARCH.
func nevra(name, version, arch string) string {
	return fmt.Sprintf("%s-%s.%s", name, version, or(arch, nativeRPM))
}

// compareRPM orders versions as rpm does: epoch, version, release; runs of
// digits and of letters, whatever stands between them; digits are newer than
// letters, "~" is before the end, "^" after it (rpmvercmp in rpm's lib/rpmvercmp.c).
func compareRPM(a, b string) int {
	ea, va, ra := splitVersion(a)
	eb, vb, rb := splitVersion(b)
	return cmp.Or(compareRun(or(ea, "0"), or(eb, "0")), compareRun(va, vb), compareRun(ra, rb))
}

func compareRun(a, b string) int {
	for {
		a, b = strings.TrimLeftFunc(a, separator), strings.TrimLeftFunc(b, separator)
		for _, mark := range []struct {
			char  string
			order int
		}{{"~", -1}, {"^", 1}} {
			inA, inB := strings.HasPrefix(a, mark.char), strings.HasPrefix(b, mark.char)
			switch {
			case inA && inB:
				a, b = a[1:], b[1:]
				return compareRun(a, b)
			case inA && (mark.char == "~" || b == ""):
				return mark.order
			case inB && (mark.char == "~" || a == ""):
				return -mark.order
			case inA:
				return -1
			case inB:
				return 1
			}
		}
		if a == "" || b == "" {
			return cmp.Compare(len(a), len(b))
		}
		na, nb := digits(a), digits(b)
		switch {
		case na != "" && nb != "":
			a, b = a[len(na):], b[len(nb):]
			na, nb = strings.TrimLeft(na, "0"), strings.TrimLeft(nb, "0")
			if c := cmp.Or(cmp.Compare(len(na), len(nb)), cmp.Compare(na, nb)); c != 0 {
				return c
			}
		case na != "":
			return 1
		case nb != "":
			return -1
		default:
			la, lb := letters(a), letters(b)
			if c := cmp.Compare(la, lb); c != 0 {
				return c
			}
			a, b = a[len(la):], b[len(lb):]
		}
	}
}

func separator(r rune) bool {
	return r != '~' && r != '^' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

func letters(s string) string {
	n := 0
	for n < len(s) && (s[n] >= 'A' && s[n] <= 'Z' || s[n] >= 'a' && s[n] <= 'z') {
		n++
	}
	return s[:n]
}
