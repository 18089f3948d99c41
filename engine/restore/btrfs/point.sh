# restore-point: what is the same for all snapshots of a btrfs, whoever keeps them.
# Of the point itself, rp_able says whether one can be made, rp_find finds it, rp_make
# makes it, rp_drop removes it, rp_points lists them.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # rp_* and pw_arg_* are set before

# rp_quota: bytes that a quota group of the root still lets it have; nothing if none.
rp_quota() {
	btrfs qgroup show -reF --raw / 2>/dev/null | awk '
		function less(max, used) { if (max ~ /^[0-9]+$/ && (n == "" || max - used < n)) n = max - used }
		$1 ~ /^[0-9]+\/[0-9]+$/ { less($4, $2); less($5, $3) }
		END { if (n != "") printf "%.0f", n < 0 ? 0 : n }'
}

# rp_room: there is space for a point, and for what the host changes after it. Else
# sets rp_code and rp_why.
rp_room() {
	rp_code=exit rp_why='btrfs does not say how much space there is'
	rp_space || return
	rp_say free "$rp_free"
	rp_say need "$rp_need"
	rp_code=disk
	rp_left_over=$(rp_quota)
	if [ "$rp_free" -lt "$rp_need" ]; then
		rp_why="$((rp_free / 1048576)) MiB are free on the btrfs of the root, $((rp_need / 1048576)) MiB are needed"
	elif [ "$((rp_empty + rp_meta))" -lt 134217728 ]; then
		rp_why='less than 128 MiB are left for the metadata of the btrfs: balance it'
	elif [ -n "$rp_left_over" ] && [ "$rp_left_over" -lt "$rp_need" ]; then
		rp_why="a quota group lets the root have $((rp_left_over / 1048576)) MiB more, $((rp_need / 1048576)) MiB are needed: raise its limit (btrfs qgroup show -reF /)"
	else
		rp_why=''
		return 0
	fi
	return 1
}

rp_detect() {
	if ! rp_root || ! rp_able; then
		rp_no unsupported "$rp_why"
		return
	fi
	rp_one=$(rp_split)
	if [ -n "$rp_one" ]; then
		rp_no unsupported "$rp_one is not in the root subvolume: the programs would go back without their package database or settings, or these without them"
		return
	fi
	rp_one=$(rp_swap)
	if [ -n "$rp_one" ]; then
		rp_no unsupported "the swap file $rp_one is in the root subvolume, which cannot be snapshot as long as it is in use"
		return
	fi
	rp_room || {
		rp_no "$rp_code" "$rp_why"
		return
	}
	rp_outside
	rp_say possible yes
}

rp_create() {
	if ! rp_root || ! rp_able || ! rp_mount; then
		rp_not unusable exit "$rp_why"
		return
	fi
	rp_find
	rp_out=''
	if [ "$rp_state" = absent ]; then
		rp_room || {
			rp_not unusable "$rp_code" "$rp_why"
			return
		}
		rp_make
		rp_find
	fi
	if [ "$rp_state" != whole ]; then
		rp_not unusable "$(rp_code_of "$rp_out")" "$rp_why${rp_out:+: $rp_out}"
		return
	fi
	rp_say state whole
	rp_say id "$rp_id"
	rp_outside
}

# rp_code_of WORDS: the error code of what a program said.
rp_code_of() {
	case $1 in
	*[Nn]o\ space* | *[Qq]uota\ exceeded*) echo disk ;;
	*[Ll]ocked* | *\ in\ use*) echo locked ;;
	*) echo exit ;;
	esac
}

rp_check() {
	if ! rp_base || ! rp_mount; then
		rp_not unusable exit "$rp_why"
		return
	fi
	rp_find
	if [ "$rp_state" = whole ]; then
		rp_say state whole
		rp_say id "$rp_id"
		rp_say identity "$rp_uuid"
	else
		rp_not "$rp_state" exit "$rp_why"
	fi
}

# rp_prove: the running root is another one than before, a copy of the point, and the
# swap came to its end.
rp_prove() {
	if ! rp_base || ! rp_mount || [ -z "$rp_uuid" ]; then
		rp_not pending '' "${rp_why:-btrfs does not say which subvolume the root is}"
		return
	fi
	rp_say identity "$rp_uuid"
	rp_find
	if [ "$rp_uuid" = "${pw_arg_before:-}" ]; then
		rp_not not-restored exit 'the host runs from the same subvolume as before'
	elif [ -z "$rp_made" ] || [ "$(rp_show / 'Parent UUID')" != "$rp_made" ]; then
		rp_not not-restored exit 'the host runs from a subvolume that is not a copy of the snapshot'
	elif [ -L "$rp_left.swap" ]; then
		rp_not pending interrupted 'the host runs from the copy of the snapshot, and the rollback has not come to its end'
	else
		rp_say state restored
	fi
}

# rp_gone DIR: a subvolume that a rollback made or left is removed. Sets rp_code and
# rp_why where it is not. Nothing is removed with what is inside of it.
rp_gone() {
	if [ ! -d "$1" ] || [ -L "$1" ]; then return 0; fi
	if [ "$(rp_show "$1" UUID)" = "$rp_uuid" ]; then
		rp_code=locked rp_why='the running system is in it; the host has not booted since its rollback'
		return 1
	fi
	if [ "$(rp_show "$1" 'Subvolume ID')" = "$rp_default" ]; then
		btrfs subvolume set-default "$rp_subvol" "$rp_top" >/dev/null 2>&1
	fi
	if ! rp_out=$(btrfs subvolume delete -c "$1" 2>&1); then
		rp_code=exit rp_why="${1##*/} could not be removed: $rp_out"
		return 1
	fi
	rp_found=removed
}

# rp_remove: what goes back is made of the point, so that the point goes last.
rp_remove() {
	if ! rp_base || ! rp_mount; then
		rp_sorry exit "$rp_why"
		return
	fi
	rp_find
	rp_swapped && rp_finish >/dev/null
	rp_found=absent
	for rp_part in "$rp_left".failed* "$rp_left".new; do
		rp_leaves "$rp_part" || continue
		rp_gone "$rp_part" || {
			rp_sorry "$rp_code" "$rp_why"
			return
		}
	done
	rm -f "$rp_left".swap
	rp_drop || {
		rp_sorry "$rp_code" "$rp_why"
		return
	}
	rmdir "$rp_store" 2>/dev/null
	rp_say state "$rp_found"
}

# rp_leaves PATH: the name is one that a rollback gives to what it needs or leaves.
rp_leaves() {
	case ${1##*/} in
	*.*.*) return 1 ;;
	*.new | *.swap | *.failed) return 0 ;;
	*.failed-*) ;;
	*) return 1 ;;
	esac
	case ${1##*.failed-} in '' | *[!0-9]*) return 1 ;; esac
}

# rp_list: also what is left of a point whose snapshot is gone; its id is then "-".
rp_list() {
	if ! rp_base; then
		rp_sorry unsupported "$rp_why" # there can be none
		return
	fi
	if ! rp_mount; then
		rp_sorry exit "$rp_why"
		return
	fi
	{
		rp_points
		for rp_part in "$rp_store"/patchwave-*; do
			rp_one=${rp_part##*/}
			if { [ -e "$rp_part" ] || [ -L "$rp_part" ]; } && rp_leaves "$rp_part" && ! rp_other "${rp_one%%.*}"; then
				rp_made=$(date -d "$(rp_show "$rp_part" 'Creation time')" +%s 2>/dev/null)
				printf '%s\t-\t%s\t0\n' "${rp_one%%.*}" "${rp_made:-0}"
			fi
		done
	} | awk -F '\t' '$1 ~ /^patchwave-[A-Za-z0-9_-]+$/ && length($1) <= 40 && !seen[$1]++ { print "point=" $0 }'
}
