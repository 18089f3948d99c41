package winupdate

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/updatestest"
	"patchwave/inventory"
)

// Tables that are made by hand: nobody has recorded them.
const (
	wingetEnglish = "\r   - \r   \\ \r                    \r\x1b[0mName                Id                      Version  Available Source\r\n" +
		"----------------------------------------------------------------------\r\n" +
		"7-Zip 23.01 (x64)   7zip.7zip               23.01    24.08     winget\r\n" +
		"Notepad++ (64-bit)\u2026 Notepad++.Notepad++     8.6.0    8.7.1     winget\r\n" +
		"Long Name           Vendor.With.A.Long.Nam\u2026 1.0      2.0       winget\r\n" +
		"Unknown             Some.Unknown            Unknown  2.0       winget\r\n" +
		"Git                 Git.Git                 2.45.0             winget\r\n" +
		"Twice 1             Two.Times               1.0      2.0       winget\r\n" +
		"Twice 2             Two.Times               1.5      2.0       winget\r\n" +
		"6 upgrades available.\r\n" +
		"2 package(s) have pins that prevent upgrade. Use the 'winget pin' command to view and edit pins.\r\n"
	// each kanji and kana takes two cells
	wingetJapanese = "名前             ID              バージョン 利用可能\n" +
		"--------------------------------------------------\n" +
		"秀丸エディタ     Hidemaru.Editor 9.35       9.36\n" +
		"Git              Git.Git         2.45.0\n"
	wingetNoUpgrades = "Name ID      Version Quelle\n--------------------------\nGit  Git.Git 2.45.0  winget\n"
)

func TestWingetTable(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []wingetRow
		refused    int
	}{
		{"english", wingetEnglish, []wingetRow{
			{"7-Zip 23.01 (x64)", "7zip.7zip", "23.01", "24.08"}, {"", "Notepad++.Notepad++", "8.6.0", "8.7.1"}, {"Git", "Git.Git", "2.45.0", ""},
		}, 4},
		{"japanese", wingetJapanese, []wingetRow{{"秀丸エディタ", "Hidemaru.Editor", "9.35", "9.36"}, {"Git", "Git.Git", "2.45.0", ""}}, 0},
		{"no column of what is available", wingetNoUpgrades, []wingetRow{{"Git", "Git.Git", "2.45.0", ""}}, 0},
		{"nothing", "No installed package found matching input criteria.\r\n", nil, 0},
		{"two tables", wingetNoUpgrades + "1 upgrades available.\n\nThese are to be named:\n" + strings.ReplaceAll(wingetNoUpgrades, "Git.Git", "Gut.Git"),
			[]wingetRow{{"Git", "Git.Git", "2.45.0", ""}, {"Git", "Gut.Git", "2.45.0", ""}}, 0},
		{"a value across a column", strings.Replace(wingetNoUpgrades, "Git  Git.Git", "Gitte Git.Git", 1), nil, 1},
		{"one cell off", strings.Replace(wingetNoUpgrades, "Git  Git", "Git Git", 1), nil, 1},
		{"an Id that is an option", strings.Replace(wingetNoUpgrades, "Git.Git", "-it.Git", 1), nil, 1},
		{"a line without end", wingetNoUpgrades + strings.Repeat("x", maxWinget/2) + "\nGut  Gut.Gut 1.0     winget\n", []wingetRow{{"Git", "Git.Git", "2.45.0", ""}, {"Gut", "Gut.Gut", "1.0", ""}}, 1},
		{"six words in the header", strings.Replace(wingetNoUpgrades, "Name", "a b c d e", 1), nil, 1},
	} {
		got := parseWinget(c.text)
		if diff := cmp.Diff(c.want, got.rows, cmp.AllowUnexported(wingetRow{}), cmp.Transformer("nil", func(r []wingetRow) []wingetRow { return append([]wingetRow{}, r...) })); diff != "" && len(c.want)+len(got.rows) > 0 {
			t.Errorf("%s: %s", c.name, diff)
		}
		if got.refused != c.refused {
			t.Errorf("%s: %d refused, want %d", c.name, got.refused, c.refused)
		}
	}
}

// wingetScan is a scan of a host that has nothing but winget.
func wingetScan(t *testing.T, said wingetSaid) updates.Listing {
	t.Helper()
	b, err := json.Marshal(map[string]any{"v": 1, "code": 2, "winget": said})
	if err != nil {
		t.Fatal(err)
	}
	return New().ParseScan(framing.Answer{Frames: []framing.Frame{{Name: "winupdate.list", Out: b},
		{Name: "winupdate.installed", Out: []byte("Git.Git\t\twinget\task\nNo.Such\t\twinget\task\n")}}})
}

func TestWingetListing(t *testing.T) {
	up := strings.ReplaceAll(strings.ReplaceAll(wingetEnglish, "7zip.7zip  ", "7zip.eight "), "8.7.1", "8.7.2")
	l := wingetScan(t, wingetSaid{List: text(wingetEnglish), ListCode: "0x00000000", Upgrades: text(up), UpgradesCode: "0x00000000"})
	want := []string{"7zip.7zip. 23.01>24.08 other/unknown BLOCKED:locked", "Notepad++.Notepad++. 8.6.0>8.7.2 other/unknown"}
	if diff := cmp.Diff(want, updatestest.Updates(l.Updates)); diff != "" || l.State != inventory.ScanOK {
		t.Error(diff)
	}
	if diff := cmp.Diff([]updates.Installed{{Name: "Git.Git", Version: "2.45.0", State: "ok"}}, l.Installed); diff != "" {
		t.Error(diff)
	}
	for _, words := range []string{"held back otherwise by winget: 7zip.7zip", "lines of winget are left out"} {
		if !strings.Contains(notes(l), words) {
			t.Errorf("no note says %q:\n%s", words, notes(l))
		}
	}
	if u := l.Updates[1]; u.Reboot || u.RebootSource != "" || cmp.Diff([]string{"winget"}, u.Origins) != "" {
		t.Errorf("%+v", u)
	}
	// nothing is offered where winget failed, and that is told
	l = wingetScan(t, wingetSaid{ListCode: "0xC0000135", UpgradesCode: "0xC0000135"})
	if len(l.Updates) != 0 || len(l.Installed) != 0 || !strings.Contains(notes(l), "does not start as SYSTEM") {
		t.Errorf("%+v", l)
	}
	// nor where its source has terms that nobody accepted: nothing accepts them by the way
	l = wingetScan(t, wingetSaid{ListCode: "0x8A150046", UpgradesCode: "0x8A150046"})
	if len(l.Updates) != 0 || !strings.Contains(notes(l), "terms of the source are not accepted") || !strings.Contains(notes(l), "accept_eula") {
		t.Errorf("%+v", l)
	}
}

// TestWingetFiles: the frames as they are on the wire.
func TestWingetFiles(t *testing.T) {
	l := New().ParseScan(updatestest.Load(t, "handmade-winget"))
	want := []string{"7zip.7zip. 23.01>24.08 other/unknown", "Contoso.Pinned. 1.0>2.0 other/unknown BLOCKED:locked", "Notepad++.Notepad++. 8.6.0>8.7.1 other/unknown"}
	if diff := cmp.Diff(want, updatestest.Updates(l.Updates)); diff != "" {
		t.Error(diff)
	}
	wants := []updates.Want{{Name: "7zip.7zip", Version: "24.08"}}
	sim := New().ParseSimulation(updatestest.Load(t, "handmade-winget-simulate"), "winupdate.sim", wants)
	if !sim.OK || len(sim.Changes) != 1 || sim.Changes[0].From != "23.01" || len(sim.Undo) != 1 || sim.Undo[0].Possible {
		t.Errorf("%+v %+v", sim, sim.Problem)
	}
	out := New().ParseInstall(updatestest.Load(t, "handmade-winget-install"))
	if out.Claimed || len(out.Failed) != 1 || !strings.Contains(out.Failed["Notepad++.Notepad++"], "lists version 8.6.0") {
		t.Errorf("%+v", out)
	}
}

func TestWingetStatuses(t *testing.T) {
	for code, want := range map[string]struct {
		class Class
		code  string
	}{"0x8A15002B": {ClassSuccess, "exit"}, "0x8A150011": {ClassBroken, "exit"}, "0x8A150102": {ClassRetry, "locked"},
		"0x8A15010A": {ClassReboot, "interrupted"}, "0x8A150105": {ClassBroken, "disk"}, "0x8A150041": {ClassSkip, "exit"}} {
		r, ok := Lookup(code)
		if !ok || r.Class != want.class || r.problemCode() != want.code {
			t.Errorf("%s: %+v %v", code, r, ok)
		}
	}
}

func FuzzWinget(f *testing.F) {
	for _, s := range []string{wingetEnglish, wingetJapanese, wingetNoUpgrades, "a b c\n----------\n\xff", "\r\b\x1b[0m"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		seen := map[string]bool{}
		for _, r := range parseWinget(s).rows {
			id := strings.ToLower(r.id)
			if seen[id] || !wingetID.MatchString(r.id) || len(r.id) > 200 || !wingetVersion(r.version) || (r.available != "" && !wingetVersion(r.available)) {
				t.Errorf("%+v", r)
			}
			seen[id] = true
			if !strings.Contains(s, r.id) || !strings.Contains(s, r.version) || !strings.Contains(s, r.available) {
				t.Errorf("%+v is not in the text", r)
			}
		}
	})
}
