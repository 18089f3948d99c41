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

# package NAME VERSION writes the files of one into $work/pkg and builds it.
package() {
	mkdir -p "$work/pkg/DEBIAN" "$root/srv/repo"
	printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: lab <lab@example.com>\nDescription: for the lab\n' "$1" "$2" >"$work/pkg/DEBIAN/control"
	dpkg-deb --root-owner-group -b "$work/pkg" "$root/srv/repo/$1_$2_all.deb" >/dev/null
	rm -rf "$work/pkg"
}

# labtool is a program and a setting; labdbad 1.1 does not start, and removes a file.
packages() {
	for version in 1.0 1.1; do
		mkdir -p "$work/pkg/usr/bin" "$work/pkg/etc"
		printf '#!/bin/sh\necho %s\n' "$version" >"$work/pkg/usr/bin/labtool"
		chmod 755 "$work/pkg/usr/bin/labtool"
		echo "version = $version" >"$work/pkg/etc/labtool.conf"
		package labtool "$version"
		mkdir -p "$work/pkg/usr/lib/systemd/system/multi-user.target.wants" "$work/pkg/DEBIAN"
		run='sleep infinity'
		[ "$version" = 1.0 ] || run='exit 1'
		printf '[Service]\nExecStart=/bin/sh -c "%s"\n' "$run" >"$work/pkg/usr/lib/systemd/system/labdbad.service"
		ln -s ../labdbad.service "$work/pkg/usr/lib/systemd/system/multi-user.target.wants/labdbad.service"
		printf '#!/bin/sh\nsystemctl daemon-reload || :\n[ ! -d /run/systemd/system ] || systemctl restart labdbad || :\n' >"$work/pkg/DEBIAN/postinst"
		[ "$version" = 1.0 ] || echo 'rm -f /usr/share/keyrings/debian-archive-removed-keys.gpg' >>"$work/pkg/DEBIAN/postinst"
		chmod 755 "$work/pkg/DEBIAN/postinst"
		package labdbad "$version"
	done
	chroot "$root" dpkg -i /srv/repo/labtool_1.0_all.deb /srv/repo/labdbad_1.0_all.deb
	(cd "$root/srv/repo" && apt-ftparchive packages . >Packages)
	rm -f "$root"/etc/apt/sources.list "$root"/etc/apt/sources.list.d/*
	echo 'deb [trusted=yes] file:/srv/repo ./' >"$root/etc/apt/sources.list"
	rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*
}

system() {
	mmdebstrap --quiet --variant=apt --include=systemd-sysv,openssh-server,lvm2,initramfs-tools,linux-image-cloud-amd64,udev,iproute2,e2fsprogs,thin-provisioning-tools,dbus,kmod \
		bookworm "$work/root.tar"
	mkdir "$root"
	tar -xf "$work/root.tar" -C "$root"
	rm "$work/root.tar"
	ssh-keygen -q -t ed25519 -N '' -f "$out/key"
	install -D -m 600 "$out/key.pub" "$root/root/.ssh/authorized_keys"
	cut -d ' ' -f 1,2 "$root/etc/ssh/ssh_host_ed25519_key.pub" >"$out/known"
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
