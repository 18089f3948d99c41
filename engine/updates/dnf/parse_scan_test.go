package dnf

import (
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
		"goneold.noarch 1.0-1.el9>1.1-1.el9 security/moderate LABSA-2026:0008 CVE-2026-7777 2026-11-02",
		"kernel-core.noarch 5.14.0-1.el9>5.14.0-2.el9 security/important LABSA-2026:0004 CVE-2026-4444 2026-11-02 reboot:published-list",
		"labapp.noarch 1.0-1.el9>1.1-1.el9 other/unknown",
		"labd.noarch 1.0-1.el9>1.1-1.el9 other/unknown",
		"labdbad.noarch 1.0-1.el9>1.1-1.el9 other/unknown",
		// Both advisories between 1.0 and 1.3 count, the worse severity is its own.
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
	if l.RebootRequired == nil || *l.RebootRequired {
		t.Errorf("reboot required %v: %v", l.RebootRequired, l.RebootReasons)
	}
	u := l.Updates[0]
	if u.Source != long || u.SourceVersion != "1.0-3.el9" || u.Size < 7000 || u.Size > 8000 {
		t.Errorf("source %s %s, size %d", u.Source, u.SourceVersion, u.Size)
	}
	if diff := cmp.Diff([]string{"lab-updates"}, u.Origins); diff != "" {
		t.Errorf("origins (-want +got):\n%s", diff)
	}
}

func TestScanStates(t *testing.T) {
	tests := []struct {
		name    string
		state   inventory.ScanState
		code    string
		words   []string
		updates int
	}{
		{"dead", inventory.ScanStale, "exit", []string{"repository dead", "Curl error (7)", "set-disabled"}, 16},
		{"busy", inventory.ScanFailed, "locked", []string{"under way"}, 17},
		{"interrupted", inventory.ScanFailed, "interrupted", []string{"slowpkg-1.0-1.el9.noarch, slowpkg-2.0-1.el9.noarch", "dnf remove --duplicates"}, 18},
		{"no-metadata", inventory.ScanFailed, "exit", []string{"lab-base", "dnf makecache"}, 0},
		{"no-repos", inventory.ScanFailed, "exit", []string{"no repository is enabled"}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			updatestest.ExpectListing(t, tt.name, New().ParseScan(updatestest.Load(t, tt.name)), tt.state, tt.updates, tt.code, tt.words...)
		})
	}
}

func TestScanFailures(t *testing.T) {
	repo := "repo\tbase\tok\t5\t-"
	tests := []struct {
		name  string
		a     framing.Answer
		state inventory.ScanState
		code  string
		words string
	}{
		{"nothing at all", updatestest.Answer(), inventory.ScanFailed, "exit", "no listing"},
		{"no such python", updatestest.Answer(framing.Frame{Name: "dnf.scan", RC: 127, Err: []byte("sh: 1: /usr/bin/python3: not found")}),
			inventory.ScanFailed, "exit", "not found"},
		{"no dnf module", updatestest.Answer(framing.Frame{Name: "dnf.scan", RC: 1, Err: []byte("Traceback (most recent call last):\nModuleNotFoundError: No module named 'dnf'")}),
			inventory.ScanFailed, "unsupported", "No module named"},
		{"not root", updatestest.Answer(framing.Frame{Name: "dnf.scan", RC: 1, Err: []byte("Error: This command has to be run with superuser privileges (under the root user on most systems).")}),
			inventory.ScanFailed, "sudo", "superuser"},
		{"disk full", updatestest.Answer(framing.Frame{Name: "dnf.scan", RC: 1, Err: []byte("[Errno 28] No space left on device: '/var/cache/dnf/x'")}),
			inventory.ScanFailed, "disk", "No space left"},
		{"killed in the middle", updatestest.Answer(framing.Frame{Name: "dnf.scan", RC: 137, Out: []byte(repo)}),
			inventory.ScanFailed, "exit", "137"},
		{"refresh locked", updatestest.Answer(framing.Frame{Name: "dnf.refresh", RC: 200, Err: []byte("Metadata already locked by 17")}, updatestest.Frame("dnf.scan", 0, repo)),
			inventory.ScanStale, "locked", "locked by 17"},
		{"refresh failed without words", updatestest.Answer(updatestest.Frame("dnf.refresh", 1), updatestest.Frame("dnf.scan", 0, repo)),
			inventory.ScanStale, "exit", "status 1"},
		{"one repository never fetched", updatestest.Answer(updatestest.Frame("dnf.scan", 0, repo, "repo\textra\tmissing\t-1\tno cache")),
			inventory.ScanStale, "exit", "extra (no cache)"},
		{"quiet and well", updatestest.Answer(updatestest.Frame("dnf.refresh", 0, "repo\tbase\tok\t-"), updatestest.Frame("dnf.scan", 0, repo)),
			inventory.ScanOK, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := New().ParseScan(tt.a)
			updatestest.ExpectListing(t, tt.name, l, tt.state, len(l.Updates), tt.code, tt.words)
		})
	}
}

func TestScanHostileWords(t *testing.T) {
	l := New().ParseScan(updatestest.Answer(updatestest.Frame("dnf.scan", 0,
		"repo\tbase\tok\t5\t-",
		"update\t$(reboot)\tnoarch\t1-1\t2-1\tbase\tx\t2-1\t5\t0\t-\t-",
		"update\t--rpm\tnoarch\t1-1\t2-1\tbase\tx\t2-1\t5\t0\t-\t-",
		"update\tgood\tnoarch\t1-1\t2 -1\tbase\tx\t2-1\t5\t0\t-\t-",
		"update\tgood\tno arch\t1-1\t2-1\tbase\tx\t2-1\t5\t0\t-\t-",
		"update\tgood\tnoarch\t1;1\t2-1\tbase\tx\t2-1\t5\t0\t-\t-",
		"update\tgood\tnoarch\t1-1\t2-1\tba\x1bse\t;\t2-1\t-5\t0\tstrange\t-",
		"update\ttoo\tfew",
		"advisory\tgood\tnoarch\t2-1\t../../x y\tsecurity\tCritical\t-\tCVE-2026-1",
		"advisory\tgood\tnoarch\t2-1\tRHSA-1\tsecurity\tNone\tnever\tx,CVE-2026-1234,CVE-1",
		"nonsense",
	)))
	want := []string{"good.noarch 1-1>2-1 security/unknown RHSA-1 CVE-2026-1234"}
	if diff := cmp.Diff(want, updatestest.Updates(l.Updates)); diff != "" {
		t.Errorf("updates (-want +got):\n%s", diff)
	}
	if len(l.Notes) != 5 {
		t.Errorf("notes: %q", l.Notes)
	}
	if u := l.Updates[0]; u.Origins[0] != "ba se" || u.Source != "" || u.Size != 0 {
		t.Errorf("%+v", u)
	}
}

func TestReboot(t *testing.T) {
	kernel := "kernel\tkernel-core\t5.14.0-1.el9\t5.14.0-2.el9"
	yes, no := "yes", "no"
	host := func(container string) framing.Frame { return updatestest.Frame("dnf.host", 0, "container="+container) }
	tests := []struct {
		name    string
		a       framing.Answer
		want    string
		reasons []string
	}{
		{"needs-restarting says so", updatestest.Answer(updatestest.Frame("dnf.scan", 0), host(yes), updatestest.Frame("dnf.reboot", 1, "Core libraries", "  * glibc", "  * systemd")),
			"true", []string{"glibc was updated since the host started", "systemd was updated since the host started"}},
		{"needs-restarting says no", updatestest.Answer(updatestest.Frame("dnf.scan", 0), host(yes), updatestest.Frame("dnf.reboot", 0, "No core libraries")), "false", []string{}},
		{"needs-restarting fails", updatestest.Answer(updatestest.Frame("dnf.scan", 0), host(yes), updatestest.Frame("dnf.reboot", 1, "Error: x")), "unknown", nil},
		{"newer kernel", updatestest.Answer(updatestest.Frame("dnf.scan", 0, kernel), host(no), updatestest.Frame("dnf.reboot", 0)),
			"true", []string{"kernel-core 5.14.0-2.el9 is installed, 5.14.0-1.el9 is running"}},
		{"newer kernel in a container", updatestest.Answer(updatestest.Frame("dnf.scan", 0, kernel), host(yes), updatestest.Frame("dnf.reboot", 0)), "false", []string{}},
		{"same kernel", updatestest.Answer(updatestest.Frame("dnf.scan", 0, "kernel\tkernel-core\t5.14.0-2.el9\t5.14.0-2.el9"), host(no), updatestest.Frame("dnf.reboot", 0)), "false", []string{}},
		{"published list", updatestest.Answer(updatestest.Frame("dnf.scan", 0, "since-boot\tglibc\tx86_64\t2-1", "since-boot\tbash\tx86_64\t5-1"), host(no)),
			"true", []string{"glibc was updated since the host started"}},
		{"published list, nothing on it", updatestest.Answer(updatestest.Frame("dnf.scan", 0, "since-boot\tbash\tx86_64\t5-1"), host(no)), "false", []string{}},
		{"failed scan", updatestest.Answer(updatestest.Frame("dnf.scan", 1), host(no)), "unknown", nil},
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
