# dnf 4: the detached job.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # dnf_data is read by dnf_call, pw_arg_* are set by the caller

dnf_install() {
	dnf_data=$pw_arg_changes
	pw_run dnf.install dnf_call install
}

dnf_keep() {
	dnf_data=$pw_arg_changes
	pw_run dnf.keep dnf_call keep "$pw_arg_dir"
}

dnf_rollback() {
	dnf_data=$pw_arg_changes
	pw_run dnf.rollback dnf_call rollback "$pw_arg_dir"
}

dnf_repair() {
	pw_run dnf.repair dnf -y --setopt=exit_on_lock=1 remove --duplicates
}

# dnf_stage: the transaction of dnf_install, ended where it would begin. dnf keeps
# what it has downloaded until a transaction succeeds.
dnf_stage() {
	dnf_data=$pw_arg_changes
	pw_run dnf.stage stage_bounded dnf_call stage
}

dnf_cache() {
	printf '%s' /var/cache/dnf
}

dnf_staged() {
	printf '%s\n' "$pw_arg_changes" | while IFS='	' read -r dnf_action dnf_name dnf_arch _ dnf_new; do
		case $dnf_action in '' | remove) continue ;; esac
		dnf_word=missing
		! rpm -q --qf '%{ARCH} %|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\n' "$dnf_name" </dev/null 2>/dev/null | grep -Fxq "$dnf_arch $dnf_new" || dnf_word=staged
		for dnf_file in "$(dnf_cache)"/*/packages/"$dnf_name-${dnf_new#*:}.$dnf_arch.rpm"; do
			[ ! -s "$dnf_file" ] || dnf_word=staged
		done
		printf '%s\t%s\t%s\t%s\n' "$dnf_name" "$dnf_arch" "$dnf_new" "$dnf_word"
	done
}
