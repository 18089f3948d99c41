# apk: asking the solver. Frames and their formats: doc.go.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2317,SC2329 # pw_* come from the prelude; the caller decides what is called

apk_simulate() {
	if [ "$pw_arg_mode" = each ]; then
		apk_n=0
		while IFS= read -r apk_line; do
			apk_n=$((apk_n + 1))
			pw_run "apk.sim.$apk_n" apk_sim "$apk_line"
		done <<-APK_WANT
			$pw_arg_want
		APK_WANT
		return 0
	fi
	pw_run apk.sim apk_sim "$pw_arg_want"
	pw_run apk.undo apk_undo
}

# apk_sim WANT: the rows of the solver, then the rows of apk list for the
# packages that they name: the solver does not say the architecture.
apk_sim() {
	apk_rows=
	apk_args=$(printf '%s\n' "$1" | awk -F '\t' '
		NF == 0 { next }
		NF != 3 || $1 !~ /^[A-Za-z0-9_][A-Za-z0-9+._-]*$/ || $3 !~ /^[0-9][0-9A-Za-z._~-]*$/ { exit 1 }
		{ print $1 "=" $3 }') || {
		echo 'ERROR: patchwave: a wanted package is not spelled as apk spells it' >&2
		return 99
	}
	[ -n "$apk_args" ] || return 0
	apk_pinned "$apk_args" || return 99
	# shellcheck disable=SC2086 # one argument a package
	apk_text=$(apk --no-network add --simulate $apk_args </dev/null)
	apk_rc=$?
	printf '%s\n' "$apk_text"
	apk_rows=$(printf '%s\n' "$apk_text" | sed -n 's/^([ 0-9]*\/[0-9]*) [A-Z][a-z]* \([A-Za-z0-9_][A-Za-z0-9+._-]*\)[@ ].*/\1/p')
	if [ -n "$apk_rows" ]; then
		# shellcheck disable=SC2086 # one argument a name
		apk --no-network list $apk_rows </dev/null 2>/dev/null
	fi
	return "$apk_rc"
}

# apk_pinned NAME=VERSION...: add would silently replace what the administrator
# wrote into world; it is a hold, and stays one.
apk_pinned() {
	apk_bad=$(for apk_word in $1; do
		tr ' ' '\n' </etc/apk/world | grep "^${apk_word%%=*}[<>=~]" | while IFS= read -r apk_pin; do
			apk_pin=${apk_pin%%@*}
			apk_limit=$(printf '%s' "$apk_pin" | sed 's/^[^<>=~]*[<>=~]*//')
			case "$(apk version -t "${apk_word#*=}" "$apk_limit" </dev/null)${apk_pin#"${apk_word%%=*}"}" in
			'='=* | '='*'='* | '<<'* | '>>'*) ;;
			*) case "${apk_pin#"${apk_word%%=*}"}:${apk_word#*=}" in
				'~'*":$apk_limit"*) ;;
				*) printf '%s ' "$apk_pin" ;;
				esac ;;
			esac
		done
	done)
	[ -n "$apk_bad" ] || return 0
	printf 'ERROR: patchwave: held by /etc/apk/world: %s\n' "$apk_bad" >&2
	return 1
}

# apk_undo: of what would be replaced or removed, whether the old version is in
# the cache or in a repository: NAME<TAB>ARCH<TAB>VERSION<TAB>yes|no.
apk_undo() {
	[ -n "$apk_rows" ] || return 0
	apk_db=/lib/apk/db/installed
	[ -e "$apk_db" ] || apk_db=/usr/lib/apk/db/installed
	# shellcheck disable=SC2086 # one argument a name
	{
		printf '%s\n' "$apk_rows" | sed 's/^/wanted /'
		apk --no-network policy $apk_rows </dev/null 2>/dev/null
		echo 'database'
		cat "$apk_db"
		echo
	} | awk '
		/^wanted / { wanted[$2] = 1; next }
		/^database$/ { db = 1; next }
		!db && / policy:$/ { name = $1; next }
		!db && /^  [^ ].*:$/ { version = substr($1, 1, length($1) - 1); next }
		!db && /^    / { if ($0 !~ /apk\/db\/installed/) found[name "=" version] = 1; next }
		/^P:/ { name = substr($0, 3) }
		/^V:/ { version = substr($0, 3) }
		/^A:/ { arch = substr($0, 3) }
		/^$/ { if (db && name in wanted) print name "|" arch "|" version "|" ((name "=" version) in found ? "yes" : "no"); name = "" }' |
		while IFS='|' read -r apk_name apk_arch apk_version apk_there; do
			for apk_file in "/var/cache/apk/$apk_name-$apk_version".*apk "/etc/apk/cache/$apk_name-$apk_version".*apk; do
				[ ! -s "$apk_file" ] || apk_there=yes
			done
			printf '%s\t%s\t%s\t%s\n' "$apk_name" "$apk_arch" "$apk_version" "$apk_there"
		done
}
