package version

import (
	"cmp"
	"strings"
)

// pacmanProblem checks the form [epoch:]pkgver[-pkgrel] of PKGBUILD(5): a pkgver
// holds no colon, slash, hyphen or blank, a pkgrel is a number or two with a dot.
func pacmanProblem(v string) string {
	epoch, rest, ok := splitEpoch(v)
	if ok {
		if problem := epochProblem(epoch); problem != "" {
			return problem
		}
	}
	pkgver, pkgrel, released := strings.Cut(rest, "-")
	major, minor, two := strings.Cut(pkgrel, ".")
	switch {
	case pkgver == "":
		return "it is empty"
	case !all(pkgver, func(c byte) bool { return c > ' ' && c < 0x7f && c != ':' && c != '/' }):
		return "it holds a character that is not allowed"
	case released && (major == "" || two && minor == "" || !all(major+minor, isDigit)):
		return "its release is not a number"
	default:
		return ""
	}
}

// comparePacman orders as vercmp(8) says: epoch first, then the version, then the
// release, which counts only if both have one.
func comparePacman(a, b string) (int, error) {
	epochA, verA, relA := splitPacman(a)
	epochB, verB, relB := splitPacman(b)
	order := cmp.Or(segments(epochA, epochB), segments(verA, verB))
	if order == 0 && relA != "" && relB != "" {
		order = segments(relA, relB)
	}
	return order, nil
}

func splitPacman(v string) (epoch, pkgver, pkgrel string) {
	epoch, rest, ok := splitEpoch(v)
	if !ok {
		epoch = "0"
	}
	if i := strings.LastIndexByte(rest, '-'); i >= 0 {
		return epoch, rest[:i], rest[i+1:]
	}
	return epoch, rest, ""
}

// segments compares run by run: runs of digits as numbers, runs of letters as
// text, a number above letters, and the longer gap of other characters between
// two runs above the shorter one.
func segments(a, b string) int {
	for a != "" && b != "" {
		gapA, gapB := gap(a), gap(b)
		a, b = a[gapA:], b[gapB:]
		if a == "" || b == "" {
			break
		}
		if gapA != gapB {
			return cmp.Compare(gapA, gapB)
		}
		is := isAlpha
		if isDigit(a[0]) {
			is = isDigit
		}
		runA, runB := run(a, is), run(b, is)
		switch {
		case runB == "" && isDigit(a[0]):
			return 1
		case runB == "":
			return -1
		}
		if order := compareRuns(runA, runB); order != 0 {
			return order
		}
		a, b = a[len(runA):], b[len(runB):]
	}
	return leftover(a, b)
}

// gap is how many characters at the beginning are neither letter nor digit.
func gap(s string) int {
	for i := range len(s) {
		if isAlnum(s[i]) {
			return i
		}
	}
	return len(s)
}

// run is the beginning of s of one kind of character.
func run(s string, is func(byte) bool) string {
	for i := range len(s) {
		if !is(s[i]) {
			return s[:i]
		}
	}
	return s
}

func compareRuns(a, b string) int {
	if isDigit(a[0]) {
		a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	}
	return cmp.Compare(a, b)
}

// leftover decides when one version is at its end: letters that are left make it
// older (1.0rc before 1.0), anything else makes it newer.
func leftover(a, b string) int {
	switch {
	case a == "" && b == "":
		return 0
	case a == "":
		if isAlpha(b[0]) {
			return 1
		}
		return -1
	case isAlpha(a[0]):
		return -1
	default:
		return 1
	}
}
