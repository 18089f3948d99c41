# apk: changing packages. Runs in a detached job, as root. Frames: doc.go.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2317,SC2329 # pw_* come from the prelude; the caller decides what is called

# Where the administrator's list of packages is, and a copy of it for the time
# in which apk must be told exact versions.
apk_world=/etc/apk/world
apk_saved=/etc/apk/world.patchwave

apk_install() {
	pw_run apk.install apk_timed apk_change
}

# apk_timed COMMAND: runs it and says how long it took.
apk_timed() {
	apk_start=$(date +%s)
	"$@"
	apk_rc=$?
	printf 'patchwave: took %s s\n' "$(($(date +%s) - apk_start))"
	return "$apk_rc"
}

apk_change() {
	apk_args=
	apk_local=
	apk_gone=
	apk_allowed=
	[ "$(printf '%s\n' "$pw_arg_changes" | grep -c .)" = "$(apk_changes | grep -c .)" ] || {
		echo 'ERROR: patchwave: a change is not spelled as apk spells it'
		apk_nothing
		return 99
	}
	while IFS='|' read -r apk_action apk_name _ _ apk_to; do
		case $apk_action in
		'') ;;
		remove)
			apk_args="$apk_args !$apk_name"
			apk_local="$apk_local !$apk_name"
			apk_gone="$apk_gone $apk_name"
			;;
		*)
			apk_args="$apk_args $apk_name=$apk_to"
			apk_local="$apk_local $(apk_instead "$apk_name" "$apk_to")"
			;;
		esac
	done <<-APK_CHANGES
		$(apk_changes)
	APK_CHANGES
	[ -n "$apk_args" ] || return 0
	apk_choose
	apk_add || return
	rm -f "$apk_ahead"/*.apk
}

# apk_changes: $pw_arg_changes with "|", which read does not run together, and
# without any line that is not spelled as a change. "-" is no version.
apk_changes() {
	printf '%s\n' "$pw_arg_changes" | awk -F '\t' -v OFS='|' '
		$4 == "-" { $4 = "" }
		$5 == "-" { $5 = "" }
		NF == 5 && $1 ~ /^(install|upgrade|downgrade|remove)$/ && $2 ~ /^[A-Za-z0-9_][A-Za-z0-9+._-]*$/ && $3 ~ /^[a-z0-9_-]+$/ &&
		$4 ~ /^([0-9][0-9A-Za-z._~-]*)?$/ && $5 ~ /^([0-9][0-9A-Za-z._~-]*)?$/ && ($1 == "remove") == ($5 == "") { print $1, $2, $3, $4, $5 }'
}

# apk_add: brings about $apk_args. The exact versions would stay in world as
# pins: the list is put back as it was, without the packages that were removed.
apk_add() {
	# A job that was killed has left its copy.
	[ -e "$apk_saved" ] || cp -p "$apk_world" "$apk_saved" || return 99
	apk_only || {
		rm -f "$apk_saved"
		apk_nothing
		return 99
	}
	# shellcheck disable=SC2086 # one argument a package
	apk --wait "${pw_arg_lock_wait:-0}" --no-progress add $apk_args </dev/null
	apk_status=$?
	apk_restore
	return "$apk_status"
}

apk_restore() {
	apk_list=$(tr ' ' '\n' <"$apk_saved" | grep .)
	for apk_name in $apk_gone; do
		apk info -e "$apk_name" >/dev/null 2>&1 </dev/null && continue
		apk_list=$(printf '%s\n' "$apk_list" | grep -v -x "$(printf '%s' "$apk_name" | sed 's/[.+]/[&]/g')\([<>=~@].*\)*")
	done
	printf '%s\n' "$apk_list" >"$apk_world.new" && chmod 644 "$apk_world.new" && mv "$apk_world.new" "$apk_world" && rm -f "$apk_saved"
}

# apk_only: the solver must not want anything that is not in the changes.
apk_only() {
	# shellcheck disable=SC2086 # one argument a package
	apk_text=$(apk --no-network add --simulate $apk_args </dev/null)
	apk_more=$({
		printf '%s\n' "$apk_allowed"
		apk_changes | awk -F '|' '{ print "wanted " $2 " " ($1 == "remove" ? "Purging" : $5) }'
		printf '%s\n' "$apk_text"
	} | awk '
		/^wanted / { wanted[$2 " " $3] = 1; next }
		/^\([ 0-9]*\/[0-9]*\) / {
			sub(/^\([ 0-9]*\/[0-9]*\) /, "")
			name = $2; sub(/@.*/, "", name)
			version = $NF; gsub(/[()]/, "", version)
			if ($1 == "Purging") version = "Purging"
			if (!((name " " version) in wanted)) print $0
		}')
	[ -n "$apk_more" ] || return 0
	printf 'ERROR: patchwave: the repositories have moved since the plan, apk would change more: %s\n' "$(printf '%s' "$apk_more" | tr '\n' ',')"
	return 1
}

# apk_nothing: what failed, failed before anything was touched.
apk_nothing() {
	echo 'patchwave: nothing was changed'
}

# apk_keep: stores in $pw_arg_dir the packages that $pw_arg_changes replace, from
# the cache or from a repository that still has them.
apk_keep() {
	pw_run apk.keep apk_store
}

apk_store() {
	mkdir -p "$pw_arg_dir" && cp -p "$apk_world" "$pw_arg_dir/world" || return 1
	while IFS='|' read -r _ apk_name apk_arch apk_from _; do
		[ -n "$apk_from" ] || continue
		apk_file=$pw_arg_dir/$apk_name-$apk_from.apk
		[ -s "$apk_file" ] || apk_get
		apk_word=missing
		[ ! -s "$apk_file" ] || apk_word=kept
		printf '%s\t%s\t%s\t%s\n' "$apk_name" "$apk_arch" "$apk_from" "$apk_word"
	done <<-APK_CHANGES
		$(apk_changes)
	APK_CHANGES
	sync
}

# apk_get: the file of the change that is being read. apk fetch gives the newest
# version only.
apk_get() {
	for apk_cached in "/var/cache/apk/$apk_name-$apk_from".*apk "/etc/apk/cache/$apk_name-$apk_from".*apk; do
		[ ! -s "$apk_cached" ] || cp "$apk_cached" "$apk_file"
	done
	[ ! -s "$apk_file" ] || return 0
	apk_repos=$(apk --no-network policy "$apk_name" </dev/null 2>/dev/null | awk -v v="$apk_from:" '
		/^  [^ ]/ { found = ($1 == v); next }
		found && !/apk\/db\/installed/ { print $NF }')
	for apk_repo in $apk_repos; do
		case $apk_repo in
		*://*) wget -q -O "$apk_file.part" "$apk_repo/$(apk --print-arch)/$apk_name-$apk_from.apk" </dev/null >&2 ;;
		/*) cp "$apk_repo/$(apk --print-arch)/$apk_name-$apk_from.apk" "$apk_file.part" ;;
		esac
		[ ! -s "$apk_file.part" ] || mv "$apk_file.part" "$apk_file"
		rm -f "$apk_file.part"
	done
}

# apk_rollback: undoes $pw_arg_changes.
apk_rollback() {
	pw_run apk.rollback apk_timed apk_go_back
}

apk_go_back() {
	apk_args=
	apk_gone=
	apk_allowed=
	[ ! -r "$pw_arg_dir/world" ] || cp -p "$pw_arg_dir/world" "$apk_saved"
	while IFS='|' read -r _ apk_name _ apk_from _; do
		[ -n "$apk_name" ] || continue
		if [ -z "$apk_from" ]; then
			apk_args="$apk_args !$apk_name"
			apk_allowed="$apk_allowed
wanted $apk_name Purging"
			continue
		fi
		apk_file=$pw_arg_dir/$apk_name-$apk_from.apk
		[ -s "$apk_file" ] || apk_file=$apk_name=$apk_from
		apk_args="$apk_args $apk_file"
		apk_allowed="$apk_allowed
wanted $apk_name $apk_from"
	done <<-APK_CHANGES
		$(apk_changes)
	APK_CHANGES
	[ -n "$apk_args" ] || return 0
	apk_add
}

# apk_repair: installs again what is broken.
apk_repair() {
	pw_run apk.repair apk_timed apk --wait "${pw_arg_lock_wait:-0}" --no-progress fix
}
