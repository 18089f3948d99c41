# pacman: what an installation would do.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2317,SC2329 # pw_* come from the prelude; the simulate script calls these functions

# pacman_try FRAME NAME...: frames FRAME (pacman's words; status 1, nobody agreed),
# FRAME.local and FRAME.offers (what is installed and offered of what it names).
pacman_try() {
	pacman_frame=$1
	shift
	pacman_dry -S "$@"
	pw_begin "$pacman_frame"
	printf '%s\n' "$pacman_out"
	cat "$pacman_tmp/err" >&2
	pw_end "$pacman_frame" 0
	pacman_adds=$(pacman_tokens | sed -e '/\[removal\]$/d' -e 's/-[^-]*-[^-]*$//' | sort -u)
	# shellcheck disable=SC2046 # names without white space
	pw_run "$pacman_frame.local" pacman_local $(pacman_names)
	if [ -n "$pacman_adds" ]; then
		# shellcheck disable=SC2086 # names without white space
		pw_run "$pacman_frame.offers" pacman_offers $pacman_adds
	fi
}

# pacman_undo: which old versions are in the caches, or were kept ahead of a window. What
# a server may have without listing it is asked for only when the point is made.
pacman_undo() {
	# shellcheck disable=SC2046 # names without white space
	pacman_local $(pacman_names) | while read -r pacman_name pacman_arch pacman_version; do
		if [ -n "$(pacman_cached "$pacman_name" "$pacman_arch" "$pacman_version")$(pacman_cached "$pacman_name" "$pacman_arch" "$pacman_version" /var/lib/patchwave-host/ahead)" ]; then pacman_can=yes; else pacman_can=no; fi
		printf '%s\t%s\t%s\t%s\n' "$pacman_name" "$pacman_arch" "$pacman_version" "$pacman_can"
	done
}

pacman_simulate() {
	pacman_init
	pacman_scratch || return 1
	set --
	pacman_count=0
	for pacman_want in $(printf '%s\n' "$pw_arg_want" | cut -f1); do
		pacman_count=$((pacman_count + 1))
		if [ "${pw_arg_mode:-set}" = each ]; then
			pacman_try "pacman.sim.$pacman_count" "$pacman_want"
		else
			set -- "$@" "$pacman_want"
		fi
	done
	if [ "${pw_arg_mode:-set}" != each ]; then
		pacman_try pacman.sim "$@"
		pw_run pacman.undo pacman_undo
	fi
	pacman_clear
}
