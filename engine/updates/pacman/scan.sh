# pacman: what is pending.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2317,SC2329 # pw_* come from the prelude; the scan script calls these functions

pacman_index_age() {
	pacman_init
	if pacman_private; then echo $(($(date +%s) - $(stat -c %Y "$pacman_home/stamp"))); fi
}

# pacman_sync: the private index, one scan at a time.
pacman_sync() {
	if [ "$(id -u)" -ne 0 ]; then
		printf 'error: the index cannot be refreshed unless you are root\n' >&2
		return 1
	fi
	mkdir -p "$pacman_home/sync" && touch "$pacman_home/guard" || return 1
	if ! pacman_mine "$pacman_parent" || ! pacman_mine "$pacman_home"; then
		printf 'error: %s does not belong to root alone\n' "$pacman_home" >&2
		return 77
	fi
	(
		if pw_has flock && ! flock -w "${pw_arg_lock_wait:-0}" 9; then
			printf 'error: another scan is refreshing the index\n' >&2
			exit 75
		fi
		pacman_fetch 9>&-
	) 9>>"$pacman_home/guard"
}

# pacman_fetch: a lock that is left in the private index is nobody's.
pacman_fetch() {
	rm -f "$pacman_home/db.lck" "$pacman_home/local"
	ln -s "$pacman_system/local" "$pacman_home/local" || return 1
	pacman -Sy --dbpath "$pacman_home" --logfile /dev/null --noconfirm --noprogressbar --color never </dev/null || return
	touch "$pacman_home/stamp"
}

pacman_refresh() {
	pacman_init
	pw_run pacman.refresh pacman_sync
}

# pacman_modules: are the running kernel's modules still there. In containers and
# with kernels that are no packages nobody knows.
pacman_modules() {
	if [ -e /.dockerenv ] || [ -e /run/.containerenv ] || { pw_has systemd-detect-virt && systemd-detect-virt -cq; }; then
		echo unknown
	elif [ -d "/usr/lib/modules/$(uname -r)" ]; then
		echo present
	else
		for pacman_file in /usr/lib/modules/*/pkgbase; do
			if [ -e "$pacman_file" ]; then
				echo missing
				return
			fi
		done
		echo unknown
	fi
}

# pacman_booted: when process 1 started, in seconds since 1970.
pacman_booted() {
	pacman_btime=$(sed -n 's/^btime //p' /proc/stat)
	pacman_ticks=$(sed 's/^.*) //' /proc/1/stat | cut -d' ' -f20)
	echo $((pacman_btime + pacman_ticks / 100))
}

pacman_state() {
	if [ "$pacman_index" = "$pacman_home" ]; then printf 'index=private\n'; else printf 'index=system\n'; fi
	printf 'lock=%s\n' "$pacman_lock"
	printf 'lock_file=%s\n' "$pacman_system/db.lck"
	printf 'uid=%s\n' "$(id -u)"
	printf 'modules=%s\n' "$(pacman_modules)"
	printf 'booted=%s\n' "$(pacman_booted)"
}

# pacman_recent: NAME<TAB>SECONDS, when packages that may need a reboot were
# installed, if that was after the boot.
pacman_recent() {
	pacman_boot=$(pacman_booted)
	for pacman_file in "$pacman_system"/local/linux*/desc "$pacman_system"/local/*-ucode-*/desc "$pacman_system"/local/glibc-[0-9]*/desc \
		"$pacman_system"/local/systemd-[0-9]*/desc "$pacman_system"/local/dbus-*/desc; do
		[ -r "$pacman_file" ] || continue
		pacman_when=$(sed -n '/^%INSTALLDATE%$/{n;p;q;}' "$pacman_file")
		case $pacman_when in '' | *[!0-9]*) continue ;; esac
		[ "$pacman_when" -gt "$pacman_boot" ] || continue
		printf '%s\t%s\n' "$(sed -n '/^%NAME%$/{n;p;q;}' "$pacman_file")" "$pacman_when"
	done
}

pacman_installed() {
	set --
	while IFS= read -r pacman_name; do
		[ -z "$pacman_name" ] || set -- "$@" "$pacman_name"
	done <<EOF
$pw_arg_names
EOF
	pacman_local "$@" | sed 's/$/	ok/'
}

pacman_scan() {
	pacman_init
	pacman_wait "${pw_arg_lock_wait:-0}"
	pacman_choose
	pw_run pacman.state pacman_state
	pw_begin pacman.outdated
	pacman_rows=$(pacman -Qu --dbpath "$pacman_index" --color never </dev/null)
	pacman_rc=$?
	printf '%s\n' "$pacman_rows"
	pw_end pacman.outdated "$pacman_rc"
	pacman_pending=$(printf '%s\n' "$pacman_rows" | sed -n 's/^\([A-Za-z0-9@_+][A-Za-z0-9@._+-]*\) [^ ]* -> .*/\1/p')
	if [ -n "$pacman_pending" ]; then
		# shellcheck disable=SC2086 # names without white space
		pw_run pacman.details pacman_offers $pacman_pending
		pw_run pacman.full pacman -Sup --dbpath "$pacman_index" --print-format '%n|%v' --color never
	fi
	pw_run pacman.recent pacman_recent
	if [ -n "${pw_arg_names:-}" ]; then pw_run pacman.installed pacman_installed; fi
}
