#!/bin/sh
# Runs one guest of the lab: boots it, boots it again when it asks for a reboot,
# ends when it powers off. It is the first process of namespaces of its own
# (pid, mount, network), so that killing it takes every process, mount and
# interface of the guest with it.
#   guest.sh NAME MODE STATE LOWER ADDRESS GATEWAY DARK
# MODE is systemd or plain; STATE the guest's directory outside of it; LOWER the
# overlay's lower directories; DARK the seconds without link between two boots.
# It begins when a line comes over standard input: by then eth0 is there. While
# STATE/hold exists no further boot begins. $CGROUPS are its own cgroups. With
# $BTRFS the root is a subvolume of a btrfs on STATE/disk: the one of the name @, with
# BTRFS=default the default one, with BTRFS=suse the default one, which is a snapshot of
# snapper, as openSUSE has it. With $SNAPPER snapper is there.
set -eu
export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin

# private gives the guest its own view of everything that the tools below write.
private() {
	mount --make-rprivate /
	mount -t proc proc /proc
	mount -t tmpfs tmpfs /run
	mkdir -p "$state/root" "$state/upper" "$state/work"
	mount -t overlay overlay -o "lowerdir=$lower,upperdir=$state/upper,workdir=$state/work" "$root"
	[ "$btrfs" = no ] || private_btrfs
}

# private_btrfs copies the root to a new disk. Its top stays mounted, which keeps
# the loop device.
private_btrfs() {
	mkdir -p "$state/top"
	if [ ! -e "$state/disk" ]; then
		truncate -s 6G "$state/disk.new"
		mkfs.btrfs -q "$state/disk.new"
		mount -o loop "$state/disk.new" "$state/top"
		btrfs subvolume create "$state/top/@"
		first=$state/top/@
		[ "$btrfs" != suse ] || suse_layout
		cp -a "$root/." "$first/"
		btrfs_tools "$first"
		[ "$snapper" = no ] || snapper_tools "$first"
		[ "$btrfs" = name ] || btrfs subvolume set-default "$first"
		umount "$state/top"
		mv "$state/disk.new" "$state/disk"
	fi
	umount "$root"
	mount -o loop,subvolid=5 "$state/disk" "$state/top"
	loop=$(findmnt -nvo SOURCE "$state/top")
	nspawn="--bind=$loop"
	mount_root
}

# mount_root takes what the next boot of such a machine takes.
mount_root() {
	case $btrfs in
	name) mount -o subvol=@ "$loop" "$root" ;;
	default) mount "$loop" "$root" ;;
	suse)
		mount "$loop" "$root"
		mount -o subvol=@/.snapshots "$loop" "$root/.snapshots"
		;;
	esac
}

# suse_layout: the system is the first snapshot, and where they are is mounted by name.
suse_layout() {
	first=$state/top/@/.snapshots/1/snapshot
	btrfs subvolume create "$state/top/@/.snapshots"
	chmod 750 "$state/top/@/.snapshots"
	mkdir "$state/top/@/.snapshots/1"
	btrfs subvolume create "$first"
	mkdir -m 750 "$first/.snapshots"
	printf '<?xml version="1.0"?>\n<snapshot>\n  <type>single</type>\n  <num>1</num>\n  <date>%s</date>\n  <description>first root filesystem</description>\n</snapshot>\n' \
		"$(date -u '+%Y-%m-%d %H:%M:%S')" >"$state/top/@/.snapshots/1/info.xml"
}

# copied DIR FILE: a program of this machine, whose Debian is that of the guests.
copied() {
	install -D "$2" "$1$2"
	ldd "$2" | sed -n 's,^.*=> \(/[^ ]*\) .*,\1,p' | while read -r lib; do
		[ -e "$1$lib" ] || install -D "$lib" "$1$lib"
	done
}

# snapper_tools DIR: snapper, its daemon and its hook of apt; where its snapshots have a
# place already, its configuration too.
snapper_tools() {
	for file in $(dpkg -L snapper | grep -vE '^/usr/share/(doc|locale|man|bash-completion)/'); do
		[ -f "$file" ] || continue
		case $file in
		/usr/bin/* | /usr/sbin/snapperd | /usr/lib/snapper/*) copied "$1" "$file" ;;
		*) install -D -m 644 "$file" "$1$file" ;;
		esac
	done
	mkdir -p "$1/etc/snapper/configs"
	if [ "$btrfs" = suse ]; then
		cp "$1/usr/share/snapper/config-templates/default" "$1/etc/snapper/configs/root"
		sed -i 's/^SNAPPER_CONFIGS=.*/SNAPPER_CONFIGS="root"/' "$1/etc/default/snapper"
	fi
}

btrfs_tools() {
	copied "$1" "$(command -v btrfs)"
	[ "$btrfs" != name ] || echo "/dev/disk/root / btrfs subvol=@ 0 0" >>"$1/etc/fstab"
}

# next_root takes what is @ now for the next boot.
next_root() {
	[ "$btrfs" != no ] || return 0
	umount -R "$root"
	mount_root
}

link_up() {
	ip link set lo up
	ip address replace "$address/24" dev eth0
	ip link set eth0 up
	ip route replace default via "$gateway" dev eth0
}

join_cgroups() {
	for cgroup in $CGROUPS; do
		echo 0 >"$cgroup/cgroup.procs"
	done
}

# boot_systemd ends with 133 when the guest wants a reboot. nspawn gives every
# boot a boot id of its own.
boot_systemd() {
	# shellcheck disable=SC2086 # at most one word
	exec env SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_NSPAWN_LOCK=0 \
		systemd-nspawn --quiet --directory="$root" --machine="$name" --boot \
		--register=no --keep-unit --network-namespace-path=/proc/self/ns/net \
		--console=pipe --kill-signal=SIGRTMIN+3 \
		--resolv-conf=off --timezone=off --link-journal=no $nspawn
}

# boot_plain is a machine without systemd: sshd is its first process. It ends
# with 129 (SIGHUP) when reboot(2) was called inside.
boot_plain() {
	cat /proc/sys/kernel/random/uuid >"$state/boot_id"
	exec unshare --fork --pid --mount --uts --ipc --propagation private --kill-child \
		sh -eu -c "$plain_init" plain-init "$name" "$root" "$state/boot_id"
}

# shellcheck disable=SC2016 # it is a program of its own, with its own arguments
plain_init='
	name=$1; root=$2; boot_id=$3
	hostname "$name"
	mount --bind "$root" "$root"
	mount -t proc proc "$root/proc"
	mount -t tmpfs tmpfs "$root/run"
	mount -t tmpfs tmpfs "$root/dev"
	for device in null zero random urandom tty full; do
		: >"$root/dev/$device"
		mount --bind "/dev/$device" "$root/dev/$device"
	done
	mkdir -p "$root/dev/pts" "$root/dev/shm" "$root/run/sshd" "$root/run/lock"
	mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
	ln -s pts/ptmx "$root/dev/ptmx"
	ln -s /proc/self/fd "$root/dev/fd"
	mount --bind "$boot_id" "$root/proc/sys/kernel/random/boot_id"
	exec chroot "$root" /usr/sbin/sshd -D -e
'

# boot runs the guest once and sets rc. The loop itself stays outside of the
# guest's cgroups: version 2 bears no process beside child groups.
boot() {
	rc=0
	(
		join_cgroups
		"boot_$mode"
	) </dev/null || rc=$?
	echo "guest.sh: $name ended with $rc"
}

wants_reboot() {
	case $mode-$rc in
	systemd-133 | plain-129) return 0 ;;
	*) return 1 ;;
	esac
}

main() {
	name=$1
	mode=$2
	state=$3
	lower=$4
	address=$5
	gateway=$6
	dark=$7
	root=$state/root
	btrfs=${BTRFS:-no}
	snapper=${SNAPPER:-no}
	nspawn=
	private
	read -r _
	while :; do
		link_up
		boot
		wants_reboot || break
		ip link set eth0 down
		sleep "$dark"
		while [ -e "$state/hold" ]; do sleep 0.1; done
		next_root
	done
}

main "$@"
