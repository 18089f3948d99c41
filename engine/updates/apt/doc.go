// Package apt knows the apt of Debian, Ubuntu and their derivatives, from apt
// 1.6 to 3.x. It is shell that runs on the host (scan.sh, simulate.sh, job.sh, keep.sh,
// same.sh, back.sh, prove.sh, stage.sh)
// and pure parsers of what that prints.
//
// # Which updates are pending
//
// apt_scan asks apt what a plain upgrade would do, with versions, stopping
// before anything is fetched (`apt-get -V --print-uris upgrade`). The sections
// of that listing hold every upgradable package exactly once, and say which of
// them a plain upgrade leaves alone. That is three times cheaper than -s, which
// also orders the installation. For the packages it names, and no others, the
// scan asks apt-cache where the versions come from, and their source and size.
//
//   - held: kept back, and dpkg's selection is "hold";
//   - phased: in the section "deferred due to phasing" (apt 2.9 and later), or
//     kept back and `apt-cache policy` says "(phased N%)" of the version;
//   - kept-back: kept back for any other reason, which is that it needs packages
//     installed or removed, or needs one that is itself kept back;
//   - broken: the dependencies on the host are broken, so apt cannot say what an
//     upgrade would do; the listing is then `apt list --upgradable`, and the
//     state is failed.
//
// # What is a security update
//
// One whose version on offer, or a version between the installed one and that, is
// in an index of security updates: a label that ends in "-Security", or a suite
// or codename that is "security" or ends in "-security" (Ubuntu Pro's
// noble-infra-security too). A newer version in the main archive does not make
// the security update that it holds disappear. The package's name says nothing,
// and neither does the urgency of a changelog. Everything else is "other": apt
// carries no advisory, no severity and no CVE; they are joined later by Source
// and SourceVersion.
//
// # Frames
//
// TAB stands for one tab, "…|" for nothing or that. Empty frames are printed.
// Columns are never quoted. Function apt_index_age prints bare seconds, or
// nothing if there is no index or the sources were edited since.
//
//	apt.refresh    what apt-get update -qq printed, both streams; rc is apt's.
//	               Only apt_refresh prints it.
//	apt.host       KEY=VALUE: version=2.6.1, arch=amd64 (the native one),
//	               journal=yes if /var/lib/dpkg/updates holds an unmerged journal,
//	               lock=PID COMMAND if a process holds dpkg's lock
//	apt.reboot     KEY=VALUE: flag=yes if /run/reboot-required is there,
//	               package=NAME for each of its packages, flagged=yes if the host
//	               is one that sets the flag; then container=yes, or
//	               kernel=`uname -r`, build=`uname -v`, installed=RELEASE for each
//	               /boot/vmlinuz-RELEASE, image=VERSION of the running kernel's
//	               package
//	apt.states     ABBREV TAB NAME TAB ARCH TAB VERSION for packages that are on
//	               hold or not wholly installed; ABBREV is dpkg's, three
//	               characters: "hi ", "iF ", "iU "
//	apt.pending    what apt-get -V upgrade printed, without the lines that begin
//	               with an apostrophe; rc is apt's. Or the rows of apt list.
//	apt.files      N TAB LOCATION TAB RELEASE, the "Package files" of apt-cache
//	               policy: LOCATION "http://mirror.example/debian bookworm/main
//	               amd64 Packages", RELEASE "v=12.15,o=Debian,a=oldstable,
//	               n=bookworm,l=Debian,c=main,b=amd64". dpkg's own status is there
//	               too, as "a=now"; if there is nothing else, there is no index.
//	apt.versions   NAME[:ARCH] TAB VERSION TAB PHASED TAB N,N… for each version
//	               above the installed one, newest first; PHASED is "" or percent.
//	               Not there if nothing is pending.
//	apt.records    NAME TAB ARCH TAB VERSION TAB SIZE TAB SOURCE, SOURCE being "",
//	               "name" or "name (version)". Not there if nothing is pending.
//	apt.installed  NAME TAB ARCH TAB VERSION TAB STATE. Only if $pw_arg_names is
//	               set; STATE is "ok" or dpkg's word (half-configured, unpacked …)
//
//	apt.sim        the rows Inst, Remv and Purg of apt-get -s, then "Arch NAME
//	apt.sim.N      ARCH" for each removed package; rc and stderr are apt's.
//	               Inst NAME[:ARCH] [[OLD]] (NEW ORIGIN [ARCH]) [[…]]
//	               Remv NAME[:ARCH] [OLD]
//	apt.undo       NAME TAB ARCH TAB OLDVERSION TAB yes|packed|no (mode "set" only):
//	               packed if it is in no cache and no index, but installed, so that
//	               it can be packed again
//	apt.download   bytes to fetch, a number (mode "set" only)
//
//	apt.install    what apt and dpkg printed; rc is apt's. The last line is
//	apt.rollback   "patchwave: took N s". Lines "E: patchwave: …" are our own
//	apt.repair     refusals, "patchwave: nothing was changed" follows them;
//	               failures before "patchwave: next step" do not count;
//	               "patchwave: reboot required" if the flag was set meanwhile.
//	apt.stage      as apt.install, of apt-get --download-only.
//	apt.keep       NAME TAB ARCH TAB VERSION TAB kept|missing. What neither the
//	               cache nor the index has is packed again from its installed files.
//	               A file of the cache or the index counts if its fields, scripts,
//	               checksums and configuration files are those that dpkg knows.
//
// # Traps
//
//   - apt-get update exits 0 after a failed fetch or signature and keeps the old
//     index: --error-on=any, and for apt before 2.1 the warnings are read.
//   - The files of the index have the server's times, and a refresh that found
//     nothing new changes no time at all: a refresh that went well touches the
//     directory, one that failed puts its time back.
//   - DPkg::Lock::Timeout does not cover the lock of the lists: own loop.
//   - While another process changes packages the scan waits, at most
//     $pw_arg_lock_wait seconds: half-way it would look like a dpkg that was
//     killed. A lock under which nothing is half done is not waited for.
//   - An empty /var/lib/apt/lists means "0 updates" to apt: it is a failed scan.
//   - apt-get -s and apt list answer as if nothing were wrong after dpkg was
//     killed: the journal and the states of the packages are looked at.
//   - `apt-get upgrade pkg-` removes pkg; --only-upgrade install makes automatic
//     packages manual: install NAME=VERSION --mark-auto.
//   - A rollback purges what was newly installed, so that /etc is as it was, but only
//     what dpkg had not known before, not even as "rc", and what takes no place of a
//     package that was there (Replaces, Breaks, Conflicts, Provides): a purge script
//     may take data that the old one needs. All else is removed and left as "rc". A
//     configuration file that stood there before its package came is never taken.
//   - An archive file given to install, of a version that an index has too, is fetched from
//     there first, and from the file only as _apt, who may not read it: the sandbox is off.
//   - A version held back, a downgrade or a removal never happens because -y was
//     said: the flags that allow the last two are given only if the changes hold
//     one, and holds are never lifted.
//   - What apt would change beyond the plan stops the job before anything
//     happens.
//   - Locks are found by inode in /proc/locks: fuser and lsof are often absent.
package apt
