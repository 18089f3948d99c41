#!/bin/sh
# On a guest: changes what its repositories offer.
#   lab-repo next on|off    a third repository with still newer versions
#   lab-repo dead on|off    one more repository that cannot be reached
set -eu
export LC_ALL=C

fail() {
	echo "lab-repo: $*" >&2
	exit 2
}

apt_repo() {
	file=/etc/apt/sources.list.d/lab-$1.list
	case $1-$2 in
	next-on) echo 'deb [trusted=yes] copy:/srv/repo/next bookworm-security main' >"$file" ;;
	dead-on) echo 'deb [trusted=yes] http://127.0.0.1:9/debian bookworm main' >"$file" ;;
	*) rm -f "$file" ;;
	esac
}

dnf_repo() {
	file=/etc/yum.repos.d/lab-$1.repo
	case $1-$2 in
	next-on) url=file:///srv/repo/next ;;
	dead-on) url=http://127.0.0.1:9/el9 ;;
	*) url= ;;
	esac
	rm -f "$file"
	[ -z "$url" ] ||
		printf '[lab-%s]\nname=Lab %s\nbaseurl=%s\nenabled=1\ngpgcheck=0\n' "$1" "$1" "$url" >"$file"
}

zypper_repo() {
	case $1-$2 in
	next-on) zypper -n -q addrepo -f -G file:///srv/repo/next lab-next ;;
	dead-on) zypper -n -q addrepo -f -G -C http://127.0.0.1:9/leap lab-dead ;;
	*) zypper -n -q removerepo "lab-$1" ;;
	esac
}

pacman_repo() {
	sed -i "/^\[$1\]/,+1d" /etc/pacman.conf
	case $1-$2 in
	next-on) # the first repository that has a package wins
		sed -i 's/^\[lab\]/[next]\nServer = file:\/\/\/srv\/repo\/next\n[lab]/' /etc/pacman.conf
		;;
	dead-on) printf '[dead]\nServer = http://127.0.0.1:9/arch\n' >>/etc/pacman.conf ;;
	esac
}

main() {
	case ${1-} in next | dead) ;; *) fail "next or dead, not ${1-nothing}" ;; esac
	case ${2-} in on | off) ;; *) fail "on or off, not ${2-nothing}" ;; esac
	case $(cat /srv/lab/flavour) in
	apt) apt_repo "$1" "$2" ;;
	dnf) dnf_repo "$1" "$2" ;;
	zypper) zypper_repo "$1" "$2" ;;
	pacman) pacman_repo "$1" "$2" ;;
	esac
}

main "$@" </dev/null
