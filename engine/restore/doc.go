// Package restore takes hosts back to what they were: the contract of all
// restore point providers, the scripts' wire format, and the provider "packages",
// which every host can have. The others live below, one folder each; each is real
// script files, embedded, and declarations. Nothing here opens a connection by itself:
// engine/run runs what Provider.Call returns (a script, a program, or for the API of
// Proxmox VE a function) and hands back what was answered. The contract that every provider keeps, as a test suite, is restoretest.
//
// # How one is chosen
//
// At protecting, before anything is changed, the providers of the policy are tried
// in its order: does it fit the host (Fits, without asking it), is it possible
// there with the space there is (detect), is it made (create), is it there and
// whole (check)? The first that is whole is the host's. A point that is only
// partial is kept, and the next provider is tried. If the policy requires a point
// and none is whole, or if it rolls back on failure and no whole way back could be
// had, the host ends there, unchanged. The journal, the plan and the report say
// which one it is, what it undoes, what it cannot, and why others were passed over.
//
// # The script restore-point
//
// Every provider but packages, functions and programs of the operator is one
// script of the name restore-point, version 1, in POSIX sh or PowerShell, or both; those
// in sh begin with words.sh, by which they answer, and on the host with host.sh.
//
//	Arguments
//	  op        detect | create | check | rollback | prove | remove | list
//	  provider  the kind: system_restore | vss | btrfs | snapper | lvm | zfs | hyperv | libvirt
//	  tag       patchwave's name of the point (see below), at most 40
//	            characters of [A-Za-z0-9_-]; absent for detect and list
//	  id        the provider's own name of it; absent before it was made
//	  before    (rollback, prove) the identity that check told before the rollback
//	  size      (list) yes: say how much each holds, though it takes its time
//	  domain    (hyperv, libvirt) the machine's name or number there
//	  uri       (libvirt) the connection URI as virsh takes it there
//
//	Answer: one frame "restore-point" of KEY=VALUE lines. The first of two equal keys
//	counts; undoes, cannot and point may stand several times.
//	  possible  yes | no                                      detect
//	  state     whole | partial | unusable                    create
//	            absent | whole | partial | unusable | pending  check
//	            pending | restored | not-restored             rollback, prove
//	            removed | absent | kept                       remove
//	  code      an error code: disk locked unsupported exit guard interrupted timeout sudo
//	  native    the provider's own number of what went wrong, for provider.Codes
//	  why       words about it, one line
//	  id        the provider's own name of the point          create, check
//	  identity  what the system is now; another one after     check, prove
//	            each rollback. One word, only ever compared
//	  free need size   bytes
//	  undoes cannot    what differs from host to host, in words
//	  point     TAG<TAB>ID<TAB>SECONDS<TAB>BYTES               list: created in seconds
//	            since 1970 UTC; only points whose tag is patchwave's
//
// An error ends the script without that frame (frame "error", see
// connectors/powershell), which is never taken for a success. detect, check, prove
// and list only read. create of a tag that is there already answers with that point.
// remove removes one point by id after it has seen that its tag is the one given; no
// operation touches a point whose tag is another's.
//
// On the host itself create, rollback and remove are the body of a job (engine/job),
// what reads is a command; on a hypervisor all are commands.
//
//	system_restore, on a client (facts: os name "windows")
//	  detect    asks CIM and the registry: is System Restore on for the system drive,
//	            are VSS and swprv not disabled, is there shadow storage?
//	  create    id = SequenceNumber, size unknown
//	  check     identity = the boot, in 16 hex digits
//	  rollback  state=pending; the host boots at once, the job does not end
//	  prove     state by SystemRestore.GetLastRestoreStatus
//	  remove    state=kept: Windows removes its oldest by itself
//	vss, on a server (facts: os name "windows-server")
//	  create    native = ReturnValue of Win32_ShadowCopy.Create if not 0; id = {GUID};
//	            the tag is kept in %ProgramData%\patchwave\points\TAG.json: a shadow
//	            copy has no name of its own
//	  rollback  is never asked: a shadow copy brings files back, by hand
//	btrfs, on the host
//	  id        UUID of the read-only snapshot
//	  identity  UUID of the subvolume that the running root is
//	  rollback  state=pending, and a reboot follows two seconds after the job; what
//	            refuses ends with status 1
//	  prove     restored: the running root is another one, whose parent is the point;
//	            pending with code interrupted: besides, a power cut left something of it to
//	            do, and rollback is to be asked for once more, as a command: it only
//	            finishes, and does not reboot
//	snapper, on the host: as btrfs, but
//	  id        number of snapper's snapshot. It counts only with the tag in its userdata
//	zfs, on the host
//	  id        guid of the snapshot
//	  identity  guid of the dataset that the running root is
//	  rollback  as with btrfs: a clone takes the name of the root, and a reboot follows
//	  prove     restored: the running root is another one, that grew from the point
//	lvm, on the host
//	  id        UUID of the snapshot
//	  identity  the boot id
//	  rollback  state=pending, and a reboot follows as for btrfs; a merge that was asked
//	            for before is not asked for again
//	  prove     restored: merged, as LVM says, and what was written after the point is
//	            gone. Has LVM look whether the kernel is done, which changes no data
//	hyperv, on the Hyper-V host
//	  identity  process id of the machine's worker process; another one after each start
//	  rollback  turns the machine off, applies the checkpoint, starts it
//	libvirt, on the hypervisor or over its URI
//	  identity  the domain's number of this start (domid) or "off"
//	  rollback  destroys the domain, reverts, starts it
//
// # The tag
//
// All that lists points tells them by their tag alone, and Proxmox VE, the narrowest, takes
// 40 characters, so that all stands in these (TagOf; Tag is the form before):
//
//	patchwave-ORIGIN_YYYYMMDD-HHMMSS-RRRSSSS
//	          │      │               │  └ a sum over the tag so far and the host
//	          │      │               └ tells runs of one second apart
//	          │      └ when the run began
//	          └ six digits of the identity that was made with the journal's database
//
// A point that no run of the journal has made is judged by it. Another origin: another
// controller made it, and it stays, whatever its age, unless the operator says that that
// one is gone for good. The own origin, as after a database was restored from an older
// copy (a copy has the identity of what it was copied from), or none, as in tags of the
// form before: it goes when it is older than expire and a day. A sum that is not of this
// host: it may be somebody's own, and stays. What the journal knows needs no origin.
//
// # Functions
//
// Where what makes the points has an API (proxmox), a call is a function, Call.Do, run on
// the controller. It answers in the same frame, is bound by the same promises, and may be
// called again; what is lost on the way of a rollback is told by prove.
//
// # What packages undoes
//
// The restore point that every host can have is a manifest of the versions that a
// run replaces, with copies of the old packages where they can be had. It undoes only
// packages, and only those whose old version was kept; it does not undo configuration
// and data that maintainer scripts changed. What came new is removed, with apt purged if
// dpkg had never known it and it replaced nothing; the kernel that runs is never removed.
//
// Marks, holds and locks that the host had when the point was made and has lost are set
// again, and that is told; new ones stay, and are told as well. What is configuration of
// the administrator (IgnorePkg, excludepkgs) is never touched.
//
//	         old packages from                           believed if
//	apt      apt's cache, the index, else packed again    whole, and fields, scripts,
//	         from the installed files (diverted ones too)  checksums and configuration
//	                                                       files are the installed ones
//	dnf,     dnf's cache, any repository                  whole, and its header is the
//	dnf5,                                                 one of the installed package
//	zypper                                                (no signature needs to be asked)
//	pacman   its caches, else its servers are asked for   whole, and with bsdtar: its list
//	         the file, whether they list it or not        of files is the installed one's
//	apk      its caches, the repositories                 it has something in it
//
// What cannot be had so is found out when the point is made. Then it is partial, the
// next provider is tried, and a policy that requires a point or rolls back on failure
// leaves the host unchanged and names the versions. Without room (half of what the old
// packages install, and 64 MiB) nothing is kept and the point is unusable.
//
// Mirrors that the host does not know are not asked. A snapshot of old versions (of the
// kind of snapshot.debian.org, aptly, pulp, archive.archlinux.org) is to be a source of
// the host from which nothing comes by itself; its old versions are then found before
// the apply. Tried in the lab, for each manager (TestArchive):
//
//	apt      a source, and in preferences.d a priority of 50 for it (not a negative one)
//	dnf      a repository with priority=200 and cost=2000
//	zypper   addrepo -p 200
//	pacman   the last Server of the repository; nothing need be listed there, and a plan
//	         does not ask it: it says that it cannot undo what no cache has
//
// A staging (engine/stage) fetches the old packages too, into /var/lib/patchwave-host/ahead,
// for 14 days; the point takes them from there: a mirror that is gone by night does not
// make it impossible. It packs nothing again: that needs no mirror.
//
// The point holds a manifest: every package with architecture, version and state, the
// automatic marks, the holds, and checksum, mode and owner of each file of the packages
// that change. After a rollback the host is compared with it (ProveScript): a package of
// the run that is not as it was is a failed rollback, everything else that differs is
// told.
//
// Measured in the lab on two processors that others used as well: keeping 50 packages
// of Debian (230 MB installed), of which none was in a cache, by packing them again: 63 s, 57 MB,
// of which 0.7 MB are the manifest; comparing with it 7 s. Two small packages with
// copies at hand: 2 s, below 0.3 MB.
//
// # A rollback of the whole system
//
// It takes back what patchwave has on the host too: claim, jobs and tombstones. It is
// therefore proven by the provider (prove, with the identity from before it, which
// is journaled first) and by the boot id, never by a file on the host; then the claim
// is set again and a tombstone is written for every job of the run, before any other
// job: an old job cannot come back to life.
package restore
