# restore-point, last part.
# shellcheck shell=sh

rp_main() {
	rp_ours || return
	if [ "$(id -u)" != 0 ]; then
		rp_sorry sudo 'btrfs subvolumes are for root only'
		return
	fi
	rp_do
	rp_unmount
}

pw_begin restore-point
rp_main </dev/null
pw_end restore-point 0
