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

# probe_program: a program and its arguments; a shell looks at none of them. $pw_arg_words
# are the names of the arguments that hold them.
probe_program() {
	set --
	for probe_word in $pw_arg_words; do
		eval "set -- \"\$@\" \"\$pw_arg_$probe_word\""
	done
	probe_said=$("$@" 2>&1)
	probe_rc=$?
	printf '%s' "$probe_said" 2>/dev/null | head -c 4000
	return "$probe_rc"
}

# probe_http: a page with its head, or what went wrong on standard error. wget says
# the head there too.
probe_http() {
	if pw_has curl; then
		curl -q -g -s -S -i --noproxy '*' --proto '=http,https' --max-time 20 --max-filesize 8388608 --url "$pw_arg_url" | head -c 1114112
	elif pw_has wget; then
		probe_more=
		if wget --help 2>&1 | grep -q -e --content-on-error; then
			probe_more='--content-on-error --max-redirect=0 --no-proxy --no-config --tries=1'
		fi
		unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY
		# shellcheck disable=SC2086 # words
		wget -q -S -T 20 $probe_more -O - -- "$pw_arg_url" | head -c 1114112
	else
		echo 'neither curl nor wget is there' >&2
	fi
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
	program) pw_run probe probe_program ;;
	http) pw_run probe probe_http ;;
	boot) pw_run probe probe_boot ;;
	esac
}

probe_main
