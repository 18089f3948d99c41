// Package step stops what a rollback of a btrfs does between two of its steps, on a host of
// the lab or in a guest of QEMU. The scripts under test are as they are.
package step

import "strings"

// After is a script that makes a host do something after every step of a rollback, while
// there is a file armed: after each program that has changed something and did not fail.
// What is done has "$tool $*", the program and its arguments. Root, perl and btrfs are
// needed.
func After(armed, do string) string {
	return strings.NewReplacer("ARMED", armed, "DO\n", do+"\n").Replace(wrapper)
}

const wrapper = `for tool in mv btrfs ln rm perl snapper; do
cat >/usr/local/sbin/$tool <<'END-OF-TOOL'
#!/bin/sh
export PATH=/usr/bin:/bin:/usr/sbin:/sbin
tool=${0##*/}
"$tool" "$@"
rc=$?
[ -e ARMED ] && [ "$rc" = 0 ] || exit "$rc"
case "$tool $*" in
mv\ -T\ * | btrfs\ subvolume\ snapshot\ /* | btrfs\ subvolume\ set-default\ * | perl\ -MConfig* | rm\ -f\ *.swap | ln\ -sfn\ *.swap | snapper\ *\ rollback\ *) ;;
*) exit 0 ;;
esac
DO
exit 0
END-OF-TOOL
chmod 755 /usr/local/sbin/$tool
done`
