#!/bin/sh
# A doas for tests; its behaviour is in the file conf beside it.
# shellcheck disable=SC1091,SC2154 # conf is written by the test
dir=${0%/*}
. "$dir/conf"
echo "doas $*" >>"$dir/log"
while [ $# -gt 0 ]; do
	case $1 in
	-n) ;;
	-u) FAKE_USER=$2 && shift ;;
	*) break ;;
	esac
	shift
done
export FAKE_USER
case $mode in
nopasswd) exec "$@" ;;
password)
	echo 'doas: Authentication required' >&2
	exit 1
	;;
*)
	echo 'doas: Operation not permitted' >&2
	exit 1
	;;
esac
