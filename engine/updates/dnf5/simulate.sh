# dnf5: simulate.
# shellcheck shell=sh
# shellcheck disable=SC2154 # pw_arg_* are set by the caller, variables by common.sh

dnf5_simulate() {
	dnf5_no_locks
	if [ "$pw_arg_mode" = each ]; then
		dnf5_number=0
		while IFS=$dnf5_tab read -r dnf5_name dnf5_arch dnf5_version; do
			dnf5_number=$((dnf5_number + 1))
			pw_run "dnf5.sim.$dnf5_number" dnf5_solve "$dnf5_name-$dnf5_version.$dnf5_arch"
		done <<DNF5_WANT
$pw_arg_want
DNF5_WANT
		return 0
	fi
	set --
	while IFS=$dnf5_tab read -r dnf5_name dnf5_arch dnf5_version; do
		[ -z "$dnf5_name" ] || set -- "$@" "$dnf5_name-$dnf5_version.$dnf5_arch"
	done <<DNF5_WANT
$pw_arg_want
DNF5_WANT
	pw_begin dnf5.sim
	dnf5_table=$(dnf5_solve "$@")
	dnf5_sim_rc=$?
	printf '%s\n' "$dnf5_table"
	pw_end dnf5.sim "$dnf5_sim_rc"
	pw_run dnf5.undo dnf5_undo
}

# Without -q, because the size of the download is told only then.
dnf5_solve() {
	dnf5_read --assumeno install "$@"
}

# dnf5_undo: the packages that the table replaces or removes: can they be had again.
dnf5_undo() {
	dnf5_old=$(printf '%s\n' "$dnf5_table" | awk '
		/^[A-Z].*:$/ { removing = /^Removing/ }
		/^$/ { removing = 0 }
		/^   replacing / { print $2 "\t" $3 "\t" $4 }
		/^ [^ ]/ && removing && NF > 4 { print $1 "\t" $2 "\t" $3 }' | sed 's/	0:/	/')
	[ -n "$dnf5_old" ] || return 0
	dnf5_have=$(printf '%s\n' "$dnf5_old" | awk -F '\t' '{ print $1 "-" $3 "." $2 }' |
		xargs dnf5 -q -C ${dnf5_locks:+"$dnf5_locks"} '--setopt=*.skip_if_unavailable=1' '--setopt=disable_excludes=*' repoquery --available \
			--qf "%{name}$dnf5_tab%{arch}$dnf5_tab%{evr}$dnf5_nl")
	printf '%s\n' "$dnf5_old" | while IFS=$dnf5_tab read -r dnf5_name dnf5_arch dnf5_version; do
		dnf5_yes=no
		case "$dnf5_nl$dnf5_have$dnf5_nl" in
		*"$dnf5_nl$dnf5_name$dnf5_tab$dnf5_arch$dnf5_tab$dnf5_version$dnf5_nl"*) dnf5_yes=yes ;;
		esac
		[ -z "$(dnf5_cached "$dnf5_name" "$dnf5_arch" "$dnf5_version")" ] || dnf5_yes=yes
		printf '%s\t%s\t%s\t%s\n' "$dnf5_name" "$dnf5_arch" "$dnf5_version" "$dnf5_yes"
	done
}
