package zypper

import (
	"cmp"
	"strings"
)

// compareEVR orders two [EPOCH:]VERSION[-RELEASE] as rpm does. A release counts
// only if both have one.
func compareEVR(a, b string) int {
	ae, av, ar := splitEVR(a)
	be, bv, br := splitEVR(b)
	if c := compareVersion(ae, be); c != 0 {
		return c
	}
	if c := compareVersion(av, bv); c != 0 || ar == "" || br == "" {
		return c
	}
	return compareVersion(ar, br)
}

func splitEVR(s string) (epoch, version, release string) {
	epoch, rest, ok := strings.Cut(s, ":")
	if !ok {
		epoch, rest = "0", s
	}
	if i := strings.LastIndexByte(rest, '-'); i >= 0 {
		return epoch, rest[:i], rest[i+1:]
	}
	return epoch, rest, ""
}

// plainEVR returns the version as zypper prints it: without an epoch of zero.
func plainEVR(s string) string { return strings.TrimPrefix(s, "0:") }

// compareVersion is rpmvercmp (rpm-version(7)): segments of digits and of
// letters, "~" before everything, "^" after the end but before more.
func compareVersion(a, b string) int {
	for a != b {
		a, b = strings.TrimLeftFunc(a, separator), strings.TrimLeftFunc(b, separator)
		if c, done := compareMark(a, b, '~', -1); done {
			return c
		} else if c != 0 {
			a, b = a[1:], b[1:]
			continue
		}
		if c, done := compareCaret(a, b); done {
			return c
		} else if c != 0 {
			a, b = a[1:], b[1:]
			continue
		}
		if a == "" || b == "" {
			break
		}
		numeric := digit(rune(a[0]))
		class := letter
		if numeric {
			class = digit
		}
		x, y := leading(a, class), leading(b, class)
		if y == "" { // a number is newer than letters
			if numeric {
				return 1
			}
			return -1
		}
		a, b = a[len(x):], b[len(y):]
		if numeric {
			x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
			if c := cmp.Compare(len(x), len(y)); c != 0 {
				return c
			}
		}
		if c := strings.Compare(x, y); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b))
}

// compareMark decides where a mark stands in front of one of the two; c is 1
// without done if it stands in front of both.
func compareMark(a, b string, mark byte, sign int) (c int, done bool) {
	am, bm := a != "" && a[0] == mark, b != "" && b[0] == mark
	switch {
	case am && bm:
		return 1, false
	case am:
		return sign, true
	case bm:
		return -sign, true
	default:
		return 0, false
	}
}

// compareCaret is compareMark of "^", which is newer than the end and older than
// anything else.
func compareCaret(a, b string) (c int, done bool) {
	sign := -1
	if a == "" || b == "" {
		sign = 1
	}
	return compareMark(a, b, '^', sign)
}

func leading(s string, class func(rune) bool) string {
	return s[:len(s)-len(strings.TrimLeftFunc(s, class))]
}

func digit(r rune) bool     { return r >= '0' && r <= '9' }
func letter(r rune) bool    { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
func separator(r rune) bool { return !digit(r) && !letter(r) && r != '~' && r != '^' }
