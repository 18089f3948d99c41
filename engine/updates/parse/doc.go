// Package parse holds what the parsers of all package managers share: which
// words of a host are believed, how its text is made fit for a message, and the
// few constructors of sorted, never-nil values. It knows no manager's output.
//
// Everything a host prints is hostile. A name, a version or an architecture goes
// into a listing, and from there back into a command, only if it matches its
// family's Grammar.
package parse
