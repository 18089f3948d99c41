# sleep: the machine goes back to sleep, or off, two seconds from now, so that this
# answer arrives first; not while a run works on it.
# shellcheck shell=sh
# shellcheck disable=SC2154 # pw_arg_* are set before

# sleep_claimed: a claim stands and has not expired.
sleep_claimed() {
	[ -f "$sleep_root/claim" ] || return 1
	read -r sleep_controller _ _ sleep_expires _ <"$sleep_root/claim" || :
	case ${sleep_expires:-} in '' | *[!0-9]*) return 1 ;; esac
	[ -n "$sleep_controller" ] && [ "$sleep_expires" -gt "$(date +%s)" ]
}

sleep_ask() {
	sleep_root=${pw_arg_root:-/var/lib/patchwave-host}
	if sleep_claimed 2>/dev/null; then
		echo 'another run works on this host' >&2
		return 75
	fi
	case $pw_arg_how in
	asleep) sleep_verb=suspend ;;
	*) sleep_verb=poweroff ;;
	esac
	sync
	if [ -d /run/systemd/system ] && pw_has systemd-run; then
		systemd-run --quiet --on-active=2s systemctl "$sleep_verb"
	elif [ "$sleep_verb" = poweroff ]; then
		setsid sh -c 'sleep 2; poweroff' </dev/null >/dev/null 2>&1 &
	elif [ -w /sys/power/state ] && grep -qw mem /sys/power/state; then
		setsid sh -c 'sleep 2; echo mem >/sys/power/state' </dev/null >/dev/null 2>&1 &
	else
		echo 'this host cannot be suspended' >&2
		return 1
	fi
}

pw_run sleep sleep_ask
