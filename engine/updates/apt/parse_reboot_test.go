package apt

import (
	"slices"
	"strings"
	"testing"

	"patchwave/engine/updates/updatestest"
)

func TestReboot(t *testing.T) {
	yes, no := true, false
	tests := []struct {
		name, text string
		want       *bool
		reason     string
	}{
		{"container", "container=yes", nil, ""},
		{"container with a flag", "flag=yes\npackage=libc6\npackage=dbus\ncontainer=yes", &yes, "/run/reboot-required is set by dbus, libc6"},
		{"flag alone", "flag=yes\nkernel=6.1.0-50-amd64", &yes, "/run/reboot-required is set"},
		{"newest runs", "kernel=6.1.0-50-amd64\nbuild=#1 SMP\ninstalled=6.1.0-9-amd64\ninstalled=6.1.0-50-amd64", &no, ""},
		{"newer installed", "kernel=6.1.0-50-amd64\ninstalled=6.1.0-50-amd64\ninstalled=6.1.0-56-amd64", &yes, "kernel 6.1.0-56-amd64 is installed, 6.1.0-50-amd64 is running"},
		{"ten is more than nine", "kernel=6.1.0-9-amd64\ninstalled=6.1.0-9-amd64\ninstalled=6.1.0-10-amd64", &yes, "6.1.0-10-amd64 is installed"},
		{"another flavour", "kernel=6.1.0-50-cloud-amd64\ninstalled=6.1.0-50-cloud-amd64\ninstalled=6.1.0-56-amd64", &no, ""},
		{"kernel of the host", "kernel=6.18.44-fc-v595\ninstalled=6.1.0-56-amd64", nil, ""},
		{"kernel of the host, flagged", "flagged=yes\nkernel=6.18.44-fc-v595", &no, ""},
		{"running one removed", "kernel=6.1.0-50-amd64\ninstalled=6.1.0-56-amd64", &yes, "is installed"},
		{"rebuilt", "kernel=6.1.0-50-amd64\nbuild=#1 SMP PREEMPT_DYNAMIC Debian 6.1.55-1 (2023-09-29)\ninstalled=6.1.0-50-amd64\nimage=6.1.56-1", &yes, "kernel package 6.1.56-1"},
		{"not rebuilt", "kernel=6.1.0-50-amd64\nbuild=#1 SMP PREEMPT_DYNAMIC Debian 6.1.55-1 (2023-09-29)\ninstalled=6.1.0-50-amd64\nimage=6.1.55-1", &no, ""},
		{"ubuntu", "flagged=yes\nkernel=6.8.0-40-generic\nbuild=#40-Ubuntu SMP\ninstalled=6.8.0-40-generic\ninstalled=6.8.0-45-generic", &yes, "6.8.0-45-generic"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, reasons := parseReboot(updatestest.Frames("apt.reboot", tt.text))
			if (got == nil) != (tt.want == nil) || got != nil && *got != *tt.want {
				t.Fatalf("required %v, reasons %q", got, reasons)
			}
			if (tt.reason == "") != (len(reasons) == 0) || !strings.Contains(strings.Join(reasons, "\n"), tt.reason) {
				t.Errorf("reasons %q, want %q", reasons, tt.reason)
			}
		})
	}
	if got, _ := parseReboot(updatestest.Frames()); got != nil {
		t.Error("no frame, yet an answer")
	}
}

func TestKernelFlavours(t *testing.T) {
	for kernel, want := range map[string]string{
		"6.1.0-50-amd64": "amd64", "6.1.0-50-cloud-amd64": "cloud-amd64", "6.12.74+deb13-amd64": "amd64",
		"6.12.9+bpo-cloud-arm64": "cloud-arm64", "6.1.0-0.deb11.21-amd64": "amd64", "6.8.0-40-generic": "generic",
		"6.8.12-6-pve": "pve", "6.6.51+rpt-rpi-v8": "rpi-v8", "6.1.0-rpi7-rpi-v8": "rpi-v8", "6.11.0-rc4-amd64": "amd64", "6.1": "", "": "",
	} {
		if got := flavour(kernel); got != want {
			t.Errorf("flavour(%q) = %q, want %q", kernel, got, want)
		}
	}
	sorted := []string{"5.10.0-30-amd64", "6.1.0-9-amd64", "6.1.0-10-amd64", "6.1.0-010-amd64", "6.12.9+bpo-amd64", "6.12.74+deb13-amd64"}
	if got := slices.Clone(sorted); !slices.IsSortedFunc(got, compareKernels) {
		t.Errorf("%v is not in order", sorted)
	}
}
