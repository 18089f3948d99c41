package apk

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
	"patchwave/engine/updates/updatestest"
	"patchwave/inventory"
)

func describe(u inventory.Update) string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %s -> %s %s %s %v %s", u.Name, u.Arch, u.From, u.To, u.Source, strings.Join(u.Origins, ","), u.Reboot, u.BlockedBy))
}

func TestRecordedScan(t *testing.T) {
	want := []string{
		"autodep x86_64 1.0-r0 -> 1.1-r0 autodep /srv/apk/main false",
		"broken x86_64 1.0-r0 -> 1.1-r0 broken /srv/apk/main false",
		"capped x86_64 1.0-r0 -> 2.0-r0 capped /srv/apk/main false held",
		"conflictor x86_64 1.0-r0 -> 2.0-r0 conflictor /srv/apk/main false broken",
		"libcrypto3 x86_64 3.1.4-r0 -> 3.1.4-r5 openssl /srv/apk/main false",
		"libstdc++ x86_64 13.2-r0 -> 13.3-r0 gcc /srv/apk/comm false",
		"linux-lts x86_64 6.6.1-r0 -> 6.6.9-r0 linux-lts /srv/apk/main true",
		"musl x86_64 1.2.4-r0 -> 1.2.4-r2 musl /srv/apk/main true",
		"needsnew x86_64 1.0-r0 -> 1.1-r0 needsnew /srv/apk/main false",
		"noa x86_64 1.0-r0 -> 1.1-r0 noa /srv/apk/main false",
		"openssl x86_64 3.1.4-r0 -> 3.1.4-r5 openssl /srv/apk/main false",
		"pinned x86_64 1.0-r0 -> 1.1-r0 pinned /srv/apk/main false held",
		"py3-foo-bar x86_64 2.0_rc1-r0 -> 2.0-r0 py3-foo-bar /srv/apk/main false",
	}
	for _, name := range []string{"scan-apk2.14", "scan-apk3.0"} {
		l := New().ParseScan(updatestest.Load(t, name))
		var got []string
		for _, u := range l.Updates {
			got = append(got, describe(u))
			if u.Classification != inventory.OtherClass || u.CVEs == nil {
				t.Errorf("%s: %+v", u.Name, u)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if l.State != inventory.ScanOK || l.Problem != nil || l.RebootRequired != nil {
			t.Errorf("%s: state %s, problem %+v", name, l.State, l.Problem)
		}
		if len(l.Notes) != 1 || !strings.Contains(l.Notes[0], "breaks: conflictor-2.0-r0[!victim]") {
			t.Errorf("%s: notes %q", name, l.Notes)
		}
		installed := []updates.Installed{{Name: "musl", Arch: "x86_64", Version: "1.2.4-r0", State: "ok"}, {Name: "same", Arch: "x86_64", Version: "1.0-r0", State: "ok"}}
		if diff := cmp.Diff(installed, l.Installed); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestRecordedScanWithASolution(t *testing.T) {
	for _, name := range []string{"solved-apk2.14", "solved-apk3.0"} {
		l := New().ParseScan(updatestest.Load(t, name))
		blocked := map[string]inventory.BlockedBy{}
		for _, u := range l.Updates {
			if u.BlockedBy != "" {
				blocked[u.Name] = u.BlockedBy
			}
		}
		want := map[string]inventory.BlockedBy{"capped": inventory.BlockedHeld, "pinned": inventory.BlockedHeld}
		if diff := cmp.Diff(want, blocked); diff != "" || len(l.Updates) != 12 || len(l.Notes) != 0 {
			t.Errorf("%s: %d updates, notes %q, %s", name, len(l.Updates), l.Notes, diff)
		}
	}
}

func TestRecordedScanStates(t *testing.T) {
	tests := []struct {
		file    string
		state   inventory.ScanState
		code    string
		message string
	}{
		{"dead-apk2.14", inventory.ScanStale, parse.Exit, "could not connect to server"},
		{"dead-apk3.0", inventory.ScanStale, parse.Exit, "Connection refused; the repository cannot be reached"},
		{"noindex-apk2.14", inventory.ScanStale, parse.Exit, "a repository has no index on the host"},
		{"scanbroken-apk2.14", inventory.ScanFailed, parse.Interrupted, "broken failed script; run `apk fix`"},
		{"scanbroken-apk3.0", inventory.ScanFailed, parse.Interrupted, "broken failed script; run `apk fix`"},
	}
	for _, tt := range tests {
		l := New().ParseScan(updatestest.Load(t, tt.file))
		if l.State != tt.state || l.Problem == nil || l.Problem.Code != tt.code || !strings.Contains(l.Problem.Message, tt.message) {
			t.Errorf("%s: state %s, problem %+v", tt.file, l.State, l.Problem)
		}
		if len(l.Updates) < 11 {
			t.Errorf("%s: %d updates", tt.file, len(l.Updates))
		}
	}
}

func TestScanIsNeverSilentlyEmpty(t *testing.T) {
	for _, a := range []framing.Answer{
		updatestest.Frames(), updatestest.Frames("apk.host", "repositories=0", "apk.pending", ""), updatestest.Frames("apk.pending", ""),
		{Frames: []framing.Frame{{Name: "apk.host", Out: []byte("repositories=2")}, {Name: "apk.pending", RC: 1, Err: []byte("ERROR: Unable to open database\n")}}},
	} {
		if l := New().ParseScan(a); l.State != inventory.ScanFailed || l.Problem == nil {
			t.Errorf("%+v: state %s", a, l.State)
		}
	}
	if l := New().ParseScan(updatestest.Frames("apk.host", "repositories=1", "apk.pending", "")); l.State != inventory.ScanOK || len(l.Updates) != 0 {
		t.Errorf("nothing pending: %+v", l)
	}
}

func TestOffers(t *testing.T) {
	tests := []struct {
		row  string
		want offer
		ok   bool
	}{
		{"py3-foo-2-bar-1.0_git20240101-r3 noarch {foo} (GPL-2.0-or-later AND (MIT OR X)) [upgradable from: py3-foo-2-bar-0.9-r1]", offer{"py3-foo-2-bar", "1.0_git20240101-r3", "noarch", "foo", "0.9-r1"}, true},
		{"libstdc++-13.2-r0 x86_64 {gcc} (GPL) [installed]", offer{"libstdc++", "13.2-r0", "x86_64", "gcc", ""}, true},
		{"a-1-r0 x86_64 {a} (MIT)", offer{"a", "1-r0", "x86_64", "a", ""}, true},
		{"a-1-r0 x86_64 {a} (MIT) [upgradable from: b-1-r0]", offer{}, false},
		{"-y-1-r0 x86_64 {a} (MIT)", offer{}, false},
		{"a;id-1-r0 x86_64 {a} (MIT)", offer{}, false},
		{"WARNING: something", offer{}, false},
		{"", offer{}, false},
	}
	for _, tt := range tests {
		got, ok := parseOffer(tt.row)
		if ok != tt.ok || got != tt.want {
			t.Errorf("%q: %+v %v", tt.row, got, ok)
		}
	}
	two := "a-1.9-r0 x86_64 {a} (MIT) [upgradable from: a-1.0-r0]\na-1.10-r0 x86_64 {a} (MIT) [upgradable from: a-1.0-r0]\na-1.2-r0 x86_64 {a} (MIT) [upgradable from: a-1.0-r0]\n"
	if offers, _ := best(framing.Frame{Out: []byte(two)}); len(offers) != 1 || offers[0].version != "1.10-r0" {
		t.Errorf("the newest of several: %+v", offers)
	}
}

func TestRecordedSimulation(t *testing.T) {
	want := []updates.Change{
		{Action: "upgrade", Name: "libcrypto3", Arch: "x86_64", From: "3.1.4-r0", To: "3.1.4-r5"},
		{Action: "upgrade", Name: "libstdc++", Arch: "x86_64", From: "13.2-r0", To: "13.3-r0"},
		{Action: "upgrade", Name: "musl", Arch: "x86_64", From: "1.2.4-r0", To: "1.2.4-r2"},
		{Action: "upgrade", Name: "needsnew", Arch: "x86_64", From: "1.0-r0", To: "1.1-r0"},
		{Action: "install", Name: "newdep", Arch: "x86_64", To: "0.1-r0"},
		{Action: "upgrade", Name: "openssl", Arch: "x86_64", From: "3.1.4-r0", To: "3.1.4-r5"},
	}
	for _, name := range []string{"sim-apk2.14", "sim-apk3.0"} {
		s := New().ParseSimulation(updatestest.Load(t, name), "apk.sim", nil)
		if diff := cmp.Diff(want, s.Changes); diff != "" || !s.OK || len(s.Undo) != 5 {
			t.Errorf("%s: OK %v, undo %v, %s", name, s.OK, s.Undo, diff)
		}
	}
	// The exit status is 1 for a package that was broken before.
	if s := New().ParseSimulation(updatestest.Load(t, "simbroken-apk2.14"), "apk.sim", nil); !s.OK || len(s.Changes) != 1 {
		t.Errorf("%+v", s)
	}
}

func TestRecordedEach(t *testing.T) {
	a := updatestest.Load(t, "each-apk2.14")
	for frame, want := range map[string]string{
		"apk.sim.1": "breaks: conflictor-2.0-r0[!victim]", "apk.sim.2": "", "apk.sim.3": "nosuch (no such package)",
		"apk.sim.4": "breaks: world[musl=9-r0]", "apk.sim.5": "held by /etc/apk/world: pinned=1.0-r0", "apk.sim.6": "", "apk.sim.7": "did not say",
	} {
		s := New().ParseSimulation(a, frame, nil)
		if s.OK != (want == "") || !s.OK && !strings.Contains(s.Problem.Message, want) {
			t.Errorf("%s: %+v %+v", frame, s, s.Problem)
		}
	}
}

func TestCommitRows(t *testing.T) {
	tests := []struct {
		row  string
		want commit
		ok   bool
		bad  bool
	}{
		{"( 1/16) Upgrading a@edge (1-r0 -> 2-r0)", commit{updates.ActionUpgrade, "a", "1-r0", "2-r0"}, true, false},
		{"(1/1) Downgrading a (2-r0 -> 1-r0)", commit{updates.ActionDowngrade, "a", "2-r0", "1-r0"}, true, false},
		{"(1/1) Replacing a (1-r0 -> 1-r0)", commit{updates.ActionUpgrade, "a", "1-r0", "1-r0"}, true, false},
		{"(2/3) Purging a (1-r0)", commit{updates.ActionRemove, "a", "1-r0", ""}, true, false},
		{"(2/3) Reinstalling a (1-r0)", commit{}, false, false},
		{"(2/3) Exploding a (1-r0)", commit{}, false, true},
		{"(2/3) Installing $(id) (1-r0)", commit{}, false, true},
		{"OK: 3 MiB in 5 packages", commit{}, false, false},
	}
	for _, tt := range tests {
		got, ok, bad := parseCommit(tt.row)
		if ok != tt.ok || bad != tt.bad || got != tt.want {
			t.Errorf("%q: %+v ok %v bad %v", tt.row, got, ok, bad)
		}
	}
}

func TestRecordedInstall(t *testing.T) {
	tests := []struct {
		file    string
		code    string
		message string
		failed  string
	}{
		{"install-apk2.14", "", "", ""},
		{"install-apk3.0", "", "", ""},
		{"broken-apk2.14", parse.Exit, "broken failed: broken-1.1-r0.post-upgrade: script exited with error 3", "broken"},
		{"broken-apk3.0", parse.Exit, "broken failed: lib/apk/exec/broken-1.1-r0.post-upgrade: exited with error 3", "broken"},
		{"locked-apk2.14", parse.Locked, "another apk is at work", ""},
		{"locked-apk3.0", parse.Locked, "another apk is at work", ""},
		{"drift-apk2.14", parse.Exit, "nothing was changed: the repositories have moved since the plan", ""},
	}
	for _, tt := range tests {
		out := New().ParseInstall(updatestest.Load(t, tt.file))
		if out.Claimed != (tt.code == "") || (out.Problem == nil) != out.Claimed || (len(out.Failed) > 0) != (tt.failed != "") {
			t.Errorf("%s: %+v", tt.file, out)
			continue
		}
		if tt.code != "" && (out.Problem.Code != tt.code || !strings.Contains(out.Problem.Message, tt.message)) {
			t.Errorf("%s: %+v", tt.file, out.Problem)
		}
	}
	if out := New().ParseInstall(updatestest.Frames()); out.Claimed || out.Problem == nil {
		t.Errorf("no frame: %+v", out)
	}
}

func TestReboot(t *testing.T) {
	yes, no := true, false
	for text, want := range map[string]*bool{
		"container=yes": nil, "kernel=6.6.1-0-lts": nil, "flag=yes\ncontainer=yes": &yes,
		"kernel=6.6.1-0-lts\ninstalled=6.6.1-0-lts": &no, "kernel=6.6.1-0-lts\ninstalled=6.6.9-0-lts": &yes,
	} {
		got, reasons := parseReboot(updatestest.Frames("apk.reboot", text))
		if (got == nil) != (want == nil) || got != nil && (*got != *want || *got != (len(reasons) > 0)) {
			t.Errorf("%q: %v %q", text, got, reasons)
		}
	}
}
