package rpm

import (
	"patchwave/engine/updates/parse"
	"patchwave/inventory/version"
)

// Compare orders two versions as rpm does. What is no version of rpm is ordered
// as text, after all that are.
func Compare(a, b string) int { return parse.Compare(version.RPM, a, b) }
