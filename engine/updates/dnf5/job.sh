# dnf5: the detached job. A transaction is written as dnf5 stores one
# (transaction.json, version 1.0) and given to "dnf5 replay": it does exactly what
# is written there or refuses.
# shellcheck shell=sh
# shellcheck disable=SC2154 # pw_arg_* are set by the caller, variables by common.sh

dnf5_install() {
	pw_run dnf5.install dnf5_apply
}

dnf5_apply() {
	dnf5_no_locks
	dnf5_wait || return 200
	dnf5_tx=$(mktemp -d) || return 1
	dnf5_forward | dnf5_transaction >"$dnf5_tx/transaction.json"
	dnf5_replay "$dnf5_tx"
	dnf5_apply_rc=$?
	[ "$dnf5_apply_rc" -eq 0 ] || dnf5_restore_marks "$dnf5_tx"
	rm -rf "$dnf5_tx"
	return "$dnf5_apply_rc"
}

# dnf5_replay DIR: metadata stays as it is, so that what was simulated is done.
dnf5_replay() {
	if ! grep -q nevra "$1/transaction.json"; then
		echo 'Nothing to do.'
		return 0
	fi
	set -- replay "$1"
	[ -z "${dnf5_excludes:-}" ] || set -- "$dnf5_excludes" "$@"
	dnf5 -y '--setopt=*.skip_if_unavailable=1' '--setopt=*.metadata_expire=never' "$@" </dev/null
}

# dnf5_restore_marks DIR: after a failed scriptlet dnf5 takes what it has installed
# for the user's own choice ("External User").
dnf5_restore_marks() {
	sed -n 's/.*"nevra":"\([^"]*\)","action":"Install","reason":"Dependency".*/\1/p' "$1/transaction.json" |
		while IFS= read -r dnf5_nevra; do
			dnf5_reason=$(dnf5_read -q '--setopt=disable_excludes=*' repoquery --installed --qf '%{reason}' "$dnf5_nevra")
			[ "$dnf5_reason" != 'External User' ] ||
				dnf5 -q -y -C '--setopt=*.skip_if_unavailable=1' mark dependency "$dnf5_nevra" </dev/null
		done
}

# dnf5_has NAME ARCH VERSION: exactly this is installed.
dnf5_has() {
	dnf5_versions "$1" | grep -Fxq "$1$dnf5_tab$2$dnf5_tab$3"
}

# dnf5_forward: the items of the transaction that makes the changes, NEVRA, ACTION
# and REASON a line. What is done already is left out.
dnf5_forward() {
	printf '%s\n' "$pw_arg_changes" | while IFS=$dnf5_tab read -r dnf5_action dnf5_name dnf5_arch dnf5_old dnf5_new; do
		case $dnf5_action in
		install)
			dnf5_has "$dnf5_name" "$dnf5_arch" "$dnf5_new" ||
				dnf5_item "$dnf5_name-$dnf5_new.$dnf5_arch" Install "$(dnf5_mark "$dnf5_name" "$dnf5_name-$dnf5_new.$dnf5_arch")"
			;;
		upgrade | downgrade)
			dnf5_has "$dnf5_name" "$dnf5_arch" "$dnf5_new" && continue
			case $dnf5_action in upgrade) dnf5_word=Upgrade ;; *) dnf5_word=Downgrade ;; esac
			dnf5_item "$dnf5_name-$dnf5_new.$dnf5_arch" "$dnf5_word" None
			dnf5_item "$dnf5_name-$dnf5_old.$(dnf5_arch_of "$dnf5_name" "$dnf5_old" "$dnf5_arch")" Replaced None
			;;
		remove)
			dnf5_has "$dnf5_name" "$dnf5_arch" "$dnf5_old" && dnf5_item "$dnf5_name-$dnf5_old.$dnf5_arch" Remove None
			;;
		esac
	done
}

dnf5_item() {
	printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "${4:-}"
}

# dnf5_arch_of NAME VERSION ARCH: the architecture in which this version is
# installed; an update may change it to or from noarch.
dnf5_arch_of() {
	dnf5_found=$(dnf5_versions "$1" | awk -F '\t' -v v="$2" -v a="$3" '$3 == v && (found == "" || $2 == a) { found = $2 } END { print found }')
	printf '%s' "${dnf5_found:-$3}"
}

# dnf5_mark NAME NEVRA: User if the user wanted what the new package obsoletes or an
# older version that stays beside it, else Dependency.
dnf5_mark() {
	dnf5_peers=$(dnf5_read -q repoquery --available --obsoletes "$2" 2>/dev/null | awk '$1 ~ /^[A-Za-z0-9_][A-Za-z0-9+._-]*$/ { print $1 }')
	# shellcheck disable=SC2086 # names without white space
	if dnf5_read -q '--setopt=disable_excludes=*' repoquery --installed --qf "%{reason}$dnf5_nl" "$1" $dnf5_peers | grep -q -e User -e Group; then
		echo User
	else
		echo Dependency
	fi
}

# dnf5_transaction: items to JSON. Names and versions hold nothing that JSON escapes.
dnf5_transaction() {
	awk -F '\t' 'BEGIN { printf "{\"version\":\"1.0\",\"rpms\":[" }
		{ printf "%s\n{\"nevra\":\"%s\",\"action\":\"%s\",\"reason\":\"%s\",\"repo_id\":\"\"", (NR > 1 ? "," : ""), $1, $2, $3
		  if ($4 != "") printf ",\"package_path\":\"%s\"", $4
		  printf "}" }
		END { print "\n]}" }'
}

# ---- keep and rollback

dnf5_keep() {
	mkdir -p "$pw_arg_dir/packages" || return 1
	pw_run dnf5.keep dnf5_store
}

dnf5_store() {
	dnf5_no_locks
	: >"$pw_arg_dir/dnf5.marks" || return 1
	printf '%s\n' "$pw_arg_changes" | while IFS=$dnf5_tab read -r dnf5_action dnf5_name dnf5_arch dnf5_old dnf5_new; do
		case $dnf5_old in '' | -) continue ;; esac
		dnf5_arch=$(dnf5_arch_of "$dnf5_name" "$dnf5_old" "$dnf5_arch")
		dnf5_nevra=$dnf5_name-$dnf5_old.$dnf5_arch
		dnf5_read -q '--setopt=disable_excludes=*' repoquery --installed \
			--qf "%{name}$dnf5_tab%{arch}$dnf5_tab%{reason}$dnf5_nl" "$dnf5_nevra" >>"$pw_arg_dir/dnf5.marks"
		dnf5_target=$pw_arg_dir/packages/$dnf5_name-${dnf5_old#*:}.$dnf5_arch.rpm
		dnf5_file=$(dnf5_cached "$dnf5_name" "$dnf5_arch" "$dnf5_old")
		if [ -f "$dnf5_target" ] && point_rpm_same "$dnf5_target" "$dnf5_name" "$dnf5_arch" "$dnf5_old"; then
			:
		elif [ -n "$dnf5_file" ] && point_rpm_same "$dnf5_file" "$dnf5_name" "$dnf5_arch" "$dnf5_old"; then
			cp "$dnf5_file" "$dnf5_target.part" && mv "$dnf5_target.part" "$dnf5_target"
		else
			dnf5 -q -y '--setopt=*.skip_if_unavailable=1' '--setopt=*.metadata_expire=never' '--setopt=disable_excludes=*' \
				download --destdir="$pw_arg_dir/packages" "$dnf5_nevra" </dev/null >&2
		fi
		dnf5_state=missing
		if [ -s "$dnf5_target" ]; then
			if point_rpm_same "$dnf5_target" "$dnf5_name" "$dnf5_arch" "$dnf5_old"; then dnf5_state=kept; else rm -f "$dnf5_target"; fi
		fi
		printf '%s\t%s\t%s\t%s\n' "$dnf5_name" "$dnf5_arch" "$dnf5_old" "$dnf5_state"
	done
}

dnf5_rollback() {
	pw_run dnf5.rollback dnf5_undo_changes
}

dnf5_undo_changes() {
	dnf5_no_locks
	dnf5_wait || return 200
	rm -f "$pw_arg_dir/dnf5.lacking"
	dnf5_backward | dnf5_transaction >"$pw_arg_dir/transaction.json"
	dnf5_excludes='--setopt=disable_excludes=*'
	dnf5_replay "$pw_arg_dir"
	dnf5_undo_rc=$?
	[ "$dnf5_undo_rc" -eq 0 ] || dnf5_restore_marks "$pw_arg_dir"
	[ "$dnf5_undo_rc" -ne 0 ] || [ ! -f "$pw_arg_dir/dnf5.lacking" ] || dnf5_undo_rc=1
	return "$dnf5_undo_rc"
}

# dnf5_backward: as dnf5_forward, the other way round.
dnf5_backward() {
	printf '%s\n' "$pw_arg_changes" | while IFS=$dnf5_tab read -r dnf5_action dnf5_name dnf5_arch dnf5_old dnf5_new; do
		case $dnf5_action in
		install)
			dnf5_has "$dnf5_name" "$dnf5_arch" "$dnf5_new" && dnf5_item "$dnf5_name-$dnf5_new.$dnf5_arch" Remove None
			;;
		upgrade | downgrade)
			dnf5_before=$(dnf5_arch_kept "$dnf5_name" "$dnf5_old" "$dnf5_arch")
			dnf5_has "$dnf5_name" "$dnf5_before" "$dnf5_old" && continue
			dnf5_there "$dnf5_name" "$dnf5_before" "$dnf5_old" || continue
			case $dnf5_action in upgrade) dnf5_word=Downgrade ;; *) dnf5_word=Upgrade ;; esac
			dnf5_item "$dnf5_name-$dnf5_old.$dnf5_before" "$dnf5_word" None "$(dnf5_kept "$dnf5_name" "$dnf5_before" "$dnf5_old")"
			dnf5_item "$dnf5_name-$dnf5_new.$dnf5_arch" Replaced None
			;;
		remove)
			dnf5_has "$dnf5_name" "$dnf5_arch" "$dnf5_old" && continue
			dnf5_there "$dnf5_name" "$dnf5_arch" "$dnf5_old" &&
				dnf5_item "$dnf5_name-$dnf5_old.$dnf5_arch" Install "$(dnf5_kept_mark "$dnf5_name" "$dnf5_arch")" \
					"$(dnf5_kept "$dnf5_name" "$dnf5_arch" "$dnf5_old")"
			;;
		esac
	done
}

# dnf5_there NAME ARCH VERSION: it was kept or is in a repository. A rollback does what
# can be done: going back with most packages is better than with none.
dnf5_there() {
	[ -z "$(dnf5_kept "$@")" ] || return 0
	[ -z "$(dnf5_read -q '--setopt=disable_excludes=*' repoquery --available --qf '%{name}' "$1-$3.$2")" ] || return 0
	echo "Error: $1-$3.$2 is not to be had, the rest is rolled back" >&2
	: >"$pw_arg_dir/dnf5.lacking"
	return 1
}

# dnf5_kept NAME ARCH VERSION: the path of the kept package as transaction.json wants it.
dnf5_kept() {
	[ ! -s "$pw_arg_dir/packages/$1-${3#*:}.$2.rpm" ] || printf './packages/%s-%s.%s.rpm' "$1" "${3#*:}" "$2"
}

# dnf5_arch_kept NAME VERSION ARCH: the architecture in which the old version was kept.
dnf5_arch_kept() {
	for dnf5_file in "$pw_arg_dir/packages/$1-${2#*:}."*.rpm; do
		[ -f "$dnf5_file" ] || continue
		dnf5_file=${dnf5_file##*"${2#*:}."}
		printf '%s' "${dnf5_file%.rpm}"
		return
	done
	printf '%s' "$3"
}

dnf5_kept_mark() {
	dnf5_was=$(awk -F '\t' -v n="$1" -v a="$2" '$1 == n && $2 == a { print $3; exit }' "$pw_arg_dir/dnf5.marks" 2>/dev/null)
	case $dnf5_was in
	Dependency | 'Weak Dependency' | User | Group) printf '%s' "$dnf5_was" ;;
	*) printf User ;;
	esac
}

dnf5_repair() {
	dnf5_wait || return 200
	pw_run dnf5.repair dnf5_remove_duplicates
}

# dnf5 has no "remove --duplicates". What an interrupted upgrade left undone is the
# removal of the old version, with its scriptlets: rpm does it. The new version is
# then installed again, because its own scriptlets may not have come to their end.
dnf5_remove_duplicates() {
	dnf5_old=$(dnf5_read -q '--setopt=disable_excludes=*' repoquery --duplicates --latest-limit=-1 --qf "%{name}-%{evr}.%{arch}$dnf5_nl")
	dnf5_new=$(dnf5_read -q '--setopt=disable_excludes=*' repoquery --duplicates --latest-limit=1 --qf "%{name}-%{evr}.%{arch}$dnf5_nl")
	[ -n "$dnf5_old" ] || return 0
	# shellcheck disable=SC2086 # NEVRAs without white space
	rpm -e --nodeps -- $dnf5_old </dev/null || return 1
	# shellcheck disable=SC2086
	dnf5 -y '--setopt=*.skip_if_unavailable=1' '--setopt=disable_excludes=*' reinstall $dnf5_new </dev/null
}
