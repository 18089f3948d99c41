#!/bin/sh
# Run on a zypper guest (or in its image): configures the lab's repositories
# and installs the old versions. What is pending afterwards is listed in doc.go.
set -eu
export LC_ALL=C

like_suse() {
	mkdir -p /etc/rpm /var/lib/rpm /etc/zypp
	echo '%_dbpath /var/lib/rpm' >/etc/rpm/macros # Debian's default is ~/.rpmdb
	rpm --initdb
	printf 'kernel-core\nlinux-firmware\n' >/etc/zypp/needreboot
}

old_versions() {
	for name in base updates; do
		zypper -n -q addrepo -f -G "file:///srv/repo/$name" "lab-$name"
	done
	zypper -n -q refresh
	zypper -n -q install --repo lab-base --no-recommends \
		labsh labtool liblab lockedpkg oldname linux-firmware slowpkg brokenpkg needsdep confpkg labmulti \
		removerpkg victimpkg labapp libauto kernel-core labd labdbad excludedpkg \
		a-very-long-package-name-that-exceeds-the-normal-column-width-of-dnf-output
	rpm -i --nosignature /srv/repo/vanished/goneold-1.0-1.el9.noarch.rpm
	rm -rf /srv/repo/vanished
	zypper -n -q addlock lockedpkg
	echo 'setting = local' >/etc/confpkg.conf
}

main() {
	cd /
	like_suse
	old_versions
}

main "$@" </dev/null
