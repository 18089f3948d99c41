package version

import (
	"strings"

	rpmversion "github.com/knqyf263/go-rpm-version"
)

// rpmProblem checks the form [epoch:]version[-release] with the characters that
// rpmbuild lets into a version and a release (rpm-version(7); spec files,
// "Version" and "Release").
func rpmProblem(v string) string {
	epoch, rest, ok := splitEpoch(v)
	if ok {
		if problem := epochProblem(epoch); problem != "" {
			return problem
		}
	}
	version, release, released := strings.Cut(rest, "-")
	allowed := oneOf("._+~^")
	switch {
	case version == "":
		return "it is empty"
	case released && release == "":
		return "there is nothing after the hyphen"
	case !all(version, allowed):
		return "it holds a character that is not allowed"
	case !all(release, allowed):
		return "its release holds a character that is not allowed"
	default:
		return ""
	}
}

// compareRPM orders like rpmVersionCompare: epoch (0 if there is none), version,
// release. A version without a release is older than the same with any.
func compareRPM(a, b string) (int, error) {
	versionA, _, releasedA := strings.Cut(a, "-")
	versionB, _, releasedB := strings.Cut(b, "-")
	order := orderRPM(versionA, versionB)
	switch {
	case order != 0:
		return order, nil
	case releasedA == releasedB:
		return orderRPM(a, b), nil
	case releasedA:
		return 1, nil
	default:
		return -1, nil
	}
}

func orderRPM(a, b string) int {
	va, vb := rpmversion.NewVersion(a), rpmversion.NewVersion(b)
	return sign(va.Compare(vb))
}
