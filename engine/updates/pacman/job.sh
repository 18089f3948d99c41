# pacman: installing, keeping old packages, going back.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2317,SC2329 # pw_* come from the prelude; the job scripts call these functions

# pacman_each FUNCTION: calls FUNCTION ACTION NAME ARCH FROM TO for every change.
pacman_each() {
	pacman_function=$1
	pacman_lines=$pw_arg_changes
	while [ -n "$pacman_lines" ]; do
		pacman_line=${pacman_lines%%"
"*}
		case $pacman_lines in
		*"
"*) pacman_lines=${pacman_lines#*"
"} ;;
		*) pacman_lines='' ;;
		esac
		[ -n "$pacman_line" ] || continue
		# shellcheck disable=SC2086 # words without white space; none is empty
		set -- $pacman_line
		[ $# -eq 5 ] || return 65
		"$pacman_function" "$@"
	done
}

# pacman_refuse FRAME STATUS WORDS...: nothing was done, and why.
pacman_refuse() {
	pacman_status=$2
	pacman_frame=$1
	shift 2
	pw_put "$pacman_frame" "refused: $*" "$pacman_status"
	return "$pacman_status"
}

# pacman_free FRAME: waits for the lock. 75: another program holds it, 76: it is
# stale.
pacman_free() {
	pacman_wait "${pw_arg_lock_wait:-0}"
	case $pacman_lock in
	live) pacman_refuse "$1" 75 "locked: another program holds $pacman_system/db.lck" ;;
	stale) pacman_refuse "$1" 76 "stale: $pacman_system/db.lck was left by a pacman that was killed" ;;
	esac
}

pacman_read() {
	pacman_asked_for="$pacman_asked_for$2-$5
"
	case $1 in
	remove)
		pacman_asked_for="${pacman_asked_for%"$2-$5
"}$2-$4[removal]
"
		pacman_removals=yes
		! pacman -Qqe -- "$2" </dev/null >/dev/null 2>&1 || pacman_chosen=yes
		return 0
		;;
	install) pacman_new="$pacman_new $2" ;;
	esac
	pacman_targets="$pacman_targets $2"
	pacman_wanted="$pacman_wanted$2|$5
"
}

pacman_drifted() {
	printf '%s\n' "$pacman_offered" "$pacman_wanted" | sed '/^$/d' | sort | uniq -u | cut -d'|' -f1 | sort -u | tr '\n' ' '
}

pacman_find() {
	[ "$1" != remove ] || return 0
	pacman_found=$(pacman_cached "$2" "$3" "$5")
	if [ -n "$pacman_found" ]; then
		pacman_files="$pacman_files $pacman_found"
	else
		pacman_missing="$pacman_missing $2-$5-$3"
	fi
}

# pacman_prepare FRAME DOWNLOAD [COMMAND]: downloads exactly the wanted versions into
# pacman's cache, where they change nothing, and finds their files. Refusals stand in
# FRAME, the words of the download, which COMMAND runs, in DOWNLOAD.
pacman_prepare() {
	# shellcheck disable=SC2086 # names without white space
	pacman_offered=$(pacman_offers $pacman_targets | cut -d'|' -f1,2)
	pacman_odd=$(pacman_drifted)
	pacman_files='' pacman_missing=''
	if [ -n "$pacman_odd" ]; then
		pacman_each pacman_find
		if [ -n "$pacman_missing" ]; then
			pacman_refuse "$1" 65 "drift: the index does not offer the wanted version of $pacman_odd"
			return
		fi
	else
		# shellcheck disable=SC2086 # names without white space
		pw_run "$2" ${3:-} pacman -Sddw --noconfirm --noprogressbar --color never --dbpath "$pacman_tmp" --logfile /dev/null -- $pacman_targets || return
		pacman_each pacman_find
		if [ -n "$pacman_missing" ]; then
			pacman_refuse "$1" 65 "drift: not in the cache after the download: $pacman_missing"
			return
		fi
	fi
}

# pacman_check: a dry run of the files must show exactly the changes.
pacman_check() {
	# shellcheck disable=SC2086 # paths of packages, without white space
	pacman_dry -U $pacman_files
	pacman_differ=$(printf '%s\n%s\n' "$(pacman_tokens)" "$pacman_asked_for" | sed '/^$/d' | sort | uniq -u)
	[ -z "$pacman_differ" ] && return
	case $pacman_out in *'there is nothing to do'*) return 0 ;; esac
	pacman_refuse pacman.install 65 "drift: pacman would not do exactly what was planned; the difference is" "$pacman_differ" "$(tail -n 3 "$pacman_tmp/err")"
}

# pacman_change FRAME FILE...: one transaction with the host's own database. --ask 4
# answers yes to "remove the conflicting package", which --noconfirm declines.
pacman_change() {
	pacman_frame=$1
	shift
	if [ "$pacman_removals" = yes ]; then
		pw_run "$pacman_frame" pacman_merged -U --needed --noconfirm --ask 4 -- "$@"
	else
		pw_run "$pacman_frame" pacman_merged -U --needed --noconfirm -- "$@"
	fi
}

# pacman_merged: both streams as one: which package an error is about can only be
# seen from the line before it.
pacman_merged() {
	pacman --noprogressbar --color never "$@" </dev/null 2>&1
}

pacman_install() {
	pacman_init
	pacman_asked_for='' pacman_targets='' pacman_wanted='' pacman_new='' pacman_removals=no pacman_chosen=no
	pacman_each pacman_read || return $?
	pacman_free pacman.install || return $?
	pacman_scratch || return 1
	pacman_prepare pacman.install pacman.download && pacman_check
	pacman_status=$?
	pacman_clear
	[ "$pacman_status" -eq 0 ] || return "$pacman_status"
	pacman_free pacman.install || return $?
	# shellcheck disable=SC2086 # paths of packages, without white space
	pacman_change pacman.install $pacman_files
	pacman_status=$?
	# What replaces a package that somebody chose was not a mere dependency.
	if [ "$pacman_status" -eq 0 ] && [ -n "$pacman_new" ] && [ "$pacman_chosen" = no ]; then
		# shellcheck disable=SC2086 # names without white space
		pw_run pacman.reasons pacman -D --asdeps -- $pacman_new || pacman_status=$?
	fi
	return "$pacman_status"
}

pacman_store() {
	[ "$4" != - ] || return 0
	pacman_word=missing
	pacman_found=$(pacman_cached "$2" "$3" "$4" "$pw_arg_dir")
	if [ -n "$pacman_found" ] && ! pacman_whole "$pacman_found" "$2" "$4"; then rm -f "$pacman_found" "$pacman_found.sig"; fi
	pacman_found=$(pacman_cached "$2" "$3" "$4")
	if [ -n "$pacman_found" ] && ! pacman_whole "$pacman_found" "$2" "$4"; then
		echo "$pacman_found is damaged, or another package than the one that is installed" >&2
		pacman_found=
	elif [ -z "$pacman_found" ] && [ -z "$(pacman_cached "$2" "$3" "$4" "$pw_arg_dir")" ]; then
		pacman_fetch "$2" "$3" "$4"
		pacman_found=$(pacman_cached "$2" "$3" "$4")
		if [ -n "$pacman_found" ] && ! pacman_whole "$pacman_found" "$2" "$4"; then pacman_found=; fi
	fi
	if [ -n "$(pacman_cached "$2" "$3" "$4" "$pw_arg_dir")" ]; then
		pacman_word=kept
	elif [ -n "$pacman_found" ] && cp -f "$pacman_found" "$pw_arg_dir/"; then
		pacman_word=kept
		if [ -f "$pacman_found.sig" ]; then cp -f "$pacman_found.sig" "$pw_arg_dir/" || pacman_word=missing; fi
	fi
	printf '%s\t%s\t%s\t%s\n' "$2" "$3" "$4" "$pacman_word"
}

# pacman_keep: the old packages, as far as pacman's caches have them, and which
# ones were installed explicitly.
pacman_keep() {
	pacman_init
	[ -d "$pw_arg_dir" ] && [ ! -L "$pw_arg_dir" ] || return 66
	pacman -Qqe </dev/null >"$pw_arg_dir/pacman.explicit"
	pw_run pacman.keep pacman_each pacman_store
}

# pacman_back: the file that undoes one change, unless it is undone.
pacman_back() {
	if [ "$1" = install ]; then
		if [ "$(pacman_local "$2" | cut -f3)" = "$5" ]; then pacman_extra="$pacman_extra $2"; fi
		return 0
	fi
	[ "$(pacman_local "$2" | cut -f3)" != "$4" ] || return 0
	pacman_found=$(pacman_cached "$2" "$3" "$4" "$pw_arg_dir")
	[ -n "$pacman_found" ] || pacman_found=$(pacman_cached "$2" "$3" "$4")
	if [ -n "$pacman_found" ]; then
		[ "$1" != remove ] || pacman_lost="$pacman_lost$2
"
		pacman_files="$pacman_files $pacman_found"
	else
		pacman_missing="$pacman_missing $2-$4-$3"
	fi
}

# pacman_still NAME...: those that are installed.
pacman_still() {
	for pacman_name in "$@"; do
		if pacman -Qq -- "$pacman_name" </dev/null >/dev/null 2>&1; then printf '%s\n' "$pacman_name"; fi
	done
}

# pacman_revert: old files first; what came new may then be removed. Going back
# with most packages is better than with none: 67 says that some were not to be
# had. If the others need those, pacman changes nothing.
pacman_revert() {
	pacman_status=0
	if [ -n "$pacman_files" ]; then
		# shellcheck disable=SC2086 # paths of packages, without white space
		pacman_merged -U --noconfirm --ask 4 -- $pacman_files || return
	fi
	# shellcheck disable=SC2086 # names without white space
	pacman_extra=$(pacman_still $pacman_extra)
	if [ -n "$pacman_extra" ]; then
		# shellcheck disable=SC2086 # names without white space
		pacman_merged -R --noconfirm -- $pacman_extra || return
	fi
	printf '%s' "$pacman_lost" | while IFS= read -r pacman_name; do
		if grep -qsxF "$pacman_name" "$pw_arg_dir/pacman.explicit"; then
			pacman -D --asexplicit -- "$pacman_name" </dev/null || exit 1
		else
			pacman -D --asdeps -- "$pacman_name" </dev/null || exit 1
		fi
	done || return
	[ -n "$pacman_missing" ] || return 0
	printf 'partly: no file of%s, the rest is rolled back\n' "$pacman_missing"
	return 67
}

pacman_rollback() {
	pacman_init
	pacman_files='' pacman_missing='' pacman_extra='' pacman_lost=''
	pacman_each pacman_back || return $?
	if [ -n "$pacman_missing" ] && [ -z "$pacman_files$pacman_extra" ]; then
		pacman_refuse pacman.rollback 66 "missing: no file of$pacman_missing"
		return
	fi
	pacman_free pacman.rollback || return $?
	pw_run pacman.rollback pacman_revert
}

# pacman_repair: a stale lock goes; what is then inconsistent is reported.
pacman_repair() {
	pacman_init
	pacman_wait "${pw_arg_lock_wait:-0}"
	case $pacman_lock in
	live)
		pacman_refuse pacman.repair 75 "locked: another program holds $pacman_system/db.lck"
		return
		;;
	stale) rm -f "$pacman_system/db.lck" ;;
	esac
	pw_run pacman.repair pacman -Dk --color never
}

# pacman_stage: only the download of pacman_install, which finds the files in the
# cache.
pacman_stage() {
	pacman_init
	pacman_asked_for='' pacman_targets='' pacman_wanted='' pacman_new='' pacman_removals=no pacman_chosen=no
	pacman_each pacman_read || return $?
	[ -n "$pacman_targets" ] || return 0
	pacman_scratch || return 1
	pacman_prepare pacman.stage pacman.stage stage_bounded
	pacman_status=$?
	pacman_clear
	return "$pacman_status"
}

pacman_cache() {
	pacman_conf CacheDir | sed -n '1s:/*$::p'
}

pacman_staged() {
	pacman_init
	pacman_each pacman_staged_row
}

pacman_staged_row() {
	[ "$1" != remove ] || return 0
	pacman_word=missing
	if [ -n "$(pacman_cached "$2" "$3" "$5")" ] || [ "$(pacman_local "$2" | cut -f3)" = "$5" ]; then pacman_word=staged; fi
	printf '%s\t%s\t%s\t%s\n' "$2" "$3" "$5" "$pacman_word"
}
