// Package engine is the way of the data through patchwave; it goes one way only.
//
//	config    HCL becomes plain values: inventory and policies
//	scan      hosts ──► observations: one connection, one script, one answer
//	plan      decide (pure) ─► simulate (on the host) ─► arrange (pure) ──► a Plan
//	run       Plan ──► events: a state machine a host, batches, a breaker
//	journal   the narrow waist: every intent before its effect, every outcome after
//	store     SQLite; reads and writes the journal's events, scans and plans
//	report    documents and texts made from what is known
//
// Beside the way stand what the steps use: updates (the package managers), job
// (what outlives a connection on a host), health (probes), restore (the way
// back), fleet (many at once), feeds (what others say about vulnerabilities).
// policytest decides as plan does, for hosts that somebody imagined.
//
// When anything happens is decided in patchwave/policies: schedule (the ways to
// write it), calendar (who works when), agenda (order, gaps, what is due).
//
// plan does not know run, nothing below cmd knows store, and only cmd knows the
// concrete package managers and connectors. The linter keeps it so.
package engine
