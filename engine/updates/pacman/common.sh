# pacman: what all scripts of this manager use.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2317,SC2329 # pw_* come from the prelude; not every script uses every function

# The private copy of the package index. Its directories may be entered by all:
# pacman 7 downloads as the user DownloadUser.
pacman_parent=/var/cache/patchwave-host
pacman_home=$pacman_parent/pacman

pacman_conf() {
	pacman-conf "$1" </dev/null 2>/dev/null
}

# pacman_init: sets pacman_system, the host's own database directory. Every
# function that other scripts call begins with it.
pacman_init() {
	pacman_system=$(pacman_conf DBPath | sed -n '1s:/*$::p')
	[ -n "$pacman_system" ] || pacman_system=/var/lib/pacman
}

# pacman_mine DIRECTORY: does it belong to root alone, and is it no link.
pacman_mine() {
	[ -d "$1" ] && [ ! -L "$1" ] && case $(stat -c '%u %a' "$1") in '0 755' | '0 700') true ;; *) false ;; esac
}

# pacman_private: is there a whole private index.
pacman_private() {
	pacman_mine "$pacman_parent" && pacman_mine "$pacman_home" && [ -f "$pacman_home/stamp" ] &&
		pacman-conf --repo-list </dev/null 2>/dev/null | while IFS= read -r pacman_repo; do
			[ -f "$pacman_home/sync/$pacman_repo.db" ] || exit 1
		done
}

# pacman_choose: sets pacman_index, the database directory to read.
pacman_choose() {
	if pacman_private; then
		pacman_index=$pacman_home
	else
		pacman_index=$pacman_system
	fi
}

# pacman_lock_state: none, live or stale. pacman's lock is an empty file that
# names no process: it is live if any process has libalpm (only root can see
# that), and for its first seconds.
pacman_lock_state() {
	if [ ! -e "$pacman_system/db.lck" ]; then
		echo none
	elif [ "$(id -u)" -ne 0 ] || grep -qs libalpm /proc/[0-9]*/maps; then
		echo live
	elif [ $(($(date +%s) - $(stat -c %Y "$pacman_system/db.lck" 2>/dev/null || echo 0))) -lt 5 ]; then
		echo live
	elif [ -e "$pacman_system/db.lck" ]; then
		echo stale
	else
		echo none
	fi
}

# pacman_wait SECONDS: waits while the lock is live; sets pacman_lock.
pacman_wait() {
	pacman_left=$1
	while pacman_lock=$(pacman_lock_state) && [ "$pacman_lock" = live ] && [ "$pacman_left" -gt 0 ]; do
		sleep 1
		pacman_left=$((pacman_left - 1))
	done
}

# pacman_cached NAME ARCH VERSION [DIRECTORY]: the package's file, in DIRECTORY or
# pacman's caches.
pacman_cached() {
	{ if [ -n "${4:-}" ]; then printf '%s\n' "$4"; else pacman_conf CacheDir; fi; } | while IFS= read -r pacman_dir; do
		for pacman_path in "${pacman_dir%/}/$1-$3-$2.pkg.tar" "${pacman_dir%/}/$1-$3-$2.pkg.tar".*; do
			case $pacman_path in *.sig | *.part) continue ;; esac
			if [ -f "$pacman_path" ]; then
				printf '%s\n' "$pacman_path"
				break
			fi
		done
	done | sed 1q
}

# pacman_scratch: makes pacman_tmp, a database directory whose lock is its own: the
# real installed packages, the chosen index, and a hook that stops every
# transaction before it begins.
pacman_scratch() {
	pacman_choose
	pacman_tmp=$(mktemp -d) || return 1
	mkdir "$pacman_tmp/hooks" && ln -s "$pacman_system/local" "$pacman_tmp/local" && ln -s "$pacman_index/sync" "$pacman_tmp/sync" || return 1
	{
		for pacman_operation in Install Upgrade Remove; do
			printf '[Trigger]\nOperation = %s\nType = Package\nTarget = *\n' "$pacman_operation"
		done
		printf '[Action]\nWhen = PreTransaction\nExec = /bin/false\nAbortOnFail\n'
	} >"$pacman_tmp/hooks/00-dry-run.hook"
	pacman-conf </dev/null 2>/dev/null | sed '/^VerbosePkgLists/d' >"$pacman_tmp/pacman.conf"
}

pacman_clear() {
	[ -z "${pacman_tmp:-}" ] || rm -rf "$pacman_tmp"
	pacman_tmp=''
}

# pacman_dry -S|-U TARGET...: what pacman would do, in pacman_out; its words in
# $pacman_tmp/err. Nobody answers, so pacman goes no further than its question.
# "y" is said only to the questions whether a conflicting package is to go, one
# more each time: which packages go is then in the answer.
pacman_dry() {
	pacman_operation=$1
	shift
	pacman_answers=0
	while :; do
		pacman_out=$(pacman_yes "$pacman_answers" | pacman "$pacman_operation" --needed --config "$pacman_tmp/pacman.conf" \
			--dbpath "$pacman_tmp" --hookdir "$pacman_tmp/hooks" --logfile /dev/null --noprogressbar --color never -- "$@" \
			2>"$pacman_tmp/err")
		pacman_asked=$(grep -o 'Remove [^ ]*? \[y/N\]' "$pacman_tmp/err" | grep -c .)
		if [ "$pacman_asked" -le "$pacman_answers" ] || [ "$pacman_answers" -ge 50 ]; then break; fi
		pacman_answers=$((pacman_answers + 1))
	done
}

pacman_yes() {
	pacman_more=$1
	while [ "$pacman_more" -gt 0 ]; do
		echo y
		pacman_more=$((pacman_more - 1))
	done
}

# pacman_tokens: NAME-VERSION of what pacman_out lists, removals with "[removal]".
pacman_tokens() {
	printf '%s\n' "$pacman_out" | sed -n '/^Packages ([0-9]*)/,/^ *$/p' | sed -e 's/^Packages ([0-9]*)//' -e 's/ \[removal\]/[removal]/g' |
		tr ' ' '\n' | sed '/^$/d'
}

# pacman_names: names of what pacman_out lists.
pacman_names() {
	pacman_tokens | sed -e 's/\[removal\]$//' -e 's/-[^-]*-[^-]*$//' | sort -u
}

# pacman_local NAME...: NAME<TAB>ARCH<TAB>VERSION of installed packages.
pacman_local() {
	[ $# -gt 0 ] || return 0
	pacman -Qi --color never "$@" </dev/null 2>/dev/null |
		sed -n -e 's/^Name  *: //p' -e 's/^Version  *: //p' -e 's/^Architecture  *: //p' |
		while read -r pacman_name && read -r pacman_version && read -r pacman_arch; do
			printf '%s\t%s\t%s\n' "$pacman_name" "$pacman_arch" "$pacman_version"
		done
}

# pacman_offers NAME...: what the index offers, a line each. Older versions leave
# %a, %e and %b as they are.
pacman_offers() {
	pacman -Sddp --dbpath "$pacman_index" --print-format '%n|%v|%r|%s|%a|%e|%b|%l' --color never -- "$@" </dev/null
}
