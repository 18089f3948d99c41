// Package lvm is the restore points of Linux hosts whose root is on a logical volume of
// LVM: snapshots of it, thick (with a size of their own) or thin (in the root's pool),
// under the name and with the tag of the point:
//
//	VG/TAG                   the point, with the LVM tag "patchwave"
//	LVM tag TAG on the root  a rollback to it was asked for; survives the merge
//	/.TAG in the root        was written just before the merge, and is gone after it
//
// # Space
//
// A thick snapshot keeps what is overwritten in the root until it is removed. It needs a
// fifth of what the root holds, at least 512 MiB, free in the volume group, takes half of
// what the root holds where there is that much, and is never larger than the root. If it
// fills up all the same, LVM makes it invalid: check and rollback see that and refuse, as
// they do when less than 32 MiB of it are left. A thin snapshot takes no space at first;
// its pool must have as much free, and less than 80 % of its metadata used. Where
// lvm.conf has LVM extend snapshots or pools by itself, it does; nothing relies on it.
//
// # What is refused
//
// A root that is on no volume, or on one of RAID, cache or another kind than linear,
// striped and thin; a shared volume group, or one with a missing disk; /usr, /etc or the
// package database on another file system, which a rollback would tear apart; an
// initramfs without dm-snapshot, with which a host that has a thick snapshot of its root
// would not boot again, rollback or not.
//
// # The way back
//
// LVM puts the merge into a root that is in use off to its next activation. On a host with
// systemd whose initramfs is not one of dracut that is on the way down: rollback fills
// /run/initramfs, a file system in memory, with LVM, what it loads, and a program to which
// systemd goes when everything else is unmounted. It unmounts the root, activates it anew,
// waits up to 5 minutes for the merge, and reboots. Whatever fails there, the host boots, and
// what was not merged is by that boot; so it is after a power cut. Elsewhere the boot does all.
//
// Why it is not left to the boot: an initramfs in which udev activates the root (that of
// Debian since 12) leaves a process of LVM behind that ends the merge, and the initramfs
// does not wait for it. Seen in a guest that was slow: udev had been stopped, the process
// waited for its answer, and every later command of LVM waited for the lock that it held,
// for ever. What the boot loader reads is another reason: it knows nothing of snapshots,
// and sees the volume as it is on the disk.
//
// In a boot that merges, the root is at once what it was; the kernel copies in the
// background. That this has ended LVM only sees when it is asked to look (lvchange --poll
// y): prove and remove ask for that. The snapshot is gone then.
//
// A /boot of its own does not go back. Before the merge the snapshot is mounted, and
// kernels that it has no modules for get those of now, so that whatever the boot loader
// takes can boot.
//
// The identity is the boot id. The proof of a rollback has three parts: the snapshot is
// gone, the root has the LVM tag of the point (the metadata of LVM does not go back), and
// what was written after the snapshot (/.TAG) is not in the root any more. So a snapshot
// that somebody removed is never taken for one that was merged.
//
// LVM's own records in /etc/lvm/archive and /etc/lvm/backup are written anew when a merge
// ends, and are not as they were.
//
// # Where it was tried
//
// With LVM 2.03.16, systemd 252 and Linux 6.1 of Debian 12, root on ext4, in guests of
// examples/lab/lvmguest. By whole runs: a thick root went back twice in a row and a thin one
// three times, merged on the way down, and was what it had been, to the byte; a volume group
// that is full keeps a point from being made; a thick snapshot that filled, or one that
// somebody removed, is not gone back to, and that is said. Power cuts: of a thick root
// between the point and the updates the host boots as it was, and the next run goes back; as
// the merge begins, of either, the boot goes on with it and the run ends as if nothing had
// been. The test there of a full pool, and that of a cut of a thin root before the updates,
// have not been run to their end. Nobody has tried dracut, xfs, or GRUB with a root that has
// a snapshot.
//
// # What it costs
//
// Measured by examples/lab/lvmguest (tag qemu) on a root of 1.4 GB, in guests under
// software emulation on two processors that others kept busy as well, some ten times
// slower than a real machine: create 10.8 s thick, 7.7 s thin; detect 12.4 s thick (it
// reads the initramfs), 2.9 s thin; check, prove and list 1 to 3 s; remove 8 s thick, 4 s
// thin; rollback 3 s and a boot, and a merge on the way down that took 12 and 9 s for 70 MB.
// What is put into memory for that are some 20 MB. Space: thick 512 MiB, taken from the volume group at
// once; thin nothing at first.
package lvm
