#!/bin/sh
# Builds the pacman repositories of the lab.
#   repo-pacman.sh OUT     writes OUT/lab (the newest of each), OUT/next and
#   OUT/cache (the old versions, as a host's own cache has them), OUT/vanished
# Packages are made by bsdtar and the database by hand; the formats are those of
# alpm 13 (man PKGBUILD, "desc" entries as repo-add writes them).
set -eu
export LC_ALL=C

# shellcheck disable=SC2016 # the scriptlet expands it
slow='echo slow-start; i=0; while [ $i -lt 6 ] || { [ $i -lt 150 ] && [ -e /run/slowpkg.hold ]; }; do i=$((i+1)); echo "tick $i"; sleep 2; done; echo slow-end'
restart='[ -d /run/systemd/system ] && { systemctl daemon-reload; systemctl restart UNIT || :; } || :'

# next_package sets what the next package has beside the usual: the body of its
# post_upgrade, a directory of more files, relations ("depend = x").
next_package() {
	case $1 in
	upgrade) upgrade=$2 ;;
	tree) tree=$2 ;;
	relations) relations=$2 ;;
	esac
}

pkginfo() {
	printf 'pkgname = %s\npkgbase = %s\npkgver = %s\npkgdesc = lab package %s\n' "$1" "$1" "$2" "$1"
	printf 'url = https://example.test\nbuilddate = %s\npackager = Lab\n' "$now"
	printf 'size = 128\narch = any\nlicense = MIT\nbackup = etc/%s.conf\n' "$1"
	[ -z "$relations" ] || printf '%s\n' "$relations"
}

# archive DIR FILE packs it with the members in the order that pacman expects.
archive() {
	(
		cd "$1"
		install=
		[ ! -e .INSTALL ] || install=.INSTALL
		# shellcheck disable=SC2086 # nothing, where there is no script
		bsdtar -cf - --format=mtree --options='!all,use-set,type,uid,gid,mode,time,size,md5,sha256,link' \
			--uid 0 --gid 0 .PKGINFO $install etc usr | gzip -n >.MTREE
		# shellcheck disable=SC2086
		bsdtar --uid 0 --gid 0 -caf "$2" .MTREE .PKGINFO $install etc usr
	)
}

# package DIR NAME VERSION
package() {
	dir=$work/package
	rm -rf "$dir"
	mkdir -p "$dir/usr/share/$2" "$dir/etc" "$1"
	echo "$2 $3" >"$dir/usr/share/$2/version"
	echo "setting = default-of-$3" >"$dir/etc/$2.conf"
	[ -z "$tree" ] || cp -R "$tree/." "$dir/"
	find "$dir" -type d -exec chmod 0755 {} +
	pkginfo "$2" "$3" >"$dir/.PKGINFO"
	if [ -n "$upgrade" ]; then
		printf 'post_install() {\n%s\n}\npost_upgrade() {\n%s\n}\n' "$upgrade" "$upgrade" >"$dir/.INSTALL"
	fi
	archive "$dir" "$1/$2-$3-any.pkg.tar.zst"
	upgrade='' tree='' relations=''
}

# field FILE KEY NAME prints a section of a desc entry, if .PKGINFO has the key.
field() {
	values=$(sed -n "s/^$2 = //p" "$1")
	[ -z "$values" ] || printf '%%%s%%\n%s\n\n' "$3" "$values"
}

# describe FILE prints the desc entry of a package file.
describe() {
	bsdtar -xOf "$1" .PKGINFO >"$work/info"
	printf '%%FILENAME%%\n%s\n\n' "${1##*/}"
	field "$work/info" pkgname NAME
	field "$work/info" pkgbase BASE
	field "$work/info" pkgver VERSION
	field "$work/info" pkgdesc DESC
	printf '%%CSIZE%%\n%s\n\n' "$(wc -c <"$1")"
	field "$work/info" size ISIZE
	printf '%%SHA256SUM%%\n%s\n\n' "$(sha256sum "$1" | cut -d' ' -f1)"
	for pair in url:URL license:LICENSE arch:ARCH builddate:BUILDDATE packager:PACKAGER \
		replaces:REPLACES conflict:CONFLICTS provides:PROVIDES depend:DEPENDS; do
		field "$work/info" "${pair%%:*}" "${pair##*:}"
	done
}

# database DIR NAME writes NAME.db for the packages in DIR.
database() {
	rm -rf "$work/db"
	for file in "$1"/*.pkg.tar.zst; do
		entry=$(basename "$file" -any.pkg.tar.zst)
		mkdir -p "$work/db/$entry"
		describe "$file" >"$work/db/$entry/desc"
	done
	# shellcheck disable=SC2035 # package names begin with letters
	(cd "$work/db" && bsdtar --uid 0 --gid 0 -czf "$1/$2.db.tar.gz" *)
	ln -sf "$2.db.tar.gz" "$1/$2.db"
}

old_packages() {
	for name in labtool liblab ignoredpkg slowpkg brokenpkg confpkg labmulti oldname libauto \
		removerpkg victimpkg; do
		package "$cache" "$name" 1.0-1
	done
	next_package relations 'depend = libauto>=1.0'
	package "$cache" labapp 1.0-1
	next_package tree "$(kernel_tree 6.11.1)"
	package "$cache" linux 6.11.1-1
	package "$vanished" goneold 1.0-1 # installed, but in no cache and no repository
	package "$cache" labmulti 1.1-1
	package "$cache" labmulti 1.2-1
}

new_packages() {
	package "$lab" labtool 1.1-1
	package "$lab" liblab 1:1.0-2
	package "$lab" ignoredpkg 2.0-1
	package "$lab" goneold 1.1-1
	package "$lab" labmulti 1.3-1
	package "$lab" confpkg 1.1-1 # the administrator changed /etc/confpkg.conf
	package "$lab" libauto 1.1-1
	package "$lab" victimpkg 1.0-1
	next_package relations 'depend = libauto>=1.1'
	package "$lab" labapp 1.1-1
	next_package relations 'replaces = oldname
conflict = oldname
provides = oldname=2.0'
	package "$lab" newname 2.0-1
	next_package relations 'conflict = victimpkg'
	package "$lab" removerpkg 2.0-1
	next_package upgrade "$slow"
	package "$lab" slowpkg 2.0-1
	next_package upgrade 'echo boom >&2; exit 3'
	package "$lab" brokenpkg 2.0-1
	next_package tree "$(kernel_tree 6.11.2)"
	package "$lab" linux 6.11.2-1
}

# kernel_tree VERSION prints the directory with the files of a kernel.
kernel_tree() {
	rm -rf "$work/kernel"
	mkdir -p "$work/kernel/usr/lib/modules/$1-lab"
	echo lab >"$work/kernel/usr/lib/modules/$1-lab/vmlinuz"
	echo "$work/kernel"
}

# daemons DIR VERSION
daemons() {
	for name in labd labdbad; do
		daemon_tree "$name" "$2" "$work/daemon"
		next_package tree "$work/daemon"
		next_package upgrade "$(echo "$restart" | sed "s/UNIT/$name.service/")"
		package "$1" "$name" "$2-1"
	done
}

main() {
	mkdir -p "$1"
	out=$(cd "$1" && pwd)
	here=$(dirname "$0")
	# shellcheck source-path=SCRIPTDIR source=daemon.sh
	. "$here/daemon.sh"
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	upgrade='' tree='' relations=''
	now=$(date +%s)
	lab=$out/lab
	next=$out/next
	cache=$out/cache
	vanished=$out/vanished
	old_packages
	daemons "$cache" 1.0
	new_packages
	daemons "$lab" 1.1
	# What appears after a plan was made: lab-repo next on.
	package "$next" labtool 1.2-1
	package "$next" liblab 1:1.0-3
	database "$lab" lab
	database "$next" next
}

main "$@" </dev/null
