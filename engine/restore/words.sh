# What every script restore-point in sh begins with: the words of its answer.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # pw_arg_* are set before; rp_tag and pw_status are used below
rp_tag=${pw_arg_tag:-}

# rp_say KEY TEXT: one line of the answer.
rp_say() {
	printf '%s=%s\n' "$1" "$(printf '%s' "$2" | tr '\n\r\t' '   ')"
}

# rp_not STATE CODE WHY: it is not as wanted.
rp_not() {
	rp_say state "$1"
	[ -z "$2" ] || rp_say code "$2"
	rp_say why "$3"
}

# rp_no CODE WHY: no point can be had.
rp_no() {
	rp_say possible no
	rp_say code "$1"
	rp_say why "$2"
}

# rp_sorry CODE WHY: it could not be done.
rp_sorry() {
	rp_say code "$1"
	rp_say why "$2"
}

# rp_ours: the tag, where the operation has one, is of patchwave.
rp_ours() {
	case $pw_arg_op in detect | list) return ;; esac
	case $rp_tag in
	*[!A-Za-z0-9_-]*) ;;
	patchwave-?*) return ;;
	esac
	rp_say why 'the tag is none of patchwave'
	return 1
}

# rp_do: what the operation is called; each is a function of the script.
rp_do() {
	case $pw_arg_op in
	detect) rp_detect ;;
	create) rp_create ;;
	check) rp_check ;;
	rollback) rp_rollback ;;
	prove) rp_prove ;;
	remove) rp_remove ;;
	list) rp_list ;;
	esac
}
