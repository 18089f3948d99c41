# stage: downloads ahead of a window, and installs nothing. Runs in a detached job,
# as root. It gives way: whoever else wants the host makes the file $pw_arg_yield.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2317,SC2329 # pw_* come from the prelude; the managers call what is here

# stage_host NAME: what a manager downloads, and what of it is there afterwards.
stage_host() {
	stage_end=$(($(date +%s) + ${pw_arg_limit:-0}))
	stage_word=''
	stage_status=0
	stage_cache=$("$1_cache")
	pw_run stage.room stage_room || return
	"$1_stage" || stage_status=$?
	pw_put stage.end "$stage_word"
	pw_run stage.files "$1_staged"
	[ -n "$stage_word" ] || [ -z "${pw_arg_ahead:-}" ] || stage_old "$1"
	return "$stage_status"
}

# stage_old NAME: fetches the old packages too, of what is replaced, into $pw_arg_ahead,
# from which the restore point takes them (point_take): by then the mirror may be gone.
# What it cannot fetch is tried once more then. It is not seen in the status.
stage_old() {
	(umask 077 && mkdir -p "$pw_arg_ahead") && [ ! -L "$pw_arg_ahead" ] || return 0
	find "$pw_arg_ahead" -type f -ctime +14 -exec rm -f {} + # of a night that never came
	# shellcheck disable=SC2034 # NAME_keep reads it
	pw_arg_dir=$pw_arg_ahead
	pw_arg_size=$("$1_sizes" 2>/dev/null | awk '$1 ~ /^[0-9]+$/ { sum += $1 } END { printf "%.0f\n", sum * 512 }') # half of them, as point_room
	stage_cache=$pw_arg_ahead
	pw_run stage.oldroom stage_room || return 0
	stage_said=$(mktemp) || return 0
	stage_bounded stage_keep "$1"
	rm -f "$pw_arg_ahead"/*.part "$pw_arg_ahead"/*/*.part
	pw_put stage.old "$(awk -F '\t' 'NF == 4 && ($4 == "kept" || $4 == "missing")' "$stage_said")"
	rm -f "$stage_said"
}

# stage_keep NAME: NAME_keep without what needs no mirror, and without its frames.
stage_keep() {
	# shellcheck disable=SC2034 # a manager reads it
	stage_fetches=yes
	"$1_keep" >"$stage_said" 2>/dev/null
}

# stage_room: where the space is short, a line each: the KiB that would be left, or
# "?", those that must be left, and the path. What an earlier try has fetched is
# counted again, which errs on the safe side.
stage_room() {
	while [ -n "$stage_cache" ] && [ ! -d "$stage_cache" ]; do stage_cache=${stage_cache%/*}; done
	stage_need=$(((${pw_arg_size:-0} + 1023) / 1024))
	stage_device=$(stat -c %d -- "${stage_cache:-/}" 2>/dev/null)
	stage_short=$(printf '65536\t%s\n%s\n' "${stage_cache:-/}" "${pw_arg_mounts:-}" | while IFS='	' read -r stage_wanted stage_path; do
		[ -n "$stage_path" ] || continue
		stage_left=$(stage_free "$stage_path")
		if [ -z "$stage_left" ]; then
			printf '?\t%s\t%s\n' "$stage_wanted" "$stage_path"
			continue
		fi
		[ "$(stat -c %d -- "$stage_path" 2>/dev/null)" != "$stage_device" ] || stage_left=$((stage_left - stage_need))
		[ "$stage_left" -ge "$stage_wanted" ] || printf '%s\t%s\t%s\n' "$stage_left" "$stage_wanted" "$stage_path"
	done)
	[ -n "$stage_short" ] || return 0
	printf '%s\n' "$stage_short"
	return 1
}

# stage_free PATH: its free space in KiB, or nothing.
stage_free() {
	df -Pk -- "$1" 2>/dev/null | sed -n '$s/^.* \([0-9][0-9]*\)  *[0-9-][0-9]*% .*$/\1/p'
}

# stage_bounded COMMAND...: runs it, and ends it when the time is over or somebody
# else wants the host; then its status is 124.
stage_bounded() {
	stage_dir=$(mktemp -d) || return 1
	{
		"$@" </dev/null
		echo "$?" >"$stage_dir/rc.new" && mv "$stage_dir/rc.new" "$stage_dir/rc"
	} &
	stage_pid=$!
	while [ ! -f "$stage_dir/rc" ]; do
		if [ -e "$pw_arg_yield" ]; then
			stage_word=yielded
		elif [ "$(date +%s)" -ge "$stage_end" ]; then
			stage_word=late
		fi
		[ -z "$stage_word" ] || break
		sleep 1
	done
	if [ -n "$stage_word" ]; then stage_kill; fi
	wait "$stage_pid" 2>/dev/null
	stage_rc=124
	[ -n "$stage_word" ] || read -r stage_rc <"$stage_dir/rc" || stage_rc=1
	rm -rf "$stage_dir"
	return "$stage_rc"
}

# stage_kill: ends the command and all below it, with force after ten seconds.
stage_kill() {
	stage_left=10
	# shellcheck disable=SC2046 # numbers
	kill -TERM $(stage_tree) 2>/dev/null
	while [ "$stage_left" -gt 0 ] && [ "$(stage_tree | grep -c .)" -gt 1 ]; do
		sleep 1
		stage_left=$((stage_left - 1))
	done
	# shellcheck disable=SC2046 # numbers
	kill -KILL $(stage_tree) 2>/dev/null
}

# stage_tree: the processes of the command, of which the first may have ended.
stage_tree() {
	grep -H '^PPid:' /proc/[0-9]*/status 2>/dev/null | awk -v top="$stage_pid" '
		{ split($1, f, "/"); parent[f[3]] = $2 }
		END {
			print top
			for (p in parent) {
				q = p
				for (n = 0; n < 64 && q in parent && q != top; n++) q = parent[q]
				if (q == top && p != top) print p
			}
		}'
}
