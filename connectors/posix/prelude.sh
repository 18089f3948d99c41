# prelude: what every script can use. POSIX sh; runs in dash, bash, busybox ash.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2317,SC2329 # pw_nonce is set before; not every script uses every function
export LC_ALL=C LANG=C LANGUAGE='' TZ=UTC NO_COLOR=1 PAGER=cat SYSTEMD_PAGER=''
export DEBIAN_FRONTEND=noninteractive DEBIAN_PRIORITY=critical APT_LISTCHANGES_FRONTEND=none
export NEEDRESTART_MODE=l NEEDRESTART_SUSPEND=1 UCF_FORCE_CONFFOLD=1
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
umask 022
cd / || exit 70

# pw_begin NAME: open a frame on both streams.
pw_begin() {
	printf '@@%s BEGIN %s\n' "$pw_nonce" "$1"
	printf '@@%s BEGIN %s\n' "$pw_nonce" "$1" >&2
}

# pw_end NAME RC: close it. The line feed before the mark is not content.
pw_end() {
	printf '\n@@%s END %s rc=%s\n' "$pw_nonce" "$1" "$2"
	printf '\n@@%s END %s rc=%s\n' "$pw_nonce" "$1" "$2" >&2
}

# pw_run NAME COMMAND...: run a command in a frame of its own, return its status.
pw_run() {
	pw_frame=$1
	shift
	pw_begin "$pw_frame"
	"$@" </dev/null
	pw_rc=$?
	pw_end "$pw_frame" "$pw_rc"
	return "$pw_rc"
}

# pw_put NAME TEXT [RC]: a frame that holds TEXT.
pw_put() {
	pw_begin "$1"
	printf '%s' "$2"
	pw_end "$1" "${3:-0}"
}

# pw_done: the answer is whole.
pw_done() {
	printf '@@%s DONE\n' "$pw_nonce"
}

# pw_has COMMAND: is it there.
pw_has() {
	command -v "$1" >/dev/null 2>&1
}
