# restore-point: snapshots of the dataset that is the root, on ZFS.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # pw_arg_* are set before; rp_* are used by the second half
rp_tag=${pw_arg_tag:-}
rp_key=io.patchwave:tag
rp_was=io.patchwave:name # on a root that is being swapped: what it is called
rp_hold=patchwave
rp_tab=$(printf '\t')
rp_why=''

# rp_get PROPERTY NAME: the value; nothing if there is none or no such dataset.
rp_get() {
	rp_value=$(zfs get -Hp -o value "$1" "$2" 2>/dev/null) || return 0
	[ "$rp_value" = - ] || printf '%s' "$rp_value"
}

# rp_mine NAME: the tag that was set on this very dataset or snapshot. One that is
# inherited marks nothing: snapshots inherit from what they are of.
rp_mine() {
	zfs get -H -s local -o value "$rp_key" "$1" 2>/dev/null
}

# rp_base: sets rp_root, the dataset that the system runs from, rp_pool and rp_home,
# the dataset around it.
rp_base() {
	for rp_need in zfs zpool mount mktemp awk; do
		pw_has "$rp_need" || {
			rp_why="$rp_need is not installed"
			return 1
		}
	done
	rp_root=$(mount | sed -n 's/^\(.*\) on \/ type zfs (.*/\1/p' | tail -n 1)
	case $rp_root in
	'')
		rp_why='the root file system is not on ZFS'
		return 1
		;;
	*[!A-Za-z0-9_.:/-]*)
		rp_why='the name of the root dataset has characters that cannot be told'
		return 1
		;;
	*/*) ;;
	*)
		rp_why='the root is the top of the pool, which no other dataset can take the place of'
		return 1
		;;
	esac
	rp_pool=${rp_root%%/*} rp_home=${rp_root%/*}
	rp_guid=$(rp_get guid "$rp_root")
	[ -n "$rp_guid" ] || {
		rp_why="ZFS does not know the dataset $rp_root"
		return 1
	}
}

# rp_next: what the next boot takes, as far as this one's command line tells: a name
# of a dataset, or "bootfs" where the pool names it.
rp_next() {
	rp_boot=''
	# shellcheck disable=SC2013 # words
	for rp_one in $(cat /proc/cmdline); do
		case $rp_one in
		root=ZFS=* | root=zfs=* | root=zfs:* | root=ZFS:*) rp_boot=${rp_one#root=????} ;;
		root=zfs | root=ZFS) rp_boot=AUTO ;;
		root=*/*) case $rp_one in root=/dev/*) ;; *) rp_boot=${rp_one#root=} ;; esac ;;
		bootfs=*/*) rp_boot=${rp_one#bootfs=} ;;
		esac
	done
	case $rp_boot in '' | AUTO) rp_boot=bootfs ;; esac
	rp_bootfs=$(zpool get -Hp -o value bootfs "$rp_pool" 2>/dev/null)
}

# rp_place: the running root can be swapped, and the next boot takes what then has its
# name.
rp_place() {
	rp_base || return 1
	rp_next
	if [ "$rp_boot" = bootfs ]; then
		if [ "$rp_bootfs" != "$rp_root" ]; then
			rp_why="it cannot be told which dataset the next boot takes: the kernel command line names none, and bootfs of the pool is ${rp_bootfs:--}"
			return 1
		fi
	elif [ "$rp_boot" != "$rp_root" ]; then
		rp_why="the next boot takes $rp_boot, and the system runs from $rp_root; reboot first"
		return 1
	fi
	rp_one=$(zfs list -H -o name -t filesystem,volume -d 1 -r "$rp_root" 2>/dev/null | sed -n 2p)
	if [ -n "$rp_one" ]; then
		rp_why="the root has datasets below it ($rp_one), as with zsys: patchwave does not take such a system back"
		return 1
	fi
	if [ "$(rp_get encryptionroot "$rp_root")" = "$rp_root" ]; then
		rp_why="the root dataset has an encryption key of its own, which a copy of it would not have; let it inherit that of $rp_home"
		return 1
	fi
	rp_movable
}

# rp_movable: the running root can be renamed; sets rp_rename, the flag for it.
rp_movable() {
	case $(rp_get mountpoint "$rp_root") in
	legacy) rp_rename= ;;
	/)
		rp_rename=-u
		case $(zfs rename 2>&1) in *-u*) ;; *)
			rp_why='this ZFS cannot rename a root that is mounted: OpenZFS 2.1 or newer is needed, or mountpoint=legacy'
			return 1
			;;
		esac
		;;
	*)
		rp_why="the mountpoint of $rp_root is neither / nor legacy"
		return 1
		;;
	esac
}

# rp_outside: what a rollback would not bring back here.
rp_outside() {
	mount | sed -n 's/^.* on \(\/.*\) type \([a-z0-9]*\) (.*/\2 \1/p' | rp_limits 'a dataset or file system of its own'
}

# rp_space: sets rp_free, rp_need and rp_full, in bytes and per cent.
rp_space() {
	rp_free=$(rp_get available "$rp_root")
	rp_full=$(zpool get -Hp -o value capacity "$rp_pool" 2>/dev/null)
	rp_size=$(zpool get -Hp -o value size "$rp_pool" 2>/dev/null)
	for rp_one in "$rp_free" "$rp_full" "$rp_size"; do
		case $rp_one in '' | *[!0-9]*) return 1 ;; esac
	done
	# 2 GiB, or 15 % of a small pool, but never less than 512 MiB
	rp_need=$((rp_size * 15 / 100))
	[ "$rp_need" -le 2147483648 ] || rp_need=2147483648
	[ "$rp_need" -ge 536870912 ] || rp_need=536870912
}

rp_detect() {
	rp_place || {
		rp_no unsupported "$rp_why"
		return
	}
	rp_one=$(zpool get -H -o value health "$rp_pool" 2>/dev/null)
	if [ "$rp_one" != ONLINE ]; then
		rp_no exit "the pool $rp_pool is ${rp_one:-unknown}: mend it before anything is changed (zpool status)"
		return
	fi
	if [ "$(zpool get -H -o value readonly "$rp_pool" 2>/dev/null)" = on ]; then
		rp_no exit "the pool $rp_pool is read-only"
		return
	fi
	rp_one=$(rp_split)
	if [ -n "$rp_one" ]; then
		rp_no unsupported "$rp_one is not in the root dataset: the programs would go back without their package database or settings, or these without them"
		return
	fi
	rp_space || {
		rp_no exit 'ZFS does not say how much space there is'
		return
	}
	rp_say free "$rp_free"
	rp_say need "$rp_need"
	if [ "$rp_free" -lt "$rp_need" ]; then
		rp_no disk "$((rp_free / 1048576)) MiB are free for the root dataset, $((rp_need / 1048576)) MiB are needed"
		return
	fi
	if [ "$rp_full" -gt 80 ]; then
		rp_no disk "the pool $rp_pool is $rp_full % full, and ZFS needs a fifth of it to work well: free some"
		return
	fi
	rp_outside
	rp_say possible yes
}

# rp_find: the snapshot of our tag, beside or in the running root: after a rollback it
# belongs to another dataset. Sets rp_point and rp_id; both are empty if there is none.
rp_find() {
	rp_point='' rp_id=''
	rp_all=$(zfs list -Hp -t snapshot -d 2 -o name,guid -r "$rp_home" 2>&1) || {
		rp_why="the snapshots cannot be listed: $rp_all"
		return 1
	}
	while IFS=$rp_tab read -r rp_one rp_n; do
		case $rp_one in "$rp_home"/*@"$rp_tag") ;; *) continue ;; esac
		# an id tells it from another of its name
		if [ -z "$rp_point" ] || [ "$rp_n" = "${pw_arg_id:-}" ]; then rp_point=$rp_one rp_id=$rp_n; fi
	done <<-END
		$rp_all
	END
}

# rp_verdict: the state of the point.
rp_verdict() {
	rp_find || {
		rp_state=unusable
		return
	}
	rp_state=unusable
	if [ -z "$rp_point" ]; then
		rp_state=absent rp_why='the snapshot is no longer there'
	elif [ -n "${pw_arg_id:-}" ] && [ "$pw_arg_id" != "$rp_id" ]; then
		rp_why='another snapshot has the name of the point'
	elif [ "$(rp_mine "$rp_point")" != "$rp_tag" ]; then
		rp_why="the snapshot $rp_point does not have the mark of patchwave ($rp_key)"
	elif [ -z "${pw_arg_id:-}" ] && [ "${rp_point%@*}" != "$rp_root" ]; then
		rp_why='the snapshot is not one of the running root'
	else
		rp_state=whole rp_why=''
	fi
}

# rp_held: our hold keeps whoever cleans up from removing the snapshot.
rp_held() {
	zfs holds -H "$rp_point" 2>/dev/null | awk -F '\t' -v h="$rp_hold" '$2 == h { n = 1 } END { exit !n }'
}

rp_create() {
	if ! rp_base || ! rp_settle || ! rp_place || ! rp_find; then
		rp_not unusable exit "$rp_why"
		return
	fi
	rp_out=''
	[ -n "$rp_point" ] || rp_out=$(zfs snapshot -o "$rp_key=$rp_tag" "$rp_root@$rp_tag" 2>&1)
	rp_verdict
	if [ "$rp_state" = whole ] && ! rp_held; then
		rp_out=$(zfs hold "$rp_hold" "$rp_point" 2>&1)
		rp_held || rp_state=unusable rp_why='the snapshot cannot be held'
	fi
	if [ "$rp_state" != whole ]; then
		case $rp_out in *[Oo]ut\ of\ space* | *[Nn]o\ space*) rp_not unusable disk "$rp_out" ;; *) rp_not unusable exit "$rp_why${rp_out:+: $rp_out}" ;; esac
		return
	fi
	rp_say state whole
	rp_say id "$rp_id"
	rp_outside
}

rp_check() {
	rp_base || {
		rp_not unusable exit "$rp_why"
		return
	}
	rp_verdict
	if [ "$rp_state" = whole ]; then
		rp_say state whole
		rp_say id "$rp_id"
		rp_say identity "$rp_guid"
		rp_say size "$(rp_get used "$rp_point")"
	else
		rp_not "$rp_state" exit "$rp_why"
	fi
}

# rp_prove: the running root is another dataset than before, and grew from the point.
rp_prove() {
	rp_base || {
		rp_not pending '' "$rp_why"
		return
	}
	rp_say identity "$rp_guid"
	rp_one=$(rp_get origin "$rp_root")
	[ -n "$rp_one" ] || rp_one=$rp_root@$rp_tag # it was promoted
	if [ "$rp_guid" = "${pw_arg_before:-}" ]; then
		rp_not not-restored exit 'the host runs from the same dataset as before'
	elif [ -n "${pw_arg_id:-}" ] && [ "$(rp_get guid "$rp_one")" = "$pw_arg_id" ]; then
		rp_say state restored
	else
		rp_not not-restored exit 'the host runs from a dataset that is not a copy of the snapshot'
	fi
}
