# dnf5: what scan, simulate and job share.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # pw_arg_* are set by the caller; what is set here is used by the others

dnf5_tab='	'
dnf5_nl='
'

# dnf5_read ARGUMENTS...: ask from the cached metadata, however old; fetch nothing
# and wait for no lock. A repository without metadata is left out: dnf5_repos tells
# of it.
dnf5_read() {
	[ -n "${dnf5_locks+set}" ] || dnf5_no_locks
	dnf5 -C ${dnf5_locks:+"$dnf5_locks"} '--setopt=*.skip_if_unavailable=1' "$@" </dev/null
}

# dnf5_no_locks: since 5.2 even questions wait for a transaction's end; the option
# against it came with the lock.
dnf5_no_locks() {
	case $(dnf5 --help </dev/null 2>/dev/null) in
	*--skip-file-locks*) dnf5_locks=--skip-file-locks ;;
	*) dnf5_locks= ;;
	esac
}

# dnf5_repos: ID, ok or missing, and the age of the metadata in seconds.
dnf5_repos() {
	dnf5_now=$(date +%s)
	dnf5_hash='[0-9a-f][0-9a-f][0-9a-f][0-9a-f]'
	dnf5_hash=$dnf5_hash$dnf5_hash$dnf5_hash$dnf5_hash
	dnf5_read -q repo list --enabled 2>/dev/null | sed '1d;s/[[:space:]].*//' | while IFS= read -r dnf5_repo; do
		[ -n "$dnf5_repo" ] || continue
		dnf5_newest=
		# shellcheck disable=SC2231 # the hash is a pattern
		for dnf5_file in /var/cache/libdnf5/"$dnf5_repo"-$dnf5_hash/repodata/*primary.xml*; do
			[ -f "$dnf5_file" ] || continue
			dnf5_time=$(stat -c %Y "$dnf5_file") || continue
			[ "${dnf5_newest:-0}" -gt "$dnf5_time" ] || dnf5_newest=$dnf5_time
		done
		if [ -z "$dnf5_newest" ]; then
			printf '%s\tmissing\t-1\n' "$dnf5_repo"
		elif [ "$dnf5_newest" -gt "$dnf5_now" ]; then
			printf '%s\tok\t0\n' "$dnf5_repo"
		else
			printf '%s\tok\t%s\n' "$dnf5_repo" $((dnf5_now - dnf5_newest))
		fi
	done
}

# dnf5_busy: another process holds the lock of a transaction. dnf5 itself would
# wait for it without end.
dnf5_busy() {
	for dnf5_lock in /run/dnf/rpmtransaction.lock "$(rpm -E '%_dbpath' 2>/dev/null)/.rpm.lock"; do
		dnf5_inode=$(stat -c %i "$dnf5_lock" 2>/dev/null) || continue
		# shellcheck disable=SC2013 # numbers
		for dnf5_pid in $(awk -v end=":$dnf5_inode\$" '$4 == "WRITE" && $6 ~ end { print $5 }' /proc/locks 2>/dev/null); do
			for dnf5_fd in "/proc/$dnf5_pid/fd"/*; do
				case $(readlink "$dnf5_fd" 2>/dev/null) in *"$dnf5_lock") return 0 ;; esac
			done
		done
	done
	return 1
}

# dnf5_wait: until no transaction is under way, at most $pw_arg_lock_wait seconds.
dnf5_wait() {
	dnf5_left=${pw_arg_lock_wait:-0}
	while dnf5_busy; do
		if [ "$dnf5_left" -le 0 ]; then
			echo 'RPMDB already locked by another transaction' >&2
			return 1
		fi
		sleep 1
		dnf5_left=$((dnf5_left - 1))
	done
}

# dnf5_cached NAME ARCH VERSION: the path of the package in dnf5's cache, or nothing.
dnf5_cached() {
	for dnf5_file in /var/cache/libdnf5/*/packages/"$1-${3#*:}.$2.rpm"; do
		if [ -f "$dnf5_file" ]; then
			printf '%s' "$dnf5_file"
			return
		fi
	done
}

# dnf5_versions NAME...: the installed versions of packages.
dnf5_versions() {
	rpm -q --qf '%{NAME}\t%{ARCH}\t%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\n' -- "$@" </dev/null 2>/dev/null
}
