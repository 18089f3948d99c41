# restore-point, second half: the way back, and what may go.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # rp_* and pw_arg_* are set before; pw_status is what the script ends with

# rp_carry: does that in the copy.
rp_carry() {
	rp_dir=$(mktemp -d /run/patchwave-zfs.XXXXXX) || return
	set -- -o nodev,nosuid
	[ -z "$rp_rename" ] || set -- -o zfsutil,nodev,nosuid
	if ! mount -t zfs "$@" "$rp_new" "$rp_dir"; then
		rmdir "$rp_dir"
		return 1
	fi
	rp_modules "$rp_dir"
	rp_n=$?
	umount "$rp_dir" || umount -l "$rp_dir"
	rmdir "$rp_dir"
	return "$rp_n"
}

# rp_drop DATASET: removes what patchwave made beside the root, and nothing that hangs
# on it: with a snapshot or a dataset of somebody below it, it stays.
rp_drop() {
	if [ "$(rp_mine "$1")" != "$rp_tag" ] || [ "$1" = "$rp_root" ]; then
		printf '%s is not of this restore point' "$1"
		return 1
	fi
	zfs destroy "$1" 2>&1
}

# rp_settle: a power cut in a swap may have left the running root with the name that it
# was to have afterwards. It gets its own again, for which a copy of the point that has
# it already gives it up. What boots by bootfs boots the running root before and after
# each step of it.
rp_settle() {
	rp_name=$(zfs get -H -s local -o value "$rp_was" "$rp_root" 2>/dev/null)
	rp_one=$(rp_mine "$rp_root")
	case $rp_root in "$rp_home/${rp_one:-/}".failed*) ;; *) return 0 ;; esac
	case $rp_name in "$rp_home"/*/* | *[!A-Za-z0-9_.:/-]*) return 0 ;; "$rp_home"/?*) ;; *) return 0 ;; esac
	rp_why="the running root $rp_root was called $rp_name until a rollback was cut short, and cannot be called so again"
	rp_movable || return
	if zfs list -H -o name "$rp_name" >/dev/null 2>&1; then
		if [ "$(rp_mine "$rp_name")" != "$rp_one" ]; then
			rp_why="$rp_why: there is another one of that name"
			return 1
		fi
		rp_out=$(zfs rename ${rp_rename:+"$rp_rename"} "$rp_name" "$rp_home/$rp_one.new" 2>&1) || {
			rp_why="$rp_why: $rp_out"
			return 1
		}
	fi
	rp_out=$(zfs rename ${rp_rename:+"$rp_rename"} "$rp_root" "$rp_name" 2>&1) || {
		rp_why="$rp_why: $rp_out"
		return 1
	}
	rp_root=$rp_name rp_why=''
	zfs inherit "$rp_was" "$rp_root" 2>/dev/null
	zfs inherit "$rp_key" "$rp_root" 2>/dev/null
	:
}

# rp_copy: a writable copy of the point at rp_new, with the settings of the root. It is
# never mounted by itself.
rp_copy() {
	if zfs list -H -o name "$rp_new" >/dev/null 2>&1; then rp_drop "$rp_new" || return; fi
	rp_all=$(zfs get -Hp -s local,received -o property,value all "$rp_root") || return
	set -- -o "$rp_key=$rp_tag" -o canmount=noauto
	while IFS=$rp_tab read -r rp_one rp_value; do
		case $rp_one in
		'' | canmount | reservation | refreservation | "$rp_key" | "$rp_was" | keylocation | keyformat | pbkdf2iters | encryption | sharenfs | sharesmb) continue ;;
		esac
		set -- "$@" -o "$rp_one=$rp_value"
	done <<-END
		$rp_all
	END
	zfs clone "$@" "$rp_point" "$rp_new" && rp_carry
}

# rp_exchange: the copy takes the name of the root, whose name is then rp_aside. The
# number that bootfs keeps goes along with the old root until it is set anew.
rp_exchange() {
	zfs set "$rp_was=$rp_root" "$rp_key=$rp_tag" canmount=noauto "$rp_root" || return
	zfs rename ${rp_rename:+"$rp_rename"} "$rp_root" "$rp_aside" || return
	if ! zfs rename ${rp_rename:+"$rp_rename"} "$rp_new" "$rp_root"; then
		zfs rename ${rp_rename:+"$rp_rename"} "$rp_aside" "$rp_root"
		return 1
	fi
	if [ "$rp_bootfs" = "$rp_root" ] && ! zpool set bootfs="$rp_root" "$rp_pool"; then
		zfs rename ${rp_rename:+"$rp_rename"} "$rp_root" "$rp_new"
		zfs rename ${rp_rename:+"$rp_rename"} "$rp_aside" "$rp_root"
		return 1
	fi
}

rp_rollback() {
	if ! rp_base || ! rp_settle || ! rp_place; then
		rp_refuse "$rp_why"
		return
	fi
	rp_verdict
	if [ "$rp_state" != whole ]; then
		rp_refuse "$rp_why"
		return
	fi
	rp_new=$rp_home/$rp_tag.new rp_aside=$rp_home/$rp_tag.failed rp_n=1
	while zfs list -H -o name "$rp_aside" >/dev/null 2>&1; do
		rp_n=$((rp_n + 1)) rp_aside=$rp_home/$rp_tag.failed-$rp_n
	done
	rp_mode=$(rp_get canmount "$rp_root")
	if ! rp_out=$(rp_copy 2>&1); then
		rp_refuse "the snapshot could not be made writable: $rp_out"
		return
	fi
	if ! rp_out=$(rp_exchange 2>&1); then
		rp_out="the root dataset could not be swapped: $rp_out"
		zfs inherit "$rp_key" "$rp_root" 2>/dev/null
		zfs inherit "$rp_was" "$rp_root" 2>/dev/null
		[ "$rp_mode" = noauto ] || zfs set "canmount=$rp_mode" "$rp_root" 2>/dev/null
		rp_refuse "$rp_out"
		return
	fi
	# the new root is nobody's leftover, and has all snapshots from before the point, as
	# the old one had
	zfs inherit "$rp_key" "$rp_root" 2>/dev/null
	zfs promote "$rp_root" 2>/dev/null
	zfs inherit "$rp_was" "$rp_aside" 2>/dev/null # it may be booted by hand, and stays what it is
	rp_say identity "$rp_guid"
	rp_restart 'the old system is in its place'
}

# rp_keeps CODE WHY: the point stays.
rp_keeps() {
	rp_say code "$1"
	rp_say why "$2"
}

# rp_clear: what stands in the way of removing the point goes, if it is ours. Prints
# why it does not.
rp_clear() {
	rp_next
	case $rp_bootfs in "$rp_home/$rp_tag".*) # a power cut came before it was set
		if ! rp_out=$(zpool set bootfs="$rp_root" "$rp_pool" 2>&1); then
			printf 'bootfs of the pool is %s and cannot be set: %s' "$rp_bootfs" "$rp_out"
			return 1
		fi
		;;
	esac
	case $(rp_get origin "$rp_root") in "$rp_point")
		if ! rp_out=$(zfs promote "$rp_root" 2>&1); then
			printf 'the running system hangs on it and cannot be promoted: %s' "$rp_out"
			return 1
		fi
		rp_find || return 1
		;;
	esac
	for rp_one in $(rp_get clones "$rp_point" | tr ',' ' '); do
		case $rp_one in
		"$rp_root")
			printf 'the running system is a copy of it, %s' "$rp_one"
			return 1
			;;
		"$rp_home/$rp_tag".new | "$rp_home/$rp_tag".failed*) ;;
		*)
			printf 'the dataset %s, which is not of patchwave, is a copy of it' "$rp_one"
			return 1
			;;
		esac
		if ! rp_out=$(rp_drop "$rp_one"); then
			printf '%s hangs on it and could not be removed: %s' "$rp_one" "$rp_out"
			return 1
		fi
	done
}

# rp_others: holds of somebody else on the point.
rp_others() {
	zfs holds -H "$rp_point" 2>/dev/null | awk -F '\t' -v h="$rp_hold" '$2 != h { printf "%s ", $2 }'
}

# rp_remove: what goes back is made of the point, so that the point goes last.
rp_remove() {
	if ! rp_base || ! rp_settle; then
		rp_keeps exit "$rp_why"
		return
	fi
	[ "${pw_arg_id:-}" != - ] || pw_arg_id=''
	if ! rp_find; then
		rp_keeps exit "$rp_why"
		return
	fi
	if [ -z "$rp_point" ]; then
		rp_say state absent
		return
	fi
	if [ "$(rp_mine "$rp_point")" != "$rp_tag" ] || { [ -n "${pw_arg_id:-}" ] && [ "$rp_id" != "$pw_arg_id" ]; }; then
		rp_keeps guard 'another snapshot has the name of the point'
		return
	fi
	case $rp_root in "$rp_home/$rp_tag".*)
		rp_keeps locked 'the running system is in it; the host has not booted since its rollback'
		return
		;;
	esac
	rp_one=$(rp_others)
	if [ -n "$rp_one" ]; then
		rp_keeps locked "somebody else holds the snapshot: ${rp_one% } (zfs holds $rp_point)"
		return
	fi
	if ! rp_out=$(rp_clear) || ! rp_find; then
		rp_keeps locked "${rp_out:-$rp_why}"
		return
	fi
	if rp_held && ! rp_out=$(zfs release "$rp_hold" "$rp_point" 2>&1); then
		rp_keeps exit "it could not be released: $rp_out"
		return
	fi
	if ! rp_out=$(zfs destroy "$rp_point" 2>&1); then
		zfs hold "$rp_hold" "$rp_point" 2>/dev/null
		rp_keeps exit "it could not be removed: $rp_out"
		return
	fi
	rp_say state removed
}

# rp_list: by our mark, never by the name alone.
rp_list() {
	if ! rp_base || ! rp_all=$(zfs list -Hp -t snapshot -d 2 -o name,guid,creation,used -r "$rp_home" 2>&1); then
		rp_keeps exit "${rp_why:-$rp_all}"
		return
	fi
	printf '%s\n' "$rp_all" | grep -E '@patchwave-[A-Za-z0-9_-]{1,30}'"$rp_tab" | while IFS=$rp_tab read -r rp_one rp_id rp_made rp_used; do
		rp_name=${rp_one##*@}
		[ "$(rp_mine "$rp_one")" = "$rp_name" ] || continue
		printf 'point=%s\t%s\t%s\t%s\n' "$rp_name" "$rp_id" "${rp_made:-0}" "${rp_used:-0}"
	done
}

rp_main() {
	rp_ours || return
	if [ "$(id -u)" != 0 ]; then
		rp_sorry sudo 'ZFS datasets are for root only'
		return
	fi
	rp_do
}

pw_begin restore-point
rp_main </dev/null
pw_end restore-point 0
