// Package plan makes a Plan: exactly what would be done, to which host, when in
// the order of waves and batches, and why everything else is left out.
//
//	decide    pure: observation + baseline ──► a Decision for every update
//	simulate  I/O:  the approved versions, asked of the host's own solver, and the
//	                restore points that it can make
//	settle    pure: what the simulation adds is a dependency; an update that would
//	                remove something, or change what is held, is blocked, and
//	                the rest is simulated again
//	split     where the policy asks for it: what needs no reboot first, as the host
//	          would do it alone, the rest as a step of its own
//	arrange   pure: hosts with their steps ──► waves and batches; no batch has more
//	          hosts of an availability than may be away at once
//	times     pure: waves + launches (policies/agenda) ──► when each can begin
//
// A plan is a value. Its digest is the SHA-256 of its canonical JSON (RFC 8785)
// without times and sentences; Save and Load write and read it as a file.
package plan
