package sim_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/powershell"
	"patchwave/connectors/script"
	"patchwave/connectors/sim"
)

// Updates of the tests.
const (
	cumulativeID = "5f2a1c0e-0000-4000-8000-000000000001"
	netID        = "5f2a1c0e-0000-4000-8000-000000000002"
	toolID       = "5f2a1c0e-0000-4000-8000-000000000003"
	stackID      = "5f2a1c0e-0000-4000-8000-000000000004"
)

func cumulative() sim.WindowsUpdate {
	return sim.WindowsUpdate{ID: cumulativeID, Revision: 200, KBs: []string{"5044281"}, Class: sim.ClassSecurity, Severity: "Critical",
		Title:  "2026-11 Kumulatives Update f\u00fcr Microsoft Server-Betriebssystem, Version 21H2 (KB5044281)",
		Reboot: sim.RebootCanWant, Build: "10.0.20348.2849", Size: 380 << 20}
}

func dotNet() sim.WindowsUpdate {
	return sim.WindowsUpdate{ID: netID, Revision: 1, KBs: []string{"5044028"}, Class: sim.ClassSecurity, Severity: "Important",
		Title: "2026-11 Cumulative Update for .NET Framework 4.8 (KB5044028)", Reboot: sim.RebootCanWant}
}

func tool() sim.WindowsUpdate {
	return sim.WindowsUpdate{ID: toolID, Revision: 7, KBs: []string{"890830"}, Class: sim.ClassRollup, EULA: true,
		Title: "Windows Malicious Software Removal Tool x64 - v5.129 (KB890830)", Permanent: true}
}

func stack() sim.WindowsUpdate {
	return sim.WindowsUpdate{ID: stackID, Revision: 3, KBs: []string{"5044414"}, Class: sim.ClassUpdate, Exclusive: true, Permanent: true,
		Title: "2026-11 Servicing Stack Update (KB5044414)"}
}

func month() sim.Windows {
	return sim.Windows{Updates: []sim.WindowsUpdate{cumulative(), dotNet(), tool(), stack()}}
}

// ask runs one of the scripts and reads its frames.
func ask(t *testing.T, s connectors.Session, name string, args map[string]string) framing.Answer {
	t.Helper()
	a, err := script.Run(t.Context(), s, script.Script{Name: name, Version: 1, PowerShell: "1"}, args, script.Options{Host: "m1"})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return a
}

// op is one operation on jobs and the claim.
func op(t *testing.T, s connectors.Session, what string, more map[string]string) map[string]string {
	t.Helper()
	args := map[string]string{"op": what, "controller": "c1", "run": "r1", "fence": "1", "ttl": "60", "host": "m1"}
	maps.Copy(args, more)
	return ask(t, s, "job", args).Values("job")
}

// start starts a job, the claim set.
func start(t *testing.T, s connectors.Session, id, name string, args map[string]string) {
	t.Helper()
	if v := op(t, s, "claim", nil); v["claim"] != "set" {
		t.Fatalf("claim: %v", v)
	}
	program, err := powershell.Encode(framing.Call{Name: name, Version: 1, Nonce: "00ff", Args: args, Body: "1"})
	if err != nil {
		t.Fatal(err)
	}
	text := strings.TrimRight(string(program), "\n")
	sum := sha256.Sum256([]byte(text + "\n"))
	v := op(t, s, "start", map[string]string{"id": id, "body": text, "wrap": "1", "sum": hex.EncodeToString(sum[:])})
	if v["started"] != "now" {
		t.Fatalf("start %s: %v", name, v)
	}
}

// done waits for the end of a job and reads its log.
func done(t *testing.T, s connectors.Session, id string) (rc string, a framing.Answer) {
	t.Helper()
	eventually(t, "the end of "+id, func() bool {
		v := op(t, s, "poll", map[string]string{"id": id})
		rc = v["rc"]
		return v["state"] == "done"
	})
	log, _ := ask(t, s, "job", map[string]string{"op": "poll", "id": id, "offset": "0", "max": "65536"}).Get("log")
	return rc, framing.ParseLog("00ff", log.Out)
}

func work(t *testing.T, s connectors.Session, id, name string, args map[string]string) (rc string, a framing.Answer) {
	t.Helper()
	start(t, s, id, name, args)
	return done(t, s, id)
}

// toInstall are lines of changes for updates.
func toInstall(list ...sim.WindowsUpdate) string {
	var lines []string
	for _, u := range list {
		lines = append(lines, "install\tKB"+u.KBs[0]+"\t\t-\t"+exact(u))
	}
	return strings.Join(lines, "\n")
}

func exact(u sim.WindowsUpdate) string {
	return u.ID + "." + map[int]string{200: "200", 1: "1", 7: "7", 3: "3"}[u.Revision]
}

// offered are the UpdateIDs of a listing, sorted.
func offered(t *testing.T, s connectors.Session) []string {
	t.Helper()
	f, _ := ask(t, s, "scan", map[string]string{"refresh": "always"}).Get("winupdate.list")
	var list struct {
		Updates []struct{ ID string }
	}
	if err := json.Unmarshal(f.Out, &list); err != nil {
		t.Fatalf("%v: %s", err, f.Out)
	}
	ids := []string{}
	for _, u := range list.Updates {
		ids = append(ids, u.ID)
	}
	slices.Sort(ids)
	return ids
}

// has is what the machine says of updates by their names.
func has(t *testing.T, s connectors.Session, names ...string) string {
	t.Helper()
	f, _ := ask(t, s, "scan", map[string]string{"refresh": "never", "names": strings.Join(names, "\n")}).Get("winupdate.installed")
	var out []string
	for _, line := range f.Lines() {
		if v := strings.Split(line, "\t"); len(v) == 4 {
			out = append(out, v[0]+" "+v[3])
		}
	}
	return strings.Join(out, ", ")
}

// results are the states of RESULT lines by name.
func results(t *testing.T, a framing.Answer, frame string) map[string]string {
	t.Helper()
	f, ok := a.Get(frame)
	if !ok {
		t.Fatalf("no frame %s", frame)
	}
	out := map[string]string{}
	for _, line := range f.Lines() {
		if v := strings.Split(line, "\t"); v[0] == "RESULT" {
			if len(v) != 8 {
				t.Errorf("%d fields: %q", len(v), line)
			}
			out[v[1]] = v[3] + " " + v[5]
		}
	}
	return out
}

// again reboots a machine through its own job and opens a new session.
func again(t *testing.T, h *sim.Host, fleet *sim.Fleet, s connectors.Session, id string) connectors.Session {
	t.Helper()
	before := h.Snapshot().Boots
	start(t, s, id, "reboot", nil)
	eventually(t, "a reboot", func() bool {
		var err error
		if h.Snapshot().Boots == before {
			return false
		}
		s, err = overWinRM(t, fleet, h.Name(), nil)
		return err == nil
	})
	return s
}

func TestWindowsInstallAndReboot(t *testing.T) {
	w := newWorld(t, fast, sim.Machine{Name: "m1", Family: sim.WindowsFamily, Windows: month()})
	h := w.host()
	s, err := overWinRM(t, w.fleet, "m1", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := offered(t, s); len(got) != 4 {
		t.Fatalf("offered %v", got)
	}
	rc, a := work(t, s, "j1", "install", map[string]string{"changes": toInstall(cumulative(), tool(), stack()), "accept_eula": "true"})
	want := map[string]string{"KB5044281": "installed 0x00000000", "KB890830": "installed 0x00000000", "KB5044414": "installed 0x00000000"}
	if diff := cmp.Diff(want, results(t, a, "winupdate.install")); diff != "" || rc != "0" {
		t.Errorf("rc %s %s", rc, diff)
	}
	snap := h.Snapshot()
	if snap.Changes[0].Package != stackID || !slices.Contains(snap.EULAs, toolID) || len(snap.Reasons) != 2 {
		t.Errorf("%+v", snap)
	}
	if got := has(t, s, "KB5044281", "KB890830", "KB5044028"); got != "KB5044281 pending-reboot, KB890830 ok" {
		t.Error(got)
	}
	before := snap.BootID
	s = again(t, h, w.fleet, s, "j2")
	eventually(t, "readiness", func() bool { return ask(t, s, "ready", nil).Values("ready")["ready"] == "yes" })
	snap = h.Snapshot()
	if snap.BootID <= before || snap.Build != "10.0.20348.2849" || len(snap.Reasons) != 0 {
		t.Errorf("%+v", snap)
	}
	if got := has(t, s, "KB5044281"); got != "KB5044281 ok" || !slices.Equal(offered(t, s), []string{netID}) {
		t.Error(got, offered(t, s))
	}
	rc, a = work(t, s, "j3", "rollback", map[string]string{"changes": toInstall(cumulative(), tool())})
	if got := results(t, a, "winupdate.rollback"); rc != "1" || got["KB5044281"] != "removed 0x00000000" || got["KB890830"] != "failed 0x800F0825" {
		t.Errorf("%s %v", rc, got)
	}
}

func TestWindowsFaults(t *testing.T) {
	m := sim.Machine{Name: "m1", Family: sim.WindowsFamily, Windows: month(), Faults: sim.Faults{
		Lies: []string{"KB890830"}, Windows: sim.WindowsFaults{SecondReboot: true, RollsBack: []string{"KB5044281"},
			Forever: []string{stackID}, Fails: map[string]uint32{"KB5044028": 0x80070643}}}}
	w := newWorld(t, fast, m)
	s, err := overWinRM(t, w.fleet, "m1", nil)
	if err != nil {
		t.Fatal(err)
	}
	rc, a := work(t, s, "j1", "install", map[string]string{"changes": toInstall(cumulative(), dotNet(), tool(), stack()), "accept_eula": "true"})
	want := map[string]string{"KB5044281": "installed 0x00000000", "KB5044028": "failed 0x80070643", "KB890830": "installed 0x00000000", "KB5044414": "installed 0x00000000"}
	if diff := cmp.Diff(want, results(t, a, "winupdate.install")); diff != "" || rc != "1" {
		t.Errorf("rc %s %s", rc, diff)
	}
	again(t, w.host(), w.fleet, s, "j2")
	eventually(t, "a second boot", func() bool { return w.host().Snapshot().Boots == 2 })
	eventually(t, "an answer", func() bool { s, err = overWinRM(t, w.fleet, "m1", nil); return err == nil })
	if got := has(t, s, "KB5044281", "KB5044028", "KB890830", "KB5044414"); got != "KB5044281 failed, KB5044028 failed, KB5044414 ok" {
		t.Error(got)
	}
	if got := offered(t, s); len(got) != 4 {
		t.Errorf("offered %v", got)
	}
}

func TestWindowsSlowSearch(t *testing.T) {
	_, s := oneWindows(t, sim.Machine{Windows: month(), Faults: sim.Faults{Windows: sim.WindowsFaults{SlowSearch: 2}}})
	var since string
	for i := range 3 {
		a := ask(t, s, "scan", map[string]string{"refresh": "always", "since": since})
		_, list := a.Get("winupdate.list")
		if _, running := a.Get("scan.running"); running != (i < 2) || list == running {
			t.Fatalf("round %d: %+v", i, a)
		}
		if i < 2 {
			since = a.Values("scan.running")["started"]
		}
	}
}

// TestWindowsJobOutlivesConnections: and not a reboot.
func TestWindowsJobOutlivesConnections(t *testing.T) {
	w := newWorld(t, fast, sim.Machine{Name: "m1", Family: sim.WindowsFamily, Windows: month(), Faults: sim.Faults{CutDuring: []string{"install"}, HoldDuring: []string{"keep"}}})
	s, err := overWinRM(t, w.fleet, "m1", nil)
	if err != nil {
		t.Fatal(err)
	}
	start(t, s, "j1", "install", map[string]string{"changes": toInstall(stack())})
	eventually(t, "its end", func() bool { return w.host().Snapshot().Jobs[0].Ended })
	if s, err = overWinRM(t, w.fleet, "m1", nil); err != nil {
		t.Fatal(err)
	}
	if rc, _ := done(t, s, "j1"); rc != "0" {
		t.Errorf("rc %s", rc)
	}
	start(t, s, "j2", "keep", map[string]string{"changes": toInstall(cumulative())})
	w.host().Reboot()
	eventually(t, "a boot", func() bool { s, err = overWinRM(t, w.fleet, "m1", nil); return err == nil })
	if v := op(t, s, "poll", map[string]string{"id": "j2"}); v["state"] != "lost-reboot" || v["boot_id"] == v["job_boot_id"] {
		t.Errorf("%v", v)
	}
	if v := op(t, s, "claim", map[string]string{"controller": "c2"}); v["refused"] != "locked" || v["holder_run"] != "r1" {
		t.Errorf("%v", v)
	}
}

// TestWindowsClockIsSet: a clock that is set is no reboot; a reboot is one, also where the
// clock shows an earlier time after it.
func TestWindowsClockIsSet(t *testing.T) {
	w := newWorld(t, fast, sim.Machine{Name: "m1", Family: sim.WindowsFamily, Windows: month(), Faults: sim.Faults{HoldDuring: []string{"keep"}}})
	s, err := overWinRM(t, w.fleet, "m1", nil)
	if err != nil {
		t.Fatal(err)
	}
	before := ask(t, s, "facts", nil).Values("facts")
	start(t, s, "j1", "keep", map[string]string{"changes": toInstall(cumulative())})
	for _, step := range []time.Duration{40 * time.Second, -50 * 24 * time.Hour} {
		w.host().PassTime(step)
		if v := ask(t, s, "facts", nil).Values("facts"); v["boot_id"] != before["boot_id"] || v["now"] == before["now"] {
			t.Errorf("%s: %v, before %v", step, v, before)
		}
		if v := op(t, s, "poll", map[string]string{"id": "j1"}); v["state"] != "running" || v["boot_id"] != v["job_boot_id"] {
			t.Errorf("%s: %v", step, v)
		}
	}
	w.host().Reboot()
	eventually(t, "a boot", func() bool { s, err = overWinRM(t, w.fleet, "m1", nil); return err == nil })
	if v := op(t, s, "poll", map[string]string{"id": "j1"}); v["state"] != "lost-reboot" || v["boot_id"] >= before["boot_id"] {
		t.Errorf("%v, before %v", v, before)
	}
}
