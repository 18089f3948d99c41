// Package run carries out a plan: a state machine a host, driven by the table of
// engine/journal, under batches, a breaker and the operator's word to stop.
//
//	Engine.Apply(plan)
//	  for each wave, for each batch        one after the other
//	    for each host of the batch         at once
//	      machine: state ──► one move ──► next state … until an end
//
// Each state has one function (moves). It journals what it is about to do, does
// it, journals what came of it, and names the next state. Because it finds all
// it needs in the folded journal, a host that is found in any state after a
// crash is carried on by the same functions: jobs are started by ids that are
// fixed in the journal, so that starting again attaches.
//
// A plan may have several steps for a host: each is a round of installing,
// rebooting and verifying, counted by the intents in the journal. Before a host
// begins, and before each later round, the time that its window leaves must be
// enough for the longest of its recent runs; else it is deferred.
//
// A host is in one run of the controller at a time: the machine works under its
// lease, and ends without another word when the lease is lost; what it has begun on
// the host goes on there, and is found by whoever has the lease then. Its number
// is the one of the claim on the host.
//
// Where the policy compares health, it is taken before the first change (after the
// actions of the preparation, whose undo comes at the end) and journaled with the
// first intent; every verification compares with that one, in later rounds and after
// a resume too.
//
// An update that fails does not end the host: the reboot that the others need
// and the verification follow, then the host has failed. If nothing was changed at
// all, or the policy rolls back, they do not. Later rounds are not begun.
//
// A rollback that was left is gone on with only where no other run has begun to change
// the host since (Work.Later); else the host fails, and what that run did stays.
//
// Losing the connection to a host is not losing its job: the machine dials
// again and asks for the job by its id.
//
// A run that is cancelled (Work.Cancel) brings hosts to their end on which
// something was begun, and cancels all others. Nobody waits for a wave that soaks
// any more. A run that cannot be gone on with, because its configuration is gone, is
// abandoned: that is written without asking a host.
//
// What a window leaves no time for is deferred, and with it the waves behind: what
// was not proven is not spread. Such hosts go on in another run of the rollout, in
// which the failures of the runs before count (Work.Earlier). Hosts that were not
// reached can be tried again in a run that has ended (Work.Late).
//
// # Preparation
//
//	checking     wake, if nothing answers ──► look at the host ──► requirements ──► drift
//	protecting   claim ──► restore point ──► actions, in their order
//	…            updates, reboot, verification, rollback
//	restoring    undo, last first ──► tidy up, release the claim ──► back to sleep ──► end
//
// The actions come after the restore point: a host that has no way back is not
// taken out of service at all, and one that has is out as shortly as can be. From
// the first action on, a host has begun: when the run drains, it goes to its end.
//
// What an action did is undone whatever became of the host, also by a resume, and
// never before the action has ended or after the host has: the intents in the
// journal say what may have been done. An action on a host is a job: begun once,
// and found again. An action of the controller and a packet that wakes a host are
// done at least once, under an id that stays the same. An undo that fails is tried
// three times and keeps no host from its end, but a host on which an action still
// stands has failed.
//
// A host that was woken goes back to what it was at every end of it, and when the
// run lets go of it before anything was changed; the claim is released before,
// since the host is gone afterwards, and the script looks whether another run was
// faster. A lost host stays on.
//
// # Restore points that may go
//
// A run removes those points of its hosts that are beyond keep or older than expire, and
// only points of runs of this database that have ended. A run of kind prune does nothing
// else: it holds lease and claim, removes what its plan names and the host still lists
// under the same tag and id, and asks the host again. Both journal each removal before
// and after: a resume finds that a point is gone which it had begun to remove, and tells
// that it removed it.
//
// # Windows
//
// The same states, over scripts of the same names whose PowerShell bodies print
// the frames of their twins:
//
//	reboot   (a job)  frame reboot: why it was refused, if rc is not 0; the job ends with
//	         rc as well. 0 asked, or one is under way; 20 a drive asks for a PIN or a key
//	         at start; else the code of shutdown.exe. Arguments: bitlocker=refuse|ignore
//	require  frames clock (seconds since 1970), disk (KIB TAB PATH, "?" for what cannot
//	         be told), processes (PID TAB NAME as it was asked for), users (NAME TAB WHERE;
//	         rc 1: cannot be told), blockers (WORD TAB TEXT a line: installer, servicing,
//	         reboot, bitlocker; nothing if nothing is in the way). Arguments as those of
//	         require.sh: mounts ("C:" or "C:\\"), processes, users; besides reboot=yes|no
//	         (whether the host is to be rebooted: then bitlocker is looked at) and wait
//	         (seconds for which an installer at work is waited for)
//	action   (a job)  frame action: what it printed, rc its exit status (124: it took
//	         longer than limit seconds; one that is no byte is 1, and told in the last
//	         line). Arguments action, limit, and argv or script (PowerShell here)
//	sleep    frame sleep: as sleep.sh. how=asleep hibernates; where hibernation is off, rc 1
//	ready    frame ready, lines of KEY=VALUE: boot_id, ready=yes|no, and reason=WORD: TEXT
//	         for each that is in the way: logon, servicing, reboot, worker, service.
//	         Argument services: names that must run unless they are disabled
//
// A host that answers after its reboot is not done with it: Windows installs the
// rest while it says "Getting Windows ready", and may reboot once more by itself. It
// has settled when ready says yes twice, ten seconds apart. Some hosts never show a
// logon screen: where logon alone is in the way for five minutes it is passed over.
// Another boot begins all that anew; more of them than reboot.cycles allows are a
// failure. All of this is part of the state rebooting.
//
// Before anything is changed a Windows host is asked what blocks it, whatever its
// policy requires: an installer at work, servicing in progress, a drive that would
// ask for a PIN while nobody is there.
//
// A host that fails is an event. Only a fault of the engine, above all a journal
// that cannot be written, is an error; then nothing more is begun.
package run
