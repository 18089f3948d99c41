package sim_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/sim"
	"patchwave/engine/updates"
	"patchwave/engine/updates/winupdate"
	"patchwave/inventory"
)

// TestWindowsListing: the product's parser sees what was put in.
func TestWindowsListing(t *testing.T) {
	spec := month()
	old, preview, asks := dotNet(), tool(), stack()
	old.ID, old.KBs, old.Supersedes = "5f2a1c0e-0000-4000-8000-000000000009", []string{"5043001"}, nil
	preview.ID, preview.KBs, preview.Optional, preview.EULA = "5f2a1c0e-0000-4000-8000-00000000000a", []string{"5045000"}, true, false
	asks.ID, asks.KBs, asks.Input = "5f2a1c0e-0000-4000-8000-00000000000b", []string{"5046000"}, true
	spec.Updates[0].Supersedes = []string{old.ID}
	spec.Updates = append(spec.Updates, old, preview, asks)
	spec.Pending = []sim.Reason{sim.ReasonServicing}
	_, s := oneWindows(t, sim.Machine{Windows: spec})
	l := winupdate.New().ParseScan(ask(t, s, "scan", map[string]string{"managers": "winupdate", "refresh": "always", "names": "KB890830"}))
	if l.State != inventory.ScanOK || l.Problem != nil || l.RebootRequired == nil || !*l.RebootRequired {
		t.Fatalf("%+v %+v", l, l.Problem)
	}
	var got []string
	for _, u := range l.Updates {
		got = append(got, strings.Join([]string{u.Name, u.To, string(u.Classification), string(u.Severity), string(u.BlockedBy)}, " "))
	}
	want := []string{
		"KB5044028 " + exact(dotNet()) + " security important ",
		"KB5044281 " + exact(cumulative()) + " security critical ",
		"KB5044414 " + exact(stack()) + " bugfix unknown ",
		"KB5046000 " + exact(asks) + " bugfix unknown broken",
		"KB890830 " + exact(tool()) + " bugfix unknown held",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	i := slices.IndexFunc(l.Updates, func(u inventory.Update) bool { return u.Name == "KB5044281" })
	if u := l.Updates[i]; u.Title != cumulative().Title || u.Size != cumulative().Size || !u.Reboot || !slices.Equal(u.KBs, []string{"KB5044281"}) {
		t.Errorf("%+v", u)
	}
}

// TestOfflineCatalogue: a catalogue names security updates, if it is there.
func TestOfflineCatalogue(t *testing.T) {
	spec := month()
	spec.Catalogue = "wsusscn2.cab"
	_, s := oneWindows(t, sim.Machine{Windows: spec})
	args := map[string]string{"managers": "winupdate", "refresh": "always", "source": "offline", "cab": "november.cab"}
	l := winupdate.New().ParseScan(ask(t, s, "scan", args))
	if l.State != inventory.ScanFailed || l.Problem == nil || !strings.Contains(l.Problem.Message, `copy it to C:\ProgramData\patchwave\offline\november.cab`) {
		t.Errorf("%+v %+v", l, l.Problem)
	}
	install := map[string]string{"changes": toInstall(cumulative()), "source": "offline", "cab": "november.cab"}
	_, a := work(t, s, "j1", "install", install)
	if out := winupdate.New().ParseInstall(a); out.Claimed || out.Problem == nil || !strings.Contains(out.Problem.Message, "the catalogue is not on the host") {
		t.Errorf("%+v %+v", out, out.Problem)
	}
	args["cab"], install["cab"] = "wsusscn2.cab", "wsusscn2.cab"
	l = winupdate.New().ParseScan(ask(t, s, "scan", args))
	if len(l.Updates) != 2 || l.Updates[0].Name != "KB5044028" || l.Updates[1].Name != "KB5044281" || !slices.Equal(l.Updates[0].Origins, []string{"offline"}) {
		t.Errorf("%+v %+v", l, l.Problem)
	}
	_, a = work(t, s, "j2", "install", install)
	if out := winupdate.New().ParseInstall(a); !out.Claimed {
		t.Errorf("%+v %+v", out, out.Problem)
	}
}

// TestWindowsInstallOutcome: what the parser says of an installation in which one
// update fails, and of one that is taken back.
func TestWindowsInstallOutcome(t *testing.T) {
	_, s := oneWindows(t, sim.Machine{Windows: month(), Faults: sim.Faults{Windows: sim.WindowsFaults{Fails: map[string]uint32{"KB5044028": 0x80070643}}}})
	_, a := work(t, s, "j1", "install", map[string]string{"changes": toInstall(cumulative(), dotNet())})
	out := winupdate.New().ParseInstall(a)
	if out.Claimed || !out.RebootSuggested || len(out.Failed) != 1 || !strings.Contains(out.Failed["KB5044028"], "0x80070643") {
		t.Errorf("%+v %+v", out, out.Problem)
	}
	_, a = work(t, s, "j2", "rollback", map[string]string{"changes": toInstall(cumulative())})
	if out = winupdate.New().ParseInstall(a); !out.Claimed || len(out.Failed) != 0 {
		t.Errorf("%+v %+v", out, out.Problem)
	}
}

func TestWindowsSimulation(t *testing.T) {
	_, s := oneWindows(t, sim.Machine{Windows: month()})
	want := []updates.Want{{Name: "KB5044281", Version: exact(cumulative())}, {Name: "KB890830", Version: exact(tool())}}
	a := ask(t, s, "simulate", map[string]string{"mode": "set", "want": updates.WantLines(want)})
	got := winupdate.New().ParseSimulation(a, "winupdate.sim", want)
	if !got.OK || len(got.Changes) != 2 || got.Changes[0].Action != updates.ActionInstall || got.Download == 0 {
		t.Errorf("%+v %+v", got, got.Problem)
	}
	want = append(want, updates.Want{Name: "KB1", Version: "5f2a1c0e-0000-4000-8000-0000000000ff.1"})
	a = ask(t, s, "simulate", map[string]string{"mode": "each", "want": updates.WantLines(want)})
	for i := range want {
		if got := winupdate.New().ParseSimulation(a, "winupdate.sim."+string(rune('1'+i)), want[i:i+1]); got.OK != (i < 2) {
			t.Errorf("%d: %+v %+v", i, got, got.Problem)
		}
	}
}
