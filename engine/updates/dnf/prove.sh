# dnf: what a manifest of the host's packages holds.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154,SC2317,SC2329 # pw_* come from the prelude; what is set here is used by the others

dnf_listed() {
	point_rpm_listed
}

dnf_sizes() {
	point_rpm_sizes
}

# dnf_manifest: the marks come from dnf's history, without any repository.
dnf_manifest() {
	point_rpm_packages
	dnf_data=
	dnf_program manifest
	sed -n '/^[^#]/s/^/held	/p' /etc/dnf/plugins/versionlock.list
}

dnf_lockfile() {
	printf 'line\t/etc/dnf/plugins/versionlock.list'
}

# dnf_remark: sets the marks of $point_lost again.
dnf_remark() {
	for dnf_mark in auto:remove manual:install; do
		dnf_names=$(point_marked "${dnf_mark%:*}")
		# shellcheck disable=SC2086 # one argument a package
		[ -z "$dnf_names" ] || dnf -q -y -C --disableexcludes=all mark "${dnf_mark#*:}" $dnf_names </dev/null
	done
}
