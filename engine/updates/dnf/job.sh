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
