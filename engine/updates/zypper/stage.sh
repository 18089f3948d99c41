# zypper: downloading ahead.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154,SC2317,SC2329 # pw_* come from the prelude; the job scripts call these functions

# zypper_stage: the transaction of zypper_install, ended where it would begin.
zypper_stage() {
	export ZYPP_LOCK_TIMEOUT="${pw_arg_lock_wait:-0}"
	zypper_args='' zypper_options='' zypper_new='' zypper_gone='' zypper_changed='' zypper_chosen=no
	zypper_each zypper_install_arg || return $?
	# shellcheck disable=SC2086 # words without white space
	pw_run zypper.stage stage_bounded zypper --non-interactive --no-refresh install --no-force-resolution --no-recommends \
		--auto-agree-with-licenses --download-only $zypper_options -- $zypper_args
}

zypper_cache() {
	printf '%s' /var/cache/zypp/packages
}

zypper_staged() {
	zypper_each zypper_staged_row
}

zypper_staged_row() {
	[ "$1" != remove ] || return 0
	zypper_word=missing
	if [ -n "$(find "$(zypper_cache)" -type f -name "$2-${5#*:}.$3.rpm" 2>/dev/null | sed 1q)" ] || zypper_has "$2" "$3" "$5"; then zypper_word=staged; fi
	printf '%s\t%s\t%s\t%s\n' "$2" "$3" "$5" "$zypper_word"
}
