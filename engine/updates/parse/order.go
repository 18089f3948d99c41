package parse

import (
	"strings"

	"patchwave/inventory/version"
)

// Compare orders two versions as the family does. What is no version of the family
// is ordered as text, after all that are: what hosts say has an order always.
func Compare(f version.Family, a, b string) int {
	if c, err := version.Compare(f, a, b); err == nil {
		return c
	}
	badA, badB := version.Valid(f, a) != nil, version.Valid(f, b) != nil
	switch {
	case badA && !badB:
		return 1
	case badB && !badA:
		return -1
	default:
		return strings.Compare(a, b)
	}
}
