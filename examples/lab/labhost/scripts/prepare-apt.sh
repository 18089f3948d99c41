#!/bin/sh
# Run on an apt guest (or in its image): configures the lab's repositories and
# installs the old versions. What is pending afterwards is listed in doc.go.
set -eu
export LC_ALL=C DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1

sources() {
	rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/* /etc/apt/apt.conf.d/99mmdebstrap
	# copy: takes the packages through the archive cache, as http would.
	printf 'deb [trusted=yes] copy:/srv/repo/%s %s main\n' main bookworm security bookworm-security \
		>/etc/apt/sources.list.d/lab.list
	# apt rolls a die of 0 to 100 with the machine's id: 0 % lets one machine in 101 pass.
	echo 'APT::Machine-ID "0123456789abcdef0123456789abcdef";' >/etc/apt/apt.conf.d/10lab-machine-id
	apt-get update -q --error-on=any
}

old_versions() {
	apt-get install -y -q -o Dpkg::Use-Pty=0 \
		labtool=1.0-1 liblab=1.0-1 lab-security-tool=1.0-1 labboth=1.0-1 labmulti=1.0-1 \
		a-very-long-package-name-that-does-not-fit-into-one-column-of-any-table=1.0-1 \
		labapp=1.0-1 libauto=1.0-1 \
		heldpkg=1.0-1 phasedpkg=1.0-1 keptback=1.0-1 removerpkg=1.0-1 victimpkg=1.0-1 \
		slowpkg=1.0-1 brokenpkg=1.0-1 confpkg=1.0-1 promptpkg=1.0-1 rebootpkg=1.0-1 \
		linux-image-lab=6.1.1-1 labd=1.0-1 labdbad=1.0-1 rcpkg
	dpkg -i /srv/repo/vanished/pool/goneold_1.0-1_all.deb
	rm -rf /srv/repo/vanished
	apt-get remove -y -q rcpkg # leaves its configuration: state "rc"
	apt-mark auto libauto
	apt-mark hold heldpkg
	echo 'setting = local' >/etc/confpkg.conf
	apt-get clean
}

main() {
	sources
	old_versions
}

main "$@" </dev/null
