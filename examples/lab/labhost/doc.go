// Package labhost makes real hosts for tests: systemd, OpenSSH, sudo, and the
// package managers apt, dnf, zypper and pacman with repositories full of trouble.
// It is built with the tag lab, needs root, and runs on a Debian machine with
// what ../install.sh installs. Nothing is fetched but Debian packages, from the
// mirror that the machine's own apt uses, and only to build the images.
//
// # A lab test
//
//	//go:build lab
//
//	func TestSomething(t *testing.T) {
//		lab := labhost.Start(t)                          // an empty network, closed by t.Cleanup
//		web := lab.Host(t, "web", labhost.Apt)           // 0.4 s: booted, every user can log in
//		dir := t.TempDir()
//		err := lab.WriteConfig(dir, labhost.Config{Policies: policies}, web)
//		r, err := lab.Patchwave(t.Context(), dir, "scan", "-o", "json")
//		// r.Stdout, r.Stderr, r.ExitCode; then ask the host itself:
//		out := web.MustSh(t, "dpkg-query -W labtool")
//	}
//
// Faults: Host.LinkDown and LinkUp pull and plug the cable, KillSSHSessions ends
// all sessions, Stop and Start cut the power, HoldBoot keeps a rebooting guest
// away, "lab-repo next on" inside a guest makes newer versions appear and
// "lab-repo dead on" adds a repository that cannot be reached. Reset gives a
// guest a new disk within half a second. Do not sleep: Poll, WaitUp, WaitReboot.
// Code under test that connects by itself in this process takes Lab.Dial.
//
// # How it works
//
// Images are overlay layers in CacheDir, keyed by a digest of the scripts that
// make them: base (Debian), a layer for each package manager, the repositories,
// and the old versions installed. A guest adds an empty upper layer; Reset
// replaces it.
//
// A guest is one process tree, scripts/guest.sh and all below it, in pid, mount
// and network namespaces of its own, none of which has a name. Killing its first
// process takes everything with it: systemd-nspawn, the guest, mounts, interfaces.
// The lab's network is the namespace of one thread of the test process, and that
// thread is the parent of all guests, which die with it (prctl PR_SET_PDEATHSIG):
// however a test ends, the kernel cleans up. Only a directory and empty cgroups
// can stay then, and the next lab removes them.
//
// guest.sh boots again when the guest asks for a reboot: systemd-nspawn says so
// with exit code 133, a pid namespace whose init was ended by reboot(2) with
// SIGHUP. nspawn gives each boot a boot id. While a guest reboots its interface
// is down, so that it is silent as a real machine is, and does not refuse.
//
// What such a guest is not: it has the kernel, the clock and the uptime of the
// machine it runs on, and no boot loader or LVM. With the option Btrfs its root is the
// subvolume @ of a btrfs on a disk of its own, and it boots from whatever is @ then;
// Snapper and SnapperDefault have snapper besides.
//
// # The guests
//
// dnf, zypper and pacman are Debian's builds on a Debian base; /etc/os-release
// says AlmaLinux 9, openSUSE Leap 15 and Arch Linux, since adapters must go by
// it. Debian's rpm adds a warning to what rpm prints.
//
// Users, all with the lab's key:
//
//	root      -
//	patch     sudo without a password
//	pwuser    sudo with the password "s3cret pass"
//	nosudo    no sudo
//	doasuser  doas without a password, no sudo
//	limited   sudo without a password for the package manager only
//	noisy     as patch, with a profile that prints on both streams
//
// # The packages
//
// Old versions are 1.0-1 where nothing else is said, and stay fetchable.
//
//	all       labtool                1.1
//	          liblab                 a security update; pacman: an epoch
//	          labmulti               1.1, 1.2 and 1.3 are there
//	          labapp, libauto        both at once; libauto is marked automatic
//	          labd, labdbad          daemons on ports 8099 and 8098 that answer with their version;
//	                                 labdbad 1.1 does not start, and (apt, rpm) its script
//	                                 removes a file of another package, /usr/bin/pinky
//	          confpkg                its configuration was changed on the host, and changes
//	          slowpkg                takes 12 s and prints ticks; goes on for up to five minutes
//	                                 while there is a file /run/slowpkg.hold
//	          brokenpkg              its script fails
//	          removerpkg             conflicts with victimpkg, which is installed
//	          goneold                a security update; the old version is in no repository
//	          a-very-long-...        a name wider than any column
//	apt       lab-security-tool      not a security update
//	          labboth                one version with two origins
//	          heldpkg                held; a security update with an epoch
//	          phasedpkg              phased, 0 %
//	          keptback               needs labnewdep, which is not installed
//	          linux-image-lab        needs a new package, as kernels do
//	          rebootpkg              creates /run/reboot-required
//	          promptpkg              its script reads standard input
//	          rcpkg                  removed, its configuration left
//	rpm       lockedpkg              locked (versionlock, zypper addlock); has an advisory
//	          excludedpkg            excluded in dnf.conf
//	          oldname                replaced by newname
//	          needsdep               needs what no repository has
//	          kernel-core            an advisory that suggests a reboot; needs-restarting
//	          linux-firmware         no advisory
//	pacman    ignoredpkg             IgnorePkg
//	          oldname                replaced by newname
//	          linux                  a kernel
//
// Advisories LABSA-2026:0001 and on: security of all severities, a bugfix, an
// enhancement, CVEs, two for one package. After "lab-repo next on" there are
// labtool 1.2 and a further liblab.
package labhost
