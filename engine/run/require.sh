# require: what must be true of the host before it is touched. The answer says
# what is, a line each; the controller decides.
# shellcheck shell=sh
# shellcheck disable=SC2154 # pw_arg_* are set before

# require_process: number and name of the programs that run and must not.
require_process() {
	for require_dir in /proc/[0-9]*; do
		require_comm=''
		read -r require_comm 2>/dev/null <"$require_dir/comm" || continue
		# a line feed before and after, so that a name is a whole line
		case "
$pw_arg_processes
" in
		*"
$require_comm
"*) ;;
		*) continue ;;
		esac
		case $(sed 's/.*) //' "$require_dir/stat" 2>/dev/null) in
		'' | Z* | X*) continue ;; # it has ended
		esac
		printf '%s\t%s\n' "${require_dir#/proc/}" "$require_comm"
	done
}

# require_disk: the free space of each path, in KiB; "?" if df does not say.
require_disk() {
	printf '%s\n' "$pw_arg_mounts" | while IFS= read -r require_mount; do
		require_free=$(df -Pk -- "$require_mount" 2>/dev/null | sed -n '$s/^.* \([0-9][0-9]*\)  *[0-9-][0-9]*% .*$/\1/p')
		printf '%s\t%s\n' "${require_free:-?}" "$require_mount"
	done
}

# require_session ID: the user of a session at a terminal or a screen. Sessions of
# programs, this one too, have neither.
require_session() {
	require_text=$(loginctl show-session "$1" -p Name -p TTY -p Type -p Class -p State 2>/dev/null) || return 0
	case $require_text in *State=closing*) return 0 ;; esac
	case "
$require_text
" in
	*"
Class=user"*) ;;
	*) return 0 ;;
	esac
	require_tty=$(printf '%s\n' "$require_text" | sed -n 's/^TTY=//p')
	case $(printf '%s\n' "$require_text" | sed -n 's/^Type=//p') in
	x11 | wayland | mir) require_tty=${require_tty:-screen} ;;
	esac
	[ -n "$require_tty" ] || return 0
	printf '%s\t%s\n' "$(printf '%s\n' "$require_text" | sed -n 's/^Name=//p')" "$require_tty"
}

require_users() {
	if pw_has loginctl && require_list=$(loginctl --no-legend list-sessions 2>/dev/null); then
		printf '%s\n' "$require_list" | while read -r require_id _; do
			if [ -n "$require_id" ]; then require_session "$require_id"; fi
		done
	elif pw_has who; then
		who | while read -r require_name require_tty _; do printf '%s\t%s\n' "$require_name" "$require_tty"; done
	else
		echo 'neither loginctl nor who is installed' >&2
		return 1
	fi
}

require_main() {
	pw_put clock "$(date +%s)"
	if [ -n "${pw_arg_mounts:-}" ]; then pw_run disk require_disk; fi
	if [ -n "${pw_arg_processes:-}" ]; then pw_run processes require_process; fi
	if [ "$pw_arg_users" = yes ]; then pw_run users require_users; fi
}

require_main
