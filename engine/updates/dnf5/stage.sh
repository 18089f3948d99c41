# dnf5: downloading ahead. Runs in a detached job.
# shellcheck shell=sh
# shellcheck disable=SC2154 # pw_arg_* are set by the caller, variables by common.sh

dnf5_stage() {
	pw_run dnf5.stage dnf5_fetch_ahead
}

# dnf5_fetch_ahead: a replay cannot stop before its transaction; install can, and puts
# into the cache what the replay then finds there.
dnf5_fetch_ahead() {
	dnf5_no_locks
	dnf5_wait || return 200
	set --
	while IFS=$dnf5_tab read -r dnf5_action dnf5_name dnf5_arch _ dnf5_new; do
		case $dnf5_action in '' | remove) continue ;; esac
		dnf5_has "$dnf5_name" "$dnf5_arch" "$dnf5_new" || set -- "$@" "$dnf5_name-$dnf5_new.$dnf5_arch"
	done <<DNF5_CHANGES
$pw_arg_changes
DNF5_CHANGES
	if [ $# -eq 0 ]; then
		echo 'Nothing to do.'
		return 0
	fi
	stage_bounded dnf5 -y '--setopt=*.skip_if_unavailable=1' '--setopt=*.metadata_expire=never' install --downloadonly "$@"
}

dnf5_cache() {
	printf '%s' /var/cache/libdnf5
}

dnf5_staged() {
	printf '%s\n' "$pw_arg_changes" | while IFS=$dnf5_tab read -r dnf5_action dnf5_name dnf5_arch _ dnf5_new; do
		case $dnf5_action in '' | remove) continue ;; esac
		dnf5_word=missing
		if [ -n "$(dnf5_cached "$dnf5_name" "$dnf5_arch" "$dnf5_new")" ] || dnf5_has "$dnf5_name" "$dnf5_arch" "$dnf5_new"; then dnf5_word=staged; fi
		printf '%s\t%s\t%s\t%s\n' "$dnf5_name" "$dnf5_arch" "$dnf5_new" "$dnf5_word"
	done
}
