package version

import (
	"fmt"
	"strings"

	"patchwave/inventory"
)

// Family is a way of writing and ordering versions.
type Family string

// The families.
const (
	Deb    Family = "deb"
	RPM    Family = "rpm"
	APK    Family = "apk"
	Pacman Family = "pacman"
)

// FamilyOf returns the family of an operating system, as inventory.OS names its
// families. ok is false for one whose updates have no versions to compare.
func FamilyOf(os string) (f Family, ok bool) {
	switch os {
	case "debian":
		return Deb, true
	case "redhat", "suse":
		return RPM, true
	case "alpine":
		return APK, true
	case "arch":
		return Pacman, true
	default:
		return "", false
	}
}

// MaxLength is the longest version that is taken, in bytes.
const MaxLength = 256

// Compare returns -1 if a is older than b, +1 if it is newer, and 0 if neither
// is, which can be so for versions that are written differently. A version that
// is none in its family is an error.
func Compare(f Family, a, b string) (int, error) {
	order, err := f.order()
	if err != nil {
		return 0, err
	}
	for _, v := range []string{a, b} {
		if err := Valid(f, v); err != nil {
			return 0, err
		}
	}
	if a == b {
		return 0, nil
	}
	return order(a, b)
}

// Valid says what is wrong with a version, or nil.
func Valid(f Family, v string) error {
	var problem string
	switch f {
	case Deb:
		problem = debProblem(v)
	case RPM:
		problem = rpmProblem(v)
	case APK:
		problem = apkProblem(v)
	case Pacman:
		problem = pacmanProblem(v)
	default:
		return fmt.Errorf("there is no version family %q", f)
	}
	switch {
	case len(v) > MaxLength:
		return fmt.Errorf("a version of %d bytes is too long for a %s version", len(v), f)
	case problem != "":
		return fmt.Errorf("%q is no %s version: %s", v, f, problem)
	default:
		return nil
	}
}

func (f Family) order() (func(a, b string) (int, error), error) {
	switch f {
	case Deb:
		return compareDeb, nil
	case RPM:
		return compareRPM, nil
	case APK:
		return compareAPK, nil
	case Pacman:
		return comparePacman, nil
	default:
		return nil, fmt.Errorf("there is no version family %q", f)
	}
}

// Match reports whether a version is one that a pin asks for. The pattern is a
// glob as of inventory.MatchGlob for the whole version. A pattern without an
// epoch takes any epoch, one without a release any release: "1.24.*" and
// "1.24.0" both match "1:1.24.0-3".
func Match(f Family, pattern, v string) (bool, error) {
	if err := inventory.CheckGlob(pattern); err != nil {
		return false, fmt.Errorf("version pattern %q: %w", pattern, err)
	}
	if err := Valid(f, v); err != nil {
		return false, err
	}
	if inventory.MatchGlob(pattern, v) {
		return true, nil
	}
	if _, after, ok := strings.Cut(v, ":"); ok && !strings.Contains(pattern, ":") {
		v = after
	}
	upstream := v
	if i := strings.LastIndexByte(v, '-'); i >= 0 && !strings.Contains(pattern, "-") {
		upstream = v[:i]
	}
	return inventory.MatchGlob(pattern, v) || inventory.MatchGlob(pattern, upstream), nil
}

// splitEpoch cuts off what stands before the first colon.
func splitEpoch(v string) (epoch, rest string, ok bool) {
	epoch, rest, ok = strings.Cut(v, ":")
	if !ok {
		return "", v, false
	}
	return epoch, rest, true
}

// epochProblem checks an epoch, which is a number that fits in 31 bits.
func epochProblem(epoch string) string {
	if epoch == "" || !all(epoch, isDigit) {
		return "the epoch is not a number"
	}
	trimmed := strings.TrimLeft(epoch, "0")
	if len(trimmed) > 10 || len(trimmed) == 10 && trimmed > "2147483647" {
		return "the epoch is too large"
	}
	return ""
}

func all(s string, is func(byte) bool) bool {
	for i := range len(s) {
		if !is(s[i]) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isAlnum(c byte) bool { return isDigit(c) || isAlpha(c) }

// oneOf makes a test for letters, digits and some more characters.
func oneOf(more string) func(byte) bool {
	return func(c byte) bool { return isAlnum(c) || strings.IndexByte(more, c) >= 0 }
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	default:
		return 0
	}
}
