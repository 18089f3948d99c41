# apt: changing packages. Runs in a detached job, as root. Frames: doc.go.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2317,SC2329 # pw_* come from the prelude; the caller decides what is called

# apt_conf: what a host's apt.conf must not change: what is printed, and that
# the plan and nothing else is done.
apt_conf='-o quiet=1 -o APT::Ignore-Hold=false -o APT::Get::AutomaticRemove=false -o APT::Get::Purge=false'

# apt_get ARG...: never asks, keeps configuration files, waits for locks.
apt_get() {
	# shellcheck disable=SC2086 # one argument an option
	APT_LISTBUGS_FRONTEND=none apt-get -y -q -o Dpkg::Use-Pty=0 -o Dpkg::Progress-Fancy=0 -o APT::Color=0 \
		-o "DPkg::Lock::Timeout=${apt_left:-0}" \
		-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
		-o APT::Get::Simulate=false -o APT::Get::Download-Only=false $apt_conf "$@" </dev/null
}

# apt_install: makes $pw_arg_changes.
apt_install() {
	pw_run apt.install apt_timed apt_change
}

# apt_timed COMMAND: runs it and says how long it took.
apt_timed() {
	apt_start=$(date +%s)
	"$@"
	apt_rc=$?
	apt_flag=$(stat -c %Y /run/reboot-required 2>/dev/null)
	[ "${apt_flag:-0}" -lt "$apt_start" ] || echo 'patchwave: reboot required'
	printf 'patchwave: took %s s\n' "$(($(date +%s) - apt_start))"
	return "$apt_rc"
}

# apt_plan: what apt is told to do, in apt_args and apt_flags.
apt_plan() {
	apt_native=$(dpkg --print-architecture) || return 100
	[ "$(printf '%s\n' "$pw_arg_changes" | grep -c .)" = "$(apt_changes | grep -c .)" ] || {
		echo 'E: patchwave: a change is not spelled as apt spells it'
		apt_nothing
		return 100
	}
	apt_args=$(apt_changes | awk -F '|' '
		{ name = $2 ($3 == "all" ? "" : ":" $3); print ($1 == "remove") ? name "-" : name "=" $5 }')
	apt_flags='--mark-auto --no-install-recommends'
	case $pw_arg_changes in
	*"downgrade	"*) apt_flags="$apt_flags --allow-downgrades" ;;
	esac
	case $pw_arg_changes in
	*"remove	"*) ;;
	*) apt_flags="$apt_flags --no-remove" ;;
	esac
}

apt_change() {
	apt_plan || return
	[ -n "$apt_args" ] || return 0
	apt_wait
	apt_only || {
		apt_nothing
		return 100
	}
	# shellcheck disable=SC2086 # one argument a package
	apt_get $apt_flags install $apt_args
}

# apt_nothing: what failed, failed before anything was touched.
apt_nothing() {
	echo 'patchwave: nothing was changed'
}

# apt_next: what failed up to here does not count. On both streams, for they are
# read apart.
apt_next() {
	echo 'patchwave: next step'
	echo 'patchwave: next step' >&2
}

# apt_changes: $pw_arg_changes with "|", which read does not run together, and
# without any line that is not spelled as a change. "-" is no version.
apt_changes() {
	printf '%s\n' "$pw_arg_changes" | awk -F '\t' -v OFS='|' '
		$4 == "-" { $4 = "" }
		$5 == "-" { $5 = "" }
		NF == 5 && $1 ~ /^(install|upgrade|downgrade|remove)$/ && $2 ~ /^[A-Za-z0-9][A-Za-z0-9+._-]*$/ && $3 ~ /^[a-z0-9][a-z0-9-]*$/ &&
		$4 ~ /^([A-Za-z0-9][A-Za-z0-9.+~:-]*)?$/ && $5 ~ /^([A-Za-z0-9][A-Za-z0-9.+~:-]*)?$/ &&
		($1 == "remove") == ($5 == "") && ($1 == "install") <= ($4 == "") { print $1, $2, $3, $4, $5 }'
}

# apt_wait: an apt before 1.9.11 does not wait for locks by itself. What is left
# of the time is for those that do.
apt_wait() {
	apt_left=${pw_arg_lock_wait:-0}
	while [ "$apt_left" -gt 0 ]; do
		apt_busy=$(apt_locker)
		[ -n "$apt_busy" ] || return 0
		printf 'patchwave: waiting for %s\n' "$apt_busy"
		sleep 1
		apt_left=$((apt_left - 1))
	done
}

# apt_locker: PID (COMMAND) of a process that holds a lock of dpkg. fcntl locks
# are found by inode; neither fuser nor lsof is on every host.
apt_locker() {
	for apt_file in /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/cache/apt/archives/lock; do
		apt_inode=$(stat -c %i "$apt_file" 2>/dev/null) || continue
		apt_pid=$(sed -n "s/^[0-9]*: POSIX  *ADVISORY  *WRITE \([0-9][0-9]*\) [0-9a-f:]*:$apt_inode .*/\1/p" /proc/locks | head -n 1)
		[ -n "$apt_pid" ] || continue
		printf '%s (%s)\n' "$apt_pid" "$(cat "/proc/$apt_pid/comm" 2>/dev/null)"
		return 0
	done
}

# apt_only: the solver must not want anything that is not in the changes.
apt_only() {
	# shellcheck disable=SC2086 # one argument a package
	apt_text=$(apt-get -s -y -q -o Debug::NoLocking=1 $apt_conf $apt_flags install $apt_args </dev/null) || {
		# The reason stands on standard error already.
		return 1
	}
	apt_more=$({
		apt_changes | awk -F '|' -v native="$apt_native" '
			{ name = ($3 == "all" || $3 == native) ? $2 : $2 ":" $3; print "wanted\t" ($1 == "remove" ? "Remv " name : "Inst " name " " $5) }'
		printf '%s\n' "$apt_text"
	} | awk -F '\t' '
		$1 == "wanted" { wanted[$2] = 1; next }
		/^Inst / { split($0, w, " "); v = (w[3] ~ /^\(/) ? w[3] : w[4]; sub(/^\(/, "", v); back[w[2]] = 1; if (!("Inst " w[2] " " v in wanted)) print w[2] " " v }
		/^(Remv|Purg) / { split($0, w, " "); gone[w[2]] = 1 }
		END { for (g in gone) if (!(g in back) && !("Remv " g in wanted)) print "removal of " g }')
	[ -n "$apt_more" ] || return 0
	printf 'E: patchwave: the repositories have moved since the plan, apt would change more: %s\n' "$(printf '%s' "$apt_more" | tr '\n' ',')"
	return 1
}

# apt_repair: finishes what was interrupted.
apt_repair() {
	pw_run apt.repair apt_timed apt_finish
}

apt_finish() {
	apt_wait
	dpkg --force-confdef --force-confold --configure -a </dev/null
	apt_next
	apt_get install -f
}
