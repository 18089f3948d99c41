# restore-point, the part between: the merge on the way down, while nobody uses the root.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # rp_* are set before

# rp_down: where systemd goes when it has unmounted all but the root.
rp_down=/run/initramfs

# rp_copy PROGRAM...: puts programs there, with the libraries that they load.
rp_copy() {
	for rp_one in "$@"; do
		rp_from=$(command -v "$rp_one") || {
			echo "$rp_one is not installed"
			return 1
		}
		cp -L "$rp_from" "$rp_down/bin/${rp_one##*/}" || return 1
		for rp_lib in $(ldd "$rp_from" | awk '{ for (i = 1; i <= NF; i++) if (substr($i, 1, 1) == "/") print $i }'); do
			[ ! -e "$rp_down$rp_lib" ] || continue
			mkdir -p "$rp_down${rp_lib%/*}" && cp -L "$rp_lib" "$rp_down$rp_lib" || return 1
		done
	done
}

# rp_apart: the merge is made ready for when the root is unmounted. An initramfs that lets
# udev activate the root would also have LVM end the merge behind its back: a boot that is
# slow then loses LVM while the root is suspended, and hangs for ever. One of dracut does
# not, and is left to it; so is a host without systemd.
rp_apart() {
	[ -d /run/systemd/system ] && [ ! -e "$rp_down/shutdown" ] && [ ! -e "$rp_down/.need_shutdown" ] || return 0
	rp_exe=''
	for rp_one in /lib/systemd/systemd-shutdown /usr/lib/systemd/systemd-shutdown; do
		[ ! -x "$rp_one" ] || rp_exe=$rp_one
	done
	[ -n "$rp_exe" ] || return 0
	mkdir -p "$rp_down" && mount -t tmpfs -o mode=700,nosuid,nodev,size=128m patchwave "$rp_down" || return 1
	if ! rp_fill; then
		umount "$rp_down"
		return 1
	fi
}

# rp_together: that is taken back.
rp_together() {
	if [ -e "$rp_down/shutdown" ] && [ "$(sed -n 2p "$rp_down/shutdown")" = "# patchwave" ]; then umount "$rp_down"; fi
}

rp_fill() {
	mkdir -p "$rp_down/bin" "$rp_down/etc/lvm/profile" && : >"$rp_down/etc/initrd-release" || return 1
	rp_copy sh sleep timeout umount lvm "$rp_exe" || return 1
	for rp_one in lvm.conf lvmlocal.conf devices profile; do
		[ ! -e "/etc/lvm/$rp_one" ] || cp -RL "/etc/lvm/$rp_one" "$rp_down/etc/lvm/" || return 1
	done
	rp_how=merge
	[ "$rp_kind" = thick ] || rp_how=merge_thin
	{
		printf '#!/bin/sh\n# patchwave\nvolume=%s how=%s\n' "$rp_volume" "$rp_how"
		rp_shutdown
	} >"$rp_down/shutdown.new" && chmod 700 "$rp_down/shutdown.new" && mv "$rp_down/shutdown.new" "$rp_down/shutdown"
}

# rp_shutdown: what runs there. Whatever comes of it, the host boots; what was not merged
# is by the boot. Nothing here may take for ever.
rp_shutdown() {
	cat <<'END'
export PATH=/bin DM_DISABLE_UDEV=1 LVM_SUPPRESS_FD_WARNINGS=1
conf='global { use_lvmpolld=0 event_activation=0 thin_check_executable="" } backup { backup=0 archive=0 }
activation { udev_sync=0 udev_rules=0 monitoring=0 } devices { obtain_device_list_from_udev=0 external_device_info_source="none" }'

say() { echo "patchwave: $*"; }

ask() {
	timeout 60 lvm "$@" --config "$conf" "$volume"
}

unmount() {
	for try in 1 2 3 4 5; do
		! umount -R /oldroot || return 0
		sleep 1
	done
	return 1
}

merge() {
	if ! unmount; then
		say "the root is in use, the next boot merges the snapshot"
		return
	fi
	if ! ask lvchange -a n --ignoremonitoring || ! ask lvchange -a y --sysinit; then
		say "the root is not activated anew, the next boot merges the snapshot"
		return
	fi
	say "the snapshot is being merged into the root $volume"
	if timeout 300 lvm lvpoll --polloperation "$how" --interval 1 --config "$conf" "$volume"; then
		say "the snapshot is merged"
	else
		say "the snapshot is not merged yet, that goes on with the next boot"
	fi
}

(merge) </dev/null >/dev/console 2>&1
exec /bin/systemd-shutdown "$@"
END
}
