# restore-point: snapshots of a machine by virsh, where it runs or over its URI.
# shellcheck shell=sh
# shellcheck disable=SC2154 # pw_arg_* are set before
rp_domain=${pw_arg_domain:-}
rp_uri=${pw_arg_uri:-qemu:///system}
rp_gib=1073741824

# Nobody is there to type a password.
case $rp_uri in
*no_tty=*) ;;
*+ssh://*\?*) rp_uri="$rp_uri&no_tty=1" ;;
*+ssh://*) rp_uri="$rp_uri?no_tty=1" ;;
esac

rp_virsh() {
	virsh -q -c "$rp_uri" "$@" </dev/null
}

rp_snapshots() {
	rp_virsh snapshot-list --domain "$rp_domain" --name
}

# rp_there: the snapshot of our tag is there. The status tells "no" from "not known".
rp_there() {
	rp_names=$(rp_snapshots 2>&1) || return 2
	printf '%s\n' "$rp_names" | grep -qxF -e "$rp_tag"
}

# rp_identity: the number of this start of the machine.
rp_identity() {
	rp_id=$(rp_virsh domid --domain "$rp_domain") || return
	case $rp_id in '' | *[!0-9]*) rp_id=off ;; esac
	printf '%s' "$rp_id"
}

# rp_mode: "disk" where the daemon can revert snapshots without memory.
rp_mode() {
	rp_version=$(rp_virsh version --daemon) || return
	rp_daemon=$(printf '%s\n' "$rp_version" | sed -n 's/^Running against daemon: \([0-9]*\)\.\([0-9]*\).*/\1 \2/p')
	case $rp_version in
	*'Using API: QEMU'*)
		# shellcheck disable=SC2086 # two numbers
		set -- ${rp_daemon:-0 0}
		if [ "$1" -gt 9 ] || { [ "$1" -eq 9 ] && [ "$2" -ge 9 ]; }; then
			echo disk
			return
		fi
		;;
	esac
	echo whole
}

# rp_space: free bytes where the first disk lies, if it lies here.
rp_space() {
	case $rp_uri in *://*[!/]*/*) case $rp_uri in *:///*) ;; *) return ;; esac ;; esac
	rp_disk=$(rp_virsh domblklist --domain "$rp_domain" --details | awk '$2 == "disk" && $4 ~ /^\// { print $4; exit }')
	if [ -n "$rp_disk" ] && [ -e "$rp_disk" ]; then
		df -Pk "$(dirname "$rp_disk")" | awk 'NR == 2 { printf "%.0f", $4 * 1024 }'
	fi
}

rp_detect() {
	if ! pw_has virsh; then
		rp_no unsupported 'virsh is not installed'
		return
	fi
	if ! rp_state=$(rp_virsh domstate --domain "$rp_domain" 2>&1); then
		rp_no unsupported "$rp_state"
		return
	fi
	case $rp_state in
	running | 'shut off') ;;
	*)
		rp_no locked "the machine is in state $rp_state"
		return
		;;
	esac
	if ! rp_names=$(rp_snapshots 2>&1); then
		rp_no unsupported "$rp_names"
		return
	fi
	rp_free=$(rp_space 2>/dev/null)
	if [ -n "$rp_free" ] && [ "$rp_free" -lt $((4 * rp_gib)) ]; then
		rp_no disk "less than 4 GiB are free where the disk of the machine lies"
		rp_say free "$rp_free"
		return
	fi
	if [ "$(rp_mode)" = whole ]; then
		rp_say cannot 'the time since: the memory of the machine goes back too, its programs do not notice'
	fi
	rp_say possible yes
	rp_say free "${rp_free:-0}"
	rp_say need $((4 * rp_gib))
}

rp_create() {
	rp_there
	case $? in
	0) ;;
	1)
		if [ "$(rp_mode)" = disk ]; then
			rp_out=$(rp_virsh snapshot-create-as --domain "$rp_domain" --name "$rp_tag" --description patchwave --disk-only --atomic 2>&1)
		else
			rp_out=$(rp_virsh snapshot-create-as --domain "$rp_domain" --name "$rp_tag" --description patchwave 2>&1)
		fi
		;;
	*)
		rp_say state unusable
		rp_say code exit
		rp_say why "$rp_names"
		return
		;;
	esac
	if rp_there; then
		rp_say state whole
		rp_say id "$rp_tag"
	else
		rp_say state unusable
		rp_say code exit
		rp_say why "${rp_out:-the snapshot is not there}"
	fi
}

rp_check() {
	rp_there
	case $? in
	0)
		rp_say state whole
		rp_say id "$rp_tag"
		rp_say identity "$(rp_identity)"
		;;
	1)
		rp_say state absent
		rp_say why 'the snapshot is no longer there'
		;;
	*)
		rp_say state unusable
		rp_say why "$rp_names"
		;;
	esac
}

# rp_prove: the machine was started anew, from our snapshot.
rp_prove() {
	rp_now=$(rp_identity)
	rp_say identity "$rp_now"
	if [ -z "$rp_now" ] || [ "$rp_now" = "${pw_arg_before:-}" ] || [ "$rp_now" = off ]; then
		rp_say state pending
	elif [ "$(rp_virsh snapshot-current --domain "$rp_domain" --name)" = "$rp_tag" ]; then
		rp_say state restored
	else
		rp_say state not-restored
		rp_say why 'the machine was started anew, and not from the snapshot'
	fi
}

rp_rollback() {
	if ! rp_there; then
		rp_say state not-restored
		rp_say why 'the snapshot is no longer there'
		return
	fi
	# one that runs keeps its number over a revert of its memory, and its number is the proof
	if [ "$(rp_virsh domstate --domain "$rp_domain")" != 'shut off' ]; then
		rp_virsh destroy --domain "$rp_domain" >/dev/null
	fi
	if ! rp_out=$(rp_virsh snapshot-revert --domain "$rp_domain" --snapshotname "$rp_tag" 2>&1); then
		rp_say state not-restored
		rp_say code exit
		rp_say why "$rp_out"
		rp_virsh start --domain "$rp_domain" >/dev/null
		return
	fi
	case $(rp_virsh domstate --domain "$rp_domain") in
	running) ;;
	paused) rp_virsh resume --domain "$rp_domain" >/dev/null ;;
	*) rp_virsh start --domain "$rp_domain" >/dev/null ;;
	esac
	rp_prove
}

rp_remove() {
	rp_there
	case $? in
	0) ;;
	1)
		rp_say state absent
		return
		;;
	*)
		rp_say code exit
		rp_say why "$rp_names"
		return
		;;
	esac
	rp_out=$(rp_virsh snapshot-delete --domain "$rp_domain" --snapshotname "$rp_tag" 2>&1)
	if rp_there; then
		rp_say code exit
		rp_say why "${rp_out:-the snapshot is still there}"
	else
		rp_say state removed
	fi
}

rp_list() {
	if ! rp_names=$(rp_snapshots 2>&1); then
		rp_say code exit
		rp_say why "$rp_names"
		return
	fi
	for rp_one in $(printf '%s\n' "$rp_names" | grep -E '^patchwave-[A-Za-z0-9_-]{1,30}$'); do
		rp_made=$(rp_virsh snapshot-dumpxml --domain "$rp_domain" --snapshotname "$rp_one" |
			sed -n 's/^ *<creationTime>\([0-9]*\)<.*/\1/p' | head -n 1)
		printf 'point=%s\t%s\t%s\t0\n' "$rp_one" "$rp_one" "${rp_made:-0}"
	done
}

rp_main() {
	rp_ours || return
	case $rp_domain in
	'' | -*)
		rp_no unsupported 'the machine has no name there'
		return
		;;
	esac
	rp_do
}

pw_begin restore-point
rp_main </dev/null
pw_end restore-point 0
