// Package runner runs one connectors.Command over anything that can start a
// command line and has three streams: a channel of an SSH connection, or a
// process on this machine. It holds the parts of the contract of
// connectors.Session that do not depend on the way to the machine:
//
//   - the deadlines: of the command, of its silence, of the caller's context;
//   - the bounds of the two outputs, enforced while they arrive;
//   - the conversation with sudo, doas and su (package become), once for each
//     session, so that later commands know what works.
//
// A connector gives a Starter and gets a Session.Run:
//
//	Starter.Start(ctx, line, stdout, stderr) ──► Process ──► Wait ──► Exit
//
// Run never waits for a Process that does not end: when time is up it calls
// Abort, returns with what was read so far, and leaves the rest to Abort.
package runner
