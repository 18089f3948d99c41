#!/bin/sh
# A sudo for tests; its behaviour is in the file conf beside it.
# shellcheck disable=SC1091,SC2154 # conf is written by the test
dir=${0%/*}
. "$dir/conf"
interactive=yes input=tty prompt='[sudo] password: ' user=root
echo "sudo $*" >>"$dir/log"
while [ $# -gt 0 ]; do
	case $1 in
	-n) interactive=no ;;
	-S) input=stdin ;;
	-k) ;;
	-p) prompt=$2 && shift ;;
	-u) user=$2 && shift ;;
	--) shift && break ;;
	*) break ;;
	esac
	shift
done
export FAKE_USER="$user"

run() { exec "$@"; }
say() { echo "$1" >&2; }

# ask TRIES COMMAND...: as sudo asks, three times at most.
ask() {
	left=$1
	shift
	while [ "$left" -gt 0 ]; do
		printf '%s' "$prompt" >&2
		IFS= read -r given || {
			say 'sudo: no password was provided'
			exit 1
		}
		echo "tried" >>"$dir/log"
		[ "$given" = "$password" ] && return 0
		left=$((left - 1))
		[ "$left" -gt 0 ] && say 'Sorry, try again.'
	done
	say 'sudo: 3 incorrect password attempts'
	exit 1
}

needs_password() {
	if [ "$interactive" = no ]; then
		say "$1"
		exit 1
	fi
	if [ "$input" = tty ]; then
		say 'sudo: a terminal is required to read the password; either use the -S option to read from standard input or configure an askpass helper'
		exit 1
	fi
}

case $mode in
nopasswd) run "$@" ;;
noise)
	say "sudo: unable to resolve host web1: Name or service not known"
	run "$@"
	;;
password)
	needs_password 'sudo: a password is required'
	ask 3 && run "$@"
	;;
lecture)
	needs_password 'sudo: a password is required'
	say 'We trust you have received the usual lecture from the local System'
	ask 3 && run "$@"
	;;
german)
	needs_password 'sudo: Ein Passwort ist notwendig'
	ask 3 && run "$@"
	;;
restricted)
	say "Sorry, user patch is not allowed to execute '/bin/sh -s' as root on web1."
	exit 1
	;;
notinsudoers)
	needs_password 'sudo: a password is required'
	ask 3
	say 'patch is not in the sudoers file.'
	exit 1
	;;
requiretty)
	say 'sudo: sorry, you must have a tty to run sudo'
	exit 1
	;;
setuid)
	say 'sudo: /usr/bin/sudo must be owned by uid 0 and have the setuid bit set'
	exit 1
	;;
missing)
	echo 'sh: 1: sudo: not found' >&2
	exit 127
	;;
otherprompt)
	needs_password 'sudo: a password is required'
	printf 'Enter your token: ' >&2
	read -r given
	echo "tried" >>"$dir/log"
	exit 1
	;;
once)
	# A ticket that ends after the first command.
	if [ "$interactive" = no ] && [ ! -e "$dir/used" ]; then
		: >"$dir/used"
		run "$@"
	fi
	needs_password 'sudo: a password is required'
	ask 3 && run "$@"
	;;
late)
	# The rule was changed in between: the second call needs no password.
	if [ "$interactive" = no ]; then
		say 'sudo: a password is required'
		exit 1
	fi
	run "$@"
	;;
esac
