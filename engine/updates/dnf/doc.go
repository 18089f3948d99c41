// Package dnf is dnf 4: Red Hat, Alma, Rocky, Oracle 8 and 9, Amazon 2023,
// Fedora before 41, and dnf on Debian.
//
// # Why there is Python in the shell
//
// The shell carries a small program for the Python that dnf itself runs on
// (common.py, scan.py, solve.py, change.py, main.py), as a here-document. It adds
// one command to dnf's own command line (dnf.cli.main), so configuration,
// plugins, variables, locks, signature checks, prompts and history stay dnf's own.
// The text that dnf prints cannot give what is needed:
//
//   - the table of "dnf --assumeno" names no old versions in upgrades, wraps long
//     names, is fitted to a terminal's width, and vanishes with -q;
//   - "each update alone" is one load of the metadata instead of one for each;
//   - one transaction for installs, upgrades, downgrades and removals does not exist
//     on the command line ("dnf shell" ends with 0 whatever happened), nor does
//     a check, between solver and transaction, that nothing else would happen;
//   - a scan needs five questions (upgrades, the same without locks, advisories,
//     CVEs, obsoletes): five loads of the metadata, or one. With two tiny
//     repositories one dnf command takes 0.16 s and the whole scan 0.17 s; with
//     those of a distribution a load takes seconds.
//
// What it uses is dnf's documented API for plugins, and of libdnf what dnf's own
// commands use; a dnf that lacks something of it ends with a traceback, and the
// scan is failed, not empty. It is Python 3.6, as on EL 8.
//
// # Frames
//
// Fields have tabs between them and "-" for empty; unprintable characters are
// replaced by spaces.
//
//	dnf.refresh    repo ID ok|failed MESSAGE                  rc 0, 1 if any failed, 200 locked
//	dnf.scan       busy                                       a transaction is under way
//	               repo ID ok|missing AGE MESSAGE             AGE in seconds, -1 if missing
//	               update NAME ARCH FROM TO REPO SOURCE SOURCEVERSION SIZE BUILT BLOCKED REPLACES
//	                   FROM "-" if it installs anew; BUILT in seconds since 1970; BLOCKED
//	                   "-", locked, kept-back or broken; REPLACES: obsoleted names with "," between
//	               hidden NAME ARCH VERSION                   newer than TO, but locked or excluded
//	               advisory NAME ARCH VERSION ID TYPE SEVERITY UPDATED CVES
//	                   TYPE security, bugfix, enhancement, newpackage or "-"; SEVERITY the
//	                   vendor's word; UPDATED 2006-01-02T15:04:05Z; CVES with "," between
//	               duplicate NAME ARCH VERSION                left behind by an interrupted transaction
//	               kernel NAME RUNNING NEWEST                 only if the running kernel is a package
//	               since-boot NAME ARCH VERSION               only without needs-restarting
//	dnf.installed  NAME ARCH VERSION ok                       other lines are passed over
//	dnf.host       container=yes|no
//	dnf.reboot     "dnf needs-restarting -r": rc 1 and "  * NAME" lines, or rc 0
//	dnf.solver     empty; its rc and stderr are those of the program
//	dnf.sim, dnf.sim.N
//	               problem MESSAGE                            or:
//	               change ACTION NAME ARCH FROM TO SIZE       SIZE of the download, in bytes
//	               ok                                         the last line
//	dnf.undo       NAME ARCH VERSION yes|no
//	dnf.keep       NAME ARCH VERSION kept|missing
//	dnf.install, dnf.rollback, dnf.repair                     dnf's own output; rc 200 locked
//
// # Going back
//
// A rollback is one transaction of our own, made of what the restore point holds, and
// not "dnf history undo". Both end with the same packages where a repository still has
// every old version; beyond that ours does more, as the lab shows (TestHistoryUndo):
//
//   - undo takes old versions from repositories only, and changes nothing if one of them
//     has vanished; ours takes the kept files, without any repository, and where one was
//     not kept it brings back the rest;
//   - a version lock on what is installed now stops undo; ours sets locks and excludes
//     aside for its one transaction, and leaves them as they are;
//   - undo is about one transaction of dnf's history, whoever made it; ours is about the
//     changes of a run, and is refused if it would change anything else.
//
// # Traps
//
//   - A dead repository hides behind skip_if_unavailable, or without it stops the
//     refresh of all others. Each is loaded by itself and answers for itself.
//   - A host without any enabled repository (an unregistered one) has no updates and
//     is not up to date: the listing is failed.
//   - The scan reads only what is cached, however old, so that it is the same
//     metadata in scan, simulation and installation, and no question fetches.
//   - Locked (versionlock) and excluded packages are found by asking again without
//     excludes; modular filtering stays.
//   - An advisory between the installed version and the one on offer counts.
//   - libsolv is asked once, in the loaded process, what upgrading everything would
//     bring: an offer that it cannot bring is kept back if it could be had by removing
//     other packages, else broken.
//   - A transaction under way shows duplicates, too: rpm's lock is looked at first.
//   - A failed scriptlet ends with 0 and "Complete!"; it is found in the text.
//   - Naming a package to dnf marks it as wanted by the user. New packages are
//     marked as dependencies, obsoleting and parallel ones inherit, as dnf does it.
//     (When the limit of parallel kernels removes one, dnf 4.14 itself marks the
//     others "unknown", which keeps them like "user".)
//   - dnf's advisories do not carry reboot_suggested: the published list is used.
package dnf
