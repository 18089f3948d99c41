# dnf5: what a manifest of the host's packages holds.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154,SC2317,SC2329 # pw_* come from the prelude; what is set here is used by the others

dnf5_listed() {
	point_rpm_listed
}

dnf5_sizes() {
	point_rpm_sizes
}

dnf5_manifest() {
	point_rpm_packages
	[ -n "${dnf5_lockfile+set}" ] || dnf5_no_locks
	dnf5_read -q '--setopt=disable_excludes=*' repoquery --installed --qf "auto$dnf5_tab%{name}.%{arch}$dnf5_tab%{reason}$dnf5_nl" |
		grep -e Dependency
	sed -n '/^[^#]/s/^/held	/p' /etc/dnf/versionlock.toml
}

dnf5_lockfile() {
	printf 'block\t/etc/dnf/versionlock.toml'
}

# dnf5_remark: sets the marks of $point_lost again; a reason stands behind the name.
dnf5_remark() {
	for dnf5_mark in auto:dependency manual:user; do
		dnf5_names=$(printf '%s\n' "$point_lost" | sed -n "s/^${dnf5_mark%:*}$dnf5_tab\\([A-Za-z0-9_][A-Za-z0-9+._-]*\\).*/\\1/p" | sort -u)
		# shellcheck disable=SC2086 # one argument a package
		[ -z "$dnf5_names" ] || dnf5 -q -y -C '--setopt=*.skip_if_unavailable=1' mark "${dnf5_mark#*:}" $dnf5_names </dev/null
	done
}
