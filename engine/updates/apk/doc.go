// Package apk knows the apk of Alpine Linux, from apk-tools 2.12 to 3.x. It is
// shell that runs on the host (scan.sh, simulate.sh, job.sh) and pure parsers of
// what that prints.
//
// The recordings in testdata come from apk-tools 2.14.10 and 3.0.3, built from
// source, with a busybox userland and repositories made for the purpose; not
// from an installed Alpine Linux. Names of tests say Recorded where they use
// them.
//
// # Which updates are pending
//
// `apk list -u` names every newer version on offer, whatever keeps it back;
// `apk upgrade --simulate` says which of them an upgrade would bring. The others
// are held (a wish for a version in /etc/apk/world: "name=1.0-r0", "name<2") or
// kept-back. If there is no solution for all at once, apk's complaint becomes a
// note, the packages that it blames are broken, and the others stay free: each
// can be installed alone.
//
// apk's repositories carry no advisories: everything is "other". The security
// database is joined later by Source (apk's origin) and version.
//
// # Exact versions
//
// apk installs an exact version only by writing "name=version" into world. The
// job copies world before, and puts it back afterwards, so that nothing is
// pinned by being updated; a copy that a killed job left is used by the next.
// What the administrator pinned is never overruled.
//
// # Frames
//
// TAB stands for one tab. Function apk_index_age prints the age of the oldest
// index in seconds, or nothing if a remote repository has none.
//
//	apk.refresh    lines of apk update that begin with ERROR or WARNING, or say
//	               "distinct packages"; rc is apk's, which counts the failures
//	apk.host       KEY=VALUE: version=2.14.10, arch=x86_64, repositories=2,
//	               lock=PID COMMAND if a process holds the database
//	apk.reboot     KEY=VALUE: flag=yes; container=yes, or kernel=`uname -r` and
//	               installed=RELEASE for each directory of /lib/modules
//	apk.states     NAME TAB FLAGS of packages whose installation failed
//	apk.pending    the rows of apk list -u:
//	               NAME-VERSION ARCH {ORIGIN} (LICENSE) [upgradable from: NAME-OLD]
//	apk.world      the words of /etc/apk/world that hold <, >, = or ~
//	apk.upgrade    what apk upgrade --simulate printed, both streams. This and the
//	apk.policy     rows of apk policy only if something is pending
//	apk.installed  NAME TAB ARCH TAB VERSION TAB ok|broken. Only if $pw_arg_names
//
//	apk.sim        what apk add --simulate printed: "(1/2) Upgrading NAME (OLD ->
//	apk.sim.N      NEW)", "(2/2) Installing NAME (NEW)", "Purging NAME (OLD)"; then
//	               the rows of apk list for those names
//	apk.undo       NAME TAB ARCH TAB OLDVERSION TAB yes|no (mode "set" only)
//
//	apk.install    what apk printed; rc is apk's. The last line is
//	apk.rollback   "patchwave: took N s". Lines "ERROR: patchwave: …" are our own
//	apk.repair     refusals, "patchwave: nothing was changed" follows them.
//	apk.keep       NAME TAB ARCH TAB VERSION TAB kept|missing
//
// # Traps
//
//   - The exit status counts packages that were broken before: a simulation is
//     good if there is no ERROR, whatever the status.
//   - Old versions leave the mirrors at once: apk.keep has what is in the cache
//     or still in a repository, and says missing of the rest.
//   - apk upgrade upgrades itself first and starts anew: not in the simulation.
//   - A name holds dashes and digits; the version begins at the last dash before
//     a digit.
package apk
