// Package snapper is the restore points of Linux hosts whose root is a subvolume of a
// btrfs that snapper keeps snapshots of. It is btrfs (the package beside it) with another
// keeper: what the root must be, space, quotas, proof and the swap are the same scripts.
//
// # Points
//
// A point is a snapshot of type single that snapper makes, read-only, in
// /.snapshots/NUMBER/snapshot, so that snapper list, undochange and the boot menus of
// others see it. Its id is the number. Numbers are given again by snapper: only
// patchwave=TAG in the userdata, read from what snapper wrote (info.xml), makes a snapshot
// ours; the description has the tag for people. It has no cleanup algorithm: those of
// snapper (number, timeline, empty-pre-post; important=yes only has another limit) neither
// count nor remove it, patchwave does. The pairs that hooks of apt, zypp or pacman make
// of the same transaction are another's, and left alone.
//
// The configuration is the one in SNAPPER_CONFIGS whose SUBVOLUME is "/"; without one
// detect says how to make it. snapper is asked over D-Bus, so that its daemon knows what
// is there, and with --no-dbus where that does not answer. A configuration that somebody
// has locked refuses a removal with code locked. A crash inside of snapper between its
// subvolume and its info.xml leaves a directory that neither snapper nor anybody else can
// tell whose it is.
//
// # Two ways back
//
// Where the default subvolume boots and /.snapshots is a mount of its own (openSUSE), by
// snapper rollback: it keeps the system of now as a snapshot, makes a writable copy of the
// point the default subvolume, and runs the plugins that keep the boot loader in step.
// Both have patchwave-rollback=TAG; the first goes with the point, the second is the
// system. The system from before snapper gives to its own number cleanup.
//
// Where the root is a named subvolume (Debian, Ubuntu, Arch, Fedora), snapper has no
// rollback (it says that it cannot detect the ambit), and where /.snapshots is inside of
// the default subvolume its rollback would boot without its snapshots. There the point is
// the source of the swap of package btrfs, and /.snapshots comes along like any subvolume
// inside of the root.
//
// # A power cut
//
// The swap is as in package btrfs. snapper's own rollback makes the copy and has it boot
// in one command, so that kernels in a /boot of its own get their modules in the copy only
// after it: a power cut in that moment can boot the old system with a newer kernel and
// without the modules that are not in the initramfs.
//
// # What it costs
//
// Printed by snapperscript_test.go and snapper_test.go of examples/lab, where package
// btrfs was measured: detect 0.1 s, create 0.15 s, check, prove and list 0.05 s, rollback
// 0.1 to 0.2 s and a boot, remove 0.1 s, with snapper 0.10 over D-Bus. A new point takes no
// space; the way back of snapper keeps the system that failed besides, here with 0.4 MB of
// its own, and the new system differs from the point by 14 MB of package lists.
package snapper
