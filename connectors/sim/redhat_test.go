package sim_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/sim"
	"patchwave/engine/job"
	"patchwave/engine/plan"
	"patchwave/engine/scan"
	"patchwave/engine/updates"
	"patchwave/engine/updates/apt"
	"patchwave/engine/updates/dnf"
	"patchwave/inventory"
)

// rocky is a machine with one update of each kind.
func rocky() sim.Machine {
	issued := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	return sim.Machine{Family: sim.RedHat,
		Packages: append(sim.BaseRedHat(), sim.Package{Name: "nginx", Version: "1:1.20.1-22.el9"}, sim.Package{Name: "locked", Version: "1-1.el9", Held: true},
			sim.Package{Name: "conflicts", Version: "1-1.el9"}, sim.Package{Name: "victim", Arch: "noarch", Version: "1-1.el9"},
			sim.Package{Name: "unmet", Version: "1-1.el9"}, sim.Package{Name: "lost", Version: "1-1.el9", Gone: true}),
		Updates: []sim.Offer{
			{Name: "openssl", Version: "1:3.2.2-6.el9_6.1", Size: 1300000, Needs: []string{"openssl-libs=1:3.2.2-6.el9_6.1"},
				Advisory: &sim.Advisory{ID: "RLSA-2026:0001", Type: "security", Severity: "Important", CVEs: []string{"CVE-2026-1111"}, Updated: issued}},
			{Name: "openssl-libs", Version: "1:3.2.2-6.el9_6.1", Source: "openssl", Size: 2100000,
				Advisory: &sim.Advisory{ID: "RLSA-2026:0001", Type: "security", Severity: "Important", CVEs: []string{"CVE-2026-1111"}, Updated: issued}},
			{Name: "glibc", Version: "2.34-168.el9_6.23", Reboot: true, Advisory: &sim.Advisory{ID: "RLBA-2026:0002", Type: "bugfix", Updated: issued}},
			{Name: "nginx", Version: "1:1.20.1-24.el9", From: []sim.Origin{sim.AppStream()}, Needs: []string{"nginx-core"}},
			{Name: "nginx-core", Version: "1:1.20.1-24.el9", From: []sim.Origin{sim.AppStream()}},
			{Name: "locked", Version: "2-1.el9"},
			{Name: "conflicts", Version: "2-1.el9", Removes: []string{"victim"}},
			{Name: "unmet", Version: "2-1.el9", Needs: []string{"nowhere"}},
			{Name: "lost", Version: "2-1.el9"},
		},
		Services: []sim.Service{{Name: "nginx", Port: 80}}}
}

func observeRocky(t *testing.T, m sim.Machine, req scan.Request) (*world, job.Client, scan.Answer) {
	t.Helper()
	w, s := one(t, m)
	req.Host, req.Become = "m1", true
	a := scan.Observe(t.Context(), s, []updates.Manager{apt.New(), dnf.New()}, req, time.Now())
	return w, client(t, s), a
}

func TestRedHatScan(t *testing.T) {
	w, _, a := observeRocky(t, rocky(), scan.Request{Names: []string{"openssl", "nosuch"}})
	if a.State != inventory.ScanOK || a.Problem != nil || len(a.Notes) > 0 {
		t.Fatalf("%s %+v %q", a.State, a.Problem, a.Notes)
	}
	var got []string
	for _, u := range a.Updates {
		line := strings.Join([]string{u.Name, u.Arch, u.From, u.To, string(u.Classification), string(u.Severity), string(u.BlockedBy), strings.Join(u.Origins, ",")}, " ")
		if u.Reboot {
			line += " reboot"
		}
		got = append(got, line)
	}
	want := []string{
		"conflicts x86_64 1-1.el9 2-1.el9 other unknown kept-back baseos",
		"glibc x86_64 2.34-168.el9_6.14 2.34-168.el9_6.23 bugfix unknown  baseos reboot",
		"locked x86_64 1-1.el9 2-1.el9 other unknown locked baseos",
		"lost x86_64 1-1.el9 2-1.el9 other unknown  baseos",
		"nginx x86_64 1:1.20.1-22.el9 1:1.20.1-24.el9 other unknown  appstream",
		"openssl x86_64 1:3.2.2-6.el9_5 1:3.2.2-6.el9_6.1 security important  baseos",
		"openssl-libs x86_64 1:3.2.2-6.el9_5 1:3.2.2-6.el9_6.1 security important  baseos",
		"unmet x86_64 1-1.el9 2-1.el9 other unknown broken baseos",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]updates.Installed{{Name: "openssl", Arch: "x86_64", Version: "1:3.2.2-6.el9_5", State: "ok"}}, a.Installed); diff != "" {
		t.Error(diff)
	}
	f := a.Facts
	if f.OS.Family != "redhat" || f.OS.Name != "rocky" || f.PackageManager != "dnf" || f.BootID != w.host().Snapshot().BootID || f.RebootRequired {
		t.Errorf("%+v", f)
	}
	if i := slices.IndexFunc(a.Updates, func(u inventory.Update) bool { return u.Name == "openssl-libs" }); a.Updates[i].Source != "openssl" || a.Updates[i].SourceVersion != "3.2.2-6.el9_6.1" {
		t.Errorf("%+v", a.Updates[i])
	}
}

func TestRedHatInTrouble(t *testing.T) {
	for _, tt := range []struct {
		name   string
		faults sim.Faults
		age    time.Duration
		state  inventory.ScanState
		code   string
	}{
		{"stale", sim.Faults{StaleIndex: true}, 0, inventory.ScanStale, "exit"},
		{"no metadata", sim.Faults{StaleIndex: true}, -1, inventory.ScanFailed, "exit"},
		{"disk full", sim.Faults{DiskFull: true}, 0, inventory.ScanStale, "exit"},
		{"interrupted", sim.Faults{Interrupted: true}, 0, inventory.ScanFailed, "interrupted"},
		{"busy", sim.Faults{AptLock: "dnf-automatic"}, 0, inventory.ScanFailed, "locked"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := rocky()
			m.Faults, m.IndexAge = tt.faults, tt.age
			w, s := one(t, m)
			a := scan.Observe(t.Context(), s, []updates.Manager{dnf.New()}, scan.Request{Host: "m1", Become: true}, time.Now())
			if a.State != tt.state || a.Problem == nil || a.Problem.Code != tt.code {
				t.Errorf("%s %+v", a.State, a.Problem)
			}
			if w.host().Snapshot().Refreshes > 1 {
				t.Error("refreshed more than once")
			}
		})
	}
}

func TestRedHatSolver(t *testing.T) {
	_, s := one(t, rocky())
	solver := plan.HostSolver{Session: s, Host: "m1", Manager: dnf.New(), Become: true}
	want := func(name, version string) updates.Want {
		return updates.Want{Name: name, Arch: "x86_64", Version: version}
	}
	got, err := solver.Together(t.Context(), []updates.Want{want("openssl", "1:3.2.2-6.el9_6.1"), want("nginx", "1:1.20.1-24.el9"), want("lost", "2-1.el9")})
	if err != nil || !got.OK {
		t.Fatalf("%+v %v", got.Problem, err)
	}
	changes := []updates.Change{
		{Action: updates.ActionUpgrade, Name: "lost", Arch: "x86_64", From: "1-1.el9", To: "2-1.el9"},
		{Action: updates.ActionUpgrade, Name: "nginx", Arch: "x86_64", From: "1:1.20.1-22.el9", To: "1:1.20.1-24.el9"},
		{Action: updates.ActionInstall, Name: "nginx-core", Arch: "x86_64", To: "1:1.20.1-24.el9"},
		{Action: updates.ActionUpgrade, Name: "openssl", Arch: "x86_64", From: "1:3.2.2-6.el9_5", To: "1:3.2.2-6.el9_6.1"},
		{Action: updates.ActionUpgrade, Name: "openssl-libs", Arch: "x86_64", From: "1:3.2.2-6.el9_5", To: "1:3.2.2-6.el9_6.1"},
	}
	if diff := cmp.Diff(changes, got.Changes); diff != "" || got.Download == 0 || len(got.Undo) != 4 {
		t.Errorf("download %d, undo %v\n%s", got.Download, got.Undo, diff)
	}
	for _, u := range got.Undo {
		if u.Possible != (u.Name != "lost") {
			t.Errorf("%+v", u)
		}
	}
	each, err := solver.Each(t.Context(), []updates.Want{want("locked", "2-1.el9"), want("unmet", "2-1.el9"), want("nosuch", "1"), want("glibc", "2.34-168.el9_6.23")})
	if err != nil || len(each) != 4 {
		t.Fatal(err)
	}
	for i, word := range []string{"locked on the host", "nothing provides nowhere", "no enabled repository", ""} {
		if sim := each[i]; sim.OK != (word == "") || !sim.OK && !strings.Contains(sim.Problem.Message, word) {
			t.Errorf("%d: %+v", i, sim.Problem)
		}
	}
}

func rockyChanges() []updates.Change {
	return []updates.Change{
		{Action: updates.ActionUpgrade, Name: "glibc", Arch: "x86_64", From: "2.34-168.el9_6.14", To: "2.34-168.el9_6.23"},
		{Action: updates.ActionUpgrade, Name: "nginx", Arch: "x86_64", From: "1:1.20.1-22.el9", To: "1:1.20.1-24.el9"},
		{Action: updates.ActionInstall, Name: "nginx-core", Arch: "x86_64", To: "1:1.20.1-24.el9"},
		{Action: updates.ActionUpgrade, Name: "conflicts", Arch: "x86_64", From: "1-1.el9", To: "2-1.el9"},
		{Action: updates.ActionRemove, Name: "victim", Arch: "noarch", From: "1-1.el9"},
	}
}

func TestRedHatThereAndBackAgain(t *testing.T) {
	m := rocky()
	m.Faults.Breaks = map[string]string{"nginx": "nginx"}
	w, c, _ := observeRocky(t, m, scan.Request{})
	before := w.host().Snapshot()
	a := args(rockyChanges())
	step(t, c, "keep", updates.KeepScript(dnf.New()), a)
	rc, answer := step(t, c, "install", updates.InstallScript(dnf.New()), a)
	if out := dnf.New().ParseInstall(answer); rc != 0 || !out.Claimed || out.Problem != nil || len(out.Failed) > 0 {
		t.Fatalf("install: %d %+v %+v", rc, out, out.Problem)
	}
	after := w.host().Snapshot()
	if after.Installed["nginx"].Version != "1:1.20.1-24.el9" || len(after.Changes) != 5 || after.Services["nginx"] != "failed" {
		t.Errorf("%+v", after)
	}
	if seen := scan.Observe(t.Context(), c.Session, []updates.Manager{dnf.New()}, scan.Request{Host: "m1", Become: true}, time.Now()); !seen.Facts.RebootRequired ||
		!strings.Contains(strings.Join(seen.Facts.RebootReasons, " "), "glibc") {
		t.Errorf("%+v", seen.Facts)
	}
	rc, answer = step(t, c, "rollback", updates.RollbackScript(dnf.New()), a)
	if out := dnf.New().ParseInstall(answer); rc != 0 || !out.Claimed {
		t.Fatalf("rollback: %d %+v %+v", rc, out, out.Problem)
	}
	back := w.host().Snapshot()
	if diff := cmp.Diff(before.Installed, back.Installed); diff != "" || back.Services["nginx"] != "active" {
		t.Errorf("%v\n%s", back.Services, diff)
	}
}

func TestRedHatInstallations(t *testing.T) {
	for _, tt := range []struct {
		name    string
		faults  sim.Faults
		changes []updates.Change
		rc      int
		code    string
		word    string
		failed  string
		done    int
	}{
		{name: "good", changes: rockyChanges(), done: 5},
		{name: "hostile", faults: sim.Faults{Hostile: true}, changes: rockyChanges(), done: 5},
		{name: "script fails", faults: sim.Faults{FailPostinst: []string{"nginx"}}, changes: rockyChanges(), failed: "nginx", done: 5},
		{name: "lies", faults: sim.Faults{Lies: []string{"nginx", "nginx-core"}}, changes: rockyChanges(), done: 3},
		{name: "locked", faults: sim.Faults{AptLock: "dnf"}, changes: rockyChanges(), rc: 200, code: "locked", word: "already locked"},
		{name: "disk full later", faults: sim.Faults{}, changes: rockyChanges()[:1], done: 1},
		{name: "drift", changes: rockyChanges()[3:4], rc: 1, code: "exit", word: "not be the approved one: remove victim"},
		{name: "gone", changes: []updates.Change{{Action: updates.ActionUpgrade, Name: "curl", Arch: "x86_64", From: "1", To: "9"}}, rc: 1, code: "exit", word: "not to be had"},
		{name: "misspelled", changes: []updates.Change{{Action: "explode", Name: "curl", Arch: "x86_64"}}, rc: 1, code: "exit", word: "not spelled"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := rocky()
			m.Faults = tt.faults
			w, s := one(t, m)
			rc, answer := step(t, client(t, s), "install", updates.InstallScript(dnf.New()), args(tt.changes))
			out := dnf.New().ParseInstall(answer)
			if rc != tt.rc || out.Claimed != (rc == 0) {
				t.Errorf("rc %d, %+v %+v", rc, out, out.Problem)
			}
			if tt.code != "" && (out.Problem == nil || out.Problem.Code != tt.code || !strings.Contains(out.Problem.Message, tt.word)) {
				t.Errorf("problem %+v", out.Problem)
			}
			if _, named := out.Failed[tt.failed]; named != (tt.failed != "") {
				t.Errorf("failed %v", out.Failed)
			}
			if snap := w.host().Snapshot(); len(snap.Changes) != tt.done {
				t.Errorf("changes %+v", snap.Changes)
			}
		})
	}
}

func TestRedHatPartialRollback(t *testing.T) {
	w, c, _ := observeRocky(t, rocky(), scan.Request{})
	changes := []updates.Change{rockyChanges()[0], {Action: updates.ActionUpgrade, Name: "lost", Arch: "x86_64", From: "1-1.el9", To: "2-1.el9"}}
	a := args(changes)
	_, answer := step(t, c, "keep", updates.KeepScript(dnf.New()), a)
	if f, _ := answer.Get("dnf.keep"); !slices.Equal(f.Lines(), []string{"glibc\tx86_64\t2.34-168.el9_6.14\tkept", "lost\tx86_64\t1-1.el9\tmissing"}) {
		t.Errorf("%q", f.Lines())
	}
	step(t, c, "install", updates.InstallScript(dnf.New()), a)
	rc, answer := step(t, c, "rollback", updates.RollbackScript(dnf.New()), a)
	if out := dnf.New().ParseInstall(answer); rc != 1 || out.Problem == nil || !strings.Contains(out.Problem.Message, "lost") {
		t.Errorf("%d %+v", rc, out.Problem)
	}
	snap := w.host().Snapshot()
	if snap.Installed["glibc"].Version != "2.34-168.el9_6.14" || snap.Installed["lost"].Version != "2-1.el9" {
		t.Errorf("%+v %+v", snap.Installed["glibc"], snap.Installed["lost"])
	}
}

func TestRedHatCrashAndRepair(t *testing.T) {
	m := rocky()
	m.Faults.CrashDuring = []string{"install"}
	w, s := one(t, m)
	c := client(t, s)
	if _, err := c.Start(t.Context(), job.ID{Run: "r1", Host: "m1", Step: "updates", Round: 1}, updates.InstallScript(dnf.New()), args(rockyChanges())); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the crash", func() bool { return w.host().Snapshot().Boots == 1 })
	c.Session = w.again(t, "m1")
	look := func() scan.Answer {
		return scan.Observe(t.Context(), c.Session, []updates.Manager{dnf.New()}, scan.Request{Host: "m1", Become: true}, time.Now())
	}
	if a := look(); a.Problem == nil || a.Problem.Code != "interrupted" || !strings.Contains(a.Problem.Message, "glibc-2.34-168.el9_6.23") {
		t.Errorf("%+v", a.Problem)
	}
	if rc, _ := step(t, c, "repair", repair(), nil); rc != 0 {
		t.Errorf("repair: %d", rc)
	}
	if a := look(); a.State != inventory.ScanOK {
		t.Errorf("%+v", a.Problem)
	}
}
