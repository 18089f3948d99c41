# restore-point, second half: the way back, and what may go.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # rp_* and pw_arg_* are set before; pw_status is what the script ends with

# rp_refuse WHY: the host is as it was.
rp_refuse() {
	rp_not not-restored exit "$1"
	pw_status=1
}

# rp_modules ROOT: kernels that are not in the root do not go back with it. One that
# the old root has no modules for gets those of now, else it could not boot.
rp_modules() {
	for rp_one in "$1"/boot/vmlinu[xz]* "$1"/boot/Image*; do
		[ ! -e "$rp_one" ] || return 0
	done
	[ -d "$1/usr/lib/modules" ] && [ -d /usr/lib/modules ] || return 0
	for rp_one in /usr/lib/modules/*; do
		rp_name=${rp_one##*/}
		if [ -d "$rp_one" ] && [ ! -e "$1/usr/lib/modules/$rp_name" ]; then
			cp -a --reflink=auto "$rp_one" "$1/usr/lib/modules/" || return 1
		fi
	done
}

# rp_carry OLD NEW: subvolumes inside of the root are in no snapshot: they come along.
# What cannot be moved stays in the old one, which is then not removed.
rp_carry() {
	printf '%s\n' "$rp_inside" | while IFS= read -r rp_one; do
		if [ -z "$rp_one" ] || [ ! -d "$1/$rp_one" ]; then continue; fi
		rp_dir=$(dirname "$2/$rp_one")
		if [ "$(realpath -e "$rp_dir" 2>/dev/null)" = "$rp_dir" ] && { [ ! -e "$2/$rp_one" ] || rmdir "$2/$rp_one" 2>/dev/null; } &&
			mv -T "$1/$rp_one" "$2/$rp_one" 2>/dev/null; then
			continue
		fi
		rp_say cannot "/$rp_one: it could not be moved along and is in $rp_own/${1##*/}"
	done
}

# rp_reboot: two seconds from now, so that this job can end first.
rp_reboot() {
	sync
	if [ -d /run/systemd/system ] && pw_has systemd-run; then
		systemd-run --quiet --on-active=2s systemctl reboot
	elif [ -d /run/systemd/system ]; then
		systemctl reboot --no-block
	else
		setsid sh -c 'sleep 2; reboot || { sync; reboot -f; }' </dev/null >/dev/null 2>&1 &
	fi
}

# rp_exchange: the new one takes the place of the root, whose name is now rp_aside.
# Where mv can exchange two names there is no moment without a root.
rp_exchange() {
	if mv --help 2>/dev/null | grep -q -e --exchange && mv -T --exchange "$rp_new" "$rp_live" 2>/dev/null; then
		mv -T "$rp_new" "$rp_aside" && return
		mv -T --exchange "$rp_new" "$rp_live"
		return 1
	fi
	mv -T "$rp_live" "$rp_aside" || return
	if ! mv -T "$rp_new" "$rp_live"; then
		mv -T "$rp_aside" "$rp_live"
		return 1
	fi
}

# rp_names: rp_live is the root, rp_new what takes its place, rp_aside a free name.
rp_names() {
	rp_live=$rp_top$rp_path rp_new=$rp_point.new rp_aside=$rp_point.failed rp_n=1
	while [ -e "$rp_aside" ]; do
		rp_n=$((rp_n + 1))
		rp_aside=$rp_point.failed-$rp_n
	done
}

# rp_prepare: a writable copy of the point at rp_new.
rp_prepare() {
	[ ! -e "$rp_new" ] || btrfs subvolume delete -c "$rp_new" || return
	btrfs subvolume snapshot "$rp_point" "$rp_new" && rp_modules "$rp_new" && btrfs filesystem sync "$rp_top"
}

rp_rollback() {
	if ! rp_root || ! rp_mount; then
		rp_refuse "$rp_why"
		return
	fi
	rp_verdict
	if [ "$rp_state" != whole ]; then
		rp_refuse "$rp_why"
		return
	fi
	rp_names
	if ! rp_out=$(rp_prepare 2>&1); then
		rp_refuse "the snapshot could not be made writable: $rp_out"
		return
	fi
	rp_inside=$(rp_nested)
	if ! rp_out=$(rp_exchange 2>&1); then
		rp_refuse "the root subvolume could not be swapped: $rp_out"
		return
	fi
	if [ "$rp_default" = "$rp_subvol" ] && ! rp_out=$(btrfs subvolume set-default "$(rp_show "$rp_live" 'Subvolume ID')" "$rp_top" 2>&1); then
		mv -T "$rp_live" "$rp_new" && mv -T "$rp_aside" "$rp_live"
		rp_refuse "the default subvolume could not be changed: $rp_out"
		return
	fi
	rp_carry "$rp_aside" "$rp_live"
	btrfs filesystem sync "$rp_top" >/dev/null
	rp_say identity "$rp_uuid"
	if ! rp_out=$(rp_reboot 2>&1); then
		rp_say why "the old system is in its place, and the host does not reboot: $rp_out"
		rp_say code exit
		pw_status=1
	fi
	rp_say state pending
}

# rp_remove: what goes back is made of the point, so that the point goes last.
rp_remove() {
	if ! rp_base || ! rp_mount; then
		rp_say code exit
		rp_say why "$rp_why"
		return
	fi
	rp_found=absent
	for rp_one in "$rp_point".failed* "$rp_point".new "$rp_point"; do
		if [ ! -d "$rp_one" ] || [ -L "$rp_one" ]; then continue; fi
		rp_id=$(rp_show "$rp_one" UUID)
		if [ "$rp_id" = "$rp_uuid" ]; then
			rp_say code locked
			rp_say why 'the running system is in it; the host has not booted since its rollback'
			return
		fi
		if [ "$rp_one" = "$rp_point" ] && [ "${pw_arg_id:--}" != - ] && [ "$rp_id" != "$pw_arg_id" ]; then
			rp_say code guard
			rp_say why 'another subvolume has the name of the snapshot'
			return
		fi
		# one that holds another subvolume is kept by btrfs
		if ! rp_out=$(btrfs subvolume delete -c "$rp_one" 2>&1); then
			rp_say code exit
			rp_say why "${rp_one##*/} could not be removed: $rp_out"
			return
		fi
		rp_found=removed
	done
	rmdir "$rp_store" 2>/dev/null
	rp_say state "$rp_found"
}

# rp_list: also what is left of a point whose snapshot is gone; its id is then "-".
rp_list() {
	if ! rp_base; then
		rp_say code unsupported # there can be none
		rp_say why "$rp_why"
		return
	fi
	if ! rp_mount; then
		rp_say code exit
		rp_say why "$rp_why"
		return
	fi
	for rp_one in "$rp_store"/patchwave-*; do
		[ -d "$rp_one" ] && rp_one=${rp_one##*/} && printf '%s\n' "${rp_one%%.*}"
	done | grep -E '^patchwave-[A-Za-z0-9_-]{1,30}$' | sort -u | while IFS= read -r rp_name; do
		for rp_part in "$rp_store/$rp_name" "$rp_store/$rp_name".*; do
			[ ! -d "$rp_part" ] || break
		done
		rp_id=$(rp_show "$rp_store/$rp_name" UUID)
		rp_made=$(date -d "$(rp_show "$rp_part" 'Creation time')" +%s 2>/dev/null)
		printf 'point=%s\t%s\t%s\t0\n' "$rp_name" "${rp_id:--}" "${rp_made:-0}"
	done
}

rp_main() {
	case $pw_arg_op in
	detect | list) ;;
	*) case $rp_tag in
		*[!A-Za-z0-9_-]*)
			rp_say why 'the tag is none of patchwave'
			return
			;;
		patchwave-?*) ;;
		*)
			rp_say why 'the tag is none of patchwave'
			return
			;;
		esac ;;
	esac
	if [ "$(id -u)" != 0 ]; then
		rp_say code sudo
		rp_say why 'btrfs subvolumes are for root only'
		return
	fi
	case $pw_arg_op in
	detect) rp_detect ;;
	create) rp_create ;;
	check) rp_check ;;
	rollback) rp_rollback ;;
	prove) rp_prove ;;
	remove) rp_remove ;;
	list) rp_list ;;
	esac
	rp_unmount
}

pw_begin restore-point
rp_main </dev/null
pw_end restore-point 0
