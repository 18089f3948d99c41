package connectors

import "context"

// Secret is a reference to a password, token or key. Its value is read only
// when a connection needs it. Implementations must print as "(sensitive)" with
// every verb and must not marshal their value.
type Secret interface {
	// Reveal reads the value. The caller wipes the slice after use where it can,
	// and never logs, stores or formats it. The error names the reference (not
	// the value) and what to do next.
	Reveal(ctx context.Context) ([]byte, error)
	// Ref is the reference as written ("cred:sudo"), safe to print.
	Ref() string
}
