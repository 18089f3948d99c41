// Package zypper manages the packages of SLES and openSUSE with zypper (1.13 and
// newer). It is shell functions and pure parsers; see package updates.
//
// # Frames
//
// "XML" is the output of zypper --xmlout, passed through zypper_slim: the same
// elements and attributes, one tag a line, without summary, description,
// license, title, href, progress and option, and with the "Problem: …"
// description of a prompt turned into <message type="problem">. The parsers read
// the full output as well. The frame's status is zypper's.
//
//	zypper.refresh   XML of `refresh`; 4 or 106: some repository failed
//	zypper.list      XML of `list-updates -t package -t patch`: what zypper would
//	                 install. 0, 106 (repository skipped), 7 (locked), 5 (not root)
//	zypper.packages  only if zypper.list has a patch with pkgmanager="true": XML of
//	                 `list-updates -t package`
//	zypper.patches   only if a patch is listed; of `patch-info`, for each patch:
//	                   Name        : LABSA-2026:0001
//	                   Conflicts   : liblab < 1.0-2.el9_4.1
//	                 or, for several, "Conflicts   : [2]" and one a line after
//	                 blanks; then an empty line. A package may be NAME.ARCH
//	zypper.all       XML of `list-updates --all -t package`: also what zypper
//	                 would not install by itself
//	zypper.locks     only if zypper.all has more: /etc/zypp/locks as it is
//	zypper.rest      only if zypper.all has more: XML of a dry run of installing
//	                 that; its problems say which are broken
//	zypper.rpm       NAME<TAB>ARCH<TAB>[EPOCH:]VERSION-RELEASE<TAB>SOURCERPM a line,
//	                 the installed instances of the listed packages
//	zypper.doubles   NAME<TAB>ARCH<TAB>EVR a line, every instance of a package that
//	                 is installed twice and must not be; normally empty
//	zypper.reboot    `needs-rebooting`: status 102 yes, 0 no, else unknown
//	zypper.installed NAME<TAB>ARCH<TAB>EVR<TAB>ok a line, if names were asked
//	zypper.sim[.N]   XML of `install --dry-run`; the install-summary is the answer
//	zypper.undo      NAME<TAB>ARCH<TAB>OLDVERSION<TAB>yes|no
//	zypper.install   plain output of `install`; a second frame of the name if 103
//	                 made it run again; zypper.rollback and zypper.repair alike.
//	                 A second zypper.rollback with status 104 names old versions
//	                 that are not to be had; the rest is rolled back
//	zypper.verify    plain output of `verify`, after a repair
//	zypper.auto      what was done to keep /var/lib/zypp/AutoInstalled as it was:
//	                 "same", "restored", or "failed"
//	zypper.keep      NAME<TAB>ARCH<TAB>VERSION<TAB>kept|missing
//
// # Traps handled
//
//   - zypper's own patch command silently leaves out interactive patches (those
//     that need a reboot or a licence) and fails whole when one package is
//     locked. Nothing is installed by patch: always packages by exact version,
//     NAME.ARCH=VERSION, with licences agreed to.
//   - Patches are mapped to packages by their Conflicts (package < fixed version):
//     that gives an update its advisories, CVEs, severity, category and reboot.
//   - While a patch of zypper itself is needed (pkgmanager="true"), list-updates
//     with both types leaves all packages out and puts the other patches into a
//     blocked-update-list: packages are asked for once more.
//   - list-updates hides what is locked, what would change vendor and what cannot
//     be resolved; list-updates --all shows it. The difference is BlockedBy
//     locked (by /etc/zypp/locks), broken (the dry run says "nothing provides")
//     or kept-back.
//   - Status 106 and a failed refresh leave a listing of the other repositories,
//     or of old metadata: stale, with the repository's name.
//   - Even reading takes zypper's lock (status 7): ZYPP_LOCK_TIMEOUT bounds the
//     wait. The simulation runs with ZYPP_READONLY_HACK, libzypp's switch for
//     readers, and takes no lock.
//   - Status 103 (zypper updated itself): the same command runs once more. 107 (a
//     scriptlet failed) is a success with failures. 102 and a patch's restart
//     flag are remembered in /run/reboot-needed, libzypp's own mark, which a
//     reboot removes: installing the packages of such a patch, instead of the
//     patch, would leave no trace of the need.
//   - `install NAME=VERSION` takes a package off /var/lib/zypp/AutoInstalled. The
//     file is compared and restored; packages that came new are added to it,
//     unless one that was no dependency goes: they may replace it.
//   - Recommended packages are not pulled in by an installation: it names all
//     changes that the simulation showed, and no others may come.
//   - An rpm that was killed leaves a package twice in the database: the scan is
//     failed with code interrupted. Packages that may be installed in several
//     versions (kernels) are none.
package zypper
