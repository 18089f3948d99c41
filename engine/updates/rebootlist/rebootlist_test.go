package rebootlist

import (
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	tests := []struct {
		manager, yes, no string
	}{
		{
			"apt",
			`linux-image-6.1.0-50-amd64 linux-image-amd64 linux-image-cloud-amd64 linux-image-6.8.0-40-generic
			linux-modules-6.8.0-40-generic linux-modules-extra-6.8.0-40-generic linux-generic linux-virtual linux-aws
			linux-generic-hwe-24.04 linux-image-generic libc6 systemd udev dbus intel-microcode amd64-microcode
			linux-firmware firmware-iwlwifi proxmox-kernel-6.8 pve-kernel-5.15`,
			`openssl libssl3 libc6-dev libc-bin linux-headers-6.1.0-50-amd64 linux-libc-dev linux-doc linux-source
			linux-tools-6.8.0-40 linux-base linux-image-6.1.0-50-amd64-dbg systemd-doc libsystemd0 libdbus-1-3 bash
			linux-cpupower linux-headers-generic linux-generic-headers kernel-package systemd-timesyncd
			linux-aws-6.8-tools-6.8.0-1009`,
		},
		{
			"dnf",
			`kernel kernel-core kernel-modules kernel-rt kernel-rt-core kernel-uek kernel-default glibc systemd
			linux-firmware microcode_ctl dbus dbus-broker dbus-daemon kernel-modules-core kernel6.12`,
			`kernel-headers kernel-devel kernel-doc kernel-tools kernel-tools-libs kernel-srpm-macros kernel-rpm-macros
			kernel-devel-matched kernel-debug-devel glibc-common glibc-devel openssl-libs systemd-libs bash
			kernel-livepatch-6.1.1 kernel-livepatch`,
		},
		{"dnf5", "kernel-core glibc", "openssl"},
		{"yum", "kernel glibc dbus", "openssl"},
		{
			"zypper",
			"kernel-default kernel-default-base glibc udev systemd dbus-1 ucode-intel kernel-firmware-amdgpu",
			"kernel-syms kernel-source kernel-macros kernel-devel libopenssl3 glibc-locale",
		},
		{
			"pacman", "linux linux-lts linux-firmware linux-firmware-whence systemd glibc amd-ucode",
			"linux-headers linux-api-headers linux-docs systemd-libs openssl",
		},
		{"apk", "linux-lts linux-virt linux-firmware-amdgpu musl openrc", "linux-headers musl-utils linux-lts-dev linux-lts-doc busybox"},
		{"winupdate", "", "linux kernel"},
	}
	for _, tt := range tests {
		for name := range strings.FieldsSeq(tt.yes) {
			if !Match(tt.manager, name) {
				t.Errorf("Match(%s, %s) = false", tt.manager, name)
			}
		}
		for name := range strings.FieldsSeq(tt.no) {
			if Match(tt.manager, name) {
				t.Errorf("Match(%s, %s) = true", tt.manager, name)
			}
		}
	}
}
