# dnf5: scan.
# shellcheck shell=sh
# shellcheck disable=SC2154 # pw_arg_* are set by the caller, variables by common.sh

# dnf5_index_age: the age of the oldest metadata of all enabled repositories in
# seconds; nothing if one of them has none.
dnf5_index_age() {
	dnf5_repos | awk '{ if ($2 != "ok") none = 1; if ($3 > age) age = $3 } END { if (NR && !none) print age + 0 }'
}

# Without -q, because what stands behind a failure is told only then.
dnf5_refresh() {
	pw_run dnf5.refresh dnf5 makecache --refresh '--setopt=*.skip_if_unavailable=0'
}

dnf5_scan() {
	dnf5_no_locks
	dnf5_locked=no
	dnf5_wait || dnf5_locked=yes
	dnf5_container=no
	if pw_has systemd-detect-virt && systemd-detect-virt -q -c; then dnf5_container=yes; fi
	pw_put dnf5.host "busy=$dnf5_locked${dnf5_nl}container=$dnf5_container"
	pw_run dnf5.repos dnf5_repos

	pw_begin dnf5.updates
	dnf5_list=$(dnf5_offers -q)
	dnf5_scan_rc=$?
	printf '%s\n' "$dnf5_list"
	pw_end dnf5.updates "$dnf5_scan_rc"
	pw_run dnf5.all dnf5_offers '--setopt=disable_excludes=*'
	pw_run dnf5.from dnf5_from
	pw_begin dnf5.solver
	dnf5_table=$(dnf5_read -q --assumeno upgrade --no-best)
	dnf5_rc=$?
	printf '%s\n' "$dnf5_table"
	pw_end dnf5.solver "$dnf5_rc"
	pw_run dnf5.erasing dnf5_erasing
	pw_run dnf5.new dnf5_new
	pw_run dnf5.advisories dnf5_read -q '--setopt=disable_excludes=*' advisory list --updates --json
	pw_run dnf5.cves dnf5_read -q '--setopt=disable_excludes=*' advisory list --updates --with-cve --json
	pw_run dnf5.duplicates dnf5_read -q '--setopt=disable_excludes=*' repoquery --duplicates \
		--qf "%{name}$dnf5_tab%{arch}$dnf5_tab%{evr}$dnf5_nl"
	[ -z "${pw_arg_names:-}" ] || pw_run dnf5.installed dnf5_installed
	pw_run dnf5.kernel dnf5_kernel
	pw_run dnf5.reboot dnf5_read -q needs-restarting
	case $? in 0 | 1) ;; *) pw_run dnf5.since-boot dnf5_since_boot ;; esac
	return "$dnf5_scan_rc"
}

dnf5_offers() {
	dnf5_read -q "$1" repoquery --upgrades --latest-limit=1 --qf "$dnf5_format"
}
dnf5_format="%{name}$dnf5_tab%{arch}$dnf5_tab%{evr}$dnf5_tab%{repoid}$dnf5_tab%{sourcerpm}$dnf5_tab%{downloadsize}$dnf5_nl"

# dnf5_erasing: what is on offer and not in the table, but could be had by removing
# other packages. It is rare, and looked at for at most 20.
dnf5_erasing() {
	{
		printf '%s\n' "$dnf5_table" | awk '
			/^[A-Z].*:$/ { skipped = /^Skipping/ }
			/^ [^ ]/ && !skipped { sub(/^0:/, "", $3); print "have\t" $1 "\t" $2 "\t" $3 }'
		printf '%s\n' "$dnf5_list" | sed "s/^/list$dnf5_tab/"
	} | awk -F '\t' '
		$1 == "have" { have[$2, $3, $4] = 1 }
		$1 == "list" && $2 != "" && !have[$2, $3, $4] && n++ < 20 { print $2 "\t" $3 "\t" $4 }' |
		while IFS=$dnf5_tab read -r dnf5_name dnf5_arch dnf5_version; do
			case $(dnf5_read --assumeno install --allowerasing "$dnf5_name-$dnf5_version.$dnf5_arch" 2>&1) in
			*'Operation aborted'*) printf '%s\t%s\t%s\n' "$dnf5_name" "$dnf5_arch" "$dnf5_version" ;;
			esac
		done
}

# dnf5_new: what the table would install anew, in the form of the offers.
dnf5_new() {
	printf '%s\n' "$dnf5_table" | awk '
		/^[A-Z].*:$/ { new = /^Installing:/ }
		/^$/ { new = 0 }
		/^ [^ ]/ && new { sub(/^0:/, "", $3); print $1 "-" $3 "." $2 }' | while IFS= read -r dnf5_nevra; do
		dnf5_read -q repoquery --available --qf "$dnf5_format" "$dnf5_nevra"
	done
}

# dnf5_from: the installed versions of what is on offer.
dnf5_from() {
	dnf5_read -q '--setopt=disable_excludes=*' repoquery --upgrades --qf "%{name}$dnf5_nl" | sort -u |
		xargs rpm -q --qf '%{NAME}\t%{ARCH}\t%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\n' -- 2>/dev/null
	return 0 # xargs without names makes rpm complain
}

dnf5_installed() {
	printf '%s\n' "$pw_arg_names" |
		xargs rpm -q --qf '%{NAME}\t%{ARCH}\t%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\tok\n' -- 2>/dev/null
	return 0 # rpm counts those that are not installed
}

# dnf5_kernel: the package of the running kernel, and all versions of it.
dnf5_kernel() {
	dnf5_running=$(uname -r)
	for dnf5_file in "/lib/modules/$dnf5_running/vmlinuz" "/boot/vmlinuz-$dnf5_running"; do
		dnf5_name=$(rpm -qf --qf 'running\t%{NAME}\t%{ARCH}\t%{VERSION}-%{RELEASE}\n' -- "$dnf5_file" 2>/dev/null </dev/null) || continue
		printf '%s\n' "$dnf5_name"
		dnf5_name=${dnf5_name#running?}
		dnf5_versions "${dnf5_name%%"$dnf5_tab"*}" | sed "s/^/installed$dnf5_tab/"
		break
	done
	return 0
}

# dnf5_since_boot: what was installed since the host started, where the plugin for
# needs-restarting is not there.
dnf5_since_boot() {
	dnf5_start=$(stat -c %Y /proc/1) || return
	rpm -qa --qf '%{INSTALLTIME}\t%{NAME}\n' | awk -F '\t' -v start="$dnf5_start" '$1 > start && n++ < 300 { print $2 }'
}
