#!/bin/sh
# Builds the disks of the guests whose root is a logical volume, into the directory $1:
# thick.img and thin.img, the kernel, its initramfs, a key, and known (the host key).
# This machine need not have a device mapper: the volumes are made by the guest's own
# kernel, in a first boot that does nothing else.
set -eu
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
here=$(cd "$(dirname "$0")" && pwd)
out=$1
work=$(mktemp -d "${TMPDIR:-/tmp}/patchwave-lvm.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root

# shellcheck source=examples/lab/qemu/system.sh
. "$here/../qemu/system.sh"

system() {
	debian lvm2,e2fsprogs,thin-provisioning-tools
	printf '[Match]\nType=ether\n[Network]\nDHCP=yes\n' >"$root/etc/systemd/network/10.network"
	chroot "$root" systemctl enable systemd-networkd
	echo 'LABEL=labroot / ext4 defaults 0 1' >"$root/etc/fstab"
	packages
	cp "$root"/boot/vmlinuz-* "$out/vmlinuz"
	cp "$root"/boot/initrd.img-* "$out/initrd"
}

main() {
	mkdir -p "$out"
	system
	mke2fs -q -t ext4 -d "$root" -L labroot "$out/base.img" 1300M
	cp -a "$root" "$work/builder"
	install -m 755 "$here/volumes.sh" "$work/builder/volumes.sh"
	mke2fs -q -t ext4 -d "$work/builder" "$work/builder.img" 1300M
	truncate -s 2100M "$out/thick.img" "$out/thin.img"
	timeout 300 qemu-system-x86_64 -accel tcg,thread=multi -m 768 -smp 2 -display none -no-reboot -serial "file:$out/volumes.log" \
		-kernel "$out/vmlinuz" -initrd "$out/initrd" -append 'console=ttyS0 root=/dev/vda rw init=/volumes.sh quiet' \
		-drive "file=$work/builder.img,format=raw,if=virtio,cache=unsafe" -drive "file=$out/base.img,format=raw,if=virtio,cache=unsafe" \
		-drive "file=$out/thick.img,format=raw,if=virtio,cache=unsafe" -drive "file=$out/thin.img,format=raw,if=virtio,cache=unsafe"
	grep -a -q BUILT "$out/volumes.log" || {
		cat "$out/volumes.log"
		exit 1
	}
	blkid -o value -s UUID "$out/base.img" >"$out/uuid"
	rm "$out/base.img"
}

main </dev/null
