#!/bin/sh
# Installs what the lab of real hosts needs on a Debian machine. Run as root,
# once; it asks apt for what is missing only and fails loudly.
set -eu
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

packages='mmdebstrap systemd-container iproute2 util-linux openssh-client
	apt-utils dpkg-dev createrepo-c rpm libarchive-tools zstd sudo btrfs-progs snapper'
commands='mmdebstrap systemd-nspawn ip nsenter unshare ssh ssh-keygen
	apt-ftparchive dpkg-deb createrepo_c modifyrepo_c rpmbuild bsdtar zstd mkfs.btrfs snapper'

fail() {
	echo "install.sh: $*" >&2
	exit 1
}

missing_commands() {
	for command in $commands; do
		command -v "$command" >/dev/null 2>&1 || echo "$command"
	done
}

main() {
	[ "$(id -u)" = 0 ] || fail 'root is needed'
	if [ -n "$(missing_commands)" ]; then
		command -v apt-get >/dev/null || fail 'apt-get is needed: the lab is built on a Debian machine'
		apt-get update -q || fail 'apt-get update failed'
		# shellcheck disable=SC2086 # the list is to be split
		apt-get install -y -q --no-install-recommends $packages || fail 'apt-get install failed'
	fi
	[ -z "$(missing_commands)" ] || fail "still missing: $(missing_commands | tr '\n' ' ')"
	echo 'lab: everything is installed'
}

main "$@" </dev/null
