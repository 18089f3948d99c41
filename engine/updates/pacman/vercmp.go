package pacman

import (
	"cmp"
	"strings"
)

// compareVersions orders two [EPOCH:]PKGVER-PKGREL as vercmp(8) does.
func compareVersions(a, b string) int {
	ae, av, ar := splitVersion(a)
	be, bv, br := splitVersion(b)
	if c := compareSegments(ae, be); c != 0 {
		return c
	}
	if c := compareSegments(av, bv); c != 0 || ar == "" || br == "" {
		return c
	}
	return compareSegments(ar, br)
}

func splitVersion(s string) (epoch, version, release string) {
	epoch, rest, ok := strings.Cut(s, ":")
	if !ok {
		epoch, rest = "0", s
	}
	if i := strings.LastIndexByte(rest, '-'); i >= 0 {
		return epoch, rest[:i], rest[i+1:]
	}
	return epoch, rest, ""
}

// compareSegments compares runs of digits and of letters. Where one of the two
// has ended, letters that are left are older than the end ("1.0rc" < "1.0"),
// anything else is newer.
func compareSegments(a, b string) int {
	for a != "" && b != "" {
		x, y := strings.TrimLeftFunc(a, separator), strings.TrimLeftFunc(b, separator)
		if x == "" || y == "" {
			a, b = x, y
			break
		}
		if c := cmp.Compare(len(a)-len(x), len(b)-len(y)); c != 0 {
			return c
		}
		numeric := digit(rune(x[0]))
		class := letter
		if numeric {
			class = digit
		}
		p, q := leading(x, class), leading(y, class)
		if q == "" {
			if numeric {
				return 1
			}
			return -1
		}
		a, b = x[len(p):], y[len(q):]
		if numeric {
			p, q = strings.TrimLeft(p, "0"), strings.TrimLeft(q, "0")
			if c := cmp.Compare(len(p), len(q)); c != 0 {
				return c
			}
		}
		if c := strings.Compare(p, q); c != 0 {
			return c
		}
	}
	switch {
	case a == "" && b == "":
		return 0
	case a == "" && letter(rune(b[0])), b == "" && !letter(rune(a[0])):
		return 1
	default:
		return -1
	}
}

func leading(s string, class func(rune) bool) string {
	return s[:len(s)-len(strings.TrimLeftFunc(s, class))]
}

func digit(r rune) bool     { return r >= '0' && r <= '9' }
func letter(r rune) bool    { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
func separator(r rune) bool { return !digit(r) && !letter(r) }
