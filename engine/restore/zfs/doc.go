// Package zfs is the restore points of Linux hosts whose root is a dataset of its own on
// ZFS: snapshots of it, POOL/ROOT/NAME@TAG, with the property io.patchwave:tag and a hold
// named patchwave, so that nobody's cleaning removes them unseen. What does not have the
// mark itself is somebody else's: one that is inherited marks nothing.
//
// # The way back
//
// ZFS would take back a mounted root only by removing every newer snapshot, whoever made
// it, and under the feet of the running system. So nothing is rolled back: a clone of the
// point takes the name of the root, as a boot environment.
//
//	POOL/ROOT/TAG.new       a writable clone of the point, with the settings of the root
//	POOL/ROOT/TAG.failed    what the host ran from before, kept as long as the point
//
// The root is renamed to TAG.failed, while it is mounted, and TAG.new to the root; then
// bootfs of the pool is set, where it named the root; then the new root is promoted, so
// that the snapshots from before the point are found under the names that they had. Those
// made since are in TAG.failed. So both hosts that boot by name (root=ZFS=POOL/ROOT/NAME:
// GRUB as in the guide of OpenZFS for Debian, ZFSBootMenu) and those that boot by bootfs
// boot the old system, and neither a boot entry nor a file of the system has to change.
//
// # A power cut
//
// On a host that boots by bootfs a power cut leaves one of the two systems, at any moment:
// bootfs goes along with the renamed root until it is set. The root that is being renamed
// is marked with what it is called (io.patchwave:name). Where it is found to run under
// another name, the next create, rollback or remove gives it its own again, and takes it
// from a copy that had it already.
//
// On a host that boots by name (root=ZFS=NAME) there is a moment between the two renames in
// which no dataset has the name. A cut then stops the boot in the initramfs, and
//
//	zfs rename POOL/ROOT/TAG.failed POOL/ROOT/NAME
//
// brings back what it ran from. That cannot be closed from here:
//
//   - ZFS has no exchange of two names (openzfs issue 9412, closed without one). A rename is
//     a transaction group of its own: its name must be free when it is asked for, and is
//     free only when the group with the other rename is done. Channel programs, which do
//     several things in one, have no rename (zfs-program(8)).
//   - What ZFS changes in one step is the content under a name: rollback, and receive -F. Both
//     destroy every newer snapshot, whoever made it; a channel program refuses them on what
//     is mounted, and the commands change the files of the running system.
//   - The initramfs of zfs-initramfs does not fall back: where root= names a dataset it takes
//     no other, and does not look at bootfs.
//   - Anything that mends it at boot would have to be in the initramfs or the boot menu before,
//     and patchwave installs nothing.
//
// A host that boots with root=zfs:AUTO, and bootfs set, has no such moment.
//
// detect says no where that would not come through: datasets below the root (zsys of
// Ubuntu), a root with an encryption key of its own, a root that is the top of its pool,
// /usr, /etc or a package database in another dataset, a next boot that takes another
// dataset, a pool that is not ONLINE, is read-only or more than 80 % full, OpenZFS before
// 2.1 with a mountpoint that is not legacy.
//
// A /boot of its own, as in bpool, does not go back, and no point of it is made: GRUB reads
// it by name, and its pool cannot change in the same instant as that of the root. Kernels in
// it that the old root has no modules for get those of the newer system.
//
// The proof of a rollback is the guid of the dataset that is mounted on /: another one
// than before, and grown from the point. remove takes the point and what was made for it,
// one by one and never what hangs on it: a snapshot of somebody in TAG.failed, a clone or
// a hold of somebody else keeps the point, and is told.
//
// # Where it was tried
//
// pool_test.go (build tag zfs) goes through all of it with OpenZFS 2.1.11 on the kernel of
// Debian 12 in a machine of its own, under emulation, booted by name and by bootfs; the
// initramfs there is a small one that does as that of zfs-initramfs does. cut_test.go boots
// from what a power cut would leave of a rollback: by bootfs the three states were seen, the
// old name, TAG.failed and the restored system; going on from there was on the fake only.
// fake_test.go is a fake of the commands zfs and zpool, for what goes wrong. No host that is in use was met:
// neither GRUB nor ZFSBootMenu nor dracut took part.
//
// # What it costs
//
// Under that emulation, which is some ten times slower than a processor: detect 2 s, create
// 2 s, check and prove below 1 s, rollback 4 s and a boot, remove 2 s. On real hardware it
// was not measured. A new point takes no space; it then holds what the running root
// replaces.
package zfs
