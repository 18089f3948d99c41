package winupdate

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/updatestest"
	"patchwave/inventory"
)

func notes(l updates.Listing) string { return strings.Join(l.Notes, "\n") }

// TestServer: what becomes of each kind of update.
func TestServer(t *testing.T) {
	l := New().ParseScan(updatestest.Load(t, "handmade-server-2025"))
	updatestest.ExpectListing(t, "server", l, inventory.ScanOK, 12, "")
	want := []string{
		"7zip. 23.1.0>24.8.0 other/unknown BLOCKED:locked",
		"Contoso-Net-23.170.0.4. ->a0000005-0000-4000-8000-000000000005.2 driver/unknown",
		"KB2267602. ->a0000004-0000-4000-8000-000000000004.1 definition/unknown",
		"KB4052623-a000000b. ->a000000b-0000-4000-8000-00000000000b.1 bugfix/unknown",
		"KB4052623-a000000c. ->a000000c-0000-4000-8000-00000000000c.1 bugfix/unknown",
		"KB5044281. ->a0000001-0000-4000-8000-000000000001.200 security/critical CVE-2026-0001 CVE-2026-0002 2026-11-10 reboot:metadata",
		"KB5045993. ->a0000002-0000-4000-8000-000000000002.1 bugfix/unknown 2025-11-10 reboot:metadata",
		"KB5046861. ->a0000007-0000-4000-8000-000000000007.1 security/important BLOCKED:held",
		"KB5049999. ->a000000a-0000-4000-8000-00000000000a.1 feature/unknown reboot:metadata",
		"KB5007651. ->a0000008-0000-4000-8000-000000000008.1 bugfix/unknown BLOCKED:broken",
		"KB890830. ->a0000003-0000-4000-8000-000000000003.105 bugfix/unknown",
		"git. 2.45.0>2.47.1 other/unknown",
	}
	if diff := cmp.Diff(sorted(want), sorted(updatestest.Updates(l.Updates))); diff != "" {
		t.Error(diff)
	}
	for _, words := range []string{
		"optional, as previews are, and left out: KB5046740", "may ask a user something and cannot be installed from afar: KB5007651",
		"terms that nobody has accepted (accept_eula in windows_update does): KB5046861", "updates come from the WSUS server http://wsus.example:8530",
		"AUOptions 4", "no reason for a reboot by itself: some program wants files renamed",
	} {
		if !strings.Contains(notes(l), words) {
			t.Errorf("no note says %q:\n%s", words, notes(l))
		}
	}
	if l.RebootRequired == nil || !*l.RebootRequired || len(l.RebootReasons) != 1 || !strings.Contains(l.RebootReasons[0], "new name") {
		t.Errorf("reboot %v %q", l.RebootRequired, l.RebootReasons)
	}
	installed := []updates.Installed{
		{Name: "KB5044281", Version: "a0000001-0000-4000-8000-000000000001.200", State: updates.PendingReboot},
		{Name: "KB890830", Version: "a0000003-0000-4000-8000-000000000003.104", State: "ok"},
		{Name: "git", Version: "2.45.0", State: "ok"},
	}
	if diff := cmp.Diff(installed, l.Installed); diff != "" {
		t.Error(diff)
	}
	for _, u := range l.Updates {
		if u.Name == "KB5044281" && (u.Size != 734003200 || cmp.Diff([]string{"KB5044281"}, u.KBs) != "" || !strings.HasPrefix(u.Title, "2026-11 Cumulative") || u.Origins[0] != "wsus") {
			t.Errorf("%+v", u)
		}
	}
}

func sorted(lines []string) map[string]bool {
	set := map[string]bool{}
	for _, l := range lines {
		set[l] = true
	}
	return set
}

// TestQuirks: what Windows PowerShell makes of JSON is read all the same.
func TestQuirks(t *testing.T) {
	l := New().ParseScan(updatestest.Load(t, "handmade-quirks"))
	updatestest.ExpectListing(t, "quirks", l, inventory.ScanOK, 1, "")
	if diff := cmp.Diff([]string{"Windows Update asks for a reboot", "Windows servicing waits for a reboot"}, l.RebootReasons); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(notes(l), "the search succeeded with a warning: x (no update server can be reached") {
		t.Error(notes(l))
	}
	if l.Updates[0].Origins[0] != "windows-update" {
		t.Errorf("%q", l.Updates[0].Origins)
	}
}

// TestValues: one value as it is written in many ways.
func TestValues(t *testing.T) {
	for in, want := range map[string]offer{
		`{"rev":"7","size":1e3,"title":5,"kb":"1","optional":"True","cats":{"id":"x"}}`: {Revision: 7, Size: 1000, Title: "5", KBs: list[text]{"1"}, Optional: true, Categories: list[category]{{ID: "x"}}},
		`{"rev":null,"size":"x","title":null,"kb":null,"optional":null,"cats":null}`:    {},
		`{"kb":{"value":["1","2"],"Count":2},"supersedes":[null,"a"],"title":{"a":1}}`:  {KBs: list[text]{"1", "2"}, Supersedes: list[text]{"", "a"}},
		`{"kb":[],"rev":"99999999999999999999","optional":1}`:                           {KBs: list[text]{}, Optional: true},
	} {
		var got offer
		if err := decode([]byte("\xef\xbb\xbf "+in+"\r\n"), &got); err != nil {
			t.Errorf("%s: %v", in, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", in, diff)
		}
	}
	for in, want := range map[text]time.Time{
		"/Date(1762797600000)/":      time.Date(2025, 11, 10, 18, 0, 0, 0, time.UTC),
		"/Date(1762797600000+0100)/": time.Date(2025, 11, 10, 18, 0, 0, 0, time.UTC),
		"2026-11-10T18:00:00Z":       time.Date(2026, 11, 10, 18, 0, 0, 0, time.UTC),
		"0001-01-01T00:00:00Z":       {}, "": {}, "10.11.2026": {}, "/Date(x)/": {},
	} {
		if got := moment(in); !got.Equal(want) {
			t.Errorf("%q: %s", in, got)
		}
	}
}

// listing is a scan whose list is made of updates.
func listing(t *testing.T, more string, updates ...offer) updates.Listing {
	t.Helper()
	b, err := json.Marshal(updates)
	if err != nil {
		t.Fatal(err)
	}
	return New().ParseScan(updatestest.Frames("winupdate.list", `{"v":1,"code":2`+more+`,"updates":`+string(b)+`}`))
}

func id(n byte) text {
	return text("0000000" + string('0'+n) + "-0000-0000-0000-000000000000")
}

// TestSuperseded: what another one replaces is left out, unless that one is left out
// itself, or blocked.
func TestSuperseded(t *testing.T) {
	no := flag(false)
	old := offer{ID: id(1), Revision: 1, Title: "old", KBs: list[text]{"1001"}}
	for name, tt := range map[string]struct {
		by    offer
		names string
	}{
		"by a newer one":               {offer{ID: id(2), KBs: list[text]{"1002"}, Supersedes: list[text]{id(1)}}, "KB1002"},
		"by one in capitals":           {offer{ID: id(2), KBs: list[text]{"1002"}, Supersedes: list[text]{text(strings.ToUpper(string(id(1))))}}, "KB1002"},
		"by a preview":                 {offer{ID: id(2), KBs: list[text]{"1002"}, Supersedes: list[text]{id(1)}, Optional: true}, "KB1001"},
		"by a hidden one":              {offer{ID: id(2), KBs: list[text]{"1002"}, Supersedes: list[text]{id(1)}, Hidden: true}, "KB1001"},
		"by one that asks":             {offer{ID: id(2), KBs: list[text]{"1002"}, Supersedes: list[text]{id(1)}, Input: true}, "KB1001 KB1002"},
		"by one with terms":            {offer{ID: id(2), KBs: list[text]{"1002"}, Supersedes: list[text]{id(1)}, EULA: &no}, "KB1001 KB1002"},
		"by itself, in a newer number": {offer{ID: id(1), Revision: 2, KBs: list[text]{"1002"}, Supersedes: list[text]{id(1)}}, "KB1002"},
		"by one that waits for a boot": {offer{ID: id(2), KBs: list[text]{"1002"}, Supersedes: list[text]{id(1)}, Awaiting: true}, "KB1001"},
	} {
		var names []string
		for _, u := range listing(t, "", old, tt.by).Updates {
			names = append(names, u.Name)
		}
		if got := strings.Join(names, " "); got != tt.names {
			t.Errorf("%s: %s, want %s", name, got, tt.names)
		}
	}
}

// TestNames: an update has a name whatever its title is, and two never the same.
func TestNames(t *testing.T) {
	for want, o := range map[string]offer{
		"KB1234567":                  {Title: "x", KBs: list[text]{"KB1234567"}},
		"two-KBs":                    {Title: "two KBs", KBs: list[text]{"1111111", "2222222"}},
		"Security-Update-v1.2":       {Title: "Security Update (v1.2)"},
		"update-00000001":            {Title: "更新プログラム"},
		"a":                          {Title: "-- a --", KBs: list[text]{"$(id)"}},
		strings.Repeat("x", maxName): {Title: text(strings.Repeat("x", 300))},
	} {
		o.ID = id(1)
		if got := o.name(); got != want {
			t.Errorf("%q: %q, want %q", o.Title, got, want)
		}
	}
}

// TestNoList: there is no empty list where there was no answer.
func TestNoList(t *testing.T) {
	for name, tt := range map[string]struct {
		a     framing.Answer
		code  string
		words string
	}{
		"goes on":         {updatestest.Load(t, "handmade-running"), "locked", "still goes on on the host (search, since 45 s)"},
		"crashed":         {updatestest.Load(t, "handmade-crashed"), "exit", "ended without a result"},
		"denied":          {updatestest.Frames("error", `{"message":"Zugriff verweigert","hresult":"0x80070005","phase":"task"}`), "sudo", "Zugriff verweigert; access was denied"},
		"full":            {updatestest.Frames("error", `{"message":"","hresult":"0x80070070"}`), "disk", "the disk is full"},
		"nothing":         {updatestest.Frames(), "exit", "did not answer"},
		"no JSON":         {updatestest.Frames("winupdate.list", "oops"), "exit", "did not answer"},
		"another version": {updatestest.Frames("winupdate.list", `{"v":2,"updates":[]}`), "exit", "did not answer"},
		"failed":          {updatestest.Frames("winupdate.list", `{"v":1,"error":{"phase":"search","hresult":"0x80070422","message":"m"}}`), "unsupported", "wuauserv is disabled"},
	} {
		l := New().ParseScan(tt.a)
		updatestest.ExpectListing(t, name, l, inventory.ScanFailed, 0, tt.code, tt.words)
	}
	l := New().ParseScan(updatestest.Load(t, "handmade-wsus-timeout"))
	updatestest.ExpectListing(t, "a failed search keeps the list", l, inventory.ScanStale, 12, "exit", "gave up waiting (408)", "WSUS")
}

// TestManagedReboot: what Configuration Manager waits for is a reason; a reason that is not known is none.
func TestManagedReboot(t *testing.T) {
	for line, want := range map[string][]string{"medium\tsccm": {"the client of Configuration Manager waits for a reboot"}, "strong\tmoon": {}} {
		l := New().ParseScan(updatestest.Frames("winupdate.reboot", line, "winupdate.list", `{"v":1,"code":2,"updates":[]}`))
		if diff := cmp.Diff(want, l.RebootReasons); diff != "" || *l.RebootRequired != (len(want) > 0) {
			t.Errorf("%s: %s", line, diff)
		}
	}
}

// TestWhatTheAgentSaidBeforeTheBoot: an old word about a reboot does not count.
func TestWhatTheAgentSaidBeforeTheBoot(t *testing.T) {
	const list = `{"v":1,"code":2,"reboot_required":true,"boot_id":"00000000-0000-0000-01dc-5f1e8c0a1b2c","updates":[]}`
	for boot, want := range map[string]bool{"00000000-0000-0000-01dc-5f1e8c0a1b2c": true, "00000000-0000-0000-01dc-ffffffffffff": false} {
		l := New().ParseScan(updatestest.Frames("facts", "boot_id="+boot, "winupdate.reboot", "", "winupdate.list", list))
		if l.RebootRequired == nil || *l.RebootRequired != want {
			t.Errorf("booted as %s: %v", boot, l.RebootRequired)
		}
	}
	if l := New().ParseScan(updatestest.Frames("winupdate.list", list)); l.RebootRequired != nil {
		t.Error("nobody has looked, and it is said all the same")
	}
}

func TestSimulation(t *testing.T) {
	a := updatestest.Load(t, "handmade-simulate")
	want := []updates.Want{{Name: "KB5044281", Version: "a0000001-0000-4000-8000-000000000001.200"}, {Name: "git", Version: "2.47.1"}}
	sim := New().ParseSimulation(a, "winupdate.sim", want)
	lines := []string{"install KB5044281. ->a0000001-0000-4000-8000-000000000001.200", "upgrade git. 2.45.0>2.47.1"}
	if diff := cmp.Diff(lines, updatestest.Changes(sim.Changes)); diff != "" || !sim.OK || sim.Download != 734003200 {
		t.Errorf("%+v %s", sim, diff)
	}
	undo := []updates.Undo{{Name: "KB5044281", Version: want[0].Version, Possible: true}, {Name: "git", Version: "2.45.0"}}
	if diff := cmp.Diff(undo, sim.Undo); diff != "" {
		t.Error(diff)
	}
	more := append(want, updates.Want{Name: "KB1", Version: "2"})
	updatestest.ExpectProblem(t, "says nothing", New().ParseSimulation(a, "winupdate.sim", more).Problem, "exit", "says nothing of KB1")
	each := updatestest.Load(t, "handmade-simulate-each")
	if sim := New().ParseSimulation(each, "winupdate.sim.1", want[:1]); !sim.OK || len(sim.Undo) != 0 {
		t.Errorf("%+v", sim)
	}
	updatestest.ExpectProblem(t, "gone", New().ParseSimulation(each, "winupdate.sim.2", nil).Problem, "exit", "not offered to the host any more")
	updatestest.ExpectProblem(t, "silent", New().ParseSimulation(each, "winupdate.sim.9", nil).Problem, "exit", "did not answer")
	for _, line := range []string{"CHANGE\tremove\ta\t\t1\t2", "CHANGE\tinstall\ta\t\t-\t1", "CHANGE\tinstall\t$(id)\t\t-\t1", "CHANGE\tupgrade\ta\tx86\t1\t2", "CHANGE\tinstall"} {
		updatestest.ExpectProblem(t, line, New().ParseSimulation(updatestest.Frames("winupdate.sim", line), "winupdate.sim", nil).Problem, "exit", "cannot be read")
	}
}

func TestInstall(t *testing.T) {
	for name, tt := range map[string]struct {
		code   string
		words  []string
		failed int
		reboot bool
	}{
		"handmade-install":        {reboot: true},
		"handmade-rollback":       {reboot: true},
		"handmade-install-fails":  {"exit", []string{"KB5044281", "CBS_E_INSTALLERS_FAILED"}, 2, false},
		"handmade-install-locked": {"locked", []string{"another installation is under way on the host", "WU_E_OPERATIONINPROGRESS"}, 1, false},
		"handmade-running":        {"exit", []string{"did not come to its end"}, 0, false},
		"handmade-crashed":        {"exit", []string{"could not be run"}, 0, false},
	} {
		out := New().ParseInstall(updatestest.Load(t, name))
		updatestest.ExpectProblem(t, name, out.Problem, tt.code, tt.words...)
		if out.Claimed != (tt.code == "") || len(out.Failed) != tt.failed || out.RebootSuggested != tt.reboot {
			t.Errorf("%s: %+v", name, out)
		}
	}
	odd := New().ParseInstall(updatestest.Answer(updatestest.Frame("winupdate.install", 1)))
	updatestest.ExpectProblem(t, "silent", odd.Problem, "exit", "does not say why")
}

// TestResults: the table has each code once, and what it says can be shown.
func TestResults(t *testing.T) {
	seen := map[uint32]bool{}
	names := map[string]bool{}
	for _, r := range Results() {
		if seen[r.Code] || names[r.Name] && !strings.HasPrefix(r.Name, "ERROR_") || r.Name == "" || r.Meaning == "" || r.Class == "" {
			t.Errorf("%+v", r)
		}
		seen[r.Code], names[r.Name] = true, true
	}
	if len(seen) < 60 {
		t.Errorf("only %d codes", len(seen))
	}
	for in, want := range map[string]string{"0x8024401C": "WU_E_PT_HTTP_STATUS_REQUEST_TIMEOUT", "0x8024401c": "WU_E_PT_HTTP_STATUS_REQUEST_TIMEOUT", "0x00240005": "WU_S_REBOOT_REQUIRED",
		"8024401C": "", "0x": "", "0x180240005": "", "0x00000000": ""} {
		if r, ok := Lookup(in); r.Name != want || ok != (want != "") {
			t.Errorf("%s is %s", in, r.Name)
		}
	}
}
