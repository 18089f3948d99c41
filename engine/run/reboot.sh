# reboot: ask for a reboot two seconds from now, so that this job can end first.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # pw_rc is of the prelude; pw_status is what the script ends with
reboot_ask() {
	sync
	if [ -d /run/systemd/system ] && pw_has systemd-run; then
		systemd-run --quiet --on-active=2s systemctl reboot
	elif pw_has systemctl && [ -d /run/systemd/system ]; then
		systemctl reboot --no-block
	else
		setsid sh -c 'sleep 2; reboot || { sync; reboot -f; }' </dev/null >/dev/null 2>&1 &
	fi
}
pw_run reboot reboot_ask
pw_status=$pw_rc
