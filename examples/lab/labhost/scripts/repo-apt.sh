#!/bin/sh
# Builds the apt repositories of the lab: small packages in an old and one or
# more new versions, each standing for one thing that goes wrong on real hosts.
#   repo-apt.sh OUT     writes OUT/{main,security,next,vanished}
# Release carries Origin, Label, Suite, Codename and Version as Debian's own
# archives do, so that apt prints "Debian-Security:12/oldstable-security".
set -eu
export LC_ALL=C

# What a postinst does that takes its time and says so: 12 s, or as long as it is held (at
# most five minutes).
# shellcheck disable=SC2016 # the postinst expands it
slow='echo slow-start; i=0; while [ $i -lt 6 ] || { [ $i -lt 150 ] && [ -e /run/slowpkg.hold ]; }; do i=$((i+1)); echo "tick $i"; sleep 2; done; echo slow-end'
# What the postinst of a daemon does where systemd runs.
restart='[ -d /run/systemd/system ] && { systemctl daemon-reload; systemctl restart UNIT || :; } || :'

# next_deb sets what the next package has beside the usual: the body of its
# postinst, a directory of more files, an architecture.
next_deb() {
	case $1 in
	postinst) postinst=$2 ;;
	tree) tree=$2 ;;
	arch) arch=$2 ;;
	esac
}

# deb POOL NAME VERSION [CONTROL-LINE...]
deb() {
	pool=$1
	name=$2
	version=$3
	shift 3
	dir=$work/$name
	rm -rf "$dir"
	mkdir -p "$dir/DEBIAN" "$dir/usr/share/$name" "$dir/etc" "$pool"
	echo "$name $version" >"$dir/usr/share/$name/version"
	echo "setting = default-of-$version" >"$dir/etc/$name.conf"
	echo "/etc/$name.conf" >"$dir/DEBIAN/conffiles"
	[ -z "$tree" ] || cp -R "$tree/." "$dir/"
	{
		printf 'Package: %s\nVersion: %s\nArchitecture: %s\n' "$name" "$version" "$arch"
		printf 'Maintainer: Lab <lab@example.test>\nSection: utils\nPriority: optional\n'
		[ $# = 0 ] || printf '%s\n' "$@"
		printf 'Description: lab package %s\n' "$name"
	} >"$dir/DEBIAN/control"
	if [ -n "$postinst" ]; then
		printf '#!/bin/sh\n%s\n' "$postinst" >"$dir/DEBIAN/postinst"
		chmod 0755 "$dir/DEBIAN/postinst"
	fi
	find "$dir" -type d -exec chmod 0755 {} +
	file=$(echo "${name}_${version}_$arch.deb" | sed 's/:/%3a/')
	dpkg-deb --root-owner-group -Znone -b "$dir" "$pool/$file" >/dev/null
	postinst='' tree='' arch=all
}

# release DIR SUITE CODENAME LABEL VERSION
release() {
	(
		cd "$1"
		mkdir -p "dists/$3/main/binary-amd64"
		apt-ftparchive packages pool >"dists/$3/main/binary-amd64/Packages"
		gzip -9kf "dists/$3/main/binary-amd64/Packages"
		apt-ftparchive -o APT::FTPArchive::Release::Origin=Debian \
			-o APT::FTPArchive::Release::Label="$4" -o APT::FTPArchive::Release::Suite="$2" \
			-o APT::FTPArchive::Release::Codename="$3" -o APT::FTPArchive::Release::Version="$5" \
			-o APT::FTPArchive::Release::Architectures='amd64 all' \
			-o APT::FTPArchive::Release::Components=main release "dists/$3" >"$work/Release"
		mv "$work/Release" "dists/$3/Release"
	)
}

# plain: updates that simply work.
plain() {
	for name in labtool lab-security-tool victimpkg rcpkg labboth; do
		deb "$main" "$name" 1.0-1
	done
	deb "$main" labtool 1.1-1
	deb "$main" lab-security-tool 1.2-1 # "security" in a name says nothing
	next_deb arch amd64
	deb "$main" liblab 1.0-1 'Multi-Arch: same'
	next_deb arch amd64
	deb "$security" liblab 1.0-1+deb12u1 'Multi-Arch: same'
	for pool in "$main" "$security"; do # one version, two origins
		deb "$pool" labboth 1.1-1
	done
	for version in 1.0-1 1.1-1 1.2-1 1.3-1; do
		deb "$main" labmulti "$version"
	done
	for version in 1.0-1 1.1-1; do
		deb "$main" libauto "$version"
		deb "$main" labapp "$version" "Depends: libauto (>= $version)"
		deb "$main" a-very-long-package-name-that-does-not-fit-into-one-column-of-any-table "$version"
	done
}

# blocked: updates that apt keeps back, each for another reason.
blocked() {
	deb "$main" heldpkg 1.0-1
	deb "$security" heldpkg 1:2.0-1
	deb "$main" phasedpkg 1.0-1
	deb "$main" phasedpkg 1.1-1 'Phased-Update-Percentage: 0'
	deb "$main" keptback 1.0-1
	deb "$main" keptback 2.0-1 'Depends: labnewdep'
	deb "$main" labnewdep 1.0-1
	deb "$main" removerpkg 1.0-1
	deb "$main" removerpkg 2.0-1 'Conflicts: victimpkg' 'Depends: labnewdep'
	deb "$vanished" goneold 1.0-1 # installed, but in no index any more
	deb "$security" goneold 1.1-1
}

# trouble: updates that do something on the way.
trouble() {
	for name in slowpkg brokenpkg confpkg promptpkg rebootpkg; do
		deb "$main" "$name" 1.0-1
	done
	next_deb postinst "$slow"
	deb "$main" slowpkg 2.0-1
	next_deb postinst 'echo boom >&2; exit 3'
	deb "$main" brokenpkg 1.1-1
	deb "$main" confpkg 1.1-1 # the administrator changed /etc/confpkg.conf
	# shellcheck disable=SC2016 # the postinst expands it
	next_deb postinst 'printf "Really? [y/N] "; read -r answer || answer=eof; echo "answer: $answer"'
	deb "$main" promptpkg 1.1-1
	next_deb postinst 'touch /run/reboot-required; echo rebootpkg >>/run/reboot-required.pkgs'
	deb "$main" rebootpkg 1.1-1
}

# kernels: a meta package whose new version needs a package not yet installed.
kernels() {
	for version in 6.1.1-1 6.1.2-1; do
		rm -rf "$work/kernel"
		mkdir -p "$work/kernel/boot" "$work/kernel/usr/lib/modules/$version-lab"
		echo lab >"$work/kernel/boot/vmlinuz-$version-lab"
		next_deb tree "$work/kernel"
		deb "$main" "linux-image-$version-lab" "$version"
		deb "$main" linux-image-lab "$version" "Depends: linux-image-$version-lab (= $version)"
	done
}

# daemons: labd listens on 8099 and answers with its version; the new labdbad
# does not start any more.
daemons() {
	for name in labd labdbad; do
		for version in 1.0-1 1.1-1; do
			daemon_tree "$name" "$version" "$work/daemon"
			next_deb tree "$work/daemon"
			next_deb postinst "$(echo "$restart" | sed "s/UNIT/$name.service/")$(daemon_damage "$name" "$version")"
			deb "$main" "$name" "$version"
		done
	done
}

main() {
	out=$1
	here=$(dirname "$0")
	# shellcheck source-path=SCRIPTDIR source=daemon.sh
	. "$here/daemon.sh"
	work=$(mktemp -d)
	postinst='' tree='' arch=all
	trap 'rm -rf "$work"' EXIT
	main=$out/main/pool
	security=$out/security/pool
	next=$out/next/pool
	vanished=$out/vanished/pool
	plain
	blocked
	trouble
	kernels
	daemons
	# What appears after a plan was made: lab-repo next on.
	deb "$next" labtool 1.2-1
	next_deb arch amd64
	deb "$next" liblab 1.0-1+deb12u2 'Multi-Arch: same'
	release "$out/main" oldstable bookworm Debian 12.15
	release "$out/security" oldstable-security bookworm-security Debian-Security 12
	release "$out/next" oldstable-security bookworm-security Debian-Security 12
}

main "$@" </dev/null
