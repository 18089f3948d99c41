// Package rebootlist knows, by published lists, which packages take effect only
// after a reboot: the kernel and its modules' carrier packages, CPU microcode
// and device firmware, the C library, the init system, the message bus, and the
// boot loader's early parts.
//
// It is the second-best source. A manager that has the vendor's own word
// (reboot_suggested of updateinfo, a patch's restart flag) uses that and says
// RebootSource "metadata"; only otherwise "published-list". The list says that
// an update of the package would want a reboot; whether the machine wants one
// now is asked of the machine itself (/run/reboot-required, needs-restarting,
// the running kernel against the newest installed one).
//
// Sources:
//   - rpm families: NEED_REBOOT of dnf-plugins-core's needs-restarting and the
//     list of Red Hat's "which packages require a system reboot after the
//     update" (kernel, kernel-core, kernel-rt, glibc, linux-firmware, systemd,
//     dbus, dbus-broker, dbus-daemon, microcode_ctl, and hal, udev where they
//     exist); on SUSE /etc/zypp/needreboot (kernel-*, glibc, systemd, udev,
//     dbus-1, the firmware and microcode packages);
//   - Debian and Ubuntu: the packages whose maintainer scripts run
//     /usr/share/update-notifier/notify-reboot-required (linux-image-*, libc6,
//     dbus, the microcodes), and systemd, whose new PID 1 re-executes but whose
//     logind and udev stay;
//   - Arch and Alpine: the packages that carry the same files there.
//
// openssl and other shared libraries are not here: a restart of the services
// that use them is enough.
package rebootlist
