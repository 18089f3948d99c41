#!/bin/sh
# Adds a package manager to the base as an overlay layer of its own (they do
# not all bear each other: dnf-plugins-core breaks zypper).
#   layer.sh BASE LAYER FLAVOUR     LAYER is the directory that takes the layer
# Runs in a mount namespace of its own, which the caller makes. The package
# index that the base was built with must still be in BASE.
set -eu
export LC_ALL=C DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1

fail() {
	echo "layer.sh: $*" >&2
	exit 1
}

packages() {
	case $1 in
	dnf) echo dnf dnf-plugins-core python3-dnf rpm python3-dbus ;;
	zypper) echo zypper rpm ;;
	pacman) echo pacman-package-manager libarchive-tools ;;
	*) fail "flavour $1 has no layer" ;;
	esac
}

# identity makes /etc/os-release say what such a machine would say: adapters
# are chosen by it, never by what happens to be installed.
identity() {
	case $1 in
	dnf) printf '%s\n' 'NAME="AlmaLinux"' 'VERSION="9.6 (Sage Margay)"' 'ID="almalinux"' 'ID_LIKE="rhel centos fedora"' \
		'VERSION_ID="9.6"' 'PLATFORM_ID="platform:el9"' 'PRETTY_NAME="AlmaLinux 9.6 (Sage Margay)"' ;;
	zypper) printf '%s\n' 'NAME="openSUSE Leap"' 'VERSION="15.6"' 'ID="opensuse-leap"' 'ID_LIKE="suse opensuse"' \
		'VERSION_ID="15.6"' 'PRETTY_NAME="openSUSE Leap 15.6"' ;;
	pacman) printf '%s\n' 'NAME="Arch Linux"' 'PRETTY_NAME="Arch Linux"' 'ID=arch' 'BUILD_ID=rolling' ;;
	esac
}

main() {
	base=$1
	layer=$2
	flavour=$3
	mkdir -p "$layer" "$layer.work" "$layer.root"
	mount -t overlay overlay -o "lowerdir=$base,upperdir=$layer,workdir=$layer.work" "$layer.root"
	mount -t proc proc "$layer.root/proc"
	cat /etc/resolv.conf >"$layer.root/etc/resolv.conf"
	# shellcheck disable=SC2046 # the list is to be split
	chroot "$layer.root" apt-get -q -y -o Dpkg::Use-Pty=0 install --no-install-recommends \
		$(packages "$flavour") || fail "apt-get install for $flavour failed"
	chroot "$layer.root" apt-get clean
	: >"$layer.root/etc/resolv.conf"
	rm -f "$layer.root/etc/os-release"
	identity "$flavour" >"$layer.root/etc/os-release"
	umount "$layer.root/proc" "$layer.root"
	rm -rf "$layer.work" "$layer.root"
}

main "$@" </dev/null
