# apt: asking the solver. Frames and their formats: doc.go.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2317,SC2329 # pw_* come from the prelude; the caller decides what is called

# apt_simulate: what installing exactly $pw_arg_want would do.
apt_simulate() {
	apt_native=$(dpkg --print-architecture </dev/null)
	if [ "$pw_arg_mode" = each ]; then
		apt_n=0
		while IFS= read -r apt_line; do
			apt_n=$((apt_n + 1))
			pw_run "apt.sim.$apt_n" apt_sim "$apt_line"
		done <<-APT_WANT
			$pw_arg_want
		APT_WANT
		return 0
	fi
	pw_run apt.sim apt_sim "$pw_arg_want"
	pw_run apt.undo apt_undo
	pw_run apt.download apt_download
}

# apt_words WANT: one argument of apt-get a line; a line that is none stops it.
apt_words() {
	printf '%s\n' "$1" | awk -F '\t' '
		NF == 0 { next }
		NF != 3 || $1 !~ /^[A-Za-z0-9][A-Za-z0-9+._-]*$/ || $2 !~ /^[a-z0-9-]*$/ || $3 !~ /^[A-Za-z0-9][A-Za-z0-9.+~:-]*$/ { exit 1 }
		{ print $1 ($2 == "all" || $2 == "" ? "" : ":" $2) "=" $3 }'
}

apt_try() {
	# shellcheck disable=SC2086 # one argument a package
	apt-get "$@" -y -q -o quiet=1 -o Debug::NoLocking=1 -o APT::Get::AutomaticRemove=false -o APT::Ignore-Hold=false \
		--mark-auto --allow-downgrades \
		install $apt_args </dev/null
}

# apt_sim WANT: the rows of the solver, then "Arch NAME ARCH" for packages that
# would go: their rows do not say it.
apt_sim() {
	apt_rows=
	apt_args=$(apt_words "$1") || {
		echo 'E: patchwave: a wanted package is not spelled as apt spells it' >&2
		return 100
	}
	[ -n "$apt_args" ] || return 0
	apt_text=$(apt_try -s)
	apt_rc=$?
	apt_rows=$(printf '%s\n' "$apt_text" | grep -e '^Inst ' -e '^Remv ' -e '^Purg ')
	[ -z "$apt_rows" ] || printf '%s\n' "$apt_rows"
	apt_gone=$(printf '%s\n' "$apt_rows" | sed -n 's/^\(Remv\|Purg\) \([A-Za-z0-9][A-Za-z0-9+.:_-]*\) .*/\2/p')
	if [ -n "$apt_gone" ]; then
		# shellcheck disable=SC2086 # one argument a name
		dpkg-query -W -f 'Arch ${binary:Package} ${Architecture}\n' $apt_gone </dev/null
	fi
	return "$apt_rc"
}

# apt_undo: of what would be replaced or removed, whether the old version can be had:
# NAME<TAB>ARCH<TAB>VERSION<TAB>yes|packed|no. yes: it is in the cache or in the index;
# packed: it is installed, so that it can be packed again from its files.
apt_undo() {
	apt_old=$(printf '%s\n' "$apt_rows" | sed -n \
		-e 's/^Inst \([A-Za-z0-9][A-Za-z0-9+.:_-]*\) \[.*\[\([a-z0-9-]*\)\]).*/\1 \2/p' \
		-e 's/^\(Remv\|Purg\) \([A-Za-z0-9][A-Za-z0-9+.:_-]*\) .*/\2 same/p')
	[ -n "$apt_old" ] || return 0
	apt_names=$(printf '%s\n' "$apt_old" | sed 's/ .*//' | sort -u)
	# shellcheck disable=SC2086 # one argument a name
	{
		printf '%s\n' "$apt_old"
		apt-cache policy $apt_names </dev/null
		apt_installed_rows $apt_names
	} | awk -F '\t' '
		/^[^ ]+ [a-z0-9-]+$/ { split($0, w, " "); if (w[2] != "same") arch[w[1]] = w[2]; next }
		/^[^ \t][^\t]*:$/ { name = substr($0, 1, length($0) - 1); next }
		/^ \*\*\* / { current = 1; next }
		/^     [^ ]/ { current = 0; next }
		/^ +-?[0-9]+ / && current { sub(/^ +-?[0-9]+ /, ""); if ($0 !~ /^\//) found[name] = 1; next }
		NF == 5 { print $2 "|" ($1 in arch ? arch[$1] : $3) "|" $3 "|" $4 "|" ($1 in found ? "yes" : $5 == "installed" ? "packed" : "no") }' |
		while IFS='|' read -r apt_name apt_arch apt_now apt_version apt_there; do
			[ "$apt_there" = yes ] || [ ! -s "/var/cache/apt/archives/$(apt_deb "$apt_name" "$apt_now" "$apt_version")" ] || apt_there=yes
			printf '%s\t%s\t%s\t%s\n' "$apt_name" "$apt_arch" "$apt_version" "$apt_there"
		done
}

# apt_installed_rows NAME...: DISPLAYED<TAB>NAME<TAB>ARCH<TAB>VERSION<TAB>STATUS of the
# packages as apt displays them: the native architecture is not said.
apt_installed_rows() {
	{
		printf '%s\n' "$@"
		dpkg-query -W -f '${Package}\t${Architecture}\t${Version}\t${db:Status-Status}\n' "$@" </dev/null
	} | awk -F '\t' -v native="$apt_native" '
		NF == 1 { asked[$1] = 1; next }
		{ shown = ($2 == native || $2 == "all") ? $1 : $1 ":" $2; if (shown in asked) print shown "\t" $0 }'
}

# apt_deb NAME ARCH VERSION: the name of its file, as apt spells it.
apt_deb() {
	printf '%s_%s_%s.deb' "$1" "$(printf '%s' "$3" | sed 's/:/%3a/g')" "$2"
}

# apt_download: the bytes to fetch, without what is in the cache.
apt_download() {
	[ -n "$apt_rows" ] || return 0
	apt_text=$(apt_try --print-uris) || return 1
	printf '%s\n' "$apt_text" | awk "/^'/ { sum += \$3 } END { printf \"%.0f\\n\", sum }"
}
