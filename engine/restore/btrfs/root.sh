# restore-point: the root of a btrfs, for every provider whose points are snapshots of it.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # pw_arg_* and rp_tag are set before, rp_* are used below
rp_own=@patchwave
rp_top='' rp_why=''

# rp_show PATH KEY: what btrfs says of a subvolume; nothing if it is none.
rp_show() {
	btrfs subvolume show "$1" 2>/dev/null | sed -n "s/^[[:space:]]*$2:[[:space:]]*//p" | head -n 1
}

# rp_option NAME OPTIONS: the value of a mount option, or nothing.
rp_option() {
	printf '%s\n' "$2" | tr ',' '\n' | sed -n "s/^$1=//p" | tail -n 1
}

# rp_default_of PATH: the number of the subvolume that is mounted where none is named.
rp_default_of() {
	btrfs subvolume get-default "$1" 2>/dev/null | sed -n 's/^ID \([0-9]*\).*/\1/p'
}

# rp_base: sets rp_dev and rp_path, where the running root lies, rp_uuid and rp_subvol,
# which one it is, and rp_default, the number of the default one.
rp_base() {
	for rp_need in findmnt mount mktemp; do
		pw_has "$rp_need" || {
			rp_why="$rp_need is not installed"
			return 1
		}
	done
	# shellcheck disable=SC2046 # three words
	set -- $(findmnt -nrvo FSTYPE,SOURCE,FSROOT / | tail -n 1)
	if [ "${1:-}" != btrfs ]; then
		rp_why="the root file system is ${1:-unknown}, not btrfs"
		return 1
	fi
	rp_dev=$2 rp_path=${3:-/}
	pw_has btrfs || rp_lend
	pw_has btrfs || {
		rp_why='btrfs is not installed'
		return 1
	}
	rp_uuid=$(rp_show / UUID)
	rp_subvol=$(rp_show / 'Subvolume ID')
	rp_default=$(rp_default_of /)
	case $rp_path in *\\*)
		rp_why='the name of the root subvolume has characters that cannot be told'
		return 1
		;;
	esac
}

# rp_root: besides, the running root can be swapped, and the next boot takes what
# stands in its place. Sets rp_byname: by its name, not as the default one.
rp_root() {
	rp_base || return 1
	if [ "$rp_path" = / ] || [ "$rp_subvol" = 5 ] || [ "$(stat -c %i /)" != 256 ] || [ -z "$rp_uuid" ]; then
		rp_why='the root is the top of the btrfs, not a subvolume that another one can take the place of'
		return 1
	fi
	rp_flags=$(tr ' ' '\n' </proc/cmdline | sed -n 's/^rootflags=//p' | tail -n 1)
	rp_fstab=$(awk '$1 !~ /^#/ && $2 == "/" && $3 == "btrfs" { print $4 }' /etc/fstab 2>/dev/null | tail -n 1)
	rp_byname=no
	for rp_one in "$rp_flags" "$rp_fstab"; do
		if [ -n "$(rp_option subvolid "$rp_one")" ]; then
			rp_why='the root is mounted by the number of its subvolume: take subvolid= out of /etc/fstab and the kernel command line'
			return 1
		fi
		rp_name=$(rp_option subvol "$rp_one")
		[ -n "$rp_name" ] || continue
		if [ "/${rp_name#/}" != "$rp_path" ]; then
			rp_why="the next boot takes the subvolume $rp_name, and the system runs from $rp_path; reboot first"
			return 1
		fi
		rp_byname=yes
	done
	if [ "$rp_byname" = yes ]; then
		rp_flips && return
		rp_lend && rp_flips && return
		rp_why='nothing here can exchange two names at once, and a power cut in between would leave no root: install perl, python3 or coreutils 9.5'
		return 1
	fi
	if [ "$rp_default" != "$rp_subvol" ]; then
		rp_why="it cannot be told which subvolume the next boot takes: $rp_path is neither the default one nor named in /etc/fstab or the kernel command line"
		return 1
	fi
}

# rp_flips: two names can be exchanged in one step, so that there is always a root.
rp_flips() {
	pw_has perl || pw_has python3 || mv --help 2>/dev/null | grep -q -e --exchange
}

# rp_lend: programs that the updates took away from the system are those of the point.
rp_lend() {
	if [ -z "$rp_tag" ] || ! rp_mount; then return 1; fi
	for rp_one in "$rp_left" "/.snapshots/${pw_arg_id:-none}/snapshot"; do
		if [ -d "$rp_one/usr/bin" ]; then PATH=$PATH:$rp_one/usr/bin:$rp_one/usr/sbin:$rp_one/bin:$rp_one/sbin; fi
	done
}

# rp_mount: the top of the file system at rp_top; rp_store is our place there, and
# rp_left begins the names of what a rollback to the point needs or leaves.
rp_mount() {
	[ -z "$rp_top" ] || return 0
	rp_top=$(mktemp -d /run/patchwave-btrfs.XXXXXX) || {
		rp_why='cannot make a directory in /run'
		return 1
	}
	if ! rp_out=$(mount -t btrfs -o subvolid=5,nodev,nosuid "$rp_dev" "$rp_top" 2>&1); then
		rmdir "$rp_top"
		rp_top='' rp_why="the top of the file system cannot be mounted: $rp_out"
		return 1
	fi
	rp_store=$rp_top/$rp_own rp_left=$rp_top/$rp_own/$rp_tag
	if [ -L "$rp_store" ] || { [ -e "$rp_store" ] && { [ ! -d "$rp_store" ] || [ "$(stat -c %u "$rp_store")" != 0 ]; }; }; then
		rp_why="$rp_own at the top of the file system is not patchwave's directory"
		return 1
	fi
}

rp_unmount() {
	[ -n "$rp_top" ] || return 0
	umount "$rp_top" 2>/dev/null || umount -l "$rp_top"
	rmdir "$rp_top"
	rp_top=''
}

# rp_nested DIR PATH: the subvolumes inside of one, which no snapshot of it holds, as
# paths below it. DIR is where it is seen, PATH where it lies. systemd makes some of
# them by itself, and uses them seldom.
rp_nested() {
	btrfs subvolume list -o "$1" 2>/dev/null | sed -n 's/^.* path //p' | while IFS= read -r rp_one; do
		case /$rp_one in "$2"/?*) printf '%s\n' "${rp_one#"${2#/}"/}" ;; esac
	done
}

# rp_outside: what a rollback would not bring back here.
rp_outside() {
	findmnt -rno FSTYPE,TARGET | rp_limits 'a file system or subvolume of its own'
	rp_nested / "$rp_path" | while IFS= read -r rp_one; do
		rp_say cannot "/$rp_one: a subvolume inside of the root, what it holds stays as it is"
	done
}

# rp_swap: an active swap file in the root subvolume, which keeps it from being snapshot.
rp_swap() {
	awk '$2 == "file" { print $1 }' /proc/swaps 2>/dev/null | while IFS= read -r rp_one; do
		if [ "$(stat -c %d "$rp_one" 2>/dev/null)" = "$(stat -c %d /)" ]; then printf '%s' "$rp_one"; fi
	done
}

# rp_space: sets rp_free and rp_need, in bytes. df knows nothing of this.
rp_space() {
	rp_usage=$(btrfs filesystem usage -b / 2>/dev/null)
	rp_free=$(printf '%s\n' "$rp_usage" | sed -n 's/^[[:space:]]*Free (estimated):[[:space:]]*\([0-9]*\).*/\1/p' | head -n 1)
	rp_size=$(printf '%s\n' "$rp_usage" | sed -n 's/^[[:space:]]*Device size:[[:space:]]*\([0-9]*\).*/\1/p' | head -n 1)
	rp_empty=$(printf '%s\n' "$rp_usage" | sed -n 's/^[[:space:]]*Device unallocated:[[:space:]]*\([0-9]*\).*/\1/p' | head -n 1)
	rp_meta=$(printf '%s\n' "$rp_usage" | sed -n 's/^Metadata.*Size:\([0-9]*\), Used:\([0-9]*\).*/\1 \2/p' | awk '{ n += $1 - $2 } END { printf "%.0f", n }')
	[ -n "$rp_free" ] && [ -n "$rp_size" ] && [ -n "$rp_empty" ] || return 1
	# 2 GiB, or 15 % of a small disk, but never less than 512 MiB
	rp_need=$((rp_size * 15 / 100))
	[ "$rp_need" -le 2147483648 ] || rp_need=2147483648
	[ "$rp_need" -ge 536870912 ] || rp_need=536870912
}

# rp_size PATH…: bytes that only these subvolumes hold, where somebody wants to know; 0 is
# unknown. Without quota groups all files have to be looked at, ten seconds at most each.
rp_size() {
	rp_sum=0
	for rp_of in "$@"; do
		if [ "${pw_arg_size:-}" != yes ] || [ ! -d "$rp_of" ]; then continue; fi
		rp_n=$(btrfs qgroup show -f --raw "$rp_of" 2>/dev/null | awk '$1 ~ /^0\// { print $3 }' | tail -n 1)
		[ -n "$rp_n" ] || rp_n=$(timeout 10 btrfs filesystem du -s --raw "$rp_of" 2>/dev/null | awk 'NR == 2 { print $2 }')
		case $rp_n in *[!0-9]*) ;; ?*) rp_sum=$((rp_sum + rp_n)) ;; esac
	done
	printf '%s' "$rp_sum"
}
