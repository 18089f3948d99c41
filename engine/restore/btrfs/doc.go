// Package btrfs is the restore points of Linux hosts whose root is a subvolume of a
// btrfs: read-only snapshots of it in the directory @patchwave at the top of the file
// system, where neither the running system nor another tool looks.
//
//	@patchwave/TAG           the point
//	@patchwave/TAG.new       a writable copy of it, before it takes the place of the root
//	@patchwave/TAG.failed    what the host ran from before the rollback, kept as long as the point
//
//	@patchwave/TAG.swap      a link to nothing while a rollback is not finished: what ran, and its name
//
// A rollback makes TAG.new and writes TAG.swap; where the root was the default
// subvolume, TAG.new becomes that; then TAG.new and the root exchange their names, in one
// step, and what ran gets that of TAG.failed. So both the flat layout of Debian
// (rootflags=subvol=@) and that of a default subvolume boot the old system, and neither
// fstab nor the boot entry has to change. A root that is mounted by subvolid= would not
// follow, and is refused by detect; so is a named root on a host where nothing can
// exchange two names (mv since coreutils 9.5, python3, or perl on 64 bits).
//
// After a power cut at any of these steps the host boots what ran or the copy of the
// point, never nothing. Until the copy has the place of the root, prove says that nothing
// was taken back, and the next rollback or remove clears what was begun. After it prove
// says pending with code interrupted, and rollback, asked for again, finishes: names,
// subvolumes inside, TAG.swap. btrfscut_test.go of examples/lab cuts at each step. What was
// told is on the disk by then, also on one that loses all that was not flushed: btrfs commits
// the steps in their order, TAG.swap with all that TAG.new holds before the first of them,
// and the last before the host is booted (flushes_test.go of examples/lab/btrfsguest).
//
// Subvolumes inside of the root are in no snapshot. They are moved along by the
// rollback, with all they hold, and nothing is ever removed recursively: one that
// could not be moved keeps TAG.failed from being removed. Where /usr, /etc or the
// package database are not in the root subvolume, a rollback would tear them apart,
// and detect says no.
//
// A /boot of its own does not go back. Kernels in it that the old root has no modules
// for get those of the newer system, so that whatever the boot loader takes can boot.
//
// The proof of a rollback is the UUID of the running root: another one than before,
// and its parent is the point.
//
// Points are refused with code disk below 2 GiB of free space (15 % of a small disk, at
// least 512 MiB), below 128 MiB for metadata (unallocated and allocated together), and
// where a quota group leaves the root less than that. A rollback needs next to nothing,
// and goes through on a disk that is full to the last byte. Programs that it needs and that
// the updates have taken away (btrfs, perl, snapper) are those of the point.
//
// # What it costs
//
// Printed by btrfs_test.go and btrfsscript_test.go of examples/lab, for a root of 208 MB
// on a loop device and two busy processors: detect 0.1 s, create 0.1 to 0.2 s (0.4 s with
// a disk under load), check, prove and list 0.05 s, rollback 0.1 to 0.5 s and a boot,
// remove 0.1 to 0.4 s. A new point takes no space; it then holds what the running root
// replaces: 4.6 MB of three small packages.
package btrfs
