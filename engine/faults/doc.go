// Package faults makes a run go wrong at one chosen step, for trials: a write to
// the journal, or a call to a host. It is linked only into a program that was
// built with the tag faults.
//
//	engine/run ──► Injector.Journal ──► engine/store
//	           ──► Injector.Dialer  ──► connectors
//
// Steps are counted from one in the order in which they begin, writes and calls
// apart, and calls of a run apart from those that ask before it. A plan says at
// which of them what happens: "journal:17:kill-after", "remote:5:delay=2s"; see
// Parse. Every step is traced, and every write once more when the journal has
// acknowledged it: what is traced as acknowledged must be in the journal whatever
// happens next.
package faults
