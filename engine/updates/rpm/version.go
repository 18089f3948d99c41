package rpm

import (
	"cmp"
	"strings"
)

// Compare orders two versions [EPOCH:]VERSION[-RELEASE] as rpm does: negative,
// zero or positive (rpm-version(7)). No epoch is epoch 0; where one of the two has
// no release, releases are not compared.
func Compare(a, b string) int {
	ae, av, ar := split(a)
	be, bv, br := split(b)
	if c := compareDigits(ae, be); c != 0 {
		return c
	}
	if c := compareSegments(av, bv); c != 0 || ar == "" || br == "" {
		return c
	}
	return compareSegments(ar, br)
}

func split(evr string) (epoch, version, release string) {
	version = evr
	if e, rest, ok := strings.Cut(evr, ":"); ok {
		epoch, version = e, rest
	}
	if i := strings.LastIndexByte(version, '-'); i >= 0 {
		version, release = version[:i], version[i+1:]
	}
	return epoch, version, release
}

// compareSegments is rpmvercmp: runs of digits and runs of letters, "~" before
// the end of the string, "^" after it.
func compareSegments(a, b string) int {
	for {
		a, b = skip(a), skip(b)
		if c, decided := compareMarks(&a, &b); decided {
			if c != 0 || a == "" && b == "" {
				return c
			}
			continue
		}
		if a == "" || b == "" {
			return cmp.Compare(len(a), len(b))
		}
		if isDigit(a[0]) != isDigit(b[0]) {
			if isDigit(a[0]) {
				return 1
			}
			return -1
		}
		kind := isAlpha
		if isDigit(a[0]) {
			kind = isDigit
		}
		x, y := run(a, kind), run(b, kind)
		a, b = a[len(x):], b[len(y):]
		c := strings.Compare(x, y)
		if isDigit(x[0]) {
			c = compareDigits(x, y)
		}
		if c != 0 {
			return c
		}
	}
}

// compareMarks handles "~" and "^" at the beginning of either string. decided
// says that there was one; then c is the answer, or 0 and both were cut off.
func compareMarks(a, b *string) (c int, decided bool) {
	at, bt := strings.HasPrefix(*a, "~"), strings.HasPrefix(*b, "~")
	ac, bc := strings.HasPrefix(*a, "^"), strings.HasPrefix(*b, "^")
	switch {
	case at && bt, ac && bc:
		*a, *b = (*a)[1:], (*b)[1:]
		return 0, true
	case at:
		return -1, true
	case bt:
		return 1, true
	case ac && *b == "":
		return 1, true
	case bc && *a == "":
		return -1, true
	case ac:
		return -1, true
	case bc:
		return 1, true
	}
	return 0, false
}

func skip(s string) string {
	return strings.TrimLeftFunc(s, func(r rune) bool {
		return r > 127 || !isDigit(byte(r)) && !isAlpha(byte(r)) && r != '~' && r != '^'
	})
}

func run(s string, is func(byte) bool) string {
	i := 0
	for i < len(s) && is(s[i]) {
		i++
	}
	return s[:i]
}

// compareDigits compares numbers of any length.
func compareDigits(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isAlpha(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
