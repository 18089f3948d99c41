package scan

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/updates"
	"patchwave/engine/updates/apt"
	"patchwave/engine/updates/dnf"
	"patchwave/engine/updates/pacman"
	"patchwave/engine/updates/zypper"
	"patchwave/inventory"
)

func managers() []updates.Manager {
	return []updates.Manager{apt.New(), dnf.New(), zypper.New(), pacman.New()}
}

// TestRecordedAnswers reads what real hosts answered, all within three seconds
// of 2026-11-23 01:20:18 UTC.
func TestRecordedAnswers(t *testing.T) {
	now := time.Unix(1795396818, 0)
	root := map[string]int64{"/": 77334148 << 10}
	tests := []struct {
		name  string
		facts inventory.Facts
		age   time.Duration
		// tool is the update of labtool that must be found.
		tool string
	}{
		{"debian12-apt2.6", inventory.Facts{OS: inventory.OS{Family: "debian", Name: "debian", Version: "12"}, PackageManager: "apt", BootID: boot,
			Virtual: "systemd-nspawn", Systemd: true, DiskFree: root, Uptime: 5182 * time.Second}, 2178 * time.Second, "1.0-1 1.1-1"},
		{"debian12-nosystemd", inventory.Facts{OS: inventory.OS{Family: "debian", Name: "debian", Version: "12"}, PackageManager: "apt", BootID: "77efc8c5-3759-496a-bf75-2cb425a1e29c",
			Virtual: "kvm", DiskFree: map[string]int64{"/": 77333928 << 10}, Uptime: 5185 * time.Second, ClockSkew: 3 * time.Second}, 2181 * time.Second, "1.0-1 1.1-1"},
		{"alma9-dnf4.14", inventory.Facts{OS: inventory.OS{Family: "redhat", Name: "almalinux", Version: "9.6"}, PackageManager: "dnf", BootID: "1ead5f2f-44eb-49a4-ae10-b2a25b14c46a",
			Virtual: "systemd-nspawn", Systemd: true, DiskFree: map[string]int64{"/": 77410504 << 10}, Uptime: 5183 * time.Second, ClockSkew: time.Second}, 977 * time.Second, "1.0-1.el9 1.1-1.el9"},
		{"leap15-zypper1.14", inventory.Facts{OS: inventory.OS{Family: "suse", Name: "opensuse-leap", Version: "15.6"}, PackageManager: "zypper", BootID: "bb2f9c12-7c2b-45d8-83d9-d7f2393410d6",
			Virtual: "systemd-nspawn", Systemd: true, DiskFree: map[string]int64{"/": 77334144 << 10}, Uptime: 5184 * time.Second, ClockSkew: time.Second}, 2179 * time.Second, "1.0-1.el9 1.1-1.el9"},
		{"arch-pacman6.0", inventory.Facts{OS: inventory.OS{Family: "arch", Name: "arch"}, PackageManager: "pacman", BootID: "9bc2e349-5848-4173-a5c3-501b16ad74f7",
			Virtual: "systemd-nspawn", Systemd: true, DiskFree: map[string]int64{"/": 77410288 << 10}, Uptime: 5185 * time.Second, ClockSkew: 2 * time.Second}, 978 * time.Second, "1.0-1 1.1-1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := Parse(load(t, tt.name), managers(), now)
			tt.facts.Kernel, tt.facts.Arch = "6.12.48-lab", "x86_64"
			// what the manager finds out about reboots is tested beside it
			o.Facts.RebootRequired, o.Facts.RebootReasons = false, nil
			if diff := cmp.Diff(tt.facts, o.Facts); diff != "" {
				t.Error(diff)
			}
			if o.State != inventory.ScanOK || o.Problem != nil || o.IndexAge != tt.age || !o.At.Equal(now) {
				t.Errorf("state %s, problem %v, index %s, at %s", o.State, o.Problem, o.IndexAge, o.At)
			}
			i := slices.IndexFunc(o.Updates, func(u inventory.Update) bool { return u.Name == "labtool" })
			if i < 0 || o.Updates[i].From+" "+o.Updates[i].To != tt.tool {
				t.Errorf("labtool is not among %d updates as %s", len(o.Updates), tt.tool)
			}
			if j := slices.IndexFunc(o.Installed, func(p updates.Installed) bool { return p.Name == "liblab" }); len(o.Installed) != 2 || j < 0 || o.Installed[j].State != "ok" {
				t.Errorf("installed: %+v", o.Installed)
			}
		})
	}
}

// TestAnswersOfAnotherManager: each manager reads its own frames only.
func TestAnswersOfAnotherManager(t *testing.T) {
	a := load(t, "debian12-apt2.6")
	o := Parse(a, []updates.Manager{dnf.New()}, noon())
	if o.State != inventory.ScanFailed || o.Problem == nil || o.Problem.Code != "unsupported" || len(o.Updates) != 0 {
		t.Errorf("%+v", o.Observation)
	}
}
