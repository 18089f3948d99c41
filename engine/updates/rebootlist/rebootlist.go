package rebootlist

import (
	"regexp"
	"strings"
)

// list is one family's packages: exact names, and patterns of whole names.
type list struct {
	names    map[string]bool
	patterns *regexp.Regexp
}

func (l list) match(name string) bool {
	return l.names[name] || l.patterns.MatchString(name)
}

func set(words string) map[string]bool {
	names := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		names[w] = true
	}
	return names
}

// Tools, headers, documentation and sources of a kernel boot nothing, and a live
// patch is made to avoid it.
var notBooted = regexp.MustCompile(`-(headers|headers-.*|devel|devel-matched|doc|docs|source|syms|macros|tools|tools-.*|` +
	`livepatch|livepatch-.*|dbg|dbgsym|debuginfo|debugsource|debug-devel|abi-stablelists|lang|srpm-macros|rpm-macros)$`)

var (
	deb = list{
		names: set(`libc6 systemd systemd-sysv udev init dbus dbus-daemon dbus-broker
			intel-microcode amd64-microcode linux-firmware linux-base-sgx
			proxmox-ve pve-firmware sysvinit-core runit-init`),
		patterns: regexp.MustCompile(`^(linux-(image|modules|modules-extra|signed-image|generic|virtual|aws|azure|gcp|gke|oracle|ibm|kvm|` +
			`lowlatency|raspi|oem)([.0-9-].*|-[a-z].*)?|(proxmox|pve)-kernel-[0-9].*|raspberrypi-kernel|firmware-[a-z0-9-]+|` +
			`xen-hypervisor-[0-9].*)$`),
	}
	rpm = list{
		names: set(`glibc systemd udev systemd-udev dbus dbus-1 dbus-broker dbus-daemon dbus-1-daemon dbus-1-common
			microcode_ctl ucode-intel ucode-amd linux-firmware linux-firmware-whence amd-ucode-firmware hal upstart`),
		patterns: regexp.MustCompile(`^(kernel(-[a-z0-9_+-]+)?|kernel[0-9][a-z0-9.+-]*|kernel-firmware-[a-z0-9-]+|` +
			`[a-z0-9]+-gpu-firmware|xen-hypervisor|kmod-kvdo)$`),
	}
	pacman = list{
		names: set(`linux linux-lts linux-zen linux-hardened linux-rt linux-rt-lts glibc systemd dbus
			dbus-broker intel-ucode amd-ucode`),
		patterns: regexp.MustCompile(`^linux-firmware(-[a-z0-9]+)?$`),
	}
	apk = list{
		names:    set(`musl openrc busybox-openrc dbus eudev intel-ucode amd-ucode`),
		patterns: regexp.MustCompile(`^linux-(lts|virt|edge|rpi[0-9]?|stable|asahi|firmware|firmware-[a-z0-9_-]+)$`),
	}
)

// Match says whether an update of the package name takes effect only after a
// reboot. manager is a Manager's name: apt, dnf, dnf5, yum, zypper, pacman, apk.
// It is false for a manager it does not know.
func Match(manager, name string) bool {
	if notBooted.MatchString(name) {
		return false
	}
	switch manager {
	case "apt":
		return deb.match(name)
	case "dnf", "dnf5", "yum", "zypper":
		return rpm.match(name)
	case "pacman":
		return pacman.match(name)
	case "apk":
		return apk.match(name)
	default:
		return false
	}
}
