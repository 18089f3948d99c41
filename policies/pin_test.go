package policies

import (
	"testing"

	"patchwave/inventory"
)

// TestPins has versions as each family writes them.
func TestPins(t *testing.T) {
	tests := []struct {
		name        string
		os, manager string
		pattern, to string
		offered     []string
		want        Verdict
		reason      string
	}{
		{"any epoch, any revision", "debian", "apt", "1.24.*", "1:1.24.0-2", nil, Approved, `rule pin "nginx"`},
		{"the upstream version", "debian", "apt", "1.24.0", "1:1.24.0-2", nil, Approved, `rule pin "nginx"`},
		{"the whole version", "debian", "apt", "1:1.24.0-2", "1:1.24.0-2", nil, Approved, `rule pin "nginx"`},
		{"another version", "debian", "apt", "1.24.*", "1:1.26.0-1", nil, Pinned, "version 1:1.26.0-1 is not 1.24.*"},
		{"another epoch", "debian", "apt", "2:1.24.*", "1:1.24.0-2", nil, Pinned, "version 1:1.24.0-2 is not 2:1.24.*"},
		{"rpm", "redhat", "dnf", "1.24.*", "2:1.24.0-1.el9", nil, Approved, `rule pin "nginx"`},
		{"rpm with a release", "suse", "zypper", "1.24.0-1*", "1.24.0-150600.1", nil, Approved, `rule pin "nginx"`},
		{"pacman", "arch", "pacman", "1.24.*", "1:1.24.0-3", nil, Approved, `rule pin "nginx"`},
		{"alpine", "alpine", "apk", "1.24.*", "1.24.0-r7", nil, Approved, `rule pin "nginx"`},
		{"no system, but apt", "", "apt", "1.24.*", "1:1.24.0-2", nil, Approved, `rule pin "nginx"`},
		{"no system, but dnf", "", "dnf", "1.24.*", "2:1.24.0-1.el9", nil, Approved, `rule pin "nginx"`},
		{"no system, but dnf5", "", "dnf5", "1.24.*", "2:1.24.0-1.el9", nil, Approved, `rule pin "nginx"`},
		{"no system, but zypper", "", "zypper", "1.24.*", "2:1.24.0-1", nil, Approved, `rule pin "nginx"`},
		{"no system, but pacman", "", "pacman", "1.24.*", "2:1.24.0-1", nil, Approved, `rule pin "nginx"`},
		{"no system, but apk", "", "apk", "1.24.*", "1.24.0-r1", nil, Approved, `rule pin "nginx"`},
		{"a family that is not known: the glob alone", "windows", "", "1.24.*", "1:1.24.0-2", nil, Pinned, "version 1:1.24.0-2 is not 1.24.*"},
		{"a family that is not known, matched", "windows", "", "10.0.*", "10.0.19041.1", nil, Approved, `rule pin "nginx"`},
		{"what is no version", "debian", "apt", "*", "not a version", nil, Pinned, "version not a version is not *"},
		{"the newest that matches", "debian", "apt", "1.24.*", "1.24.9-1", []string{"1.26.0-1", "1.24.9-1", "1.24.10-1~rc1", "1.24.2-1"}, Pinned,
			"version 1.24.10-1~rc1 is 1.24.* too and newer"},
		{"older ones that match too", "debian", "apt", "1.24.*", "1.24.10-1", []string{"1.26.0-1", "1.24.9-1", "1.24.10-1"}, Approved, `rule pin "nginx"`},
		{"newer ones that do not match", "debian", "apt", "1.24.*", "1.24.9-1", []string{"2.0-1", "1:9-1"}, Approved, `rule pin "nginx"`},
		{"a rival that is no version", "debian", "apt", "*", "1.24.9-1", []string{"zz zz"}, Approved, `rule pin "nginx"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := inventory.Update{Name: "nginx", To: tt.to}
			s := Subject{Facts: &inventory.Facts{OS: inventory.OS{Family: tt.os}, PackageManager: tt.manager}, Update: &u, Offered: tt.offered}
			d := Decide(baseline(Rule{Kind: RulePin, Name: "nginx", Packages: []string{"nginx"}, Version: tt.pattern}), s, noon())
			if d.Verdict != tt.want || d.Reason != tt.reason || d.Rule != "nginx" {
				t.Errorf("%+v, want %s, %q", d, tt.want, tt.reason)
			}
		})
	}
}

func TestPinOnAHostThatWasNeverScanned(t *testing.T) {
	u := inventory.Update{Name: "nginx", To: "1.24.0"}
	b := baseline(Rule{Kind: RulePin, Name: "nginx", Packages: []string{"nginx"}, Version: "1.24.*", Reason: "the module needs it"})
	if d := Decide(b, Subject{Update: &u}, noon()); d.Verdict != Approved || d.Reason != "the module needs it" {
		t.Errorf("%+v", d)
	}
	u.To = "1.26.0"
	if d := Decide(b, Subject{Update: &u}, noon()); d.Verdict != Pinned || d.Reason != "the module needs it" {
		t.Errorf("%+v", d)
	}
}
