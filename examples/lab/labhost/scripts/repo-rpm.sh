#!/bin/sh
# Builds the rpm repositories of the lab, used by dnf and by zypper.
#   repo-rpm.sh OUT     writes OUT/{base,updates,next} and OUT/vanished
# The update repositories carry advisories: kind, severity, CVEs, a reboot.
set -eu
export LC_ALL=C

# shellcheck disable=SC2016 # the scriptlet expands it
slow='echo slow-start; i=0; while [ $i -lt 6 ] || { [ $i -lt 150 ] && [ -e /run/slowpkg.hold ]; }; do i=$((i+1)); echo "tick $i"; sleep 2; done; echo slow-end'
restart='[ -d /run/systemd/system ] && { systemctl daemon-reload; systemctl restart UNIT || :; } || :'
long=a-very-long-package-name-that-exceeds-the-normal-column-width-of-dnf-output

fail() {
	echo "repo-rpm.sh: $*" >&2
	exit 1
}

# next_rpm sets what the next package has beside the usual: the body of its
# %post, a directory of more files, more lines of its preamble.
next_rpm() {
	case $1 in
	post) post=$2 ;;
	tree) tree=$2 ;;
	preamble) preamble=$2 ;;
	esac
}

# spec NAME VERSION RELEASE prints the spec file.
spec() {
	printf '%s\n' "Name: $1" "Version: $2" "Release: $3" "Summary: lab package $1" \
		'License: MIT' 'BuildArch: noarch' 'AutoReqProv: no' 'Vendor: Lab' "${preamble:-# nothing more}" \
		'%description' "lab package $1" '%install'
	[ -z "$tree" ] || printf 'cp -R %s %%{buildroot}\n' "$tree/."
	printf '%s\n' "mkdir -p %{buildroot}/usr/share/$1 %{buildroot}/etc" \
		"echo '$1 $2-$3' >%{buildroot}/usr/share/$1/version-$2-$3" \
		"echo 'setting = default-of-$2' >%{buildroot}/etc/$1.conf" \
		'%files' "/usr/share/$1" "%config(noreplace) /etc/$1.conf"
	[ -z "$tree" ] || (cd "$tree" && find . ! -type d | sed 's/^\.//')
	[ -z "$post" ] || printf '%s\n' '%post' "$post"
}

# package DIR NAME VERSION RELEASE
package() {
	top=$work/build
	rm -rf "$top"
	mkdir -p "$top" "$1"
	spec "$2" "$3" "$4" >"$work/package.spec"
	rpmbuild -bb --quiet --target noarch --define "_topdir $top" --define "_rpmdir $1" \
		--define '_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm' \
		--define "_dbpath $work/rpmdb" --define '__os_install_post %{nil}' \
		--define '_binary_payload w0.gzdio' --nocheck \
		"$work/package.spec" >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "rpmbuild $2 failed"; }
	post='' tree='' preamble=''
}

# advisory ID TYPE SEVERITY NAME EPOCH VERSION RELEASE 'CVE...' [reboot]
advisory() {
	printf '<update from="lab@example.test" status="final" type="%s" version="1"><id>%s</id>' "$2" "$1"
	printf '<title>%s: %s update</title><issued date="2026-11-01 00:00:00"/>' "$3" "$4"
	printf '<updated date="2026-11-02 00:00:00"/><severity>%s</severity><summary>%s</summary>' "$3" "$4"
	printf '<description>An update for %s.</description><references>' "$4"
	for cve in $8; do # every reference has a title: dnf5 aborts without
		printf '<reference href="https://cve.example.test/%s" id="%s" type="cve" title="%s"/>' "$cve" "$cve" "$cve"
	done
	printf '</references><pkglist><collection short="lab"><name>lab</name>'
	printf '<package name="%s" version="%s" release="%s" epoch="%s" arch="noarch" src="%s-%s-%s.src.rpm">' \
		"$4" "$6" "$7" "$5" "$4" "$6" "$7"
	printf '<filename>%s-%s-%s.noarch.rpm</filename>%s</package></collection></pkglist></update>\n' \
		"$4" "$6" "$7" "${9:+<reboot_suggested>1</reboot_suggested>}"
}

# repository DIR  reads the advisories from standard input.
repository() {
	{ printf '<?xml version="1.0" encoding="UTF-8"?><updates>\n' && cat && echo '</updates>'; } >"$work/updateinfo.xml"
	createrepo_c --quiet "$1" || fail "createrepo_c $1 failed"
	modifyrepo_c --mdtype=updateinfo "$work/updateinfo.xml" "$1/repodata" >"$work/log" 2>&1 || fail "modifyrepo_c $1 failed"
}

old_packages() {
	for name in labtool liblab lockedpkg excludedpkg "$long" oldname linux-firmware slowpkg \
		brokenpkg needsdep confpkg labmulti removerpkg victimpkg libauto; do
		package "$base" "$name" 1.0 1.el9
	done
	next_rpm preamble 'Provides: /bin/sh
Provides: /usr/bin/sh'
	package "$base" labsh 1.0 1.el9
	next_rpm preamble 'Requires: libauto >= 1.0'
	package "$base" labapp 1.0 1.el9
	package "$base" kernel-core 5.14.0 1.el9
	package "$vanished" goneold 1.0 1.el9 # installed, but in no repository any more
}

new_packages() {
	package "$updates" labtool 1.1 1.el9
	package "$updates" liblab 1.0 2.el9_4.1
	package "$updates" lockedpkg 2.0 1.el9
	package "$updates" excludedpkg 2.0 1.el9
	package "$updates" goneold 1.1 1.el9
	package "$updates" linux-firmware 20240101 1.el9
	package "$updates" kernel-core 5.14.0 2.el9
	package "$updates" confpkg 1.1 1.el9 # the administrator changed /etc/confpkg.conf
	package "$updates" libauto 1.1 1.el9
	next_rpm preamble 'Requires: libauto >= 1.1'
	package "$updates" labapp 1.1 1.el9
	for version in 1.1 1.2 1.3; do
		package "$updates" labmulti "$version" 1.el9
	done
	next_rpm preamble 'Epoch: 1'
	package "$updates" "$long" 1.0 3.el9
	next_rpm preamble 'Obsoletes: oldname < 2
Provides: oldname = 2'
	package "$updates" newname 2.0 1.el9
	next_rpm preamble 'Requires: missing-lib >= 2'
	package "$updates" needsdep 2.0 1.el9
	next_rpm preamble 'Conflicts: victimpkg'
	package "$updates" removerpkg 2.0 1.el9
	next_rpm post "$slow"
	package "$updates" slowpkg 2.0 1.el9
	next_rpm post 'echo boom >&2; exit 3'
	package "$updates" brokenpkg 1.1 1.el9
}

# daemons DIR VERSION
daemons() {
	for name in labd labdbad; do
		daemon_tree "$name" "$2" "$work/daemon"
		next_rpm tree "$work/daemon"
		next_rpm post "$(echo "$restart" | sed "s/UNIT/$name.service/")$(daemon_damage "$name" "$2")"
		package "$1" "$name" "$2" 1.el9
	done
}

advisories() {
	advisory LABSA-2026:0001 security Critical liblab 0 1.0 2.el9_4.1 'CVE-2026-1111 CVE-2026-2222'
	advisory LABSA-2026:0002 security Moderate lockedpkg 0 2.0 1.el9 CVE-2026-3333
	advisory LABBA-2026:0003 bugfix None labtool 0 1.1 1.el9 ''
	advisory LABSA-2026:0004 security Important kernel-core 0 5.14.0 2.el9 CVE-2026-4444 reboot
	advisory LABSA-2026:0005 security Low labmulti 0 1.2 1.el9 CVE-2026-5555
	advisory LABSA-2026:0006 security Important labmulti 0 1.3 1.el9 'CVE-2026-6666 CVE-2026-5555'
	advisory LABEA-2026:0007 enhancement None "$long" 1 1.0 3.el9 ''
	advisory LABSA-2026:0008 security Moderate goneold 0 1.1 1.el9 CVE-2026-7777
}

main() {
	out=$1
	here=$(dirname "$0")
	# shellcheck source-path=SCRIPTDIR source=daemon.sh
	. "$here/daemon.sh"
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	post='' tree='' preamble=''
	base=$out/base
	updates=$out/updates
	next=$out/next
	vanished=$out/vanished
	old_packages
	daemons "$base" 1.0
	new_packages
	daemons "$updates" 1.1
	# What appears after a plan was made: lab-repo next on.
	package "$next" labtool 1.2 1.el9
	package "$next" liblab 1.0 3.el9_4.1
	createrepo_c --quiet "$base" || fail "createrepo_c $base failed"
	advisories | repository "$updates"
	advisory LABSA-2026:0009 security Critical liblab 0 1.0 3.el9_4.1 CVE-2026-8888 | repository "$next"
}

main "$@" </dev/null
