# apt: downloading ahead. Runs in a detached job, as root. Frames: doc.go.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154,SC2317,SC2329 # pw_* come from the prelude; the caller decides what is called

# apt_stage: fetches the archives of $pw_arg_changes, as apt itself does before it
# installs: it finds them there, checks them again, and fetches what is gone.
apt_stage() {
	pw_run apt.stage apt_timed apt_fetch_ahead
}

apt_fetch_ahead() {
	apt_plan || return
	[ -n "$apt_args" ] || return 0
	apt_wait
	apt_only || {
		apt_nothing
		return 100
	}
	# shellcheck disable=SC2086 # one argument a package
	stage_bounded apt_get -o APT::Get::Download-Only=true $apt_flags install $apt_args
}

# apt_cache: where apt keeps archives, by its own configuration.
apt_cache() {
	apt_archives=$(apt-config shell apt_dir Dir::Cache::Archives/d </dev/null 2>/dev/null | sed -n "s/^apt_dir='\\(.*[^/]\\)\\/*'\$/\\1/p")
	printf '%s' "${apt_archives:-/var/cache/apt/archives}"
}

apt_staged() {
	apt_archives=$(apt_cache)
	apt_native=$(dpkg --print-architecture)
	while IFS='|' read -r _ apt_name apt_arch _ apt_to; do
		[ -n "$apt_to" ] || continue
		apt_word=missing
		if [ -s "$apt_archives/$(apt_deb "$apt_name" "$apt_arch" "$apt_to")" ] ||
			[ "$(dpkg-query -W -f '${db:Status-Abbrev}${Version}' "$(apt_shown "$apt_name" "$apt_arch")" 2>/dev/null)" = "ii $apt_to" ]; then
			apt_word=staged
		fi
		printf '%s\t%s\t%s\t%s\n' "$apt_name" "$apt_arch" "$apt_to" "$apt_word"
	done <<-APT_CHANGES
		$(apt_changes)
	APT_CHANGES
}
