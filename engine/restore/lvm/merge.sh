# restore-point, second half: the way back, its proof, and what may go.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # rp_*, p_* and pw_arg_* are set before; pw_status is what the script ends with

# rp_mark: is in the root from just before the merge, and never was in the snapshot.
rp_mark=/.$rp_tag

# rp_modules OLD: kernels outside of the root do not go back with it. One that the old
# root has no modules for gets those of now, else it could not boot.
rp_modules() {
	rp_lib=/usr/lib/modules
	[ -d "$rp_lib" ] || rp_lib=/lib/modules
	for rp_one in "$rp_lib"/*; do
		if [ -d "$rp_one" ] && [ -d "$1$rp_lib" ] && [ ! -e "$1$rp_one" ]; then
			if [ "$rp_kind" = thick ] && [ $(($(du -sk "$rp_one" | cut -f 1) * 1280)) -gt $(($(rp_room) - 32 * rp_mib)) ]; then
				echo "the snapshot has no room for the modules of ${rp_one##*/}"
				return 1
			fi
			cp -a "$rp_one" "$1$rp_lib/" || return 1
		fi
	done
}

# rp_prepare: the snapshot can boot with the kernels that are in a /boot of its own.
rp_prepare() {
	[ "$(stat -c %d /boot 2>/dev/null)" != "$(stat -c %d /)" ] && [ -d /boot ] || return 0
	rp_top=$(mktemp -d /run/patchwave-lvm.XXXXXX) || return
	rp_opt=nodev,nosuid rp_rc=0
	[ "$(findmnt -no FSTYPE / | tail -n 1)" != xfs ] || rp_opt=$rp_opt,nouuid
	if lvchange -y -a y -K "$rp_vg/$rp_tag" && mount -o "$rp_opt" "/dev/$rp_vg/$rp_tag" "$rp_top"; then
		rp_modules "$rp_top" || rp_rc=1
		umount "$rp_top" || rp_rc=1
	else
		rp_rc=1
	fi
	[ "$rp_kind" = thick ] || lvchange -y -a n "$rp_vg/$rp_tag" || rp_rc=1
	rmdir "$rp_top"
	return "$rp_rc"
}

# rp_forget: what a rollback that did not come about leaves.
rp_forget() {
	rm -f "$rp_mark"
	rp_together
	! rp_has "$rp_tag" "$rp_tags" || lvchange -q --deltag "$rp_tag" "$rp_volume"
}

# rp_merge: asks LVM for the merge, which it puts off to the next activation of a root
# that is in use: on the way down (down.sh), else in the next boot.
rp_merge() {
	rm -f "$rp_mark" && : >"$rp_mark" && sync &&
		lvchange -q --addtag "$rp_tag" "$rp_volume" && rp_tags=$rp_tags,$rp_tag &&
		lvconvert -y -q --merge "$rp_vg/$rp_tag"
}

rp_rollback() {
	if ! rp_root; then
		rp_refuse "$rp_why"
		return
	fi
	rp_verdict
	case $rp_state in
	pending)
		if ! rp_out=$(rp_apart 2>&1); then
			rp_refuse "the merge could not be made ready, and LVM still is to do it: $rp_out"
			return
		fi
		;;
	whole)
		if ! rp_out=$(rp_prepare 2>&1); then
			rp_refuse "the snapshot could not be made ready for the kernels in /boot: $rp_out"
			return
		fi
		if ! rp_out=$(rp_apart 2>&1); then
			rp_refuse "the merge could not be made ready: $rp_out"
			return
		fi
		rp_out=$(rp_merge 2>&1)
		rp_verdict
		if [ "$rp_state" != pending ]; then
			rp_base && rp_forget >/dev/null 2>&1
			rp_refuse "LVM does not merge the snapshot: $rp_out"
			return
		fi
		;;
	*)
		rp_refuse "$rp_why"
		return
		;;
	esac
	rp_say identity "$(cat /proc/sys/kernel/random/boot_id)"
	rp_restart 'the reboot merges the snapshot'
}

# rp_prove: the snapshot was merged, as LVM has it, and what was written after it is
# gone. The kernel merges by itself; that it has ended is seen by LVM only if asked to
# look, which an initramfs does not do.
rp_prove() {
	rp_now=$(cat /proc/sys/kernel/random/boot_id)
	rp_say identity "$rp_now"
	if ! rp_base; then
		rp_not pending '' "$rp_why"
		return
	fi
	rp_find
	if [ -n "$rp_id" ] && [ "${pw_arg_id:-$rp_id}" != "$rp_id" ]; then
		rp_not not-restored exit 'another volume has the name of the snapshot'
	elif [ -n "$rp_id" ] && rp_broken; then
		rp_not not-restored exit 'the snapshot was full before it was merged, and LVM has made it invalid'
	elif [ -n "$rp_id" ] && [ "$p_merging" != merging ]; then
		rp_not not-restored exit 'the snapshot is still there, and is not being merged'
	elif [ "$rp_now" = "${pw_arg_before:-}" ]; then
		rp_not pending '' 'the merge begins with the next boot, and the host has not booted since'
	elif [ -n "$rp_id" ]; then
		lvchange -q --poll y "$rp_volume" >/dev/null 2>&1
		rp_not pending '' "the snapshot is being merged into the root (${p_used:-?} % are left)"
	elif [ -e "$rp_mark" ]; then
		rp_not not-restored exit 'the snapshot is gone, and what was written after it is still in the root'
	elif rp_has "$rp_tag" "$rp_tags"; then
		rp_say state restored
	else
		rp_not not-restored exit 'the snapshot is gone, and LVM knows of no merge of it into the root'
	fi
}

# rp_remove: the snapshot, and what a rollback to it has left on the root.
rp_remove() {
	if ! rp_base; then
		rp_sorry exit "$rp_why"
		return
	fi
	rp_found=absent
	rp_find
	if [ -n "$rp_id" ]; then
		if ! rp_has patchwave "$p_tags" || { [ "${pw_arg_id:--}" != - ] && [ "$pw_arg_id" != "$rp_id" ]; }; then
			rp_sorry guard 'a volume that has the name of the snapshot is not the one that patchwave made'
			return
		fi
		if [ "$p_merging" = merging ]; then
			lvchange -q --poll y "$rp_volume" >/dev/null 2>&1
			rp_sorry locked 'the snapshot is being merged into the root, or will be with the next boot'
			return
		fi
		if ! rp_out=$(lvremove -y -q "$rp_vg/$rp_tag" 2>&1); then
			rp_sorry exit "the snapshot could not be removed: $rp_out"
			return
		fi
		rp_found=removed
	fi
	! rp_has "$rp_tag" "$rp_tags" || rp_found=removed
	if ! rp_out=$(rp_forget 2>&1); then
		rp_sorry exit "what is left of a rollback could not be removed: $rp_out"
		return
	fi
	rp_say state "$rp_found"
}

# rp_list: also what is left of a point that was merged; its id is then "-".
rp_list() {
	if ! rp_base; then
		rp_sorry exit "$rp_why"
		return
	fi
	rp_rows=$(rp_report lvs "$rp_points" -a "$rp_vg" | awk -F '|' '$1 ~ /^patchwave-/ && ("," $10 ",") ~ /,patchwave,/')
	printf '%s\n' "$rp_rows" | awk -F '|' '$1 { printf "point=%s\t%s\t%s\t%s\n", $1, $2, $9, $3 ~ /^V/ ? 0 : $5 }'
	printf '%s\n' "$rp_tags" | tr ',' '\n' | grep -E '^patchwave-[A-Za-z0-9_-]{1,30}$' | while IFS= read -r rp_one; do
		printf '%s\n' "$rp_rows" | grep -F "$rp_one|" >/dev/null || printf 'point=%s\t-\t0\t0\n' "$rp_one"
	done
}

rp_main() {
	rp_ours || return
	if [ "$(id -u)" != 0 ]; then
		rp_sorry sudo 'logical volumes are for root only'
		return
	fi
	rp_do
}

pw_begin restore-point
rp_main </dev/null
pw_end restore-point 0
