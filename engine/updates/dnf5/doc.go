// Package dnf5 is dnf5: Fedora 41 and later, and dnf5 beside dnf elsewhere.
//
// It is shell and text. dnf5's questions take 0.05 s each, its tables are
// not fitted to a terminal when there is none, and with "dnf5 replay" it has what
// dnf 4 lacks: a transaction that is done exactly as written, or refused.
//
// # Frames
//
// What dnf5 tells of its progress is on standard error.
//
//	dnf5.refresh     "dnf5 makecache --refresh"; rc 1 and, on standard error,
//	                 >>> REASON … Failed to download metadata (…) for repository "ID": MESSAGE
//	dnf5.host        busy=yes|no (a transaction is under way), container=yes|no
//	dnf5.repos       ID<TAB>ok|missing<TAB>AGE                enabled ones; seconds, -1 if missing
//	dnf5.updates     NAME<TAB>ARCH<TAB>VERSION<TAB>REPO<TAB>SOURCERPM<TAB>SIZE, bytes
//	dnf5.all         the same without version locks and excludes: what is only here is locked
//	dnf5.from        NAME<TAB>ARCH<TAB>VERSION installed, of what is on offer
//	dnf5.solver      the table of "dnf5 --assumeno upgrade --no-best", see below: offers
//	                 that are not in it are broken, what it installs in place of another
//	                 package is on offer, too
//	dnf5.erasing     NAME<TAB>ARCH<TAB>VERSION                not in the table, but could be had by
//	                 removing other packages: kept back
//	dnf5.new         those, in the form of dnf5.updates
//	dnf5.advisories  "dnf5 advisory list --updates --json"
//	dnf5.cves        "dnf5 advisory list --updates --with-cve --json"
//	dnf5.duplicates  NAME<TAB>ARCH<TAB>VERSION                left behind by an interrupted transaction
//	dnf5.installed   NAME<TAB>ARCH<TAB>VERSION<TAB>ok         other lines are passed over
//	dnf5.kernel      running<TAB>NAME<TAB>ARCH<TAB>VERSION, once, or nothing; then
//	                 installed<TAB>NAME<TAB>ARCH<TAB>VERSION for each version of it
//	dnf5.reboot      "dnf5 needs-restarting": rc 1 and "  * NAME" lines, or rc 0
//	dnf5.since-boot  NAME                                     only if dnf5.reboot ended otherwise
//	dnf5.sim, dnf5.sim.N
//	                 "dnf5 --assumeno install NEVRA…": rc 1, the table and on standard error
//	                 "Need to download 19 KiB." and "Operation aborted by the user."; rc 0
//	                 and "Nothing to do."; or rc 1 and on standard error "Failed to resolve
//	                 the transaction:" and why
//	dnf5.undo        NAME<TAB>ARCH<TAB>VERSION<TAB>yes|no
//	dnf5.keep        NAME<TAB>ARCH<TAB>VERSION<TAB>kept|missing
//	dnf5.install, dnf5.rollback, dnf5.repair
//	                 dnf5's own output; rc 200 and "already locked by" if the lock did not
//	                 become free in time
//
// The table:
//
//	Package              Arch   Version         Repository       Size
//	Upgrading:
//	 liblab              noarch 0:1.0-2.el9_4.1 lab-updates  30.0   B
//	   replacing liblab  noarch 0:1.0-1.el9     lab-base     26.0   B
//	Installing:
//	 newname             noarch 0:2.0-1.el9     lab-updates  27.0   B
//	   replacing oldname noarch 0:1.0-1.el9     lab-base     27.0   B
//	Skipping packages with broken dependencies:
//	 needsdep            noarch 2.0-1.el9       lab-updates  28.0   B
//	(an empty line)
//	Transaction Summary:
//
// An unknown heading is an error, never passed over.
//
// # Traps
//
//   - The status of --assumeno is 1 whether there is a solution or not.
//   - --qf knows no \t and \n: they are put in as they are.
//   - One dead repository stops every question to the cache (-C), unless
//     skip_if_unavailable is set; then it is silently left out. dnf5.repos says so.
//   - Even a question waits for another transaction's end (5.4.6), but with
//     --skip-file-locks.
//   - dnf5 waits for another transaction without end, and has no option to do
//     otherwise that works (5.4.6): the locks are looked at before.
//   - "advisory list --with-cve --json" repeats the type where the severity should be;
//     severities come from the plain list.
//   - A failed scriptlet ends with 1 although the package is installed; dnf5 then also
//     forgets why it installed new packages: their marks are set again.
//   - "replay" takes the marks of new packages from the file: what replaces a package
//     that the user wanted is the user's, everything else a dependency.
package dnf5
