package version

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	debversion "github.com/knqyf263/go-deb-version"
)

// debProblem checks the form of deb-version(7): [epoch:]upstream[-revision], as
// strictly as dpkg's parseversion does.
func debProblem(v string) string {
	epoch, rest, ok := splitEpoch(v)
	if ok {
		if problem := epochProblem(epoch); problem != "" {
			return problem
		}
	}
	upstream, revision := rest, ""
	if i := strings.LastIndexByte(rest, '-'); i >= 0 {
		upstream, revision = rest[:i], rest[i+1:]
		if revision == "" {
			return "there is nothing after the hyphen"
		}
	}
	switch {
	case upstream == "":
		return "it is empty"
	case !isDigit(upstream[0]):
		return "it does not begin with a digit"
	case !all(upstream, oneOf(".-+~:")):
		return "it holds a character that is not allowed"
	case !all(revision, oneOf(".+~")):
		return "its revision holds a character that is not allowed"
	default:
		return ""
	}
}

func compareDeb(a, b string) (int, error) {
	a, b = shorten(a, b)
	va, err := debversion.NewVersion(a)
	if err != nil {
		return 0, err
	}
	vb, err := debversion.NewVersion(b)
	if err != nil {
		return 0, err
	}
	return sign(va.Compare(vb)), nil
}

var digits = regexp.MustCompile(`[0-9]+`)

// shorten gives two versions of the same order whose numbers fit in an int,
// which the library takes for granted and dpkg does not: each number becomes its
// rank among the numbers of both. Leading zeros mean nothing to dpkg.
func shorten(a, b string) (string, string) {
	const fits = 18
	numbers := digits.FindAllString(a+" "+b, -1)
	if !slices.ContainsFunc(numbers, func(n string) bool { return len(n) > fits }) {
		return a, b
	}
	for i := range numbers {
		numbers[i] = strings.TrimLeft(numbers[i], "0")
	}
	// Nought stays nought, for it equals a number that is not there.
	numbers = append(numbers, "")
	byValue := func(m, n string) int { return cmp.Or(cmp.Compare(len(m), len(n)), cmp.Compare(m, n)) }
	slices.SortFunc(numbers, byValue)
	numbers = slices.Compact(numbers)
	rank := func(n string) string {
		at, _ := slices.BinarySearchFunc(numbers, strings.TrimLeft(n, "0"), byValue) // it was put in above
		return strconv.Itoa(at)
	}
	return digits.ReplaceAllStringFunc(a, rank), digits.ReplaceAllStringFunc(b, rank)
}
