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
	[ -n "${dnf5_locks+set}" ] || dnf5_no_locks
	dnf5_read -q '--setopt=disable_excludes=*' repoquery --installed --qf "auto$dnf5_tab%{name}.%{arch}$dnf5_tab%{reason}$dnf5_nl" |
		grep -e Dependency
	sed -n '/^[^#]/s/^/held	/p' /etc/dnf/versionlock.toml
}
