// Package btrfs is the restore points of Linux hosts whose root is a subvolume of a
// btrfs: read-only snapshots of it in the directory @patchwave at the top of the file
// system, where neither the running system nor another tool looks.
//
//	@patchwave/TAG           the point
//	@patchwave/TAG.new       a writable copy of it, before it takes the place of the root
//	@patchwave/TAG.failed    what the host ran from before the rollback, kept as long as the point
//
// A rollback makes TAG.new, gives it the name of the root subvolume, and the root that
// of TAG.failed; where the root was the default subvolume, the new one becomes that
// after it. So both the flat layout of Debian (rootflags=subvol=@) and that of a
// default subvolume boot the old system, and neither fstab nor the boot entry has to
// change. A power cut leaves one of the two systems in place; only where mv cannot
// exchange names (coreutils before 9.5) there is an instant between two renames, which
// btrfs commits together unless a commit falls in between. A root that is mounted by
// subvolid= would not follow, and is refused by detect.
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
// # What it costs
//
// Measured by examples/lab/btrfs_test.go and btrfsscript_test.go on a root of 208 MB
// on a loop device, two busy processors: detect 0.1 s, create 0.1 to 0.4 s, check and
// prove below 0.1 s, rollback 0.5 s and a boot, remove 0.2 s. A new point takes no
// space; it then holds what the running root replaces: 4.5 MB of three small packages.
package btrfs
