package zypper

import (
	"strings"

	"patchwave/engine/updates/rpm"
)

// compareEVR orders two [EPOCH:]VERSION[-RELEASE] as the relations of packages do:
// a release counts only if both have one.
func compareEVR(a, b string) int {
	versionA, _, releasedA := strings.Cut(a, "-")
	versionB, _, releasedB := strings.Cut(b, "-")
	if !releasedA || !releasedB {
		a, b = versionA, versionB
	}
	return rpm.Compare(a, b)
}
