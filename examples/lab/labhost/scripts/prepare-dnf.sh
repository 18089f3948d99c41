#!/bin/sh
# Run on a dnf guest (or in its image): configures the lab's repositories and
# installs the old versions. What is pending afterwards is listed in doc.go.
set -eu
export LC_ALL=C

# like_el9 turns Debian's build of dnf into what an EL 9 machine has.
like_el9() {
	mkdir -p /etc/rpm /etc/yum.repos.d /etc/dnf/vars /var/lib/rpm
	echo '%_dbpath /var/lib/rpm' >/etc/rpm/macros # Debian's default is ~/.rpmdb
	echo 9 >/etc/dnf/vars/releasever
	printf '%s\n' '[main]' 'gpgcheck=1' 'installonly_limit=3' 'clean_requirements_on_remove=True' \
		'best=True' 'skip_if_unavailable=False' >/etc/dnf/dnf.conf
	sed -i 's/^enabled.*/enabled = false/' /etc/dnf/plugins/local.conf
}

repositories() {
	for name in base updates; do
		printf '[lab-%s]\nname=Lab %s\nbaseurl=file:///srv/repo/%s\nenabled=1\ngpgcheck=0\n\n' "$name" "$name" "$name"
	done >/etc/yum.repos.d/lab.repo
}

old_versions() {
	dnf -y -q --disablerepo=lab-updates install \
		labsh labtool liblab lockedpkg excludedpkg 'a-very-long-*' oldname linux-firmware slowpkg brokenpkg \
		needsdep confpkg labmulti removerpkg victimpkg labapp kernel-core labd labdbad \
		/srv/repo/vanished/goneold-1.0-1.el9.noarch.rpm
	rm -rf /srv/repo/vanished
	dnf -q versionlock add lockedpkg
	echo 'excludepkgs=excludedpkg' >>/etc/dnf/dnf.conf
	echo 'setting = local' >/etc/confpkg.conf
	dnf -q clean all
	rm -f /var/log/dnf*.log /var/log/hawkey.log
}

main() {
	cd /
	like_el9
	repositories
	old_versions
}

main "$@" </dev/null
