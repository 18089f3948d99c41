# zypper: what is pending.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2317,SC2329 # pw_* come from the prelude; the scan script calls these functions

# zypper_aliases: the enabled repositories.
zypper_aliases() {
	for zypper_file in /etc/zypp/repos.d/*.repo; do
		[ -r "$zypper_file" ] || continue
		zypper_alias='' zypper_on=1
		while IFS= read -r zypper_line || [ -n "$zypper_line" ]; do
			case $zypper_line in
			'['*']')
				if [ -n "$zypper_alias" ] && [ "$zypper_on" = 1 ]; then printf '%s\n' "$zypper_alias"; fi
				zypper_alias=${zypper_line#?} zypper_on=1
				zypper_alias=${zypper_alias%?}
				;;
			enabled=0* | enabled=[fF]* | enabled=[nN]*) zypper_on=0 ;;
			esac
		done <"$zypper_file"
		if [ -n "$zypper_alias" ] && [ "$zypper_on" = 1 ]; then printf '%s\n' "$zypper_alias"; fi
	done
}

# zypper_index_age: the age of the oldest index of an enabled repository;
# nothing if one was never fetched. zypper touches an index it found unchanged.
zypper_index_age() {
	zypper_aliases | {
		zypper_oldest=''
		while IFS= read -r zypper_alias; do
			zypper_alias=$(printf '%s' "$zypper_alias" | tr / _)
			zypper_time=''
			for zypper_file in "/var/cache/zypp/raw/$zypper_alias"/repodata/repomd.xml \
				"/var/cache/zypp/raw/$zypper_alias"/content "/var/cache/zypp/raw/$zypper_alias"/cookie \
				"/var/cache/zypp/solv/$zypper_alias"/cookie; do
				if [ -e "$zypper_file" ]; then
					zypper_time=$(stat -c %Y "$zypper_file")
					break
				fi
			done
			[ -n "$zypper_time" ] || exit 0
			if [ -z "$zypper_oldest" ] || [ "$zypper_time" -lt "$zypper_oldest" ]; then zypper_oldest=$zypper_time; fi
		done
		[ -z "$zypper_oldest" ] || echo $(($(date +%s) - zypper_oldest))
	}
}

zypper_refresh() {
	export ZYPP_LOCK_TIMEOUT="${pw_arg_lock_wait:-0}"
	zypper_xml zypper.refresh refresh
}

# zypper_rpm NAME...: the installed instances of packages.
zypper_rpm() {
	rpm -q --qf '%{NAME}\t%{ARCH}\t%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\t%{SOURCERPM}\n' "$@" </dev/null 2>/dev/null
}

# zypper_doubles: packages that are installed twice and must not be, the mark of
# an rpm that was killed. One that is at work has them, too.
zypper_doubles() {
	if cat /proc/[0-9]*/comm 2>/dev/null | grep -qx -e rpm -e zypp-rpm -e zypper -e packagekitd; then return 0; fi
	rpm -qa --qf '%{NAME}.%{ARCH}\n' </dev/null | sort | uniq -d | while IFS= read -r zypper_name; do
		case $zypper_name in gpg-pubkey.*) continue ;; esac
		if rpm -q --provides "$zypper_name" </dev/null | grep -q -e '^multiversion(' -e '^installonlypkg('; then continue; fi
		if cat /etc/zypp/zypp.conf /etc/zypp/multiversion.d/* 2>/dev/null | grep "^ *[^#]" | grep -qwF "${zypper_name%.*}"; then continue; fi
		rpm -q --qf '%{NAME}\t%{ARCH}\t%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\n' "$zypper_name" </dev/null
	done
}

zypper_installed() {
	printf '%s\n' "$pw_arg_names" | {
		set --
		while IFS= read -r zypper_name; do
			[ -z "$zypper_name" ] || set -- "$@" "$zypper_name"
		done
		[ $# -eq 0 ] || zypper_rpm "$@" | while IFS='	' read -r zypper_name zypper_arch zypper_evr zypper_source; do
			[ -z "$zypper_source" ] || printf '%s\t%s\t%s\tok\n' "$zypper_name" "$zypper_arch" "$zypper_evr"
		done
	}
}

# zypper_pending: source packages and what keeps updates back. While a patch of
# zypper itself is needed, zypper lists patches only.
zypper_pending() {
	zypper_ids=$(printf '%s\n' "$zypper_out" | zypper_patches)
	if [ -n "$(printf '%s\n' "$zypper_out" | zypper_patches 'pkgmanager="true"')" ]; then
		zypper_xml zypper.packages --no-refresh list-updates -t package
	fi
	zypper_listed=$(printf '%s\n' "$zypper_out" | zypper_specs)
	if [ -n "$zypper_ids" ]; then
		# shellcheck disable=SC2086 # names without white space
		pw_run zypper.patches zypper_patch_info $zypper_ids
	fi
	zypper_xml zypper.all --no-refresh list-updates --all -t package
	zypper_every=$(printf '%s\n' "$zypper_out" | zypper_specs)
	zypper_rest=$(printf '%s\n%s\n%s\n' "$zypper_listed" "$zypper_listed" "$zypper_every" | sort | uniq -u | sed '/^$/d' | sed 50q)
	if [ -n "$zypper_rest" ]; then
		if [ -s /etc/zypp/locks ]; then pw_run zypper.locks cat /etc/zypp/locks; fi
		# shellcheck disable=SC2086 # words without white space
		zypper_xml zypper.rest --no-refresh install --dry-run --no-force-resolution --no-recommends --auto-agree-with-licenses -- $zypper_rest
	fi
	zypper_names=$(printf '%s\n%s\n' "$zypper_listed" "$zypper_every" | sed -e '/^$/d' -e 's/=.*//' | sort -u)
	if [ -n "$zypper_names" ]; then
		# shellcheck disable=SC2086 # words without white space
		pw_run zypper.rpm zypper_rpm $zypper_names
	fi
}

zypper_scan() {
	export ZYPP_LOCK_TIMEOUT="${pw_arg_lock_wait:-0}"
	zypper_xml zypper.list --no-refresh list-updates -t package -t patch
	case $zypper_rc in 0 | 106) zypper_pending ;; esac
	pw_run zypper.doubles zypper_doubles
	pw_run zypper.reboot zypper --non-interactive needs-rebooting
	if [ -n "${pw_arg_names:-}" ]; then pw_run zypper.installed zypper_installed; fi
}
