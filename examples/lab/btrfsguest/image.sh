#!/bin/sh
# Builds the disks of the guests whose root is a subvolume of a btrfs, into the directory
# $1: name.img, default.img and snapper.img, the kernel, its initramfs, a key, and known
# (the host key). Root, and a kernel with btrfs and loop devices, are needed.
set -eu
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
here=$(cd "$(dirname "$0")" && pwd)
out=$1
work=$(mktemp -d "${TMPDIR:-/tmp}/patchwave-btrfs.XXXXXX")
root=$work/root top=$work/top

leave() {
	umount "$top" 2>/dev/null || :
	rm -rf "$work"
}
trap leave EXIT

# shellcheck source=examples/lab/qemu/system.sh
. "$here/../qemu/system.sh"

# quick: a guest boots under emulation, on a machine that may be busy: what it does not
# need it does not start, and nothing gives up for being late.
quick() {
	cat >"$root/etc/systemd/system/lab-net.service" <<-'END'
		[Unit]
		DefaultDependencies=no
		Wants=systemd-udev-settle.service
		After=systemd-udev-settle.service
		[Service]
		Type=oneshot
		RemainAfterExit=yes
		ExecStart=ip link set eth0 up
		ExecStart=ip address replace 10.0.2.15/24 dev eth0
		[Install]
		WantedBy=sysinit.target
	END
	mkdir -p "$root/etc/systemd/system.conf.d"
	printf '[Manager]\nDefaultTimeoutStartSec=infinity\nDefaultTimeoutStopSec=300\nDefaultDeviceTimeoutSec=infinity\nShowStatus=no\n' >"$root/etc/systemd/system.conf.d/lab.conf"
	chroot "$root" systemctl enable lab-net
	chroot "$root" systemctl mask snapper-timeline.timer snapper-cleanup.timer snapper-boot.timer apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer \
		fstrim.timer dpkg-db-backup.timer systemd-logind systemd-hwdb-update systemd-timesyncd systemd-networkd getty@tty1 serial-getty@ttyS0 \
		systemd-update-utmp systemd-pstore systemd-binfmt
	echo MODULES=list >"$root/etc/initramfs-tools/conf.d/lab"
	printf '%s\n' virtio_pci virtio_blk virtio_net btrfs >>"$root/etc/initramfs-tools/modules"
	chroot "$root" update-initramfs -u
}

system() {
	debian btrfs-progs,snapper
	quick
	packages
	mv "$root"/boot/vmlinuz-* "$out/vmlinuz"
	mv "$root"/boot/initrd.img-* "$out/initrd"
	rm "$root"/vmlinuz* "$root"/initrd.img* # links to what is no longer there
}

# disk NAME mounts the top of a new one at $top.
disk() {
	truncate -s 3G "$out/$1.img"
	mkfs.btrfs -q "$out/$1.img"
	mkdir -p "$top"
	mount -o loop "$out/$1.img" "$top"
}

# named: the flat layout of Debian. by_default: what is mounted where none is named.
named() {
	disk name
	btrfs subvolume create "$top/@"
	cp -a "$root/." "$top/@/"
	echo '/dev/vda / btrfs subvol=@ 0 0' >"$top/@/etc/fstab"
	umount "$top"
}

by_default() {
	disk default
	btrfs subvolume create "$top/@"
	cp -a "$root/." "$top/@/"
	echo '/dev/vda / btrfs defaults 0 0' >"$top/@/etc/fstab"
	btrfs subvolume set-default "$top/@"
	umount "$top"
}

# by_snapper: the layout of openSUSE, the system in the first snapshot of snapper.
by_snapper() {
	disk snapper
	btrfs subvolume create "$top/@"
	btrfs subvolume create "$top/@/.snapshots"
	mkdir "$top/@/.snapshots/1"
	first=$top/@/.snapshots/1/snapshot
	btrfs subvolume create "$first"
	cp -a "$root/." "$first/"
	mkdir "$first/.snapshots"
	printf '/dev/vda / btrfs defaults 0 0\n/dev/vda /.snapshots btrfs subvol=@/.snapshots 0 0\n' >"$first/etc/fstab"
	printf '<?xml version="1.0"?>\n<snapshot>\n  <type>single</type>\n  <num>1</num>\n  <date>%s</date>\n  <description>first root filesystem</description>\n</snapshot>\n' \
		"$(date -u '+%Y-%m-%d %H:%M:%S')" >"$top/@/.snapshots/1/info.xml"
	sed -e 's/^TIMELINE_CREATE=.*/TIMELINE_CREATE="no"/' "$first/usr/share/snapper/config-templates/default" >"$first/etc/snapper/configs/root"
	sed -i 's/^SNAPPER_CONFIGS=.*/SNAPPER_CONFIGS="root"/; s/^DISABLE_APT_SNAPSHOT=.*/DISABLE_APT_SNAPSHOT="yes"/' "$first/etc/default/snapper"
	btrfs subvolume set-default "$first"
	umount "$top"
}

main() {
	mkdir -p "$out"
	system
	named
	by_default
	by_snapper
}

main </dev/null
