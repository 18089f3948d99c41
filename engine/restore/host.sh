# restore-point, on the host itself: what is the same whatever the root is on.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # pw_status is what the script ends with; pw_* and rp_* are of what stands before
rp_clone='' # how cp shares what it copies, where the file system can

# rp_refuse WHY: the host is as it was.
rp_refuse() {
	rp_not not-restored exit "$1"
	pw_status=1
}

# rp_split: a part of the system that would not go back with the rest; or nothing.
rp_split() {
	rp_device=$(stat -c %d /)
	for rp_one in /usr /etc /var/lib/dpkg /var/lib/rpm /usr/lib/sysimage/rpm /var/lib/pacman /lib/apk/db; do
		if [ -d "$rp_one" ] && [ "$(stat -L -c %d "$rp_one")" != "$rp_device" ]; then
			printf '%s' "$rp_one"
			return
		fi
	done
}

# rp_limits WHAT: what a rollback would not bring back here, of the mounts in standard
# input, TYPE TARGET a line; WHAT they are beside the root.
rp_limits() {
	while read -r rp_type rp_target; do
		case $rp_target in / | /proc* | /sys* | /dev* | /run*) continue ;; esac
		case $rp_type in ext[234] | xfs | btrfs | vfat | zfs | f2fs | jfs | reiserfs) ;; *) continue ;; esac
		case $rp_target in
		/boot) rp_say cannot "/boot ($rp_type): its kernels and boot entries stay as they are; kernels that the old root does not know keep their modules" ;;
		*) rp_say cannot "$rp_target ($rp_type): $1, it stays as it is" ;;
		esac
	done
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
			# shellcheck disable=SC2086 # it may be nothing
			cp -a $rp_clone "$rp_one" "$1/usr/lib/modules/" || return 1
		fi
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

# rp_restart WHY: the host boots into what is in place, WHY says what that is.
rp_restart() {
	if ! rp_out=$(rp_reboot 2>&1); then
		rp_say why "$1, and the host does not reboot: $rp_out"
		rp_say code exit
		pw_status=1
	fi
	rp_say state pending
}
