# apk: downloading ahead. Runs in a detached job, as root. Frames: doc.go.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2317,SC2329 # pw_* come from the prelude; the caller decides what is called

# apk_ahead: where files are fetched to. apk has a cache only where the administrator
# has set one up, and names the files in it after their checksums.
apk_ahead=/var/cache/patchwave-host/apk

apk_stage() {
	pw_run apk.stage apk_timed apk_fetch_ahead
}

# apk_fetch_ahead: apk fetch gives the newest version only; apk_staged tells of the
# others.
apk_fetch_ahead() {
	[ "$(printf '%s\n' "$pw_arg_changes" | grep -c .)" = "$(apk_changes | grep -c .)" ] || {
		echo 'ERROR: patchwave: a change is not spelled as apk spells it'
		return 99
	}
	apk_names=$(apk_changes | awk -F '|' '$1 != "remove" { print $2 }')
	[ -n "$apk_names" ] || return 0
	(umask 022 && mkdir -p "$apk_ahead") && [ ! -L "${apk_ahead%/*}" ] && [ ! -L "$apk_ahead" ] || return 99
	# shellcheck disable=SC2086 # one argument a name
	stage_bounded apk --no-progress fetch --output "$apk_ahead" $apk_names
}

apk_cache() {
	printf '%s' "$apk_ahead"
}

apk_staged() {
	while IFS='|' read -r apk_action apk_name apk_arch _ apk_to; do
		case $apk_action in '' | remove) continue ;; esac
		apk_word=missing
		if [ -s "$apk_ahead/$apk_name-$apk_to.apk" ] || apk info -e "$apk_name=$apk_to" </dev/null >/dev/null 2>&1; then apk_word=staged; fi
		printf '%s\t%s\t%s\t%s\n' "$apk_name" "$apk_arch" "$apk_to" "$apk_word"
	done <<-APK_CHANGES
		$(apk_changes)
	APK_CHANGES
}

# apk_instead: the file to install a wanted version from, if there is one that apk
# itself finds whole and signed; else the version.
apk_instead() {
	apk_file=$apk_ahead/$1-$2.apk
	if [ -s "$apk_file" ] && apk verify "$apk_file" </dev/null >/dev/null 2>&1; then
		printf '%s' "$apk_file"
	else
		printf '%s' "$1=$2"
	fi
}

# apk_choose: takes the files for $apk_args where the solver then does the same.
apk_choose() {
	[ "$apk_local" != "$apk_args" ] || return 0
	apk_plain=$apk_args
	apk_args=$apk_local
	apk_only >/dev/null 2>&1 || apk_args=$apk_plain
}
