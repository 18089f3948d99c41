#!/bin/sh
# Run on a pacman guest (or in its image): configures the lab's repository and
# installs the old versions. What is pending afterwards is listed in doc.go.
set -eu
export LC_ALL=C

configure() {
	cat >/etc/pacman.conf <<-'EOF'
		[options]
		HoldPkg = pacman glibc
		Architecture = auto
		SigLevel = Never
		IgnorePkg = ignoredpkg

		[lab]
		Server = file:///srv/repo/lab
	EOF
}

old_versions() {
	pacman -Sy --noconfirm
	mkdir -p /var/cache/pacman/pkg
	mv /srv/repo/cache/*.pkg.tar.zst /var/cache/pacman/pkg/
	oldest=
	for file in /srv/repo/vanished/*.pkg.tar.zst /var/cache/pacman/pkg/*.pkg.tar.zst; do
		case $file in
		*/labmulti-1.[12]*) ;; # in the cache only
		*) oldest="$oldest $file" ;;
		esac
	done
	# shellcheck disable=SC2086 # the list is to be split
	pacman -U --noconfirm $oldest
	pacman -D --asdeps libauto
	rm -rf /srv/repo/vanished /srv/repo/cache
	rm -f /var/cache/pacman/pkg/goneold-*
	echo 'setting = local' >/etc/confpkg.conf
}

main() {
	cd /
	configure
	old_versions
}

main "$@" </dev/null
