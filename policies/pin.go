package policies

import (
	"fmt"

	"patchwave/inventory"
	"patchwave/inventory/version"
)

// pins says why a pin keeps an update back; "" if it lets it through. A pin lets
// the newest version pass that matches it, among all that are offered.
func (r *Rule) pins(s Subject) string {
	var facts inventory.Facts
	if s.Facts != nil {
		facts = *s.Facts
	}
	f, known := familyOf(facts)
	if !r.takes(f, known, s.Update.To) {
		return fmt.Sprintf("version %s is not %s", s.Update.To, r.Version)
	}
	for _, other := range s.Offered {
		if r.takes(f, known, other) && Newer(facts, other, s.Update.To) {
			return fmt.Sprintf("version %s is %s too and newer", other, r.Version)
		}
	}
	return ""
}

// Newer reports whether version a is newer than b on a host. It is false where
// that cannot be said.
func Newer(facts inventory.Facts, a, b string) bool {
	f, known := familyOf(facts)
	if !known {
		return false
	}
	order, err := version.Compare(f, a, b)
	return err == nil && order > 0
}

// takes reports whether a version is one that the pin asks for. What is no
// version in the host's family is none that anybody asked for.
func (r *Rule) takes(f version.Family, known bool, v string) bool {
	if !known {
		return inventory.MatchGlob(r.Version, v)
	}
	ok, err := version.Match(f, r.Version, v)
	return err == nil && ok
}

// familyOf returns how the versions of a host are written: as its system does,
// else as its package manager does. ok is false if neither is known.
func familyOf(facts inventory.Facts) (f version.Family, ok bool) {
	if f, ok := version.FamilyOf(facts.OS.Family); ok {
		return f, true
	}
	switch facts.PackageManager {
	case "apt":
		return version.Deb, true
	case "dnf", "dnf5", "zypper":
		return version.RPM, true
	case "pacman":
		return version.Pacman, true
	case "apk":
		return version.APK, true
	default:
		return "", false
	}
}
