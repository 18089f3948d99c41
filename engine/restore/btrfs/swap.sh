# restore-point: the way back. rp_again says whether another program takes it, with rp_leave.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # rp_* and pw_arg_* are set before; pw_status is what the script ends with
rp_clone=--reflink=auto

# rp_carry OLD NEW: subvolumes inside of the root are in no snapshot: they come along.
# What cannot be moved stays in the old one, which is then not removed. Where snapper
# took the way back no name has changed, and what is mounted by its name stays.
rp_carry() {
	rp_nested "$1" "${1#"$rp_top"}" | while IFS= read -r rp_one; do
		if [ "$rp_home" = - ] && findmnt -rn -M "/$rp_one" >/dev/null; then continue; fi
		rp_dir=$(dirname "$2/$rp_one")
		if [ "$(realpath -e "$rp_dir" 2>/dev/null)" = "$rp_dir" ] && { [ ! -e "$2/$rp_one" ] || rmdir "$2/$rp_one" 2>/dev/null; }; then
			mv -T "$1/$rp_one" "$2/$rp_one" 2>/dev/null && continue
			# what something is mounted on cannot be moved, and the host boots anyway
			findmnt -rn -M "/$rp_one" >/dev/null && umount -l "/$rp_one" && mv -T "$1/$rp_one" "$2/$rp_one" 2>/dev/null && continue
			mkdir "$2/$rp_one" 2>/dev/null
		fi
		rp_say cannot "/$rp_one: it could not be moved along and is in ${1#"$rp_top"/}"
	done
}

# rp_flip A B: each has the name of the other, in one step (renameat2(2), of which mv
# knows since coreutils 9.5).
rp_flip() {
	if mv --help 2>/dev/null | grep -q -e --exchange; then mv -T --exchange "$1" "$2" && return; fi
	if pw_has python3; then
		python3 -c 'import ctypes, os, sys
a, b = (os.fsencode(x) for x in sys.argv[1:3])
sys.exit(ctypes.CDLL(None).renameat2(-100, a, -100, b, 2) != 0)' "$1" "$2" && return
	fi
	pw_has perl || return
	case $(uname -m) in
	x86_64) rp_call=316 ;;
	aarch64 | riscv64 | loongarch64) rp_call=276 ;;
	ppc64*) rp_call=357 ;;
	s390x) rp_call=347 ;;
	*) return 1 ;;
	esac
	# shellcheck disable=SC2016 # perl's own variables
	perl -MConfig -e 'exit 1 if $Config{ptrsize} != 8; exit(syscall($ARGV[0] + 0, -100, $ARGV[1], -100, $ARGV[2], 2) != 0)' "$rp_call" "$1" "$2"
}

# rp_where UUID: the path of a subvolume, seen from the top.
rp_where() {
	btrfs subvolume list -u "$rp_top" 2>/dev/null | sed -n "s,^.* uuid $1 path ,/,p" | head -n 1
}

# rp_intend PATH: what a rollback is about to do is on the disk before it is done: what
# runs until then, and which name gets another root ("-": none, the default one changes).
# It is the text of a symbolic link, for which there is room where no file can be written.
rp_intend() {
	[ -d "$rp_store" ] || mkdir -m 700 "$rp_store" || return
	ln -sfn "$rp_uuid:$1" "$rp_left.swap" && btrfs filesystem sync "$rp_top"
}

# rp_intended: sets rp_old, the UUID of what ran, and rp_home, the name.
rp_intended() {
	rp_home=$(readlink "$rp_left.swap") || return
	rp_old=${rp_home%%:*} rp_home=${rp_home#*:}
}

# rp_swapped: a rollback came so far that the running root is the copy, and no further.
rp_swapped() {
	rp_intended && [ "$rp_old" != "$rp_uuid" ] && [ -n "$rp_made" ] && [ "$(rp_show / 'Parent UUID')" = "$rp_made" ]
}

# rp_finish: whatever of the swap is not done yet. It may be called at any point of it,
# before and after a boot: where what ran lies says how far it came.
rp_finish() {
	rp_intended || return
	rp_from=$(rp_where "$rp_old")
	if [ "$rp_home" = - ]; then
		rp_live=/$(btrfs subvolume get-default "$rp_top" | sed -n 's/^ID .* path //p')
	else
		rp_live=$rp_home
		rp_names || return
	fi
	[ -z "$rp_from" ] || rp_carry "$rp_top$rp_from" "$rp_top$rp_live"
	rm -f "$rp_left.swap"
	btrfs filesystem sync "$rp_top" >/dev/null
}

# rp_names: the copy has the name of the root, and what ran that of what failed. Where
# the next boot goes by a name there is no moment in which nothing has it.
rp_names() {
	rp_aside=$rp_left.failed rp_n=1
	while [ -e "$rp_aside" ]; do
		rp_n=$((rp_n + 1))
		rp_aside=$rp_left.failed-$rp_n
	done
	if [ "$rp_from" = "$rp_live" ]; then
		if rp_flip "$rp_left.new" "$rp_top$rp_live"; then
			rp_from=${rp_left#"$rp_top"}.new
		elif [ "${rp_byname:-yes}" = yes ]; then
			return 1
		else
			mv -T "$rp_top$rp_live" "$rp_aside" || return
			rp_from=${rp_aside#"$rp_top"}
		fi
	fi
	[ -e "$rp_top$rp_live" ] || mv -T "$rp_left.new" "$rp_top$rp_live" || return
	if [ "$rp_from" = "${rp_left#"$rp_top"}.new" ]; then
		mv -T "$rp_left.new" "$rp_aside" || return
		rp_from=${rp_aside#"$rp_top"}
	fi
}

# rp_prepare: a writable copy of the point at TAG.new.
rp_prepare() {
	[ -d "$rp_store" ] || mkdir -m 700 "$rp_store" || return
	rp_gone "$rp_left.new" || {
		printf '%s' "$rp_why"
		return 1
	}
	btrfs subvolume snapshot "$rp_point" "$rp_left.new" && rp_modules "$rp_left.new" && rp_intend "$rp_path"
}

# rp_take: the swap by our own hands. The default subvolume goes first: what boots by
# it then boots the copy, whatever has which name.
rp_take() {
	if ! rp_out=$(rp_prepare 2>&1); then
		rm -f "$rp_left.swap"
		rp_refuse "the snapshot could not be made writable: $rp_out"
		return 1
	fi
	rp_default=$(rp_default_of /) # one that was interrupted may have changed it
	if [ "$rp_default" = "$rp_subvol" ] && ! rp_out=$(btrfs subvolume set-default "$(rp_show "$rp_left.new" 'Subvolume ID')" "$rp_top" 2>&1); then
		rm -f "$rp_left.swap"
		rp_refuse "the default subvolume could not be changed: $rp_out"
		return 1
	fi
	rp_out=$(rp_finish 2>&1) || {
		[ "$rp_default" != "$rp_subvol" ] || btrfs subvolume set-default "$rp_subvol" "$rp_top"
		rm -f "$rp_left.swap"
		rp_refuse "the root subvolume could not be swapped: $rp_out"
		return 1
	}
	printf '%s\n' "$rp_out"
}

rp_rollback() {
	if ! rp_base || ! rp_mount; then
		rp_refuse "$rp_why"
		return
	fi
	rp_find
	if rp_swapped; then
		rp_finish || rp_sorry exit 'the root subvolumes could not be given their names'
		rp_say state pending
		return
	fi
	if ! rp_root; then
		rp_refuse "$rp_why"
		return
	fi
	if [ "$rp_state" != whole ]; then
		rp_refuse "$rp_why"
		return
	fi
	if rp_again; then rp_leave || return; else rp_take || return; fi
	rp_say identity "$rp_uuid"
	rp_restart 'the old system is in its place'
}
