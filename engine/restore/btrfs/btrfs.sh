# restore-point: read-only snapshots of the root subvolume, in a place of our own.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # rp_* and pw_arg_* are set before

# rp_able: nothing but a root is needed.
rp_able() { :; }

# rp_find: the state of the point. An id tells it from another of its name; a new one
# is known by what it was made of.
rp_find() {
	rp_point=$rp_left
	rp_id=$(rp_show "$rp_point" UUID)
	rp_made=${pw_arg_id:-$rp_id}
	if [ ! -d "$rp_point" ] || [ -L "$rp_point" ]; then
		rp_state=absent rp_why='the snapshot is no longer there'
	elif [ -z "$rp_id" ]; then
		rp_state=unusable rp_why='what has the name of the snapshot is no subvolume'
	elif [ -n "${pw_arg_id:-}" ] && [ "$pw_arg_id" != "$rp_id" ]; then
		rp_state=unusable rp_why='another subvolume has the name of the snapshot'
	elif [ "$(btrfs property get -t subvol "$rp_point" ro 2>/dev/null)" != ro=true ]; then
		rp_state=unusable rp_why='the snapshot is not read-only any more'
	elif [ -z "${pw_arg_id:-}" ] && [ "$(rp_show "$rp_point" 'Parent UUID')" != "$rp_uuid" ]; then
		rp_state=unusable rp_why='the snapshot is not one of the running root'
	else
		rp_state=whole rp_why=''
	fi
}

rp_make() {
	[ -d "$rp_store" ] || mkdir -m 700 "$rp_store"
	rp_out=$(btrfs subvolume snapshot -r "$rp_top$rp_path" "$rp_point" 2>&1 && btrfs filesystem sync "$rp_top" 2>&1)
}

# rp_drop: the snapshot goes, if it is the one that was named.
rp_drop() {
	if [ -d "$rp_point" ] && [ "${pw_arg_id:--}" != - ] && [ "$(rp_show "$rp_point" UUID)" != "$pw_arg_id" ]; then
		rp_code=guard rp_why='another subvolume has the name of the snapshot'
		return 1
	fi
	rp_gone "$rp_point"
}

# rp_points: TAG, id, seconds, bytes.
rp_points() {
	for rp_one in "$rp_store"/patchwave-*; do
		case ${rp_one##*/} in *.*) continue ;; esac
		rp_id=$(rp_show "$rp_one" UUID)
		rp_made=$(date -d "$(rp_show "$rp_one" 'Creation time')" +%s 2>/dev/null)
		[ -z "$rp_id" ] || printf '%s\t%s\t%s\t%s\n' "${rp_one##*/}" "$rp_id" "${rp_made:-0}" "$(rp_size "$rp_one" "$rp_one".failed)"
	done
}

# rp_again: nobody but us takes the way back.
rp_again() { return 1; }

# rp_other TAG: what is left of a rollback belongs to a point that snapper keeps.
rp_other() { grep -qs "<value>$1</value>" /.snapshots/[0-9]*/info.xml; }
