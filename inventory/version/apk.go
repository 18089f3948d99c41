package version

import (
	"cmp"
	"regexp"
	"strings"

	apkversion "github.com/knqyf263/go-apk-version"
)

// apkForm is the form of apk-package(5), "package version":
// number{.number}…{letter}{_suffix{number}}…{~hash}{-r#}.
var apkForm = regexp.MustCompile(`^[0-9]+(\.[0-9]+)*[a-z]?(_(alpha|beta|pre|rc|cvs|svn|git|hg|p)[0-9]*)*(~[0-9a-f]+)?(-r[0-9]+)?$`)

func apkProblem(v string) string {
	if !apkForm.MatchString(v) {
		return "it is not of the form 1.2.3a_rc4-r5"
	}
	for _, n := range digits.FindAllString(v, -1) {
		if len(n) > 18 {
			return "it holds a number that is too large" // apk itself counts in 64 bits
		}
	}
	return ""
}

// compareAPK orders like apk_version_compare. A commit hash, which the library
// does not know, decides only between versions that are equal without it: it has
// no order of its own. A version without a release is older than the same with
// one.
func compareAPK(a, b string) (int, error) {
	plainA, hashA := cutHash(a)
	plainB, hashB := cutHash(b)
	va, err := apkversion.NewVersion(withRelease(plainA))
	if err != nil {
		return 0, err
	}
	vb, err := apkversion.NewVersion(withRelease(plainB))
	if err != nil {
		return 0, err
	}
	return cmp.Or(sign(va.Compare(vb)), cmp.Compare(len(release(plainA)), 0)-cmp.Compare(len(release(plainB)), 0), cmp.Compare(hashA, hashB)), nil
}

// release is "-r#" or "".
func release(v string) string {
	if i := strings.LastIndexByte(v, '-'); i >= 0 {
		return v[i:]
	}
	return ""
}

// withRelease adds a release where there is none. Every package of Alpine has
// one, and without it the library, like apk-tools 2, takes 1.0_rc1 for newer than
// 1.0.
func withRelease(v string) string {
	if release(v) == "" {
		return v + "-r0"
	}
	return v
}

// cutHash takes "~hash" out of a version.
func cutHash(v string) (plain, hash string) {
	before, after, ok := strings.Cut(v, "~")
	if !ok {
		return v, ""
	}
	hash, number, ok := strings.Cut(after, "-")
	if ok {
		before += "-" + number
	}
	return before, hash
}
