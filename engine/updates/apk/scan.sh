# apk: the scan. Frames and their formats: doc.go.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2317,SC2329 # pw_* come from the prelude; the caller decides what is called

# apk_index_age: seconds since the oldest index was fetched or found unchanged:
# apk sets the time of the file then. Nothing if a repository has no index.
apk_index_age() {
	apk_remote=$(apk_repositories | grep -c '://')
	apk_times=$(stat -c %Y /var/cache/apk/APKINDEX.*.tar.gz /etc/apk/cache/APKINDEX.*.tar.gz 2>/dev/null | sort -n)
	apk_have=$(printf '%s\n' "$apk_times" | grep -c .)
	if [ "$apk_remote" -gt 0 ] && [ "$apk_have" -ge "$apk_remote" ]; then
		printf '%s\n' "$(($(date +%s) - $(printf '%s\n' "$apk_times" | head -n 1)))"
	fi
}

# apk_repositories: the configured ones, without comments and tags.
apk_repositories() {
	cat /etc/apk/repositories /etc/apk/repositories.d/*.list 2>/dev/null |
		sed -e 's/#.*//' -e 's/^[[:space:]]*//' -e 's/^@[^ ]*[[:space:]]*//' | grep .
}

apk_refresh() {
	pw_run apk.refresh apk_update
}

apk_update() {
	apk_text=$(apk --wait "${pw_arg_lock_wait:-0}" update </dev/null 2>&1)
	apk_rc=$?
	printf '%s\n' "$apk_text" | grep -e '^ERROR' -e '^WARNING' -e 'distinct packages' | cut -c 1-600 | head -n 60
	return "$apk_rc"
}

apk_scan() {
	pw_put apk.host "$(apk_host </dev/null 2>/dev/null)"
	pw_put apk.reboot "$(apk_reboot </dev/null 2>/dev/null)"
	pw_run apk.states apk_states
	pw_run apk.pending apk_pending
	pw_run apk.world apk_pins
	apk_names=$(printf '%s\n' "$apk_text" | sed -n 's/^\([A-Za-z0-9_][A-Za-z0-9+._-]*\)-[0-9][^- ]*\(-r[0-9]*\)\{0,1\} .*/\1/p' | sort -u)
	if [ -n "$apk_names" ]; then
		pw_run apk.upgrade apk --no-network --force-missing-repositories upgrade --simulate --no-self-upgrade
		# shellcheck disable=SC2086 # one argument a name
		pw_run apk.policy apk --no-network policy $apk_names
	fi
	if [ -n "$pw_arg_names" ]; then
		pw_run apk.installed apk_installed
	fi
}

# apk_host: facts the listing depends on, KEY=VALUE.
apk_host() {
	apk --version | sed -n '1s/^apk-tools \([^, ]*\).*/version=\1/p'
	printf 'arch=%s\n' "$(apk --print-arch)"
	printf 'repositories=%s\n' "$(apk_repositories | grep -c .)"
	apk_inode=$(stat -c %i "$(apk_db)/lock") || return 0
	apk_pid=$(sed -n "s/^[0-9]*: [A-Z]*  *ADVISORY  *WRITE \([0-9][0-9]*\) [0-9a-f:]*:$apk_inode .*/\1/p" /proc/locks | head -n 1)
	[ -z "$apk_pid" ] || printf 'lock=%s %s\n' "$apk_pid" "$(cat "/proc/$apk_pid/comm")"
}

# apk_db: where the database is; apk 3 may have it below /usr.
apk_db() {
	if [ -e /lib/apk/db/installed ]; then echo /lib/apk/db; else echo /usr/lib/apk/db; fi
}

# apk_reboot: KEY=VALUE.
apk_reboot() {
	[ ! -e /run/reboot-required ] || echo flag=yes
	if [ -e /run/.containerenv ] || [ -e /.dockerenv ] || grep -q 'container=' /proc/1/environ; then
		echo container=yes
		return 0
	fi
	printf 'kernel=%s\n' "$(uname -r)"
	for apk_dir in /lib/modules/*; do
		[ ! -d "$apk_dir" ] || printf 'installed=%s\n' "${apk_dir##*/}"
	done
}

# apk_states: packages whose installation failed: NAME<TAB>FLAGS.
apk_states() {
	awk '
		/^P:/ { name = substr($0, 3) }
		/^f:/ { print name "\t" substr($0, 3) }' "$(apk_db)/installed"
}

# apk_pending: every newer version that is on offer.
apk_pending() {
	apk_text=$(apk --no-network list -u </dev/null)
	apk_rc=$?
	[ -z "$apk_text" ] || printf '%s\n' "$apk_text"
	return "$apk_rc"
}

# apk_pins: what the administrator wants of a version, as it is written.
apk_pins() {
	tr ' ' '\n' </etc/apk/world | grep '[<>=~]' | head -n 500
	return 0
}

# apk_installed: the answer to $pw_arg_names.
apk_installed() {
	{
		printf '%s\n' "$pw_arg_names" | sed 's/^/wanted /'
		cat "$(apk_db)/installed"
		echo
	} | awk '
		/^wanted / { wanted[substr($0, 8)] = 1; next }
		/^$/ { if (name in wanted) print name "\t" arch "\t" version "\t" state; name = ""; state = "ok"; next }
		/^P:/ { name = substr($0, 3); state = "ok" }
		/^V:/ { version = substr($0, 3) }
		/^A:/ { arch = substr($0, 3) }
		/^f:/ { state = "broken" }'
}
