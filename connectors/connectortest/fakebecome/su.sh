#!/bin/sh
# A su for tests; its behaviour is in the file conf beside it.
# shellcheck disable=SC1091,SC2154 # conf is written by the test
dir=${0%/*}
. "$dir/conf"
echo "su $*" >>"$dir/log"
FAKE_USER=$1
export FAKE_USER
case $mode in
nopasswd) exec /bin/sh -c "$3" ;;
notallowed)
	echo 'su: Permission denied' >&2
	exit 1
	;;
german) printf 'Passwort: ' >&2 ;;
stdout) printf 'Password: ' ;;
silent) ;;
*) printf 'Password: ' >&2 ;;
esac
IFS= read -r given
echo "tried" >>"$dir/log"
echo >&2
if [ "$given" != "$password" ]; then
	echo 'su: Authentication failure' >&2
	exit 1
fi
exec /bin/sh -c "$3"
