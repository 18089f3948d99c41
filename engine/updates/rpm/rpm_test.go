package rpm

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/inventory"
)

func TestCompare(t *testing.T) {
	tests := []struct {
		older, newer string
	}{
		{"1.0-1.el9", "1.0-2.el9_4.1"}, {"1.9-1", "1.10-1"}, {"2.0-1", "1:1.0-1"}, {"1.0~rc1-1", "1.0-1"},
		{"1.0-1", "1.0^git1-1"}, {"1.0-1.el9", "1.0-1.el9_4"}, {"5.14.0-427.13.1.el9_4", "5.14.0-427.20.1.el9_4"},
		{"1.0-1", "$(not a version)"},
	}
	for _, tt := range tests {
		if Compare(tt.older, tt.newer) >= 0 || Compare(tt.newer, tt.older) <= 0 {
			t.Errorf("%s is not older than %s", tt.older, tt.newer)
		}
	}
	for _, v := range []string{"1.0-1", "1:1-1", "no version at all"} {
		if Compare(v, v) != 0 {
			t.Errorf("%s differs from itself", v)
		}
	}
}

func TestParseNEVRA(t *testing.T) {
	tests := map[string]NEVRA{
		"liblab-1.0-2.el9_4.1.noarch":               {"liblab", "1.0-2.el9_4.1", "noarch"},
		"a-long-name-1:1.0-3.el9.x86_64":            {"a-long-name", "1:1.0-3.el9", "x86_64"},
		"0:kernel-core-5.14.0-1.el9.x86_64":         {"kernel-core", "5.14.0-1.el9", "x86_64"},
		"2:vim-9.0-1.el9.aarch64":                   {"vim", "2:9.0-1.el9", "aarch64"},
		"kernel-core-0:5.14.0-1.el9.noarch":         {"kernel-core", "5.14.0-1.el9", "noarch"},
		"java-1.8.0-openjdk-1.8.0.412-1.el9.x86_64": {"java-1.8.0-openjdk", "1.8.0.412-1.el9", "x86_64"},
		"libstdc++-11.4.1-3.el9.i686":               {"libstdc++", "11.4.1-3.el9", "i686"},
		"bash-5.1~rc1-1.el9.src":                    {"bash", "5.1~rc1-1.el9", "src"},
	}
	for text, want := range tests {
		got, ok := ParseNEVRA(text)
		if !ok || got != want {
			t.Errorf("%s: %+v %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "bash", "bash.noarch", "bash-1.noarch", "bash-1-1", "-1-1.noarch", "a b-1-1.noarch", "a-1-1.no arch", "$(x)-1-1.noarch", "--x-1-1.noarch"} {
		if got, ok := ParseNEVRA(text); ok {
			t.Errorf("%q is %+v", text, got)
		}
	}
}

func day(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }

func TestUpdatesJoinAdvisories(t *testing.T) {
	offers := []Offer{
		{Name: "b", Arch: "x86_64", From: "1-1", To: "3-1", Repo: "base"},
		{Name: "a", Arch: "x86_64", From: "1-1", To: "2-1", Repo: "base", BlockedBy: inventory.BlockedLocked},
		{Name: "new", Arch: "noarch", To: "2-1", Repo: "base"},
		{Name: "kernel", Arch: "x86_64", From: "1-1", To: "2-1", Repo: "base"},
	}
	advisories := []Advisory{
		{Name: "b", Arch: "x86_64", Version: "2-1", ID: "S2", Type: "security", Severity: "Moderate", CVEs: []string{"CVE-2026-0002"}, Issued: day(9)},
		{Name: "b", Arch: "x86_64", Version: "3-1", ID: "B3", Type: "bugfix", Severity: "Critical", Issued: day(3)},
		{Name: "b", Arch: "x86_64", Version: "3-1", ID: "E3", Type: "enhancement", Issued: day(5), Reboot: true},
		{Name: "b", Arch: "x86_64", Version: "4-1", ID: "TooNew", Type: "security", Severity: "Critical"},
		{Name: "b", Arch: "x86_64", Version: "1-1", ID: "Installed", Type: "security", Severity: "Critical"},
		{Name: "b", Arch: "i686", Version: "3-1", ID: "OtherArch", Type: "security", Severity: "Critical"},
		{Name: "new", Arch: "noarch", Version: "2-1", ID: "N", Type: "newpackage", Issued: day(1)},
	}
	got := Updates("dnf", offers, advisories)
	base := inventory.Update{Origins: []string{"base"}, Advisories: []string{}, CVEs: []string{}, KBs: []string{},
		Classification: inventory.OtherClass, Severity: inventory.UnknownSeverity, To: "2-1", From: "1-1", Arch: "x86_64"}
	a, b, k, n := base, base, base, base
	a.Name, a.BlockedBy = "a", inventory.BlockedLocked
	b.Name, b.To = "b", "3-1"
	b.Advisories, b.CVEs = []string{"B3", "E3", "S2"}, []string{"CVE-2026-0002"}
	b.Classification, b.Severity = inventory.Security, inventory.Moderate
	b.Published, b.Reboot, b.RebootSource = day(5), true, "metadata"
	k.Name, k.Reboot, k.RebootSource = "kernel", true, "published-list"
	n.Name, n.Arch, n.From, n.Published = "new", "noarch", "", day(1)
	n.Advisories, n.Classification = []string{"N"}, inventory.Enhancement
	if diff := cmp.Diff([]inventory.Update{a, b, k, n}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestComplaint(t *testing.T) {
	tests := []struct {
		text, code, words string
	}{
		{"", "exit", "status 7 and said nothing"},
		{"Error: \n Problem: cannot install\n  - nothing provides x\n(try to add '--skip-broken')", "exit", "Problem: cannot install"},
		{"first\nError: Unable to find a match: x\nlast", "exit", "Unable to find a match: x"},
		{"one\ntwo\n", "exit", "two"},
		{"Failed to resolve the transaction:\nNo match for argument: x\nYou can try to add to command line:\n  --skip-unavailable", "exit", "No match for argument: x"},
		{"RPMDB already locked by 17", "locked", "another package manager"},
		{"error: can't create transaction lock on /var/lib/rpm/.rpm.lock (Resource temporarily unavailable)", "locked", "transaction lock"},
		{"Failed to obtain rpm transaction lock. Another transaction is in progress.", "locked", "in progress"},
		{"  At least 812MB more space needed on the / filesystem.", "disk", "812MB"},
		{"installing package x needs 20MB more space on the / filesystem", "disk", "20MB"},
		{"Error: This command has to be run with superuser privileges", "sudo", "superuser"},
		{"x-2-1.noarch is a duplicate with x-1-1.noarch", "interrupted", "duplicate"},
		{"ModuleNotFoundError: No module named 'dnf'", "unsupported", "dnf"},
	}
	for _, tt := range tests {
		p := Complaint("dnf", 7, strings.Split(tt.text, "\n"), nil)
		if p.Code != tt.code || !strings.Contains(p.Message, tt.words) {
			t.Errorf("%q: %+v", tt.text, p)
		}
	}
}

func TestFailures(t *testing.T) {
	text := `warning: %post(brokenpkg-1.1-1.el9.noarch) scriptlet failed, exit status 3
Error in POSTIN scriptlet in rpm package brokenpkg
>>> [RPM] %preun(other-1:1.1-1.el9.noarch) scriptlet failed, signal 9
Error in PREIN scriptlet in rpm package first
error: unpacking of archive failed on file /x;65: cpio: write failed
error: big-2.0-1.el9.x86_64: install failed
Error: gone-1-1.noarch, lost-2-1.x86_64 is not to be had, the rest is rolled back
warning: %post($(x)) scriptlet failed, exit status 1
all is well`
	want := map[string]string{
		"brokenpkg": "%post(brokenpkg-1.1-1.el9.noarch) scriptlet failed, exit status 3",
		"other":     "%preun(other-1:1.1-1.el9.noarch) scriptlet failed, signal 9",
		"first":     "Error in PREIN scriptlet in rpm package first",
		"big":       "error: big-2.0-1.el9.x86_64: install failed",
		"gone":      "gone-1-1.noarch is not to be had",
		"lost":      "lost-2-1.x86_64 is not to be had",
	}
	if diff := cmp.Diff(want, Failures(strings.Split(text, "\n"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestChangeOK(t *testing.T) {
	good := []updates.Change{
		{Action: "install", Name: "a", Arch: "noarch", To: "1-1"},
		{Action: "remove", Name: "a", Arch: "noarch", From: "1-1"},
		{Action: "upgrade", Name: "a", Arch: "noarch", From: "1-1", To: "2-1"},
		{Action: "downgrade", Name: "a", Arch: "noarch", From: "2-1", To: "1-1"},
	}
	for _, c := range good {
		if !ChangeOK(c) {
			t.Errorf("%+v", c)
		}
	}
	bad := []updates.Change{
		{}, {Action: "install", Name: "a", Arch: "noarch", From: "1-1", To: "2-1"}, {Action: "remove", Name: "a", Arch: "noarch", To: "1-1"},
		{Action: "upgrade", Name: "a", Arch: "noarch", To: "2-1"}, {Action: "reinstall", Name: "a", Arch: "noarch", From: "1-1", To: "1-1"},
		{Action: "install", Name: "-a", Arch: "noarch", To: "1-1"}, {Action: "install", Name: "a", Arch: "no arch", To: "1-1"},
	}
	for _, c := range bad {
		if ChangeOK(c) {
			t.Errorf("%+v is taken", c)
		}
	}
}

func TestListAndFrames(t *testing.T) {
	if got := List([]string{"a", "b", "c"}, 2); got != "a, b and 1 more" {
		t.Error(got)
	}
	if got := List([]string{"a", "b"}, 2); got != "a, b" {
		t.Error(got)
	}
	if Installed(framing.Answer{}, "x") != nil || Undo(framing.Answer{}, "x") != nil {
		t.Error("an absent frame is not nil")
	}
	a := framing.Answer{Frames: []framing.Frame{{Name: "x", Out: []byte("package a is not installed\nb\tnoarch\t0:1-1\tok")}}}
	want := []updates.Installed{{Name: "b", Arch: "noarch", Version: "1-1", State: "ok"}}
	if diff := cmp.Diff(want, Installed(a, "x")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzNEVRA(f *testing.F) {
	for _, s := range []string{"liblab-1.0-2.el9_4.1.noarch", "1:a-1-1.x86_64", "a-0:1-1.src", "--", ":", "a:b-c.d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, ok := ParseNEVRA(s)
		if !ok {
			return
		}
		again, ok := ParseNEVRA(n.Name + "-" + n.Version + "." + n.Arch)
		if !ok || again != n {
			t.Errorf("%q: %+v, then %+v", s, n, again)
		}
	})
}

func FuzzComplaint(f *testing.F) {
	f.Add("Error: \n Problem: x\n", 1)
	f.Add("warning: %post(brokenpkg-1.1-1.el9.noarch) scriptlet failed, exit status 3", 0)
	f.Fuzz(func(t *testing.T, text string, rc int) {
		lines := strings.Split(text, "\n")
		if p := Complaint("x", rc, lines); p == nil || p.Code == "" || p.Message == "" || strings.Contains(p.Message, "\n") {
			t.Errorf("%+v", p)
		}
		Failures(lines)
	})
}
