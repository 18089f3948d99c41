// Package job is work on a host that outlives the connection that started it:
// the detached job, the host's one lock, and the claim of a controller.
//
// # On the host
//
// Everything lives in one private directory, made by the first use:
//
//	/var/lib/patchwave-host/          root, 0700
//	  op.lock                         serialises the operations below (flock)
//	  host.lock                       held by the one job that works (flock)
//	  claim                           whose host this is at present
//	  fences/CONTROLLER               highest fencing number seen of a controller
//	  jobs/ID/body wrap boot_id       written once, checksummed, then "ready"
//	  jobs/ID/alive                   flock held by the running job's wrapper
//	  jobs/ID/out.log  pid  rc        what it printed, is, and ended with
//	  jobs/ID/yield                   somebody else wants the host: a download ends
//	  spare.1 … 4                     a MiB each, given back to write where the disk is full
//	  tombs/ID                        what is left of a collected job, 30 days
//
// The directory and its parent must belong to root and must not be links, else
// nothing is done: code guard.
//
// # Jobs
//
// A job's id is unique for ever and fixed in the journal before the job is
// started. Start is idempotent by it: starting what runs attaches, starting
// what has run answers with its outcome. A job is started by systemd-run, in a
// unit of its own that has its id in its name, or by setsid where there is no
// systemd; so neither the end of the connection nor the logout of the user ends
// it. It takes the host's lock before it does anything, checks the claim again
// under that lock, and gives neither lock to its children (a daemon that a
// maintainer script starts must not hold it).
//
// A job that runs is recognised by the flock on jobs/ID/alive, not by its pid:
// pids are used again. The package manager writes to a file, never to a pipe: a
// pipe that breaks kills it. The log is therefore read in bounded pieces, not
// cut while it is written.
//
// # Claims
//
// A claim says that one run of one controller works on this host; it stands
// from before the first change to the end, over reboots. Fencing numbers
// compare within one controller only; between controllers the claim decides. A
// claim that was not renewed for its time to live is abandoned and may be taken
// over, unless a job still runs. A claim of a run whose id begins with StagePrefix
// holds a host only for a download: it is set where no other claim stands, counts for
// no fencing number, and gives way at once, and so does its job. All times are the host's own clock, so that a
// skew between the machines cannot free a claim.
//
// # On Windows
//
// The twin of job.sh is job.ps1: the same operations, arguments and KEY=VALUE
// answers in frame "job", the same frame "log" (bytes of out.log as they are). What
// differs is in three arguments of start: body is a program of
// connectors/powershell, wrap that of the task, and sum the SHA-256 of body and a
// line feed, in lower-case hex.
//
//	%ProgramData%\patchwave\           SYSTEM and Administrators only, nothing inherited
//	  claim.json                      {"controller","run","fence","expires","name"}, all strings
//	  fences\CONTROLLER               highest fencing number seen of a controller
//	  jobs\KEY\body.ps1 wrap.ps1      written once, checksummed; then "ready"
//	  jobs\KEY\claim.json boot_id     whose it is, and the boot in which it was started
//	  jobs\KEY\alive                  held open for itself alone by the task's wrapper
//	  jobs\KEY\out.log  pid  rc       what it printed, is, and ended with
//	  jobs\KEY\yield                  somebody else wants the host: a download ends
//	  tombs\KEY                       what is left of a collected job, 30 days
//
// KEY is the id; one of more than 100 characters is cut and has a piece of its
// SHA-256 behind it, for the sake of the length of paths. A directory that exists
// already must belong to SYSTEM or Administrators, let nobody else in, and be no
// reparse point: code guard.
//
// A job is a task \patchwave\KEY of SYSTEM without a trigger, started on demand and
// removed when the job is collected: what a WinRM shell starts ends with the shell,
// and the update agent refuses whoever logged in over the network. Operations are
// serialised by the mutex Global\patchwave-op; the host's lock is the mutex
// Global\patchwave-job. Both are made with an access list of their own, and one that
// somebody else has made is refused: code guard.
//
// The wrapper takes "alive", then the host's lock, checks the claim and the boot,
// and runs the body in a PowerShell of its own, whose two streams it appends to
// out.log, standard error between lines of standard output only. It keeps the first
// 32 MiB. A body that starts a program that stays must not be waited for: five
// seconds after its end its streams are given up.
//
// Answers have one key more: why, in a state lost, says what the task scheduler knows
// (a LastTaskResult in words), so that "the task was ended by somebody" is told from
// "PowerShell could not be started". While "alive" is held a job runs, whatever its
// boot id says: a kernel object cannot outlive a boot. The boot id is the one of
// powershell.Boot, which stays when the clock is set.
//
// Restore points are not pruned by release: what stands behind a directory there
// (a shadow copy, a checkpoint) must go with it, which their own script does.
package job
