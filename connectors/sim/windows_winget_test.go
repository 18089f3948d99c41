package sim_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/sim"
	"patchwave/engine/updates"
	"patchwave/engine/updates/updatestest"
	"patchwave/engine/updates/winupdate"
)

// programs are a machine's packages of winget.
func programs() []sim.WingetPackage {
	return []sim.WingetPackage{
		{ID: "7zip.7zip", Name: "7-Zip 23.01 (x64)", Version: "23.01", Available: "24.08"},
		{ID: "Notepad++.Notepad++", Name: "Notepad++ (64-Bit, f\u00fcr alle)", Version: "8.6.0", Available: "8.7.1", Terms: true},
		{ID: "Contoso.Pinned", Name: "Contoso", Version: "1.0", Available: "2.0", Pinned: true},
		{ID: "Contoso.Broken", Name: "Contoso", Version: "1.0", Available: "2.0", Exit: 0x8A150011},
		{ID: "Contoso.Liar", Name: "Contoso", Version: "1.0", Available: "2.0"},
		{ID: "Contoso.Boot", Name: "Contoso", Version: "1.0", Available: "2.0", Exit: 0x8A150109},
		{ID: "Git.Git", Name: "Git", Version: "2.45.0"},
	}
}

// TestWingetSourceTerms: what the source of winget wants accepted is accepted where the
// policy says so, and stops winget, and nothing else, where it does not.
func TestWingetSourceTerms(t *testing.T) {
	spec := month()
	spec.Winget, spec.SourceTerms = programs(), true
	_, s := oneWindows(t, sim.Machine{Windows: spec})
	m := winupdate.New()
	args := map[string]string{"refresh": "always", "managers": "winupdate"}
	l := m.ParseScan(ask(t, s, "scan", args))
	if len(l.Updates) != 4 || !strings.Contains(strings.Join(l.Notes, "\n"), "terms of the source are not accepted") {
		t.Errorf("%+v", l)
	}
	change := map[string]string{"changes": "upgrade\t7zip.7zip\t\t23.01\t24.08"}
	_, a := work(t, s, "j1", "install", change)
	if out := m.ParseInstall(a); !strings.Contains(out.Failed["7zip.7zip"], "accept_eula in windows_update does") {
		t.Errorf("%+v", out)
	}
	args["accept_eula"] = "true"
	if l = m.ParseScan(ask(t, s, "scan", args)); len(l.Updates) != 10 {
		t.Errorf("%+v", l)
	}
	_, a = work(t, s, "j2", "install", change)
	if out := m.ParseInstall(a); !out.Claimed {
		t.Errorf("%+v %+v", out, out.Problem)
	}
}

// TestWinget: from the listing over the simulation to what was installed, by the
// product's parsers.
func TestWinget(t *testing.T) {
	h, s := oneWindows(t, sim.Machine{Windows: sim.Windows{Winget: programs()}, Faults: sim.Faults{Lies: []string{"Contoso.Liar"}}})
	m := winupdate.New()
	names := map[string]string{"names": "7zip.7zip\nGit.Git\nNo.Such", "refresh": "always", "managers": "winupdate"}
	l := m.ParseScan(ask(t, s, "scan", names))
	want := []string{"7zip.7zip. 23.01>24.08 other/unknown", "Contoso.Boot. 1.0>2.0 other/unknown", "Contoso.Broken. 1.0>2.0 other/unknown",
		"Contoso.Liar. 1.0>2.0 other/unknown", "Contoso.Pinned. 1.0>2.0 other/unknown BLOCKED:locked", "Notepad++.Notepad++. 8.6.0>8.7.1 other/unknown"}
	if diff := cmp.Diff(want, updatestest.Updates(l.Updates)); diff != "" {
		t.Error(diff)
	}
	has := []updates.Installed{{Name: "7zip.7zip", Version: "23.01", State: "ok"}, {Name: "Git.Git", Version: "2.45.0", State: "ok"}}
	if diff := cmp.Diff(has, l.Installed); diff != "" {
		t.Error(diff)
	}
	wants := []updates.Want{{Name: "7zip.7zip", Version: "24.08"}, {Name: "Notepad++.Notepad++", Version: "8.7.1"}}
	got := m.ParseSimulation(ask(t, s, "simulate", map[string]string{"mode": "set", "want": updates.WantLines(wants)}), "winupdate.sim", wants)
	if !got.OK || len(got.Changes) != 2 || got.Changes[0].From != "23.01" || len(got.Undo) != 2 || got.Undo[0].Possible {
		t.Errorf("%+v %+v", got, got.Problem)
	}
	stale := []updates.Want{{Name: "7zip.7zip", Version: "24.09"}}
	if got = m.ParseSimulation(ask(t, s, "simulate", map[string]string{"mode": "set", "want": updates.WantLines(stale)}), "winupdate.sim", stale); got.OK {
		t.Errorf("%+v", got)
	}
	lines := "upgrade\t7zip.7zip\t\t23.01\t24.08\nupgrade\tNotepad++.Notepad++\t\t8.6.0\t8.7.1\nupgrade\tContoso.Broken\t\t1.0\t2.0\n" +
		"upgrade\tContoso.Liar\t\t1.0\t2.0\nupgrade\tContoso.Boot\t\t1.0\t2.0"
	_, a := work(t, s, "j1", "install", map[string]string{"changes": lines})
	out := m.ParseInstall(a)
	for name, words := range map[string]string{"Notepad++.Notepad++": "accept_eula", "Contoso.Broken": "hash", "Contoso.Liar": "lists version 1.0 all the same"} {
		if !strings.Contains(out.Failed[name], words) {
			t.Errorf("%s: %q", name, out.Failed[name])
		}
	}
	if len(out.Failed) != 3 || out.Claimed || !out.RebootSuggested {
		t.Errorf("%+v", out)
	}
	if v := h.Snapshot().Installed["7zip.7zip"].Version; v != "24.08" {
		t.Error(v)
	}
	_, a = work(t, s, "j2", "install", map[string]string{"accept_eula": "true", "changes": "upgrade\tNotepad++.Notepad++\t\t8.6.0\t8.7.1"})
	if out = m.ParseInstall(a); !out.Claimed || len(out.Failed) != 0 {
		t.Errorf("%+v %+v", out, out.Problem)
	}
	l = m.ParseScan(ask(t, s, "scan", names))
	if !slices.Contains(l.Installed, updates.Installed{Name: "7zip.7zip", Version: "24.08", State: "ok"}) {
		t.Errorf("%+v", l.Installed)
	}
	_, a = work(t, s, "j3", "rollback", map[string]string{"changes": "upgrade\t7zip.7zip\t\t23.01\t24.08"})
	if out = m.ParseInstall(a); out.Claimed || !strings.Contains(out.Failed["7zip.7zip"], "cannot take an upgrade back") {
		t.Errorf("%+v", out)
	}
}
