# pacman: what a manifest of the host's packages holds, and packages of old versions
# that the mirrors still have.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2317,SC2329 # pw_* come from the prelude; the job scripts call these functions

pacman_manifest() {
	pacman_init
	find "$pacman_system/local" -name desc -exec cat {} + | awk -v OFS='\t' '
		/^%.*%$/ { key = $0; if (key == "%NAME%" && name != "") flush(); next }
		key == "%NAME%" { name = $0; key = "" }
		key == "%VERSION%" { version = $0; key = "" }
		key == "%ARCH%" { arch = $0; key = "" }
		key == "%REASON%" { reason = $0; key = "" }
		function flush() { print "pkg", name, arch, version, "ok"; if (reason == 1) print "auto", name; name = version = arch = reason = "" }
		END { if (name != "") flush() }'
	pacman_conf IgnorePkg | sed 's/^/held	/'
}

pacman_listed() {
	# shellcheck disable=SC2046 # one argument a name
	pacman -Qlq $(point_names) </dev/null | sed 's:/$::'
}

pacman_sizes() {
	pacman_init
	for pacman_name in $(point_names); do
		cat "$pacman_system/local/$pacman_name"-[0-9]*/desc
	done </dev/null | awk 'key == "%SIZE%" { printf "%.0f\n", $0 / 1024 } { key = $0 }'
}

# pacman_whole FILE NAME VERSION: it is that package and can be read to its end; where
# there is bsdtar, it is also the very package that is installed.
pacman_whole() {
	[ "$(pacman -Qp --color never -- "$1" </dev/null 2>/dev/null)" = "$2 $3" ] && pacman -Qlp -- "$1" </dev/null >/dev/null 2>&1 || return 1
	[ -f "$pacman_system/local/$2-$3/mtree" ] && pw_has bsdtar || return 0
	bsdtar -xOqf "$1" .MTREE </dev/null 2>/dev/null | cmp -s - "$pacman_system/local/$2-$3/mtree"
}

# pacman_fetch NAME ARCH VERSION: asks the host's own servers for a version that they
# no longer list; one that keeps old versions may be among them. pacman checks the
# signature as of every download.
pacman_fetch() {
	pacman_scratch || return 1
	for pacman_repo in $(pacman-conf --repo-list </dev/null 2>/dev/null); do
		for pacman_server in $(pacman-conf --repo="$pacman_repo" Server </dev/null 2>/dev/null); do
			for pacman_end in zst xz; do
				pacman -Uddw --noconfirm --noprogressbar --color never --dbpath "$pacman_tmp" --logfile /dev/null -- \
					"$pacman_server/$1-$3-$2.pkg.tar.$pacman_end" </dev/null >&2 && break 3
			done
		done
	done
	pacman_clear
}

# pacman_lockfile: IgnorePkg is the administrator's configuration, and stays as it is.
pacman_lockfile() {
	:
}

# pacman_remark: sets the marks of $point_lost again.
pacman_remark() {
	for pacman_mark in auto:asdeps manual:asexplicit; do
		pacman_names=$(point_marked "${pacman_mark%:*}")
		# shellcheck disable=SC2086 # one argument a package
		[ -z "$pacman_names" ] || pacman -D "--${pacman_mark#*:}" -- $pacman_names </dev/null
	done
}
