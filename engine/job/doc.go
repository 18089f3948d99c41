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
package job
