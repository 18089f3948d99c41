// Package sim is a fleet of simulated machines behind real SSH and real WinRM on
// loopback: packages, a repository, updates, services, reboots, and faults. The
// demonstration runs on it, and whole-program tests do.
//
//	patchwave ──SSH──► listener ──► command line ──► sudo ──► sh -s ──► script, by its name
//	                   (a host)     words.go         sudo.go   shell.go  scan.go job.go …
//	patchwave ─WinRM─► service  ──► powershell.exe ──► the loader ──► script, by its name
//	                   wsman        windows_shell.go                  windows_scan.go …
//
// A machine runs no shell. It reads the head of a script (posix.Decode) and
// answers it by its name, in the frames that the real shell would print, from a
// model of the machine: host.go. So it can be wrong where the shell is right; the
// tests of this package hold its answers against the parsers of the real
// programs, and what they have in common stands in the doc.go of those packages:
//
//	scan, facts                 engine/scan, engine/updates/apt and dnf
//	simulate                    engine/updates/apt and dnf
//	job (claims and jobs)       engine/job
//	install, keep, rollback     engine/updates/apt and dnf, as the body of a job
//	reboot, action              engine/run, as the body of a job
//	require, wake, sleep        engine/run
//	probe, health               engine/health
//	restore-point               engine/restore/btrfs, where Machine.Btrfs says so: a fake
//	                            whose snapshots hold packages and what patchwave has there
//
// Any other command line is for a tiny set of commands (plain.go), or unknown.
//
// # What a machine is
//
// A machine is of a family (family.go): Debian with apt, Red Hat with dnf 4, or
// Windows, which is told of below.
// Machine says what it has at first. From then on it is a Host that changes as a
// real one would: an index that goes stale, packages that a job unpacks and
// configures one by one, a reboot flag, a claim, jobs that outlive connections
// and die in reboots. Everything of a Host stands under one lock; a script is
// answered while it is held, a job takes it for each of its steps. Time that a
// machine spends (a job, a reboot, a wait for a lock) is real, but short:
// Options says how short.
//
// Snapshot is for tests: what the host has, and what was done to it, in order.
// It is the witness that nothing is done twice.
//
// # Faults
//
// Faults are of one machine and can be changed while it runs. They show where a
// real machine would show them: in the handshake, in sudo's words, in dpkg's.
//
// # Windows
//
// Package wsman below this one is the WinRM service of a Windows machine, for any
// handler of commands.
//
// # Windows
//
// A machine of the family Windows (windows.go) has updates by their identity, each
// offered, staged until the next boot, installed, or on its way out; reasons for a
// reboot; restore points; services. Jobs and claims are those of Linux: only the
// digest and the language of a body differ. A boot is told by its FILETIME, and
// WinRM comes back as it does in life: refused, then 503, then 401, then an answer,
// and for a while after that the machine is not ready. A search for updates can go
// on over several questions. What can be wrong besides is in WindowsFaults.
//
//	scan, facts, simulate       engine/scan, engine/updates/winupdate
//	install, keep, rollback     engine/updates/winupdate, as the body of a job
//	job                         engine/job
//	reboot, ready, require      engine/run
//	health, probe               engine/health
//	restore-point               engine/restore
//
// # What it is not
//
// The solver knows versions, dependencies and conflicts by name, and looks no
// further than it must: it never backtracks. A kernel of the family Red Hat
// replaces the one before. Nothing fetches, and nothing is on a disk.
package sim
