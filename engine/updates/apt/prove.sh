# apt: what a manifest of the host's packages holds. Frames: doc.go.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2317,SC2329 # pw_* come from the prelude; the caller decides what is called

# apt_manifest: all packages that are installed in some way; what was removed and has
# left its configuration is none of them.
apt_manifest() {
	dpkg-query -W -f 'pkg\t${Package}\t${Architecture}\t${Version}\t${db:Status-Abbrev}\n' </dev/null | awk -F '\t' '$5 !~ /^.[nc]/'
	apt-mark showauto </dev/null | awk '{ print "auto\t" $0 }'
	apt-mark showhold </dev/null | awk '{ print "held\t" $0 }'
}

# apt_specs: the packages of $pw_arg_changes as apt displays them.
apt_specs() {
	apt_native=$(dpkg --print-architecture) || return 1
	apt_changes | awk -F '|' -v native="$apt_native" '{ print ($3 == "all" || $3 == native) ? $2 : $2 ":" $3 }' | sort -u
}

apt_listed() {
	# shellcheck disable=SC2046 # one argument a package
	dpkg-query -L $(apt_specs) </dev/null
}

apt_sizes() {
	# shellcheck disable=SC2046 # one argument a package
	dpkg-query -W -f '${Installed-Size}\n' $(apt_specs) </dev/null
}

# apt_lockfile: holds stand in dpkg's own database.
apt_lockfile() {
	:
}

# apt_remark: sets the marks of $point_lost again.
apt_remark() {
	for apt_mark in held:hold auto:auto manual:manual; do
		apt_names=$(point_marked "${apt_mark%:*}")
		# shellcheck disable=SC2086 # one argument a package
		[ -z "$apt_names" ] || apt-mark "${apt_mark#*:}" $apt_names </dev/null
	done
}
