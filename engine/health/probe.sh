# probe: one question about the health of the host.
# shellcheck shell=sh
# shellcheck disable=SC2154 # pw_arg_* are set before

probe_systemd() { [ -d /run/systemd/system ]; }

# probe_service: the status of systemctl(1): 0 runs, 3 does not, 4 is not there;
# all others say nothing. OpenRC has 32 for a crashed one and 4 for one that is
# stopping; init scripts have 1 and 2 for dead ones that left a file behind.
probe_service() {
	if probe_systemd; then
		systemctl is-active -- "$pw_arg_name"
	elif pw_has rc-service; then
		rc-service -- "$pw_arg_name" status
		probe_rc=$?
		case $probe_rc in
		32) return 3 ;;
		4) return 8 ;;
		*) return "$probe_rc" ;;
		esac
	elif pw_has service; then
		service "$pw_arg_name" status
		probe_rc=$?
		case $probe_rc in
		1 | 2) return 3 ;;
		4) return 8 ;;
		*) return "$probe_rc" ;;
		esac
	else
		echo "no service manager was found"
		return 2
	fi
}

# probe_tcp: a listener on the port, in either family.
probe_tcp() {
	probe_hex=$(printf '%04X' "$pw_arg_port")
	cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | sed 's/^ *//' | tr -s ' ' | cut -d ' ' -f 2,4 | grep -q ":$probe_hex 0A\$"
}

# probe_command: what the command prints is cut, so that a chatty one still ends
# in an answer.
probe_command() {
	probe_said=$(/bin/sh -c "$pw_arg_run" 2>&1)
	probe_rc=$?
	printf '%s' "$probe_said" 2>/dev/null | head -c 4000
	return "$probe_rc"
}

# probe_boot: has the machine finished booting.
probe_boot() {
	if probe_systemd; then
		case $(systemctl is-system-running) in
		initializing | starting) return 1 ;;
		esac
	fi
}

probe_main() {
	case $pw_arg_kind in
	service) pw_run probe probe_service ;;
	tcp) pw_run probe probe_tcp ;;
	command) pw_run probe probe_command ;;
	boot) pw_run probe probe_boot ;;
	esac
}

probe_main
