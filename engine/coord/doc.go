// Package coord says who works on what: leases on runs, occurrences and hosts,
// shared by all processes of one controller.
//
// A lease is held by one owner, who renews it (a heartbeat). It ends when it is
// released, when its owner's process is provably gone, or when three heartbeats
// were missed; whoever takes it then has a higher fencing number, and the work
// of the one before dies with the lease it lost, however long it was stopped.
//
// A Keeper holds leases for a process: one heartbeat renews them all. Work takes
// its context from its Hold, and its journal from Guard.
//
// The leases stand in the controller's database; whatever keeps them passes one
// conformance suite. Claims (engine/job) stand on the hosts themselves and keep
// controllers apart that do not know each other.
package coord
