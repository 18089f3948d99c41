// Package pacman manages the packages of Arch Linux and its derivatives with
// pacman (6.0 and newer). It is shell functions and pure parsers; see package
// updates.
//
// # The private index
//
// Refreshing the host's own database without upgrading everything is how an Arch
// host is broken: the next package that is installed is built for newer
// libraries. So the index is synchronised into a database directory of our own,
// /var/cache/patchwave-host/pacman (root, mode 0755: pacman 7 downloads as
// another user; verified to be no link and nobody else's), whose "local" is a
// link to the installed packages. The age of the index is that of its file
// "stamp", written after a refresh in which every repository answered. Scan,
// simulation and installation read this index; without it the host's own one is
// read. The host's own index is never changed.
//
// # Frames
//
//	pacman.refresh   output of `pacman -Sy` on the private index; 75: another scan
//	                 is at it, 77: the directory is not root's alone
//	pacman.state     KEY=VALUE: index=private|system, lock=none|live|stale,
//	                 lock_file=PATH, uid=N, modules=present|missing|unknown (of
//	                 the running kernel), booted=SECONDS
//	pacman.outdated  `pacman -Qu`: "NAME OLD -> NEW", with " [ignored]" for
//	                 IgnorePkg; status 1 and nothing else: nothing is pending
//	pacman.details   only if something is pending: NAME|VERSION|REPO|SIZE|ARCH|BASE|
//	                 BUILDDATE|URL a line; ARCH, BASE and BUILDDATE stay "%a", "%e",
//	                 "%b" before pacman 6.1
//	pacman.full      only if something is pending: what a full upgrade would
//	                 install, NAME|VERSION a line; status 1 with ":: unable to
//	                 satisfy dependency 'X' required by NAME" if it cannot
//	pacman.recent    NAME<TAB>SECONDS: when packages of the kind that needs a reboot
//	                 were installed, if after the boot
//	pacman.installed NAME<TAB>ARCH<TAB>VERSION<TAB>ok a line, if names were asked
//	pacman.sim[.N]   pacman's output up to the question whether to proceed, which
//	                 nobody answers; status 0. Its list is the answer:
//	                 "Packages (2) app-2.0-1  oldthing-1.0-1 [removal]"
//	pacman.sim[.N].local   NAME<TAB>ARCH<TAB>VERSION: what is installed of those
//	pacman.sim[.N].offers  as pacman.details, of those that would be installed
//	pacman.undo      NAME<TAB>ARCH<TAB>OLDVERSION<TAB>yes|no
//	pacman.download  output of the download into pacman's cache
//	pacman.install   output of `pacman -U`, both streams in standard output; or
//	                 "refused: drift: …" (65), "refused: locked: …" (75),
//	                 "refused: stale: …" (76): then nothing was done
//	pacman.reasons   `pacman -D --asdeps` of what came new
//	pacman.keep      NAME<TAB>ARCH<TAB>VERSION<TAB>kept|missing
//	pacman.rollback  like pacman.install; "refused: missing: …" (66), or last
//	                 "partly: no file of …" (67): the rest is rolled back
//	pacman.repair    `pacman -Dk` after a stale lock was removed
//
// # Traps handled
//
//   - Arch supports full upgrades only. A part of one is possible and is what a
//     baseline may ask for; a note of the listing says so.
//   - pacman has no dry run that shows removals (--print leaves conflicts out).
//     The simulation is a real transaction on a copy of the database directory
//     with a lock of its own that ends at the question whether to proceed, for
//     there is nobody to answer. "y" is given to "X and Y are in conflict. Remove
//     Y?" only. Should anything go wrong, a hook of its own aborts it.
//   - pacman installs what the index offers, not a version one names. The exact
//     files are downloaded into the cache, where they change nothing, and
//     installed by `pacman -U` after a dry run has shown exactly the planned
//     changes; else nothing is done: drift.
//   - The lock is an empty file without a process id. It is live as long as any
//     process has libalpm mapped; else it is stale, the listing failed with code
//     interrupted.
//   - A failed install script or hook leaves status 0: it is found in the output.
//   - IgnorePkg and IgnoreGroup show as "[ignored]": BlockedBy locked.
//   - There is no security data: classification other, severity unknown.
//   - Install reasons: an upgrade keeps them; what comes new is marked as a
//     dependency, unless it may replace a package that was installed explicitly;
//     going back restores those of removed packages.
//   - A reboot is needed if the running kernel's modules are gone (its package
//     was upgraded), or a package of the published list came after the boot.
package pacman
