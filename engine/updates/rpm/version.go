package rpm

import (
	"strings"

	"patchwave/inventory/version"
)

// Compare orders two versions as rpm does. What is no version of rpm is ordered
// as text, after all that are.
func Compare(a, b string) int {
	if c, err := version.Compare(version.RPM, a, b); err == nil {
		return c
	}
	badA, badB := version.Valid(version.RPM, a) != nil, version.Valid(version.RPM, b) != nil
	switch {
	case badA && !badB:
		return 1
	case badB && !badA:
		return -1
	default:
		return strings.Compare(a, b)
	}
}
