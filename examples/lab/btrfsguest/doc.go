// Package btrfsguest holds the trials of the providers btrfs and snapper against power cuts
// that lose what was not written: guests of QEMU under software emulation (package qemu)
// with a Debian kernel of their own, whose root is a subvolume of a btrfs: of the name @, or the
// default one, or the default one as snapper lays it out. They are built with the tag
// qemu and need root, a kernel with btrfs and loop devices, and
//
//	apt-get install qemu-system-x86 qemu-utils mmdebstrap apt-utils btrfs-progs openssh-client
//	go test -tags qemu -timeout 3h ./examples/lab/btrfsguest
//
// or bash .ci/run --full powercut. The disks are built once, in about two minutes, and
// kept in /var/tmp/patchwave-lab.
//
// TestFlushes needs no machine: the kernel of this one has the root mounted, from a disk that
// QEMU exports and logs, and the scripts of the provider run there. It looks at the disk as
// it was at every flush of a rollback. TestCutBeforeApply cuts the power of a guest between
// the restore point and the updates, and then looks at every flush of a whole run that is
// rolled back. TestCutInSwap has the file system committed after every step of the swap, so
// that there is a state of the disk for each; boots every one that differs, and has
// patchwave go on from there.
//
// Of these, TestFlushes was gone through for the name @ with a commit after every step (7
// layouts, each the whole of one system), and TestCutBeforeApply for the name @ and for the
// default subvolume: after the cut the run says that nothing was changed, the next one goes
// back, and of the flushes of its rollback those that were looked at have the whole of one
// system. TestCutInSwap and the layout of snapper were not yet gone through to their end.
package btrfsguest
