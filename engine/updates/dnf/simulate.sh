# dnf 4: simulate.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # dnf_data is read by dnf_call, pw_arg_* are set by the caller

# One process answers for all wanted versions: its lines "frame NAME" begin the
# frames. What it complains about stands in the frame dnf.solver.
dnf_simulate() {
	dnf_data=$pw_arg_want
	pw_begin dnf.solver
	dnf_answer=$(dnf_program "$pw_arg_mode")
	dnf_sim_rc=$?
	pw_end dnf.solver "$dnf_sim_rc"
	dnf_open=
	while IFS= read -r dnf_line; do
		case $dnf_line in
		"frame	"*)
			[ -z "$dnf_open" ] || pw_end "$dnf_open" 0
			dnf_open=${dnf_line#frame?}
			pw_begin "$dnf_open"
			;;
		*) [ -z "$dnf_open" ] || printf '%s\n' "$dnf_line" ;;
		esac
	done <<DNF_ANSWER
$dnf_answer
DNF_ANSWER
	[ -z "$dnf_open" ] || pw_end "$dnf_open" "$dnf_sim_rc"
	return "$dnf_sim_rc"
}
