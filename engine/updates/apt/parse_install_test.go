package apt

import (
	"strings"
	"testing"
	"time"

	"patchwave/connectors/framing"
	"patchwave/engine/updates/parse"
	"patchwave/engine/updates/updatestest"
)

func TestRecordedInstall(t *testing.T) {
	tests := []struct {
		file    string
		claimed bool
		code    string
		message string
		failed  string
	}{
		{"install-apt2.6", true, "", "", ""},
		{"install-apt3.0", true, "", "", ""},
		{"install-broken-apt2.6", false, parse.Exit, "brokenpost failed: installed brokenpost package post-installation script", "brokenpost"},
		{"rollback-broken-apt2.6", true, "", "", ""},
		{"install-locked-apt2.6", false, parse.Locked, "process 8 (perl) holds the lock of apt", ""},
		{"install-drift-apt2.6", false, parse.Exit, "nothing was changed: the repositories have moved since the plan, apt would change more: newdep 1.0-1", ""},
		{"install-conflict-apt2.6", false, parse.Exit, "nothing was changed: Packages need to be removed", ""},
		{"install-gone-apt2.6", false, parse.Exit, "nothing was changed: Version '9.0-1' for 'tildepkg' was not found", ""},
		{"install-held-apt2.6", false, parse.Exit, "nothing was changed: Held packages were changed", ""},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			out := New().ParseInstall(updatestest.Load(t, tt.file))
			if out.Claimed != tt.claimed || (out.Problem == nil) != tt.claimed || len(out.Failed) > 0 != (tt.failed != "") {
				t.Fatalf("%+v, problem %+v", out, out.Problem)
			}
			if tt.code != "" && (out.Problem.Code != tt.code || !strings.Contains(out.Problem.Message, tt.message)) {
				t.Errorf("problem %+v", out.Problem)
			}
			if tt.failed != "" && out.Failed[tt.failed] == "" {
				t.Errorf("failed %v", out.Failed)
			}
		})
	}
}

func TestInstallOutcomes(t *testing.T) {
	run := func(rc int, text string) framing.Answer {
		return framing.Answer{Frames: []framing.Frame{{Name: "apt.install", RC: rc, Out: []byte(text)}}}
	}
	out := New().ParseInstall(run(0, "Setting up a (1) ...\npatchwave: reboot required\npatchwave: took 62 s\n"))
	if !out.Claimed || !out.RebootSuggested || out.Duration != 62*time.Second {
		t.Errorf("%+v", out)
	}
	out = New().ParseInstall(run(100, "dpkg: error processing archive /var/cache/apt/archives/lib++x_1%3a2_amd64.deb (--unpack):\n cannot copy: No space left on device\nE: Sub-process /usr/bin/dpkg returned an error code (1)\n"))
	if out.Failed["lib++x"] != "cannot copy: No space left on device" {
		t.Errorf("%+v", out)
	}
	out = New().ParseInstall(run(100, "E: You don't have enough free space in /var/cache/apt/archives/.\n"))
	if out.Problem.Code != parse.Disk {
		t.Errorf("%+v", out.Problem)
	}
	out = New().ParseInstall(run(137, ""))
	if out.Claimed || out.Problem.Code != parse.Exit || !strings.Contains(out.Problem.Message, "exit status 137") {
		t.Errorf("%+v", out.Problem)
	}
	out = New().ParseInstall(run(0, "dpkg: error processing package libma:amd64 (--configure):\n dependency problems - leaving unconfigured\n"))
	if out.Claimed || out.Failed["libma"] == "" {
		t.Errorf("a failure that dpkg names counts, whatever the status: %+v", out)
	}
	if out := New().ParseInstall(framing.Answer{}); out.Claimed || out.Problem == nil {
		t.Errorf("no frame: %+v", out)
	}
}

func TestLockHolders(t *testing.T) {
	for text, want := range map[string]string{
		"E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 236 (apt-get)\n":             "process 236 (apt-get) holds the lock of apt",
		"dpkg: error: dpkg frontend lock was locked by another process with pid 236\nE: Unable to lock it\n":   "process 236 holds the lock of apt",
		"E: Could not get lock /var/lib/dpkg/lock - open (11: Resource temporarily unavailable)\n":             "Could not get lock /var/lib/dpkg/lock",
		"Waiting for cache lock: Could not get lock x. It is held by process 8 (perl)...\nE: Unable to lock\n": "process 8 (perl)",
	} {
		p := complaint(framing.Frame{RC: 100, Out: []byte(text)}, "apt failed")
		if p.Code != parse.Locked || !strings.Contains(p.Message, want) {
			t.Errorf("%q: %+v", text, p)
		}
	}
}
