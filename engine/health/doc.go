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
//
// What a host cannot have (units without a service manager) is nothing to compare.
// What it has and does not tell is an error before the first change, so that
// nothing is changed on a host that could not be held to what it was; afterwards it
// is a difference.
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
// # Patience
//
// After a reboot services start one after the other, leases bring routes, a clock is
// set. While something is worse that time may mend, the host is looked at every two
// seconds, for two minutes (DefaultSettle). Broken packages and an older kernel are
// not waited for, and once a service has been failed for half a minute nothing is.
package health
