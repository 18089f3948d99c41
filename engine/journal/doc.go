// Package journal is the narrow waist of the engine: what happened, as a stream
// of events from which everything that a report or a resume needs can be
// rebuilt.
//
//	engine/run ──Append──► Journal ──► engine/store (SQLite)
//	                          │
//	events of a run ──Fold──► Run   (status, show, report, resume)
//
// Every intent is written before its effect and every outcome after it. Append
// returns when the events are on the disk; an acknowledged event is never lost.
//
// The states of a host and the moves between them are a table (States); Fold
// and the engine both use it, and nothing else knows the order of things.
package journal
