# dnf 4: scan.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # dnf_data is read by dnf_call, pw_arg_* are set by the caller

# dnf_index_age: the age of the oldest metadata of all enabled repositories in
# seconds; nothing if one of them has none. Repositories are read by awk, not by
# dnf, which would take longer than all the rest of this question.
dnf_index_age() {
	dnf_now=$(date +%s)
	dnf_oldest=
	dnf_hash='[0-9a-f][0-9a-f][0-9a-f][0-9a-f]'
	dnf_hash=$dnf_hash$dnf_hash$dnf_hash$dnf_hash
	# shellcheck disable=SC2013 # an id has no white space
	for dnf_repo in $(cat /dev/null /etc/yum.repos.d/*.repo 2>/dev/null | awk '
		function flush() { if (id != "" && id != "main" && on) print id }
		/^[[:space:]]*\[/ { flush(); id = $0; gsub(/^[[:space:]]*\[|\].*$/, "", id); on = 1 }
		/^[[:space:]]*enabled[[:space:]]*=/ { v = tolower($0); sub(/^[^=]*=[[:space:]]*/, "", v); on = (v ~ /^(1|yes|true|on)/) }
		END { flush() }'); do
		dnf_newest=
		# shellcheck disable=SC2231 # the hash is a pattern
		for dnf_file in /var/cache/dnf/"$dnf_repo"-$dnf_hash/repodata/*primary.xml*; do
			[ -f "$dnf_file" ] || continue
			dnf_time=$(stat -c %Y "$dnf_file") || continue
			[ "${dnf_newest:-0}" -gt "$dnf_time" ] || dnf_newest=$dnf_time
		done
		[ -n "$dnf_newest" ] || return 0
		[ "${dnf_oldest:-$dnf_newest}" -lt "$dnf_newest" ] || dnf_oldest=$dnf_newest
	done
	[ -z "$dnf_oldest" ] || [ "$dnf_oldest" -gt "$dnf_now" ] || echo $((dnf_now - dnf_oldest))
}

dnf_refresh() {
	dnf_data=
	pw_run dnf.refresh dnf_call refresh
}

dnf_scan() {
	dnf_data=
	dnf_since_boot=yes
	if dnf_has_needs_restarting; then dnf_since_boot=; fi
	export dnf_since_boot
	pw_run dnf.scan dnf_call scan
	dnf_scan_rc=$?
	[ -z "${pw_arg_names:-}" ] || pw_run dnf.installed dnf_installed
	dnf_container=no
	if pw_has systemd-detect-virt && systemd-detect-virt -q -c; then dnf_container=yes; fi
	pw_put dnf.host "container=$dnf_container"
	[ -n "$dnf_since_boot" ] || pw_run dnf.reboot dnf -q -C needs-restarting -r
	return "$dnf_scan_rc"
}

# dnf_has_needs_restarting: the plugin is there. It comes with dnf-plugins-core.
dnf_has_needs_restarting() {
	for dnf_plugin in /usr/lib/python3*/*-packages/dnf-plugins/needs_restarting.py; do
		[ ! -f "$dnf_plugin" ] || return 0
	done
	return 1
}

dnf_installed() {
	printf '%s\n' "$pw_arg_names" |
		xargs rpm -q --qf '%{NAME}\t%{ARCH}\t%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\tok\n' -- 2>/dev/null
	return 0 # rpm counts those that are not installed
}
