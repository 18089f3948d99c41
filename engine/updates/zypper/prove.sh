# zypper: what a manifest of the host's packages holds.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154,SC2317,SC2329 # pw_* come from the prelude; what is set here is used by the others

zypper_listed() {
	point_rpm_listed
}

zypper_sizes() {
	point_rpm_sizes
}

zypper_manifest() {
	point_rpm_packages
	zypper_autos "$zypper_auto_file" | sed 's/^/auto	/'
	sed -n '/./s/^/held	/p' /etc/zypp/locks
}

zypper_lockfile() {
	printf 'paragraph\t/etc/zypp/locks'
}

# zypper_remark: zypper_rollback has put back the list of automatic packages.
zypper_remark() {
	:
}
