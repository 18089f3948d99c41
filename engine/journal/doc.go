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
//
// # The states of a host
//
// Drawn from the table States by go test -update. A star marks the states in
// which something on the host may have been changed.
//
//	  pending      plan accepted
//	   └─► checking skipped deferred cancelled
//	   on resume: start
//	  checking     lease taken, preflight begins
//	   └─► protecting ready unchanged unreachable failed skipped
//	       deferred cancelled
//	   on resume: repeat, it only reads
//	  unreachable  not reached before anything began
//	   └─► checking
//	   on resume: try again
//	* protecting   claim set on the host, restore point asked for
//	   └─► ready restoring failed lost deferred cancelled
//	   on resume: ask the provider whether it exists
//	* ready        protected, or none required; before each step or round
//	   └─► installing rolling-back restoring deferred skipped cancelled
//	   on resume: check the window again
//	* installing   intent journaled, job started
//	   └─► installed failed rolling-back restoring lost
//	   on resume: re-attach to the job by its id
//	* installed    job ended, host re-listed
//	   └─► rebooting verifying rolling-back restoring
//	   on resume: go on
//	* rebooting    boot id kept, reboot asked for
//	   └─► verifying rolling-back restoring failed lost
//	   on resume: compare boot ids
//	* verifying    host answers, settled
//	   └─► ready restoring rolling-back lost
//	   on resume: repeat, it only reads
//	* rolling-back policy asks, provider can
//	   └─► restoring failed lost
//	   on resume: ask the provider
//	* restoring    before every end once something was begun: undo actions, claim released
//	   └─► done unchanged failed rolled-back deferred skipped cancelled
//	       lost
//	   on resume: undo again: undo must be repeatable
//
// The ends are done, unchanged, failed, deferred, skipped, rolled-back, cancelled and lost.
package journal
