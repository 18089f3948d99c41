package pacman

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/updatestest"
	"patchwave/inventory"
)

func pending(name, to, repo string, size int64, blocked inventory.BlockedBy) inventory.Update {
	return inventory.Update{
		Name: name, Arch: "any", From: "1.0-1", To: to, Origins: []string{repo}, Size: size, BlockedBy: blocked,
		Classification: inventory.OtherClass, Severity: inventory.UnknownSeverity,
		Advisories: []string{}, CVEs: []string{}, KBs: []string{},
	}
}

func TestScan(t *testing.T) {
	no := false
	want := updates.Listing{
		State: inventory.ScanOK,
		Updates: []inventory.Update{
			pending("app", "2.0-1", "lab2", 304, ""),
			pending("brokenpkg", "2.0-1", "lab", 1001, ""),
			pending("ignoredpkg", "2.0-1", "lab", 824, inventory.BlockedLocked),
			pending("labtool", "1.1-1", "lab", 811, ""),
			pending("liblab", "1:1.0-2", "lab", 805, ""),
			pending("slowpkg", "2.0-1", "lab", 1040, ""),
			pending("solo", "2.0-1", "lab2", 297, inventory.BlockedBroken),
		},
		Installed: []updates.Installed{
			{Name: "labtool", Arch: "any", Version: "1.0-1", State: "ok"},
			{Name: "liblab", Arch: "any", Version: "1.0-1", State: "ok"},
		},
		RebootRequired: &no,
		Notes: []string{
			"solo 2.0-1 cannot be installed: it needs nothere>=3, which nothing provides",
			"Arch Linux supports full upgrades only: approving a part of these 7 updates makes a partial upgrade",
		},
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
		{"lock-live", inventory.ScanFailed, "locked", "another package manager is at work on the host (/var/lib/pacman/db.lck)", 6},
		{"lock-stale", inventory.ScanFailed, "interrupted", "`rm /var/lib/pacman/db.lck`", 6},
		{"dead-repo", inventory.ScanStale, "exit", "failed retrieving file 'lab2.db' from disk", 6},
		{"scan-waited", inventory.ScanOK, "", "", 6},
		{"system-index", inventory.ScanOK, "", "", 6},
	}
	for _, tt := range tests {
		updatestest.ExpectListing(t, tt.name, New().ParseScan(updatestest.Load(t, tt.name)), tt.state, tt.updates, tt.code, tt.message)
	}
	l := New().ParseScan(updatestest.Load(t, "system-index"))
	if !strings.Contains(strings.Join(l.Notes, "\n"), "the host's own package index") {
		t.Errorf("notes: %q", l.Notes)
	}
}

func TestNothingIsNeverSilent(t *testing.T) {
	frame := func(rc int, out, errs string) framing.Answer {
		return framing.Answer{Frames: []framing.Frame{{Name: "pacman.outdated", RC: rc, Out: []byte(out), Err: []byte(errs)}}}
	}
	tests := []struct {
		name string
		a    framing.Answer
		code string
	}{
		{"no frame", framing.Answer{}, "exit"},
		{"no command", frame(127, "", "sh: pacman: not found"), "exit"},
		{"invalid signature", frame(1, "", "error: database 'core' is not valid (invalid or corrupted database (PGP signature))\n"), "exit"},
		{"half an entry", frame(0, "", "error: could not open file /var/lib/pacman/local/bash-5.2-1/desc: No such file or directory\n"), "interrupted"},
		{"never fetched", frame(1, "", "warning: database file for 'lab' does not exist (use '-Sy' to download)\n"), "exit"},
		{"failed init", frame(255, "", "error: failed to initialize alpm library\n"), "exit"},
	}
	for _, tt := range tests {
		l := New().ParseScan(tt.a)
		if l.State != inventory.ScanFailed || l.Problem == nil || l.Problem.Code != tt.code {
			t.Errorf("%s: %s %+v", tt.name, l.State, l.Problem)
		}
	}
	l := New().ParseScan(frame(1, "", ""))
	if l.State != inventory.ScanOK || len(l.Updates) != 0 {
		t.Errorf("nothing pending: %+v", l)
	}
	a := frame(1, "", "")
	a.Frames = append(a.Frames, framing.Frame{Name: "pacman.refresh", RC: 1, Err: []byte("error: you cannot perform this operation unless you are root.\n")})
	if l := New().ParseScan(a); l.State != inventory.ScanStale || l.Problem.Code != "sudo" {
		t.Errorf("not root: %s %+v", l.State, l.Problem)
	}
}

// TestRepositoryThatWasNeverFetched: captured from pacman 6.0.2, which lists what
// is pending in one repository and answers nothing about it because of another.
func TestRepositoryThatWasNeverFetched(t *testing.T) {
	warning := "warning: database file for 'dead' does not exist (use '-Sy' to download)\n"
	a := framing.Answer{Frames: []framing.Frame{
		{Name: "pacman.outdated", Out: []byte("labtool 1.0-1 -> 1.1-1\n"), Err: []byte(warning)},
		{Name: "pacman.details", RC: 1, Err: []byte(warning + "error: failed to prepare transaction (could not find database)\n")},
		{Name: "pacman.state", Out: []byte("uid=0\n")},
	}}
	l := New().ParseScan(a)
	if l.State != inventory.ScanFailed || !strings.Contains(l.Problem.Message, "repository dead was never fetched") {
		t.Errorf("%s %+v", l.State, l.Problem)
	}
	a.Frames = append(a.Frames, framing.Frame{Name: "pacman.refresh", RC: 1, Err: []byte("error: failed retrieving file 'dead.db' from 127.0.0.1:9\n")})
	l = New().ParseScan(a)
	if l.State != inventory.ScanFailed || !strings.Contains(l.Problem.Message, "failed retrieving file 'dead.db'") {
		t.Errorf("%s %+v", l.State, l.Problem)
	}
	a.Frames[1].Err = []byte("error: failed to prepare transaction (something else)\n")
	a.Frames[0].Err = nil
	if l = New().ParseScan(framing.Answer{Frames: a.Frames[:3]}); l.State != inventory.ScanFailed || !strings.Contains(l.Problem.Message, "something else") {
		t.Errorf("%s %+v", l.State, l.Problem)
	}
}

func TestHostileNamesAreDropped(t *testing.T) {
	a := framing.Answer{Frames: []framing.Frame{
		{Name: "pacman.outdated", Out: []byte("$(id) 1-1 -> 2-1\n-y 1-1 -> 2-1\nok 1-1 -> 2-1;id\nfine 1-1 -> 2-1\ngarbage\n")},
		{Name: "pacman.details", Out: []byte("fine|2-1|a\x1b[31mb|12|x86_64|fine-base|1700000000|https://example.org/fine-2-1-x86_64.pkg.tar.zst\n")},
		{Name: "pacman.state", Out: []byte("lock=stale\nlock_file=/x\x1b[31m\n")},
	}}
	l := New().ParseScan(a)
	if len(l.Updates) != 1 || l.Updates[0].Origins[0] != "a [31mb" || l.Updates[0].Source != "fine-base" || l.Updates[0].Arch != "x86_64" ||
		l.Updates[0].Published.Unix() != 1700000000 {
		t.Errorf("%+v", l.Updates)
	}
	if !strings.Contains(strings.Join(l.Notes, "\n"), "3 updates have names or versions") || strings.Contains(l.Problem.Message, "\x1b") {
		t.Errorf("%q %q", l.Notes, l.Problem.Message)
	}
}

func TestReboot(t *testing.T) {
	tests := []struct {
		state, recent string
		want          []string
	}{
		{"modules=present", "", nil},
		{"modules=unknown", "bash\t1700000000\nlinux-headers\t1700000000", nil},
		{"modules=missing", "linux\t1700000000\nglibc\t1700000000", []string{
			"the running kernel's modules are gone: its package was upgraded", "linux was installed after the boot", "glibc was installed after the boot",
		}},
	}
	for _, tt := range tests {
		l := New().ParseScan(framing.Answer{Frames: []framing.Frame{
			{Name: "pacman.state", Out: []byte(tt.state)}, {Name: "pacman.recent", Out: []byte(tt.recent)},
		}})
		if l.RebootRequired == nil || *l.RebootRequired != (len(tt.want) > 0) {
			t.Errorf("%s: %v", tt.state, l.RebootRequired)
		}
		if diff := cmp.Diff(tt.want, l.RebootReasons); diff != "" {
			t.Errorf("%s: %s", tt.state, diff)
		}
	}
	if l := New().ParseScan(framing.Answer{}); l.RebootRequired != nil {
		t.Error("a reboot is known without an answer")
	}
}

func TestSimulationOfASet(t *testing.T) {
	got := New().ParseSimulation(updatestest.Load(t, "sim"), "pacman.sim", []updates.Want{
		{Name: "labtool", Arch: "any", Version: "1.1-1"},
		{Name: "liblab", Arch: "any", Version: "1:1.0-2"},
		{Name: "app", Arch: "any", Version: "2.0-1"},
	})
	undo := func(name string) updates.Undo {
		return updates.Undo{Name: name, Arch: "any", Version: "1.0-1", Possible: true}
	}
	want := updates.Simulation{
		OK: true, Download: got.Download,
		Changes: []updates.Change{
			{Action: updates.ActionUpgrade, Name: "app", Arch: "any", From: "1.0-1", To: "2.0-1"},
			{Action: updates.ActionUpgrade, Name: "labtool", Arch: "any", From: "1.0-1", To: "1.1-1"},
			{Action: updates.ActionUpgrade, Name: "liblab", Arch: "any", From: "1.0-1", To: "1:1.0-2"},
			{Action: updates.ActionInstall, Name: "newdep", Arch: "any", To: "1.5-1"},
			{Action: updates.ActionInstall, Name: "newthing", Arch: "any", To: "2.0-1"},
			{Action: updates.ActionRemove, Name: "oldthing", Arch: "any", From: "1.0-1"},
		},
		Undo: []updates.Undo{undo("app"), undo("labtool"), undo("liblab"), undo("oldthing")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got.Download == 0 {
		t.Error("the download has no size")
	}
}

func TestSimulationOfEach(t *testing.T) {
	a := updatestest.Load(t, "each")
	tests := []struct {
		frame, problem string
		want           updates.Want
		changes        int
	}{
		{"pacman.sim.1", "", updates.Want{Name: "labtool", Arch: "any", Version: "1.1-1"}, 1},
		{"pacman.sim.2", "target not found: nosuch", updates.Want{}, 0},
		{"pacman.sim.3", "unable to satisfy dependency 'nothere>=3' required by solo", updates.Want{}, 0},
		{"pacman.sim.4", "ignoredpkg is in IgnorePkg", updates.Want{Name: "ignoredpkg", Arch: "any", Version: "2.0-1"}, 0},
		{"pacman.sim.5", "now offer labtool 1.1-1, not the wanted 1.2-1", updates.Want{Name: "labtool", Arch: "any", Version: "1.2-1"}, 0},
		{"pacman.sim.6", "did not answer", updates.Want{}, 0},
	}
	for _, tt := range tests {
		var want []updates.Want
		if tt.want.Name != "" {
			want = append(want, tt.want)
		}
		s := New().ParseSimulation(a, tt.frame, want)
		if s.OK != (tt.problem == "") || len(s.Changes) != tt.changes {
			t.Errorf("%s: %+v", tt.frame, s)
		}
		if !s.OK && !strings.Contains(s.Problem.Message, tt.problem) {
			t.Errorf("%s: %q", tt.frame, s.Problem.Message)
		}
	}
}

func TestTargets(t *testing.T) {
	tests := []struct {
		text string
		want []target
		ok   bool
	}{
		{"x\n\nPackages (3) a-1:2-1  b-c-3.0-1.1\n             old-1-1 [removal]\n\nTotal Download Size: 1\n",
			[]target{{"a", "1:2-1", false}, {"b-c", "3.0-1.1", false}, {"old", "1-1", true}}, true},
		{" there is nothing to do\n", nil, true},
		{"Packages (2) a-1-1\n\n", []target{{"a", "1-1", false}}, false},
		{"Packages (1) $(id)-1-1\n\n", nil, false},
		{"Packages (1) [removal]\n\n", nil, false},
		{"error: no\n", nil, false},
		{"", nil, false},
	}
	for _, tt := range tests {
		got, ok := parseTargets(strings.Split(tt.text, "\n"))
		if ok != tt.ok {
			t.Errorf("%q: ok %v", tt.text, ok)
		}
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(target{})); diff != "" && ok {
			t.Errorf("%q: %s", tt.text, diff)
		}
	}
}

func TestInstall(t *testing.T) {
	tests := []struct {
		name    string
		claimed bool
		code    string
		message string
		failed  map[string]string
	}{
		{"install", true, "exit", "install scripts failed", map[string]string{"brokenpkg": "its install script failed: boom"}},
		{"rollback", true, "", "", map[string]string{}},
		{"rollback-again", true, "", "", map[string]string{}},
		{"repair", true, "", "", map[string]string{}},
		{"install-locked", false, "locked", "another program holds /var/lib/pacman/db.lck", map[string]string{}},
		{"install-stale", false, "interrupted", "left by a pacman that was killed", map[string]string{}},
		{"drift", false, "exit", "nothing was changed: drift: pacman would not do exactly what was planned; the difference is newdep-1.5-1", map[string]string{}},
		{"drift-version", false, "exit", "nothing was changed: drift: the index does not offer the wanted version of labtool", map[string]string{}},
	}
	for _, tt := range tests {
		out := New().ParseInstall(updatestest.Load(t, tt.name))
		if out.Claimed != tt.claimed {
			t.Errorf("%s: %+v", tt.name, out)
		}
		if diff := cmp.Diff(tt.failed, out.Failed); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
		updatestest.ExpectProblem(t, tt.name, out.Problem, tt.code, tt.message)
	}
}

func TestInstallThatFailsOtherwise(t *testing.T) {
	tests := []struct {
		name, frame, out string
		rc               int
		claimed          bool
		code, message    string
	}{
		{"download", "pacman.download", "error: failed retrieving file 'a.pkg.tar.zst' from x : 404\n", 1, false, "exit", "failed retrieving file"},
		{"download alone", "pacman.download", "", 0, false, "exit", "no word of how the installation ended"},
		{"race for the lock", "pacman.install", "error: failed to init transaction (unable to lock database)\n", 1, false, "locked", "unable to lock"},
		{"disk", "pacman.install", "error: not enough free disk space\n", 1, false, "disk", "not enough free disk space"},
		{"hook", "pacman.install", "upgrading a...\n:: Running post-transaction hooks...\n(1/2) Arming ConditionNeedsUpdate...\n(2/2) Updating x...\nboo\n" +
			"error: command failed to execute correctly\n", 0, true, "exit", "a hook failed: Updating x"},
		{"conflict", "pacman.install", ":: a and b are in conflict\nerror: failed to prepare transaction (conflicting dependencies)\n", 1, false, "exit", "a and b are in conflict"},
		{"other frames", "pacman.keep", "", 0, false, "exit", "pacman was not run"},
	}
	for _, tt := range tests {
		out := New().ParseInstall(framing.Answer{Frames: []framing.Frame{{Name: tt.frame, RC: tt.rc, Out: []byte(tt.out)}}})
		if out.Claimed != tt.claimed {
			t.Errorf("%s: %+v", tt.name, out)
		}
		updatestest.ExpectProblem(t, tt.name, out.Problem, tt.code, tt.message)
	}
}

// A job's log has both streams in one.
func TestInstallInAJobsLog(t *testing.T) {
	log := "@@ab BEGIN pacman.install\n@@ab BEGIN pacman.install\nrefused: drift: the difference is a-1-1\nb-1-1\n" +
		"@@ab END pacman.install rc=65\n\n@@ab END pacman.install rc=65\n@@ab DONE\n"
	out := New().ParseInstall(framing.Parse("ab", []byte(log), nil))
	if out.Claimed || out.Problem.Message != "nothing was changed: drift: the difference is a-1-1 b-1-1" {
		t.Errorf("%+v", out.Problem)
	}
	log = "@@ab BEGIN pacman.install\n@@ab BEGIN pacman.install\nupgrading a...\nboom\nerror: command failed to execute correctly\nupgrading b...\n\n" +
		"@@ab END pacman.install rc=0\n\n@@ab END pacman.install rc=0\n@@ab DONE\n"
	out = New().ParseInstall(framing.Parse("ab", []byte(log), nil))
	if diff := cmp.Diff(map[string]string{"a": "its install script failed: boom"}, out.Failed); diff != "" || !out.Claimed {
		t.Error(diff)
	}
}
