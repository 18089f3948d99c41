# restore-point: snapshots of the root that snapper keeps. Ours are told from all others
# by their userdata, patchwave=TAG, as snapper itself has written it down.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # rp_* and pw_arg_* are set before
rp_shots=/.snapshots
rp_bus=''

rp_snapper() {
	# shellcheck disable=SC2086 # one word or none
	snapper $rp_bus -c "$rp_config" "$@" </dev/null
}

# rp_configured: sets rp_config, the name of the configuration whose subvolume is the root.
rp_configured() {
	rp_known=$(sed -n 's/^SNAPPER_CONFIGS="\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' /etc/sysconfig/snapper /etc/default/snapper /etc/conf.d/snapper 2>/dev/null | tail -n 1)
	for rp_config in $rp_known; do
		case $rp_config in *[!A-Za-z0-9._-]*) continue ;; esac
		grep -q '^SUBVOLUME="\{0,1\}/"\{0,1\}$' "/etc/snapper/configs/$rp_config" 2>/dev/null && return
	done
	rp_why='snapper has no configuration of the root: make one by snapper -c root create-config /'
	return 1
}

# rp_able: snapper is there, knows the root, and answers: over D-Bus, by which its daemon
# learns of what is done, or where that is not there without it.
rp_able() {
	pw_has snapper || rp_lend
	pw_has snapper || {
		rp_why='snapper is not installed'
		return 1
	}
	rp_configured || return
	if [ ! -d "$rp_shots" ] || [ -L "$rp_shots" ] || [ -z "$(rp_show "$rp_shots" UUID)" ]; then
		rp_why="$rp_shots is not the subvolume where snapper keeps its snapshots: mount it, or make the configuration anew"
		return 1
	fi
	if [ -S /run/dbus/system_bus_socket ] && rp_out=$(rp_snapper get-config 2>&1); then return; fi
	rp_bus=--no-dbus
	rp_out=$(rp_snapper get-config 2>&1) && return
	rp_why="snapper does not answer: $rp_out"
	return 1
}

# rp_data FILE KEY: a value of the userdata in what snapper has written of a snapshot.
rp_data() {
	sed -n "/<key>$2<\\/key>/{n;s,^[[:space:]]*<value>\\(.*\\)</value>[[:space:]]*\$,\\1,p;}" "$1" 2>/dev/null | head -n 1
}

# rp_numbers KEY: the snapshots whose userdata has our tag under that key.
rp_numbers() {
	for rp_one in "$rp_shots"/[0-9]*/info.xml; do
		[ "$(rp_data "$rp_one" "$1")" = "$rp_tag" ] || continue
		rp_one=${rp_one%/info.xml}
		printf '%s\n' "${rp_one##*/}"
	done
}

# rp_find: the state of the point. A number alone is nothing: snapper gives one that
# became free to another snapshot.
rp_find() {
	rp_id='' rp_made='' rp_point=''
	rp_look=$rp_shots
	for rp_shots in "$rp_look" "$rp_left.new$rp_look" "$rp_left".failed*"$rp_look"; do
		for rp_one in $(rp_numbers patchwave); do
			[ "${pw_arg_id:-$rp_one}" != "$rp_one" ] || rp_id=$rp_one
		done
		[ -z "$rp_id" ] || break
	done
	[ -n "$rp_id" ] || rp_shots=$rp_look
	rp_point=$rp_shots/$rp_id/snapshot
	[ -z "$rp_id" ] || rp_made=$(rp_show "$rp_point" UUID)
	if [ -z "$rp_id" ]; then
		rp_state=absent rp_why='the snapshot is no longer there'
	elif [ -z "$rp_made" ]; then
		rp_state=unusable rp_why="snapper has the snapshot $rp_id in its list, and its subvolume is gone"
	elif [ "$(btrfs property get -t subvol "$rp_point" ro 2>/dev/null)" != ro=true ]; then
		rp_state=unusable rp_why="the snapshot $rp_id is not read-only any more"
	elif [ -z "${pw_arg_id:-}" ] && [ "$(rp_show "$rp_point" 'Parent UUID')" != "$rp_uuid" ]; then
		rp_state=unusable rp_why="the snapshot $rp_id is not one of the running root"
	else
		rp_state=whole rp_why=''
	fi
}

# rp_make: no cleanup algorithm is named, so that none of snapper's counts it or takes it.
rp_make() {
	rp_out=$(rp_snapper create --type single --description "patchwave: before updates ($rp_tag)" --userdata "patchwave=$rp_tag" --print-number 2>&1)
	btrfs filesystem sync / >/dev/null 2>&1
}

# rp_delete NUMBER: by snapper, which has to know of it.
rp_delete() {
	rp_out=$(rp_snapper delete "$1" 2>&1)
	[ -e "$rp_shots/$1" ] || return 0
	rp_code=$(rp_code_of "$rp_out") rp_why="snapper did not delete its snapshot $1: $rp_out"
	return 1
}

# rp_drop: the snapshot, and what snapper kept of the system that failed.
rp_drop() {
	[ -n "$rp_id$(rp_numbers patchwave-rollback)" ] || return 0
	rp_able || {
		rp_code='exit'
		return 1
	}
	for rp_one in $(rp_numbers patchwave-rollback); do
		rp_two=$(rp_show "$rp_shots/$rp_one/snapshot" 'Subvolume ID')
		if [ "$rp_two" != "$rp_subvol" ] && [ "$rp_two" != "$rp_default" ]; then rp_delete "$rp_one" || return; fi
	done
	[ -n "$rp_id" ] || return 0
	rp_delete "$rp_id" || return
	rp_found=removed
}

# rp_points: TAG, id, seconds, bytes. snapper writes times in UTC.
rp_points() {
	for rp_one in "$rp_shots"/[0-9]*/info.xml; do
		rp_name=$(rp_data "$rp_one" patchwave)
		rp_made=$(date -u -d "$(sed -n 's,^.*<date>\(.*\)</date>.*$,\1,p' "$rp_one" 2>/dev/null | head -n 1) UTC" +%s 2>/dev/null)
		rp_one=${rp_one%/info.xml}
		[ -z "$rp_name" ] || printf '%s\t%s\t%s\t%s\n' "$rp_name" "${rp_one##*/}" "${rp_made:-0}" "$(rp_size "$rp_one/snapshot" "$rp_store/$rp_name.failed")"
	done
}

# rp_again: where the default subvolume is what boots, and the snapshots are mounted on
# their own, snapper's rollback is made for it: it knows the boot loader too.
rp_again() {
	[ "$rp_byname" = no ] && findmnt -rn -M "$rp_shots" >/dev/null
}

# rp_leave: snapper makes a writable copy of the point the default subvolume, and keeps
# the system of now. What is inside of the root comes along by our own hands.
rp_leave() {
	if ! rp_able || ! rp_out=$(rp_intend - 2>&1); then
		rp_refuse "${rp_why:-the rollback cannot be written down: $rp_out}"
		return 1
	fi
	rp_out=$(rp_snapper rollback --print-number --description "patchwave: rollback ($rp_tag)" --userdata "patchwave-rollback=$rp_tag" "$rp_id" 2>&1)
	rp_now=$(rp_default_of /)
	rp_path=/$(btrfs subvolume get-default "$rp_top" | sed -n 's/^ID .* path //p')
	if [ "$rp_now" = "$rp_subvol" ] || [ "$(rp_show "$rp_top$rp_path" 'Parent UUID')" != "$rp_made" ]; then
		rm -f "$rp_left.swap"
		[ "$rp_now" = "$rp_default" ] || btrfs subvolume set-default "$rp_default" "$rp_top"
		rp_refuse "snapper did not make a copy of its snapshot $rp_id the default subvolume: $rp_out"
		return 1
	fi
	rp_out=$(rp_modules "$rp_top$rp_path" 2>&1) || rp_say cannot "kernels in /boot that the old system has no modules for: $rp_out"
	rp_finish
}

# rp_other TAG: what is left without a snapshot of snapper is told by btrfs.
rp_other() { :; }
