# action: a command or a script of the preparation, or what undoes it.
# shellcheck shell=sh
# shellcheck disable=SC2154 # pw_arg_* are set before

# action_in_time ARG...: ended when the time is over, where the host can do that.
action_in_time() {
	if pw_has timeout && timeout -k 10 5 true 2>/dev/null; then
		timeout -k 10 "$pw_arg_limit" "$@"
	else
		"$@"
	fi
}

# action_go: the arguments of a command come as words of base64, each behind a "=",
# so that an empty one is a word too.
action_go() {
	if [ -n "${pw_arg_script:-}" ]; then
		action_in_time /bin/sh -c "$pw_arg_script"
		return
	fi
	set --
	for action_word in $pw_arg_argv; do
		action_text=$(pw_decode "${action_word#=}" && echo x)
		set -- "$@" "${action_text%x}"
	done
	action_in_time "$@"
}

export PATCHWAVE_ACTION="$pw_arg_action"
pw_run action action_go
