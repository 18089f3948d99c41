package dnf5

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/updatestest"
	"patchwave/inventory"
)

const long = "a-very-long-package-name-that-exceeds-the-normal-column-width-of-dnf-output"

func TestScan(t *testing.T) {
	l := New().ParseScan(updatestest.Load(t, "scan"))
	want := []string{
		long + ".noarch 1.0-1.el9>1:1.0-3.el9 enhancement/unknown LABEA-2026:0007 2026-11-02",
		"brokenpkg.noarch 1.0-1.el9>1.1-1.el9 other/unknown",
		"confpkg.noarch 1.0-1.el9>1.1-1.el9 other/unknown",
		"excludedpkg.noarch 1.0-1.el9>2.0-1.el9 other/unknown BLOCKED:locked",
		"kernel-core.noarch 5.14.0-1.el9>5.14.0-2.el9 security/important LABSA-2026:0004 CVE-2026-4444 2026-11-02 reboot:published-list",
		"labapp.noarch 1.0-1.el9>1.1-1.el9 other/unknown",
		"labd.noarch 1.0-1.el9>1.1-1.el9 other/unknown",
		"labdbad.noarch 1.0-1.el9>1.1-1.el9 other/unknown",
		"labmulti.noarch 1.0-1.el9>1.3-1.el9 security/important LABSA-2026:0005 LABSA-2026:0006 CVE-2026-5555 CVE-2026-6666 2026-11-02",
		"labtool.noarch 1.0-1.el9>1.1-1.el9 bugfix/unknown LABBA-2026:0003 2026-11-02",
		"libauto.noarch 1.0-1.el9>1.1-1.el9 other/unknown",
		"liblab.noarch 1.0-1.el9>1.0-2.el9_4.1 security/critical LABSA-2026:0001 CVE-2026-1111 CVE-2026-2222 2026-11-02",
		"linux-firmware.noarch 1.0-1.el9>20240101-1.el9 other/unknown reboot:published-list",
		"lockedpkg.noarch 1.0-1.el9>2.0-1.el9 security/moderate LABSA-2026:0002 CVE-2026-3333 2026-11-02 BLOCKED:locked",
		"needsdep.noarch 1.0-1.el9>2.0-1.el9 other/unknown BLOCKED:broken",
		"newname.noarch ->2.0-1.el9 other/unknown",
		"removerpkg.noarch 1.0-1.el9>2.0-1.el9 other/unknown BLOCKED:kept-back",
		"slowpkg.noarch 1.0-1.el9>2.0-1.el9 other/unknown",
	}
	if diff := cmp.Diff(want, updatestest.Updates(l.Updates)); diff != "" {
		t.Errorf("updates (-want +got):\n%s", diff)
	}
	if l.State != inventory.ScanOK || l.Problem != nil {
		t.Errorf("state %s, problem %+v", l.State, l.Problem)
	}
	if diff := cmp.Diff([]string{"newname replaces oldname"}, l.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	installed := []updates.Installed{
		{Name: "labtool", Arch: "noarch", Version: "1.0-1.el9", State: "ok"},
		{Name: long, Arch: "noarch", Version: "1.0-1.el9", State: "ok"},
	}
	if diff := cmp.Diff(installed, l.Installed); diff != "" {
		t.Errorf("installed (-want +got):\n%s", diff)
	}
	for _, u := range l.Updates {
		if u.Source != u.Name || u.SourceVersion == "" || u.Size < 6000 {
			t.Errorf("%s: source %s %s, size %d", u.Name, u.Source, u.SourceVersion, u.Size)
		}
	}
}

func TestScanStates(t *testing.T) {
	tests := []struct {
		name    string
		state   inventory.ScanState
		code    string
		words   []string
		updates bool
	}{
		{"dead", inventory.ScanStale, "exit", []string{"repository dead", "Curl error (7)", "enabled=0"}, true},
		{"busy", inventory.ScanFailed, "locked", []string{"under way"}, true},
		{"interrupted", inventory.ScanFailed, "interrupted", []string{"slowpkg-1.0-1.el9.noarch, slowpkg-2.0-1.el9.noarch", "rpm -e"}, true},
		{"no-metadata", inventory.ScanFailed, "exit", []string{"lab-base, lab-updates", "dnf5 makecache"}, false},
		{"no-repos", inventory.ScanFailed, "exit", []string{"no repository is enabled"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := New().ParseScan(updatestest.Load(t, tt.name))
			updatestest.ExpectListing(t, tt.name, l, tt.state, len(l.Updates), tt.code, tt.words...)
			if (len(l.Updates) > 0) != tt.updates {
				t.Errorf("%d updates", len(l.Updates))
			}
		})
	}
}

// good are the frames of a quiet host with nothing to do.
func good(more ...framing.Frame) framing.Answer {
	return updatestest.Answer(append([]framing.Frame{
		updatestest.Frame("dnf5.host", 0, "busy=no", "container=no"), updatestest.Frame("dnf5.repos", 0, "base\tok\t5"),
		updatestest.Frame("dnf5.updates", 0), updatestest.Frame("dnf5.solver", 0, "Nothing to do."),
	}, more...)...)
}

func TestScanFailures(t *testing.T) {
	tests := []struct {
		name  string
		a     framing.Answer
		state inventory.ScanState
		code  string
		words string
	}{
		{"nothing at all", updatestest.Answer(), inventory.ScanFailed, "exit", "no listing"},
		{"disk full", good(framing.Frame{Name: "dnf5.updates", RC: 1, Err: []byte("filesystem error: No space left on device")}),
			inventory.ScanFailed, "disk", "No space left"},
		{"refresh failed without words", good(updatestest.Frame("dnf5.refresh", 1)), inventory.ScanStale, "exit", "status 1"},
		{"one repository never fetched", good(updatestest.Frame("dnf5.repos", 0, "base\tok\t5", "extra\tmissing\t-1")), inventory.ScanStale, "exit", "extra"},
		{"quiet and well", good(), inventory.ScanOK, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := New().ParseScan(tt.a)
			updatestest.ExpectListing(t, tt.name, l, tt.state, len(l.Updates), tt.code, tt.words)
		})
	}
}

func TestScanWithoutAdvisories(t *testing.T) {
	a := good(updatestest.Frame("dnf5.updates", 0, "a\tnoarch\t2-1\tbase\ta-2-1.src.rpm\t10"), updatestest.Frame("dnf5.from", 0, "a\tnoarch\t1-1"),
		framing.Frame{Name: "dnf5.solver", RC: 1, Err: []byte("Operation aborted by the user."), Out: []byte(
			"Package Arch Version Repository Size\nUpgrading:\n a noarch 0:2-1 base 1.0 KiB\n   replacing a noarch 0:1-1 base 1.0 KiB\n")},
		framing.Frame{Name: "dnf5.advisories", RC: 2, Err: []byte(`Unknown argument "--json" for command "list".`)})
	l := New().ParseScan(a)
	if diff := cmp.Diff([]string{"a.noarch 1-1>2-1 other/unknown"}, updatestest.Updates(l.Updates)); diff != "" {
		t.Errorf("updates (-want +got):\n%s", diff)
	}
	if len(l.Notes) != 1 || !strings.Contains(l.Notes[0], "severities and CVEs are not known") || l.State != inventory.ScanOK {
		t.Errorf("%s %q", l.State, l.Notes)
	}
}

func TestScanHostileWords(t *testing.T) {
	l := New().ParseScan(good(
		updatestest.Frame("dnf5.updates", 0, "$(reboot)\tnoarch\t2-1\tbase\tx\t5", "--rpm\tnoarch\t2-1\tbase\tx\t5", "a\tnoarch\t2 -1\tbase\tx\t5",
			"a\tnoarch\t2-1\tba\x1bse\t;.src.rpm\t-5", "a\tnoarch\t2-1\tother\tx\t5", "too\tfew"),
		updatestest.Frame("dnf5.from", 0, "a\tnoarch\t1;1"),
		updatestest.Frame("dnf5.advisories", 0, `[{"name":"../x y","nevra":"a-2-1.noarch"},{"name":"S1","type":"Security","severity":"critical","nevra":"a-2-1.noarch","buildtime":"2026-01-02 03:04:05"},{"name":"S2","nevra":"$(x)"}]`),
		updatestest.Frame("dnf5.cves", 0, `[{"advisory_name":"S1","nevra":"a-2-1.noarch","references":[{"reference_id":"CVE-2026-1234;x","reference_type":"CVE"},{"reference_id":"7","reference_type":"bugzilla"}]}]`),
	))
	want := []string{"a.noarch ->2-1 security/critical S1 CVE-2026-1234 2026-01-02 BLOCKED:broken"}
	if diff := cmp.Diff(want, updatestest.Updates(l.Updates)); diff != "" {
		t.Errorf("updates (-want +got):\n%s", diff)
	}
	if len(l.Notes) != 3 {
		t.Errorf("notes: %q", l.Notes)
	}
}

func TestReboot(t *testing.T) {
	kernel := updatestest.Frame("dnf5.kernel", 0, "running\tkernel-core\tx86_64\t6.1-1", "installed\tkernel-core\tx86_64\t6.1-1", "installed\tkernel-core\tx86_64\t6.10-1")
	tests := []struct {
		name    string
		a       framing.Answer
		want    string
		reasons []string
	}{
		{"needs-restarting says so", good(updatestest.Frame("dnf5.reboot", 1, "Core libraries", "  * glibc")), "true", []string{"glibc was updated since the host started"}},
		{"needs-restarting says no", good(updatestest.Frame("dnf5.reboot", 0)), "false", []string{}},
		{"needs-restarting fails", good(updatestest.Frame("dnf5.reboot", 1, "error")), "unknown", nil},
		{"no such command", good(updatestest.Frame("dnf5.reboot", 2)), "unknown", nil},
		{"published list", good(updatestest.Frame("dnf5.reboot", 2), updatestest.Frame("dnf5.since-boot", 0, "bash", "glibc")), "true", []string{"glibc was updated since the host started"}},
		{"published list, nothing on it", good(updatestest.Frame("dnf5.reboot", 2), updatestest.Frame("dnf5.since-boot", 0, "bash")), "false", []string{}},
		{"newer kernel", good(updatestest.Frame("dnf5.reboot", 2), kernel), "true", []string{"kernel-core 6.10-1 is installed, 6.1-1 is running"}},
		{"newer kernel in a container", good(updatestest.Frame("dnf5.host", 0, "container=yes"), kernel, updatestest.Frame("dnf5.reboot", 0)), "false", []string{}},
		{"not a kernel", good(updatestest.Frame("dnf5.reboot", 0), updatestest.Frame("dnf5.kernel", 0, "running\tbash\tx86_64\t1-1", "installed\tbash\tx86_64\t2-1")), "false", []string{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := New().ParseScan(tt.a)
			got := "unknown"
			if l.RebootRequired != nil {
				got = map[bool]string{true: "true", false: "false"}[*l.RebootRequired]
			}
			if got != tt.want {
				t.Errorf("reboot %s", got)
			}
			if diff := cmp.Diff(tt.reasons, l.RebootReasons); diff != "" {
				t.Errorf("reasons (-want +got):\n%s", diff)
			}
		})
	}
}
