// Package health asks whether a machine is well: what ran and stood before and does
// not any more, the probes of a verification, and whether it has finished booting.
//
//	Fingerprint  one remote command ──► the parts that the policy compares
//	Difference   pure: before, after ──► what is worse, a result a part
//	Unchanged    both, again and again until nothing is worse or the time is over
//	Run          one probe, again and again until it is true or its time is over
//
// # The fingerprint
//
// health.sh asks for the parts that a policy names in unchanged and for no others.
// It needs no tools beside sh, sed and awk, and what the part itself is about:
//
//	services         systemctl show, rc-status, or service --status-all
//	failed_units     systemctl list-units --state=failed, rc-status --crashed
//	listeners        /proc/net/{tcp,tcp6,udp,udp6}
//	mounts           /proc/mounts
//	broken_packages  dpkg-query, rpm -qa (twice installed), pacman -Dk
//	kernel           uname, /lib/modules
//	routes           /proc/net/{route,ipv6_route}
//	time             timedatectl, chronyc, ntpq
//	event_errors     nothing: Windows alone has it
//
// What a host cannot have (units without a service manager) is nothing to compare.
// What it has and does not tell is an error before the first change, so that
// nothing is changed on a host that could not be held to what it was; afterwards it
// is a difference.
//
// # Windows
//
// health.ps1 takes the same arguments and prints frames of the same names; only what
// is in them differs: lines of fields with tabs between them, an unknown field "-".
// The host tells what it sees and the controller judges: see windows.go.
//
//	basics           KEY=VALUE: boot_id, kernel (10.0.26100.1742), init=windows, manager=cbs, uptime (seconds)
//	services         NAME STATE START FLAGS EXIT PID, with services, failed_units or listeners
//	failed_units     NAME COUNT: crashes since the boot that the event log tells
//	range            FIRST LAST: ports from which Windows picks ("49152 65535", with a blank)
//	listeners        tcp|udp ADDRESS PORT PID
//	mounts           PATH DRIVETYPE FILESYSTEM: C:\ 3 NTFS
//	broken_packages  NAME STATE ERROR: packages of CBS that are neither in nor out
//	kernels          a build a line, and "pending" where servicing waits for a reboot
//	routes           INTERFACE PREFIX NEXTHOP
//	time             KEY=VALUE: service, start, leap, stratum, reference
//	event_errors     PROVIDER ID COUNT COUNT: critical events and errors of the System log,
//	                 of the newest 5,000 and of those since the boot
//
// STATE is running, stopped, paused, start_pending, stop_pending, pause_pending,
// continue_pending; START auto, manual, disabled; FLAGS words with commas (delayed,
// trigger, user); EXIT the Win32 exit code in decimal; STATE of a package the value
// of CBS in hex (0x60 install pending, 0x65 partly installed, 0x5 uninstall pending),
// or "pending" for what waits as a whole (component-store, windows-update).
//
// probe.ps1 prints the frame "probe": the status is that of probe.sh, the words are
// the state of the service, or what the command said. A page begins with its head,
// as curl shows it; if there is none the status is not 0 and the text says why.
//
// # What is no difference
//
// New things are never one. Of what is gone, these are passed over, since they come
// and go by themselves: services of sessions, consoles and single connections,
// transient ones, those that D-Bus, a socket or a timer starts when they are wanted;
// ports that the kernel picked, of UDP and of root (of others they are counted for
// each user), clients of DHCP, displays passed through SSH; file systems of the
// kernel, mounts below /run, /snap, /media and of containers, what an automounter
// mounts; interfaces of containers; a newer kernel that was among the updates or lay
// there before; patchwave's own jobs and directories.
//
// On Windows: services that are not started automatically, those that a trigger starts
// or that end when their work is done, instances for users; delayed ones that Windows
// has not tried to start yet, in the first ten minutes; ports that Windows picked, and
// ports of services that are no account; network drives and other than fixed disks,
// shared volumes of clusters; routes to single addresses on the link, switches of
// virtual machines; a newer build after updates, or where a reboot was pending; packages
// that wait for a reboot while there was none; more of an error that the System log has
// already, and those that machines have which are well (the list, with the reasons, is in
// windows_errors.go). Known is what the whole log had before, not only what came since
// that boot: a log that is full has lost the errors of a boot weeks ago.
//
// # Patience
//
// After a reboot services start one after the other, leases bring routes, a clock is
// set. While something is worse that time may mend, the host is looked at every two
// seconds, for two minutes (DefaultSettle). Broken packages and an older kernel are
// not waited for, and once a service has been failed for half a minute nothing is.
package health
