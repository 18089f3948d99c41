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
// TestCutBeforeApply cuts the power between the restore point and the updates, and then
// looks at the disk as it was at every flush of a whole run that is rolled back, in the order
// of the host's own commits. TestCutInSwap has the file system committed after every step
// of the swap, so that there is a state of the disk for each; boots every one that
// differs, and has patchwave go on from there.
package btrfsguest
