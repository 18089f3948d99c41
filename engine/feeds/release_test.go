package feeds

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/inventory"
)

func TestParseEcosystem(t *testing.T) {
	for name, want := range map[string]string{
		"Debian:12": "debian:12", "Debian:sid": "", "Debian": "", "Debian:": "", "Debian:12.x": "",
		"Ubuntu:24.04:LTS": "ubuntu:24.04", "Ubuntu:24.10": "ubuntu:24.10", "Ubuntu:Pro:18.04:LTS": "ubuntu:18.04-pro", "Ubuntu:Pro:FIPS:20.04:LTS": "",
		"AlmaLinux:9": "almalinux:9", "Rocky Linux:8": "rocky:8", "Alpine:v3.20": "alpine:3.20", "Mageia:9": "mageia:9",
		"Red Hat:enterprise_linux:9::baseos": "rhel:9", "Red Hat:enterprise_linux:8.6::appstream": "rhel:8", "Red Hat:openshift:4": "",
		"SUSE:Linux Enterprise Server 15 SP5": "sles:15.5", "SUSE:Linux Enterprise Server 15": "sles:15", "SUSE:Linux Enterprise Server 12 SP5-LTSS": "sles:12.5",
		"SUSE:Linux Enterprise ": "", "SUSE:Linux Enterprise SP1": "", "SUSE:Manager Server 4.3": "",
		"openSUSE:Leap 15.6": "opensuse:15.6", "openSUSE:Tumbleweed": "opensuse:tumbleweed",
		"npm": "", "PyPI:": "", "": "", "Debian:" + strings.Repeat("1", 200): "",
	} {
		_, got, ok := parseEcosystem(name)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%.60q: %q %v, not %q", name, got, ok, want)
		}
	}
}

// TestReleasesMeet: what a host is looked up by is what its ecosystem is stored
// under.
func TestReleasesMeet(t *testing.T) {
	for ecosystem, os := range map[string]inventory.OS{
		"Debian:12":                           {Family: "debian", Name: "debian", Version: "12"},
		"Ubuntu:24.04:LTS":                    {Family: "debian", Name: "ubuntu", Version: "24.04"},
		"Ubuntu:24.10":                        {Family: "debian", Name: "ubuntu", Version: "24.10"},
		"AlmaLinux:9":                         {Family: "redhat", Name: "almalinux", Version: "9.5"},
		"Rocky Linux:8":                       {Family: "redhat", Name: "rocky", Version: "8.10"},
		"Red Hat:enterprise_linux:9::baseos":  {Family: "redhat", Name: "rhel", Version: "9.4"},
		"SUSE:Linux Enterprise Server 15 SP6": {Family: "suse", Name: "sles", Version: "15.6"},
		"openSUSE:Leap 15.6":                  {Family: "suse", Name: "opensuse-leap", Version: "15.6"},
		"openSUSE:Tumbleweed":                 {Family: "suse", Name: "opensuse-tumbleweed", Version: "20261120"},
		"Alpine:v3.20":                        {Family: "alpine", Name: "alpine", Version: "3.20.3"},
		"Mageia:9":                            {Family: "redhat", Name: "mageia", Version: "9"},
	} {
		e, stored, ok := parseEcosystem(ecosystem)
		got, scope := releasesOf(os, inventory.Update{To: "1"})
		if diff := cmp.Diff([]string{stored}, got); !ok || diff != "" || scope != e.scope {
			t.Errorf("%s: %q, not %q: %s", ecosystem, scope, e.scope, diff)
		}
	}
	for _, os := range []inventory.OS{{}, {Name: "debian"}, {Name: "debian", Version: "trixie/sid"}, {Name: "arch"}, {Name: "fedora", Version: "43"}, {Name: "alpine", Version: "3.21_alpha20260101"}} {
		if got, _ := releasesOf(os, inventory.Update{}); got != nil {
			t.Errorf("%+v: %v", os, got)
		}
	}
	pro, _ := releasesOf(inventory.OS{Name: "ubuntu", Version: "18.04"}, inventory.Update{To: "7.58.0-2ubuntu3.24+esm5"})
	if diff := cmp.Diff([]string{"ubuntu:18.04", "ubuntu:18.04-pro"}, pro); diff != "" {
		t.Error(diff)
	}
}
