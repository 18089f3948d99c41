#!/bin/sh
# Makes the two upper layers of one flavour's image.
#   image.sh BASE IMAGES REPOSITORY FLAVOUR
# BASE holds root and layer/FLAVOUR; IMAGES takes repo/FLAVOUR (the repositories
# and the lab's own commands) and prepared/FLAVOUR (old versions installed).
# Runs in a mount namespace of its own, which the caller makes.
set -eu
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)

fail() {
	echo "image.sh: $*" >&2
	exit 1
}

repo_layer() {
	mkdir -p "$1/srv/lab" "$1/srv/repo" "$1/usr/local/sbin"
	cp -R "$2/." "$1/srv/repo/"
	cp "$here/prepare-$3.sh" "$1/srv/lab/prepare.sh"
	cp "$here/lab-repo.sh" "$1/usr/local/sbin/lab-repo"
	chmod 0755 "$1/srv/lab/prepare.sh" "$1/usr/local/sbin/lab-repo"
	echo "$3" >"$1/srv/lab/flavour"
}

main() {
	base=$1
	images=$2
	repository=$3
	flavour=$4
	repo=$images/repo/$flavour
	upper=$images/prepared/$flavour
	lower=$repo:$base/layer/$flavour:$base/root
	repo_layer "$repo" "$repository" "$flavour"
	mkdir -p "$upper" "$upper.work" "$upper.root"
	mount -t overlay overlay -o "lowerdir=$lower,upperdir=$upper,workdir=$upper.work" "$upper.root"
	mount -t proc proc "$upper.root/proc"
	mount -t tmpfs tmpfs "$upper.root/run"
	mount --bind /dev "$upper.root/dev"
	chroot "$upper.root" /srv/lab/prepare.sh >"$upper.log" 2>&1 || {
		tail -n 30 "$upper.log" >&2
		fail "preparing $flavour failed"
	}
	umount "$upper.root/run" "$upper.root/dev" "$upper.root/proc" "$upper.root"
	rm -rf "$upper.work" "$upper.root"
}

main "$@" </dev/null
