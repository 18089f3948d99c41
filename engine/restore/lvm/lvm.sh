# restore-point: snapshots of the logical volume that the root is on, thick or thin.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # pw_arg_* and words.sh come before, rp_* are used in merge.sh
rp_tag=${pw_arg_tag:-}
rp_why='' rp_mib=1048576
export LVM_SUPPRESS_FD_WARNINGS=1

# rp_report COMMAND FIELDS ARGUMENTS: rows of lvs or vgs, fields parted by |, sizes in
# bytes, times in seconds since 1970, names without the brackets of what is hidden.
rp_report() {
	rp_cmd=$1 rp_fields=$2
	shift 2
	"$rp_cmd" --config 'report/time_format="%s"' --noheadings --nosuffix --units b --separator '|' -o "$rp_fields" "$@" 2>/dev/null |
		sed 's/^ *//; s/^\[\([^]]*\)\]/\1/'
}

# rp_base: sets rp_vg and rp_lv, the volume that the running root is on, and rp_uuid,
# rp_attr, rp_layout, rp_size, rp_pool and rp_tags, what LVM says of it.
rp_base() {
	for rp_need in lvs vgs lvcreate lvconvert lvchange lvremove findmnt; do
		pw_has "$rp_need" || {
			rp_why="$rp_need is not installed"
			return 1
		}
	done
	rp_dev=$(findmnt -nrvo SOURCE / | tail -n 1)
	rp_row=''
	case $rp_dev in
	/dev/*) rp_row=$(rp_report lvs lv_name,vg_name,lv_uuid,lv_attr,lv_layout,lv_size,pool_lv,lv_tags "$rp_dev") ;;
	esac
	if [ -z "$rp_row" ]; then
		rp_why="the root is on ${rp_dev:-an unknown device}, which is no logical volume"
		return 1
	fi
	IFS='|' read -r rp_lv rp_vg rp_uuid rp_attr rp_layout rp_size rp_pool rp_tags <<-END
		$rp_row
	END
	rp_volume=$rp_vg/$rp_lv
	case $rp_layout in
	*thin*) rp_kind=thin ;;
	*) rp_kind=thick ;;
	esac
}

# rp_root: besides, a snapshot of it can be made and merged.
rp_root() {
	rp_base || return 1
	case $rp_layout in
	linear | striped | thin | thin,sparse) ;;
	*)
		rp_why="the root is on a volume of the kind $rp_layout; snapshots are made of linear, striped and thin ones only"
		return 1
		;;
	esac
	IFS='|' read -r rp_vgattr rp_missing rp_left <<-END
		$(rp_report vgs vg_attr,vg_missing_pv_count,vg_free "$rp_vg")
	END
	case $rp_vgattr in
	?????[cs]*)
		rp_why="the volume group $rp_vg is shared with other machines"
		return 1
		;;
	??x*)
		rp_why="the volume group $rp_vg is exported"
		return 1
		;;
	esac
	if [ "${rp_missing:-1}" != 0 ]; then
		rp_why="disks of the volume group $rp_vg are missing"
		return 1
	fi
}

# rp_has TAG TAGS: is it one of them.
rp_has() {
	case ,$2, in *,"$1",*) ;; *) return 1 ;; esac
}

# rp_find: sets rp_id and p_* of the volume that has the name of the point; rp_id is
# empty where there is none.
rp_find() {
	IFS='|' read -r p_name rp_id p_attr p_origin p_size p_used p_merging p_invalid p_time p_tags <<-END
		$(rp_report lvs "$rp_points" -a "$rp_vg" | awk -F '|' -v name="$rp_tag" '$1 == name' | head -n 1)
	END
}
rp_points=lv_name,lv_uuid,lv_attr,origin,lv_size,data_percent,lv_merging,lv_snapshot_invalid,lv_time,lv_tags

# rp_broken: the snapshot has lost what it was to keep.
rp_broken() {
	[ "$rp_kind" = thick ] || return 1
	case $p_attr in ????I* | ????S*) return ;; esac
	[ -n "$p_invalid" ] || [ "${p_used%%.*}" = 100 ]
}

# rp_room: bytes that a thick snapshot can still keep.
rp_room() {
	awk -v size="$p_size" -v used="${p_used:-100}" 'BEGIN { printf "%.0f", size * (100 - used) / 100 }'
}

# rp_verdict: the state of the point.
rp_verdict() {
	rp_find
	rp_state=unusable
	if [ -z "$rp_id" ]; then
		rp_state=absent rp_why='the snapshot is no longer there'
	elif ! rp_has patchwave "$p_tags"; then
		rp_why='a volume that has the name of the snapshot is not one of patchwave'
	elif [ "${pw_arg_id:-$rp_id}" != "$rp_id" ]; then
		rp_why='another volume has the name of the snapshot'
	elif [ "$p_origin" != "$rp_lv" ]; then
		rp_why='the volume is not a snapshot of the running root'
	elif rp_broken; then
		rp_why="the snapshot is full and LVM has made it invalid: more was written to the root than its $((p_size / rp_mib)) MiB could keep"
	elif [ "$p_merging" = merging ]; then
		rp_state=pending rp_why='the snapshot is being merged into the root'
	elif [ "$rp_kind" = thick ] && [ "$p_size" -lt "$rp_size" ] && [ "$(rp_room)" -lt $((32 * rp_mib)) ]; then
		rp_why="the snapshot is all but full ($p_used %), and a shutdown may fill it; extend it with lvextend $rp_vg/$rp_tag"
	elif [ "$rp_kind" = thin ] && ! rp_pool_well; then
		rp_state=unusable
	else
		rp_state=whole rp_why=''
	fi
}

# rp_pool_well: the thin pool takes writes. Sets rp_free and rp_meta, what is used of its
# metadata in per cent.
rp_pool_well() {
	IFS='|' read -r rp_pattr rp_psize rp_pused rp_meta <<-END
		$(rp_report lvs lv_attr,lv_size,data_percent,metadata_percent "$rp_vg/$rp_pool")
	END
	case $rp_pattr in
	????????[FDM]*)
		rp_why="the thin pool $rp_vg/$rp_pool has failed or is out of space"
		return 1
		;;
	esac
	rp_free=$(awk -v size="${rp_psize:-0}" -v used="${rp_pused:-100}" 'BEGIN { printf "%.0f", size * (100 - used) / 100 }')
}

# rp_space: sets rp_free and rp_need in bytes, and rp_take, the size of a thick snapshot.
# It has to keep all that is overwritten until it is removed: a fifth of what the root
# holds at least and 512 MiB, half of it where there is room, never more than the root.
rp_space() {
	rp_used=$(df -Pk / | awk 'NR == 2 { printf "%.0f", $3 * 1024 }')
	rp_need=$((${rp_used:-0} / 5))
	[ "$rp_need" -ge $((512 * rp_mib)) ] || rp_need=$((512 * rp_mib))
	[ "$rp_need" -le "$rp_size" ] || rp_need=$rp_size
	if [ "$rp_kind" = thin ]; then
		rp_pool_well
		return
	fi
	rp_free=${rp_left:-0} rp_take=$((rp_used / 2))
	[ "$rp_take" -ge "$rp_need" ] || rp_take=$rp_need
	[ "$rp_take" -le "$rp_free" ] || rp_take=$rp_free
	[ "$rp_take" -le "$rp_size" ] || rp_take=$rp_size
}

# rp_early: the initramfs can activate a root that has a thick snapshot. One without
# dm-snapshot could not boot again as soon as there is one.
rp_early() {
	[ "$rp_kind" = thick ] || return 0
	rp_kernel=$(uname -r)
	if grep -q '/dm-snapshot\.ko' "/lib/modules/$rp_kernel/modules.builtin" 2>/dev/null; then return 0; fi
	for rp_one in "/boot/initrd.img-$rp_kernel" "/boot/initramfs-$rp_kernel.img" "/boot/initrd-$rp_kernel" /boot/*/"$rp_kernel"/initrd; do
		[ -f "$rp_one" ] || continue
		for rp_need in lsinitramfs lsinitrd; do
			pw_has "$rp_need" || continue
			if "$rp_need" "$rp_one" 2>/dev/null | grep 'dm-snapshot\.ko' >/dev/null; then return 0; fi
			rp_why="$rp_one does not have the module dm-snapshot, and could not boot a root that has a snapshot: add it and build the initramfs anew"
			return 1
		done
	done
	rp_why='it cannot be told whether the initramfs has the module dm-snapshot, without which a root that has a snapshot does not boot'
	return 1
}

rp_detect() {
	if ! rp_root || ! rp_early; then
		rp_no unsupported "$rp_why"
		return
	fi
	case $rp_attr in O*)
		rp_no locked 'another snapshot is being merged into the root; reboot, and wait until lvs no longer says so'
		return
		;;
	esac
	rp_one=$(rp_split)
	if [ -n "$rp_one" ]; then
		rp_no unsupported "$rp_one is not on the volume of the root: the programs would go back without their package database or settings, or these without them"
		return
	fi
	if ! rp_space; then
		rp_no disk "$rp_why"
		return
	fi
	rp_say free "$rp_free"
	rp_say need "$rp_need"
	if [ "$rp_free" -lt "$rp_need" ]; then
		rp_one="the volume group $rp_vg"
		[ "$rp_kind" = thick ] || rp_one="the thin pool $rp_vg/$rp_pool"
		rp_no disk "$((rp_free / rp_mib)) MiB are free in $rp_one, $((rp_need / rp_mib)) MiB are needed for a snapshot"
		return
	fi
	if [ "$rp_kind" = thin ] && [ "${rp_meta%%.*}" -ge 80 ]; then
		rp_no disk "$rp_meta % of the metadata of the thin pool $rp_vg/$rp_pool are used: extend it with lvextend --poolmetadatasize"
		return
	fi
	findmnt -rno FSTYPE,TARGET | rp_limits 'a file system of its own'
	rp_say possible yes
}

# rp_make: the snapshot itself. A thin one is left inactive, as LVM has it.
rp_make() {
	sync
	case $rp_kind in
	thin) lvcreate -y -q -s -k y --addtag patchwave -n "$rp_tag" "$rp_volume" ;;
	*) lvcreate -y -q -s --addtag patchwave -n "$rp_tag" -L "${rp_take}b" "$rp_volume" ;;
	esac 2>&1
}

rp_create() {
	if ! rp_root || ! rp_space; then
		rp_not unusable exit "$rp_why"
		return
	fi
	rp_out=''
	rp_find
	[ -n "$rp_id" ] || rp_out=$(rp_make)
	rp_verdict
	if [ "$rp_state" != whole ]; then
		case $rp_out in *[Ii]nsufficient*) rp_not unusable disk "$rp_out" ;; *) rp_not unusable exit "$rp_why: $rp_out" ;; esac
		return
	fi
	rp_say state whole
	rp_say id "$rp_id"
	[ "$rp_kind" = thin ] || rp_say size "$p_size"
	findmnt -rno FSTYPE,TARGET | rp_limits 'a file system of its own'
}

rp_check() {
	if ! rp_base; then
		rp_not unusable exit "$rp_why"
		return
	fi
	rp_verdict
	if [ "$rp_state" = whole ]; then
		rp_say state whole
		rp_say id "$rp_id"
		rp_say identity "$(cat /proc/sys/kernel/random/boot_id)"
		[ "$rp_kind" = thin ] || rp_say size "$p_size"
	else
		rp_not "$rp_state" exit "$rp_why"
	fi
}
