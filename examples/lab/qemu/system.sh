# shellcheck shell=sh
# What the recipes of all guests share. Sourced; $work is a directory for the work, $root in
# it will be the system, $out the directory that is asked for.
# shellcheck disable=SC2154 # the recipes set them

# package NAME VERSION writes the files of one into $work/pkg and builds it.
package() {
	mkdir -p "$work/pkg/DEBIAN" "$root/srv/repo"
	printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: lab <lab@example.com>\nDescription: for the lab\n' "$1" "$2" >"$work/pkg/DEBIAN/control"
	dpkg-deb --root-owner-group -b "$work/pkg" "$root/srv/repo/$1_$2_all.deb" >/dev/null
	rm -rf "$work/pkg"
}

# packages installs old versions and has new ones in a repository. labtool is a program and
# a setting, with 300 files besides; labdbad 1.1 does not start, and removes a file.
packages() {
	for version in 1.0 1.1; do
		mkdir -p "$work/pkg/usr/bin" "$work/pkg/etc" "$work/pkg/usr/share/labtool"
		printf '#!/bin/sh\necho %s\n' "$version" >"$work/pkg/usr/bin/labtool"
		chmod 755 "$work/pkg/usr/bin/labtool"
		echo "version = $version" >"$work/pkg/etc/labtool.conf"
		for n in $(seq 300); do seq -f "$version $n %.0f" "$n" $((n + 200)) >"$work/pkg/usr/share/labtool/$n"; done
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

# debian PACKAGE,... makes a Debian at $root with what a guest needs and these packages,
# and in $out a key of root, and known (the host key).
debian() {
	mmdebstrap --quiet --variant=apt --include="systemd-sysv,openssh-server,initramfs-tools,linux-image-cloud-amd64,udev,iproute2,dbus,kmod,$1" \
		bookworm "$work/root.tar"
	mkdir "$root"
	tar -xf "$work/root.tar" -C "$root"
	rm "$work/root.tar"
	ssh-keygen -q -t ed25519 -N '' -f "$out/key"
	install -D -m 600 "$out/key.pub" "$root/root/.ssh/authorized_keys"
	cut -d ' ' -f 1,2 "$root/etc/ssh/ssh_host_ed25519_key.pub" >"$out/known"
}
