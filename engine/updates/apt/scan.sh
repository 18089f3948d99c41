# apt: the scan. Frames and their formats: doc.go.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2317,SC2329 # pw_* come from the prelude; the caller decides what is called
apt_lists=/var/lib/apt/lists

# apt_index_age: seconds since the index was last known to be right. The
# directory's own time counts, for apt gives the files the server's time. No
# index, or sources that were edited since: nothing, which means "refresh".
apt_index_age() {
	apt_any=$(find "$apt_lists" -maxdepth 1 -name '*Packages*' 2>/dev/null | head -n 1)
	[ -n "$apt_any" ] || return 0
	apt_edited=$(find /etc/apt/sources.list /etc/apt/sources.list.d -newer "$apt_lists" 2>/dev/null | head -n 1)
	[ -z "$apt_edited" ] || return 0
	apt_mtime=$(stat -c %Y "$apt_lists") || return 0
	printf '%s\n' "$(($(date +%s) - apt_mtime))"
}

# apt_refresh: apt does not wait for the lock of the lists by itself.
apt_refresh() {
	pw_run apt.refresh apt_update
}

apt_update() {
	apt_left=${pw_arg_lock_wait:-0}
	apt_stamp=$(stat -c %Y "$apt_lists" 2>/dev/null)
	while :; do
		apt_text=$(apt-get update -qq --error-on=any -o Acquire::Retries=2 \
			-o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30 \
			-o "DPkg::Lock::Timeout=$apt_left" </dev/null 2>&1)
		apt_rc=$?
		case $apt_rc:$apt_text in
		0:*) break ;;
		*"Permission denied"*) break ;; # not root: waiting does not help
		*"Could not get lock"* | *"Unable to lock"*) [ "$apt_left" -gt 0 ] || break ;;
		*) break ;;
		esac
		sleep 1
		apt_left=$((apt_left - 1))
	done
	[ -z "$apt_text" ] || printf '%s\n' "$apt_text" | cut -c 1-600 | head -n 60
	# A refresh that found nothing new leaves the time alone, one that failed in
	# part sets it: put both right, or the next scan trusts the wrong age.
	if [ "$apt_rc" -eq 0 ]; then
		touch -c "$apt_lists" 2>/dev/null
	elif [ -n "$apt_stamp" ]; then
		touch -c -d "@$apt_stamp" "$apt_lists" 2>/dev/null
	fi
	return "$apt_rc"
}

# apt_quiet: while a process changes packages, waits for it: what the host says
# meanwhile is of the moment.
apt_quiet() {
	apt_left=${pw_arg_lock_wait:-0}
	while [ "$apt_left" -gt 0 ]; do
		case $(apt_locks 2>/dev/null) in '') return 0 ;; esac
		apt_odd=$(apt_journal && apt_states </dev/null 2>/dev/null | grep -v '^[hi]i ')
		[ -n "$apt_odd" ] || return 0
		sleep 1
		apt_left=$((apt_left - 1))
	done
}

apt_scan() {
	apt_quiet
	pw_put apt.host "$(apt_host </dev/null 2>/dev/null)"
	pw_put apt.reboot "$(apt_reboot </dev/null 2>/dev/null)"
	pw_run apt.states apt_states
	pw_run apt.pending apt_pending
	apt_names=$(printf '%s\n' "$apt_text" | sed -n \
		-e 's/^   *\([a-zA-Z0-9][a-zA-Z0-9+.:_-]*\) ([^ ]* => [^ ]*)$/\1/p' \
		-e 's,^\([a-zA-Z0-9][a-zA-Z0-9+._-]*\)/[^ ]* [^ ]* \([a-z0-9-]*\) \[upgradable from: [^ ]*\]$,\1:\2,p' | sort -u)
	pw_run apt.files apt_files
	if [ -n "$apt_names" ]; then
		pw_run apt.versions apt_versions
		pw_run apt.records apt_records
	fi
	if [ -n "$pw_arg_names" ]; then
		pw_run apt.installed apt_installed
	fi
}

# apt_host: facts the listing depends on, KEY=VALUE.
apt_host() {
	apt-get --version | sed -n '1s/^apt \([^ ]*\).*/version=\1/p'
	printf 'arch=%s\n' "$(dpkg --print-architecture)"
	apt_journal
	apt_locks
}

# apt_journal: journal=yes for a journal of dpkg that was not merged: it was
# killed, or is at work.
apt_journal() {
	for apt_file in /var/lib/dpkg/updates/[0-9]*; do
		case ${apt_file##*/} in
		*[!0-9]*) ;;
		*) [ -e "$apt_file" ] && echo journal=yes && break ;;
		esac
	done
	return 0
}

# apt_locks: who holds a lock of dpkg.
apt_locks() {
	for apt_file in /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock; do
		apt_holder "$apt_file"
	done
}

# apt_holder FILE: lock=PID COMMAND if a process holds the lock. fcntl locks are
# found by inode; neither fuser nor lsof is on every host.
apt_holder() {
	apt_inode=$(stat -c %i "$1") || return 0
	apt_pid=$(sed -n "s/^[0-9]*: POSIX  *ADVISORY  *WRITE \([0-9][0-9]*\) [0-9a-f:]*:$apt_inode .*/\1/p" /proc/locks | head -n 1)
	[ -z "$apt_pid" ] || printf 'lock=%s %s\n' "$apt_pid" "$(cat "/proc/$apt_pid/comm")"
}

# apt_reboot: what tells whether a reboot is wanted, KEY=VALUE.
apt_reboot() {
	if [ -e /run/reboot-required ]; then
		echo flag=yes
		[ ! -r /run/reboot-required.pkgs ] || sort -u /run/reboot-required.pkgs | head -n 50 | sed 's/^/package=/'
	fi
	[ ! -e /usr/share/update-notifier/notify-reboot-required ] || echo flagged=yes
	if [ -e /run/systemd/container ] || [ -e /.dockerenv ] || [ -e /run/.containerenv ]; then
		echo container=yes
	elif pw_has systemd-detect-virt && systemd-detect-virt -q -c; then
		echo container=yes
	else
		apt_release=$(uname -r)
		printf 'kernel=%s\nbuild=%s\n' "$apt_release" "$(uname -v)"
		for apt_file in /boot/vmlinuz-*; do
			[ ! -e "$apt_file" ] || printf 'installed=%s\n' "${apt_file#/boot/vmlinuz-}"
		done
		dpkg-query -W -f '${db:Status-Abbrev} ${Version}\n' "linux-image-$apt_release" | sed -n 's/^.i  */image=/p'
	fi
}

# apt_states: packages that are held or not wholly installed.
apt_states() {
	apt_text=$(dpkg-query -W -f '${db:Status-Abbrev}\t${Package}\t${Architecture}\t${Version}\n' </dev/null)
	apt_rc=$?
	printf '%s\n' "$apt_text" | grep -v -e '^.[nc] ' -e '^[iurp]i ' | head -n 500
	return "$apt_rc"
}

# apt_pending: what a plain upgrade would do with every upgradable package. The
# sizes are not wanted (--print-uris is the cheap way to stop after the listing:
# -s costs three times as much). If the dependencies are broken, it says
# nothing; then the bare listing has to do. A pin above 1000 may want an older
# version: without leave for that apt would list nothing that is believed.
apt_pending() {
	apt_text=$(apt-get -y -V --print-uris -o Debug::NoLocking=1 -o APT::Get::AutomaticRemove=false \
		-o quiet=1 -o APT::Get::Show-Upgraded=true -o APT::Ignore-Hold=false --allow-downgrades upgrade </dev/null)
	apt_rc=$?
	case $apt_text in
	*" upgraded, "*" newly installed, "*) ;;
	*) apt_text=$(apt list --upgradable </dev/null 2>/dev/null) ;;
	esac
	printf '%s\n' "$apt_text" | grep -v -e "^'" -e '^Reading ' -e '^Building '
	return "$apt_rc"
}

# apt_files: the index files, N<TAB>LOCATION<TAB>RELEASE.
apt_files() {
	apt_index=$(apt-cache policy </dev/null | awk '
		/^Pinned packages/ { exit }
		/^ *-?[0-9]+ / { $1 = ""; location = substr($0, 2) }
		/^ +release / { sub(/^ +release /, ""); printf "%d\t%s\t%s\n", ++n, location, $0 }')
	printf '%s\n' "$apt_index"
}

# apt_versions: the versions that are newer than the installed one,
# NAME<TAB>VERSION<TAB>PHASED<TAB>N,N…
apt_versions() {
	# shellcheck disable=SC2086 # one argument a name
	{ printf '%s\n' "$apt_index" && apt-cache policy $apt_names </dev/null; } | awk -F '\t' '
		function flush() { if (version != "") printf "%s\t%s\t%s\t%s\n", name, version, phased, files; version = "" }
		NF == 3 { number[$2] = $1; next }
		/^[^ ].*:$/ { flush(); name = substr($0, 1, length($0) - 1); done = 0; next }
		/^ \*\*\* / { flush(); done = 1 }
		done { next }
		/^     [^ ]/ {
			flush()
			split($0, word, " ")
			version = word[1]; files = ""; phased = ""
			# A negative priority: never to be installed (Ubuntu Pro, not attached).
			if (word[2] < 0) { version = ""; next }
			if (match($0, /\(phased [0-9]+%\)/)) phased = substr($0, RSTART + 8, RLENGTH - 10)
			next
		}
		/^ +-?[0-9]+ / && version != "" {
			sub(/^ +-?[0-9]+ /, "")
			if ($0 in number) files = files (files == "" ? "" : ",") number[$0]
		}
		END { flush() }'
}

# apt_records: NAME<TAB>ARCH<TAB>VERSION<TAB>SIZE<TAB>SOURCE.
apt_records() {
	# shellcheck disable=SC2086 # one argument a name
	apt-cache show --no-all-versions $apt_names </dev/null | awk -F ': ' '
		function flush() { if (v["Package"] != "") print v["Package"] "\t" v["Architecture"] "\t" v["Version"] "\t" v["Size"] "\t" v["Source"]; split("", v) }
		/^$/ { flush() }
		/^(Package|Architecture|Version|Size|Source): / { v[$1] = substr($0, length($1) + 3) }
		END { flush() }'
}

# apt_installed: the answer to $pw_arg_names.
apt_installed() {
	apt_wanted=$(printf '%s\n' "$pw_arg_names" | grep '^[A-Za-z0-9][A-Za-z0-9+._-]*$')
	[ -n "$apt_wanted" ] || return 0
	# shellcheck disable=SC2086 # one argument a name
	dpkg-query -W -f '${db:Status-Abbrev}\t${Package}\t${Architecture}\t${Version}\t${db:Status-Status}\n' $apt_wanted 2>/dev/null |
		awk -F '\t' '$1 !~ /^.[nc]/ { print $2 "\t" $3 "\t" $4 "\t" ($1 ~ /^.i $/ ? "ok" : $5) }'
}
