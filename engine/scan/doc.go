// Package scan asks hosts what is pending: one connection, one script, one
// answer a host, parsed by pure functions into an inventory.Observation.
//
//	host ──Dial──► session ──scan.sh──► frames ──Parse──► Observation
//
// scan.sh reads the facts, finds the package manager by os-release (a Debian
// host may have rpm installed, and the other way round), refreshes the index if
// it is too old, and lets the manager list. Only a root login or a NOPASSWD
// sudo is needed for one remote command; with a password it takes two.
//
// A scan is ok, stale or failed; it is never silently empty. An answer that is
// not whole is failed.
//
// Fleet runs many hosts at once. A host that fails is an observation like any
// other; only a fault of the engine is a Go error.
package scan
