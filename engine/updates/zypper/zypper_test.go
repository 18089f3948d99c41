package zypper

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/updatestest"
	"patchwave/inventory"
)

const long = "a-very-long-package-name-that-exceeds-the-normal-column-width-of-dnf-output"

// pending returns an update as the lab's hosts list them, changed by edit.
func pending(name, from, to string, edit func(*inventory.Update)) inventory.Update {
	u := inventory.Update{
		Name: name, Arch: "noarch", From: from, To: to, Source: name, Origins: []string{"lab-updates"},
		Classification: inventory.OtherClass, Severity: inventory.UnknownSeverity,
		Advisories: []string{}, CVEs: []string{}, KBs: []string{},
	}
	if edit != nil {
		edit(&u)
	}
	return u
}

func advised(id string, class inventory.Classification, severity inventory.Severity, cves ...string) func(*inventory.Update) {
	return func(u *inventory.Update) {
		u.Advisories, u.Classification, u.Severity = []string{id}, class, severity
		u.CVEs = append(u.CVEs, cves...)
		u.Published = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	}
}

func TestScan(t *testing.T) {
	yes := true
	want := updates.Listing{
		State: inventory.ScanOK,
		Updates: []inventory.Update{
			pending(long, "1.0-1.el9", "1:1.0-3.el9", nil),
			pending("brokenpkg", "1.0-1.el9", "1.1-1.el9", nil),
			pending("kernel-core", "5.14.0-1.el9", "5.14.0-2.el9", func(u *inventory.Update) {
				advised("LABSA-2026:0004", inventory.Security, inventory.Important, "CVE-2026-4444")(u)
				u.Reboot, u.RebootSource = true, "metadata"
			}),
			pending("labtool", "1.0-1.el9", "1.1-1.el9", advised("LABBA-2026:0003", inventory.Bugfix, inventory.UnknownSeverity)),
			pending("liblab", "1.0-1.el9", "1.0-2.el9_4.1",
				advised("LABSA-2026:0001", inventory.Security, inventory.Critical, "CVE-2026-1111", "CVE-2026-2222")),
			pending("linux-firmware", "1.0-1.el9", "20240101-1.el9", func(u *inventory.Update) {
				u.Reboot, u.RebootSource = true, "published-list"
			}),
			pending("lockedpkg", "1.0-1.el9", "2.0-1.el9", func(u *inventory.Update) {
				advised("LABSA-2026:0002", inventory.Security, inventory.Moderate, "CVE-2026-3333")(u)
				u.BlockedBy = inventory.BlockedLocked
			}),
			pending("needsdep", "1.0-1.el9", "2.0-1.el9", func(u *inventory.Update) { u.BlockedBy = inventory.BlockedBroken }),
			pending("slowpkg", "1.0-1.el9", "2.0-1.el9", nil),
		},
		Installed: []updates.Installed{
			{Name: "labtool", Arch: "noarch", Version: "1.0-1.el9", State: "ok"},
			{Name: "liblab", Arch: "noarch", Version: "1.0-1.el9", State: "ok"},
		},
		RebootRequired: &yes,
		RebootReasons:  []string{"zypper needs-rebooting: core libraries or services have been updated"},
		Notes:          []string{"needsdep 2.0-1.el9 cannot be installed: nothing provides missing-lib >= 2"},
	}
	if diff := cmp.Diff(want, New().ParseScan(updatestest.Load(t, "scan"))); diff != "" {
		t.Error(diff)
	}
}

func TestScanStates(t *testing.T) {
	tests := []struct {
		name    string
		state   inventory.ScanState
		code    string
		message string
		updates int
	}{
		{"locked", inventory.ScanFailed, "locked", "System management is locked by the application with pid 105 (zypper)", 0},
		{"dead", inventory.ScanStale, "exit", "could not be refreshed (dead): Repository 'dead' is invalid", 8},
		{"dead-norefresh", inventory.ScanStale, "exit", "left out (dead): Download (curl) error", 8},
		{"doubles", inventory.ScanFailed, "interrupted", "installed twice are labtool-1.0-1.el9.noarch, labtool-1.1-1.el9.noarch", 7},
	}
	for _, tt := range tests {
		updatestest.ExpectListing(t, tt.name, New().ParseScan(updatestest.Load(t, tt.name)), tt.state, tt.updates, tt.code, tt.message)
	}
}

func TestNothingIsNeverSilent(t *testing.T) {
	frame := func(rc int, out string) framing.Answer {
		return framing.Answer{Complete: true, Frames: []framing.Frame{{Name: "zypper.list", RC: rc, Out: []byte(out)}}}
	}
	tests := []struct {
		name string
		a    framing.Answer
		code string
	}{
		{"no frame", framing.Answer{}, "exit"},
		{"no output", frame(0, ""), "exit"},
		{"no list", frame(0, "<stream></stream>"), "exit"},
		{"cut", frame(0, "<stream><update-list><update kind='package'"), "exit"},
		{"not root", frame(5, "<stream><message type='error'>Root privileges are required</message></stream>"), "sudo"},
		{"no repositories", frame(6, "<stream/>"), "exit"},
		{"unknown command", frame(127, ""), "exit"},
		{"disk", frame(4, "<stream><message type='error'>No space left on device</message></stream>"), "disk"},
	}
	for _, tt := range tests {
		l := New().ParseScan(tt.a)
		if l.State != inventory.ScanFailed || l.Problem == nil || l.Problem.Code != tt.code {
			t.Errorf("%s: %s %+v", tt.name, l.State, l.Problem)
		}
	}
	l := New().ParseScan(frame(0, "<stream><update-status><update-list></update-list></update-status></stream>"))
	if l.State != inventory.ScanOK || len(l.Updates) != 0 {
		t.Errorf("nothing pending: %+v", l)
	}
}

func TestHostileNamesAreDropped(t *testing.T) {
	list := strings.ReplaceAll(`<stream><update-list>
<update kind="package" name="$(id)" edition="1-1" arch="noarch" edition-old="0-1"/>
<update kind="package" name="ok" edition="1-1;id" arch="noarch" edition-old="0-1"/>
<update kind="package" name="-y" edition="1-1" arch="noarch" edition-old="0-1"/>
<update kind="patch" name="x y" status="needed"/>
<update kind="package" name="fine" edition="1-1" arch="x86_64" edition-old="0:0-1"><source alias="a\x1b[31mb"/></update>
</update-list></stream>`, `\x1b`, "\x1b")
	l := New().ParseScan(framing.Answer{Frames: []framing.Frame{{Name: "zypper.list", Out: []byte(list)}}})
	if len(l.Updates) != 1 || l.Updates[0].Name != "fine" || l.Updates[0].From != "0-1" || l.Updates[0].Origins[0] != "a[31mb" {
		t.Errorf("updates: %+v", l.Updates)
	}
	if !strings.Contains(strings.Join(l.Notes, "\n"), "3 updates have names or versions") {
		t.Errorf("notes: %q", l.Notes)
	}
}

func TestSimulationOfASet(t *testing.T) {
	got := New().ParseSimulation(updatestest.Load(t, "sim"), "zypper.sim", []updates.Want{
		{Name: "labtool", Arch: "noarch", Version: "1.1-1.el9"},
		{Name: long, Arch: "noarch", Version: "1:1.0-3.el9"},
		{Name: "newname", Arch: "noarch", Version: "2.0-1.el9"},
	})
	want := updates.Simulation{
		OK: true, Download: 20152,
		Changes: []updates.Change{
			{Action: updates.ActionUpgrade, Name: long, Arch: "noarch", From: "1.0-1.el9", To: "1:1.0-3.el9"},
			{Action: updates.ActionUpgrade, Name: "labtool", Arch: "noarch", From: "1.0-1.el9", To: "1.1-1.el9"},
			{Action: updates.ActionInstall, Name: "newname", Arch: "noarch", To: "2.0-1.el9"},
			{Action: updates.ActionRemove, Name: "oldname", Arch: "noarch", From: "1.0-1.el9"},
		},
		Undo: []updates.Undo{
			{Name: long, Arch: "noarch", Version: "1.0-1.el9", Possible: true},
			{Name: "labtool", Arch: "noarch", Version: "1.0-1.el9", Possible: true},
			{Name: "oldname", Arch: "noarch", Version: "1.0-1.el9", Possible: true},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSimulationOfEach(t *testing.T) {
	a := updatestest.Load(t, "each")
	tests := []struct {
		frame, problem string
		changes        int
	}{
		{"zypper.sim.1", "", 1},
		{"zypper.sim.2", "zypper cannot install this: Problem: nothing provides missing-lib >= 2", 0},
		{"zypper.sim.3", "remove lock to allow installation of lockedpkg-2.0-1.el9", 0},
		{"zypper.sim.4", "offers a wanted version any more: No provider of 'labtool.noarch=9-9' found.", 0},
		{"zypper.sim.5", "", 0},
		{"zypper.sim.6", "did not answer", 0},
	}
	for _, tt := range tests {
		s := New().ParseSimulation(a, tt.frame, nil)
		if s.OK != (tt.problem == "") || len(s.Changes) != tt.changes {
			t.Errorf("%s: %+v", tt.frame, s)
		}
		if !s.OK && !strings.Contains(s.Problem.Message, tt.problem) {
			t.Errorf("%s: %q", tt.frame, s.Problem.Message)
		}
	}
	if s := New().ParseSimulation(updatestest.Load(t, "dead-sim"), "zypper.sim", nil); !s.OK || len(s.Changes) != 1 {
		t.Errorf("with a dead repository: %+v", s)
	}
}

func TestSimulationOfOddLists(t *testing.T) {
	summary := `<stream><install-summary download-size="7">
<to-upgrade><solvable type="package" name="a" edition="2-1" arch="x86_64" edition-old="1-1" arch-old="i586"/></to-upgrade>
<to-downgrade><solvable type="package" name="b" edition="1-1" arch="x86_64" edition-old="2-1" arch-old="x86_64"/></to-downgrade>
<to-reinstall><solvable type="package" name="c" edition="1-1" arch="x86_64" edition-old="1-1" arch-old="x86_64"/></to-reinstall>
<to-change-vendor><solvable type="package" name="b" edition="1-1" arch="x86_64" edition-old="2-1" arch-old="x86_64"/>
<solvable type="package" name="d" edition="1-1" arch="x86_64" edition-old="1-1" arch-old="x86_64"/></to-change-vendor>
<to-install><solvable type="patch" name="P-1" edition="1" arch="noarch"/><solvable type="package" name="kernel-default" edition="6-1" arch="x86_64"/></to-install>
</install-summary></stream>`
	a := framing.Answer{Frames: []framing.Frame{{Name: "zypper.sim", RC: 0, Out: []byte(summary)}}}
	want := []updates.Change{
		{Action: updates.ActionRemove, Name: "a", Arch: "i586", From: "1-1"},
		{Action: updates.ActionInstall, Name: "a", Arch: "x86_64", To: "2-1"},
		{Action: updates.ActionDowngrade, Name: "b", Arch: "x86_64", From: "2-1", To: "1-1"},
		{Action: updates.ActionInstall, Name: "kernel-default", Arch: "x86_64", To: "6-1"},
	}
	if diff := cmp.Diff(want, New().ParseSimulation(a, "zypper.sim", nil).Changes); diff != "" {
		t.Error(diff)
	}
	s := New().ParseSimulation(a, "zypper.sim", []updates.Want{{Name: "kernel-default", Arch: "x86_64", Version: "7-1"}})
	if s.OK || !strings.Contains(s.Problem.Message, "would install kernel-default 6-1, not the wanted 7-1") {
		t.Errorf("drift: %+v", s)
	}
}

func TestInstall(t *testing.T) {
	tests := []struct {
		name    string
		claimed bool
		reboot  bool
		code    string
		message string
		failed  map[string]string
	}{
		{"install", false, true, "exit", "scriptlets failed, the packages are installed", map[string]string{"brokenpkg": "%post scriptlet failed, exit status 3"}},
		{"rollback", true, true, "", "", map[string]string{}},
		{"repair", false, true, "exit", "is not installable", map[string]string{}},
		{"install-locked", false, false, "locked", "locked by the application", map[string]string{}},
		{"install-gone", false, false, "exit", "No provider of 'labtool.noarch=9.9-1' found.", map[string]string{}},
		{"install-broken", false, false, "exit", "Problem: nothing provides missing-lib >= 2", map[string]string{}},
	}
	for _, tt := range tests {
		out := New().ParseInstall(updatestest.Load(t, tt.name))
		if out.Claimed != tt.claimed || out.RebootSuggested != tt.reboot {
			t.Errorf("%s: %+v", tt.name, out)
		}
		if diff := cmp.Diff(tt.failed, out.Failed); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
		updatestest.ExpectProblem(t, tt.name, out.Problem, tt.code, tt.message)
	}
	if out := New().ParseInstall(framing.Answer{}); out.Claimed || out.Problem == nil {
		t.Errorf("nothing was run: %+v", out)
	}
}

func TestInstallRunsAgain(t *testing.T) {
	a := framing.Answer{Frames: []framing.Frame{
		{Name: "zypper.install", RC: 103, Out: []byte("warning: %posttrans(x-1-1.x86_64) scriptlet failed, exit status 1\n")},
		{Name: "zypper.install", RC: 102, Out: []byte("done\n")},
	}}
	out := New().ParseInstall(a)
	if !out.Claimed || !out.RebootSuggested || out.Failed["x"] == "" || out.Problem == nil {
		t.Errorf("%+v", out)
	}
}

// A job's log has both streams in one.
func TestInstallInAJobsLog(t *testing.T) {
	log := "@@ab BEGIN zypper.install\n@@ab BEGIN zypper.install\nwarning: %post(a-b-1-1.noarch) scriptlet failed, exit status 3\n\n" +
		"@@ab END zypper.install rc=107\n\n@@ab END zypper.install rc=107\n@@ab DONE\n"
	out := New().ParseInstall(framing.Parse("ab", []byte(log), nil))
	if diff := cmp.Diff(map[string]string{"a-b": "%post scriptlet failed, exit status 3"}, out.Failed); diff != "" || out.Claimed {
		t.Error(diff)
	}
}

// While a patch of zypper itself is needed, zypper withholds the packages from a
// listing of both: they come in a frame of their own.
func TestPatchOfZypperItself(t *testing.T) {
	a := updatestest.Load(t, "own-patch")
	l := New().ParseScan(a)
	if l.State != inventory.ScanOK || len(l.Updates) != 9 {
		t.Errorf("%s with %d updates, %+v", l.State, len(l.Updates), l.Problem)
	}
	for _, u := range l.Updates {
		if u.Name == "liblab" && (u.Severity != inventory.Critical || u.BlockedBy != "") {
			t.Errorf("a patch in the blocked-update-list is lost: %+v", u)
		}
	}
	without := framing.Answer{Complete: true}
	for _, f := range a.Frames {
		if f.Name != "zypper.packages" {
			without.Frames = append(without.Frames, f)
		}
	}
	if l := New().ParseScan(without); l.State != inventory.ScanFailed {
		t.Errorf("without its packages: %s", l.State)
	}
}
