package config

import (
	"strings"

	"patchwave/policies"
)

// missing is something of the language that is read and checked, and not carried
// out.
type missing struct {
	what string
	// refused says that apply refuses a policy that asks for it: whoever wrote it
	// counts on it. Else it is passed over.
	refused bool
}

func (m missing) String() string {
	if m.refused {
		return m.what + "; `apply` refuses it"
	}
	return m.what
}

// later says what this version reads and checks, and does not carry out: blocks
// and arguments by their path. What policies.Unsupported says is held against it by
// a test, so that a line goes when the thing comes.
func later() map[string]missing {
	return map[string]missing{
		"preparation.restore_point": {"the built-in providers are " + codeList(policies.AvailableProviders()) + "; others are passed over, and where none is left `apply` refuses", false},
		"waiver":                    {"there is no compliance report that it could change", false},
		"standard":                  {"there is no compliance report that it could judge", false},
	}
}

func join(path []string) string { return strings.Join(path, ".") }

func codeList(words []string) string { return "`" + strings.Join(words, "`, `") + "`" }
