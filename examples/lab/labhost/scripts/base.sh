#!/bin/sh
# Builds the root file system that every guest of the lab starts from: Debian
# with systemd, sshd, sudo and doas, and the users of the lab.
#   base.sh ROOT     ROOT is a directory that does not exist yet
# The suite and the mirror are those of the machine it runs on.
set -eu
export LC_ALL=C

fail() {
	echo "base.sh: $*" >&2
	exit 1
}

# sources prints one-line entries for the main component of the machine's own
# release, so that no mirror is named anywhere in the lab.
sources() {
	# shellcheck disable=SC2016 # apt fills these in
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
		awk -v suite="$1" '$2 == suite && $3 == "main" { print "deb", $1, $2, $3 }' | sort -u
}

# fetching prints how this machine's apt reaches its mirror (proxies, clocks).
fetching() {
	apt-config dump --format '%F "%v";%n' |
		grep -E '^Acquire::(https?::[Pp]roxy|Check-Valid-Until|Check-Date|Retries)' || :
}

debootstrap_root() {
	root=$1
	suite=$2
	include=systemd,systemd-sysv,libpam-systemd,dbus,openssh-server,sudo,doas,procps
	include=$include,iproute2,iputils-ping,adduser,gpgv,apt-utils,needrestart,lsof
	sources "$suite" >"$root.list"
	[ -s "$root.list" ] || fail "apt on this machine has no main component of $suite"
	fetching >"$root.aptconf"
	mmdebstrap --quiet --variant=apt --include="$include" \
		--aptopt="$root.aptconf" --aptopt='APT::Install-Recommends "false"' \
		--dpkgopt=force-unsafe-io \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--skip=cleanup/apt/lists \
		"$suite" "$root" "$root.list" || fail 'mmdebstrap failed'
	rm -f "$root.list" "$root.aptconf"
}

# users: root and patch as a fleet has them; the others are the cases that a
# privilege escalation has to tell apart.
users() {
	root=$1
	for user in patch pwuser nosudo doasuser limited noisy; do
		chroot "$root" useradd --create-home --shell /bin/bash "$user"
	done
	echo 'pwuser:s3cret pass' | chroot "$root" chpasswd
	cat >"$root/etc/sudoers.d/lab" <<-'EOF'
		patch   ALL=(ALL:ALL) NOPASSWD: ALL
		noisy   ALL=(ALL:ALL) NOPASSWD: ALL
		pwuser  ALL=(ALL:ALL) ALL
		limited ALL=(root) NOPASSWD: /usr/bin/apt-get, /usr/bin/dnf, /usr/bin/zypper, /usr/bin/pacman
	EOF
	chmod 0440 "$root/etc/sudoers.d/lab"
	echo 'permit nopass doasuser as root' >"$root/etc/doas.conf"
	chmod 0400 "$root/etc/doas.conf"
	# bash run by sshd reads .bashrc: a profile that talks, on both streams.
	cat >"$root/home/noisy/.bashrc" <<-'EOF'
		echo 'Welcome! 12 updates can be applied immediately.'
		echo 'noisy: this is not an error' >&2
	EOF
}

# quieten makes guests alike and still: no key that two of them share, no timer
# that takes the package lock on its own.
quieten() {
	root=$1
	rm -f "$root"/etc/ssh/ssh_host_*
	printf '%s\n' 'UseDNS no' 'AuthorizedKeysFile /etc/ssh/lab_authorized_keys' \
		'HostKey /etc/ssh/ssh_host_ed25519_key' >"$root/etc/ssh/sshd_config.d/lab.conf"
	for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
		fstrim.timer systemd-networkd-wait-online.service systemd-resolved.service; do
		ln -sf /dev/null "$root/etc/systemd/system/$unit"
	done
	: >"$root/etc/machine-id"
	rm -f "$root/etc/resolv.conf"
	: >"$root/etc/resolv.conf"
	: >"$root/etc/fstab"
	rm -f "$root/etc/motd" "$root/etc/update-motd.d/10-uname"
}

main() {
	root=$1
	[ ! -e "$root" ] || fail "$root is already there"
	mkdir -p "$(dirname "$root")"
	suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	[ -n "$suite" ] || fail '/etc/os-release names no VERSION_CODENAME: a Debian machine is needed'
	debootstrap_root "$root" "$suite"
	users "$root"
	quieten "$root"
}

main "$@" </dev/null
