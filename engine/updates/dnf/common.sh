# dnf 4: what scan, simulate and job share.
# shellcheck shell=sh
# shellcheck disable=SC2154 # pw_arg_* are set by the caller

# dnf_interpreter: the Python that dnf itself runs on; /usr/libexec/platform-python
# on EL 8.
dnf_interpreter() {
	dnf_python=$(sed -n '1s/^#![[:space:]]*\([^[:space:]]*\).*/\1/p' "$(command -v dnf-3 || command -v dnf)" 2>/dev/null)
	case $dnf_python in
	*/python* | */platform-python*) ;;
	*) dnf_python=/usr/bin/python3 ;;
	esac
}

# dnf_call MODE [DIR]: run the program below with $dnf_data. While another
# process holds dnf's lock (200) try again, at most $pw_arg_lock_wait seconds.
dnf_call() {
	dnf_left=${pw_arg_lock_wait:-0}
	while :; do
		dnf_program "$@"
		dnf_rc=$?
		[ "$dnf_rc" -eq 200 ] && [ "$dnf_left" -gt 0 ] || return "$dnf_rc"
		dnf_nap=5
		[ "$dnf_left" -ge 5 ] || dnf_nap=$dnf_left
		sleep "$dnf_nap"
		dnf_left=$((dnf_left - dnf_nap))
	done
}

dnf_program() {
	dnf_interpreter
	dnf_lock_wait=${pw_arg_lock_wait:-0} "$dnf_python" -I - "$@" 3<<DNF_DATA <<'DNF_PROGRAM'
$dnf_data
DNF_DATA
@PROGRAM@
DNF_PROGRAM
}
