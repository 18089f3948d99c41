package sim_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/framing"
	"patchwave/connectors/script"
	"patchwave/connectors/sim"
	"patchwave/engine/job"
	"patchwave/engine/updates"
	"patchwave/engine/updates/apt"
)

// step runs one job to its end and returns its exit status and its log.
func step(t *testing.T, c job.Client, name string, body script.Script, args map[string]string) (int, framing.Answer) {
	t.Helper()
	id := job.ID{Run: c.Claim.Run, Host: "m1", Step: name, Round: 1}
	if _, err := c.Start(t.Context(), id, body, args); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	status, log := await(t, c, id)
	answer := framing.ParseLog(job.Nonce(id), log)
	if status.State != job.Done || !answer.Complete {
		t.Fatalf("%s: %+v\n%s", name, status, log)
	}
	return status.RC, answer
}

func trio() sim.Machine {
	return sim.Machine{
		Packages: append(sim.Base(), sim.Package{Name: "nginx", Version: "1"}, sim.Package{Name: "victim", Version: "1"}),
		Updates: []sim.Offer{
			{Name: "nginx", Version: "2", Needs: []string{"nginx-common"}, Removes: []string{"victim"}},
			{Name: "nginx-common", Arch: "all", Version: "2"},
			{Name: "curl", Version: "9"},
		},
		Services: []sim.Service{{Name: "nginx", Port: 80}},
	}
}

func trioChanges() []updates.Change {
	return []updates.Change{
		{Action: updates.ActionUpgrade, Name: "curl", Arch: "amd64", From: "7.88.1-10+deb12u12", To: "9"},
		{Action: updates.ActionUpgrade, Name: "nginx", Arch: "amd64", From: "1", To: "2"},
		{Action: updates.ActionInstall, Name: "nginx-common", Arch: "all", To: "2"},
		{Action: updates.ActionRemove, Name: "victim", Arch: "amd64", From: "1"},
	}
}

func args(changes []updates.Change) map[string]string {
	return map[string]string{"changes": updates.ChangeLines(changes), "dir": "/var/lib/patchwave-host/points/r1", "lock_wait": "5"}
}

func TestThereAndBackAgain(t *testing.T) {
	w, s := one(t, trio())
	c := client(t, s)
	before := w.host().Snapshot().Installed
	a := args(trioChanges())
	rc, answer := step(t, c, "keep", updates.KeepScript(apt.New()), a)
	frame, _ := answer.Get("apt.keep")
	want := []string{"curl\tamd64\t7.88.1-10+deb12u12\tkept", "nginx\tamd64\t1\tkept", "victim\tamd64\t1\tkept"}
	if diff := cmp.Diff(want, frame.Lines()); rc != 0 || diff != "" {
		t.Errorf("keep: %d\n%s", rc, diff)
	}
	rc, answer = step(t, c, "install", updates.InstallScript(apt.New()), a)
	if out := apt.New().ParseInstall(answer); rc != 0 || !out.Claimed || out.Problem != nil {
		t.Fatalf("install: %d %+v %+v", rc, out, out.Problem)
	}
	after := w.host().Snapshot()
	if after.Installed["nginx"].Version != "2" || after.Installed["curl"].Version != "9" || !after.Installed["nginx-common"].Auto {
		t.Errorf("%+v", after.Installed)
	}
	if _, there := after.Installed["victim"]; there || len(after.Changes) != 4 {
		t.Errorf("victim there: %v, changes %+v", there, after.Changes)
	}
	rc, answer = step(t, c, "rollback", updates.RollbackScript(apt.New()), a)
	if out := apt.New().ParseInstall(answer); rc != 0 || !out.Claimed {
		t.Fatalf("rollback: %d %+v %+v", rc, out, out.Problem)
	}
	back := w.host().Snapshot()
	if diff := cmp.Diff(before, back.Installed); diff != "" {
		t.Error(diff)
	}
	for _, j := range back.Jobs {
		if j.Runs != 1 || !j.Ended {
			t.Errorf("%+v", j)
		}
	}
}

func TestInstallations(t *testing.T) {
	drifted := trioChanges()[1:2]
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
		{name: "good", changes: trioChanges(), done: 4},
		{name: "hostile", faults: sim.Faults{Hostile: true}, changes: trioChanges(), done: 4},
		{name: "script fails", faults: sim.Faults{FailPostinst: []string{"nginx"}}, changes: trioChanges(), rc: 100, code: "exit", word: "nginx failed", failed: "nginx", done: 4},
		{name: "script fails with hostile words", faults: sim.Faults{FailPostinst: []string{"nginx"}, Hostile: true}, changes: trioChanges(), rc: 100, code: "exit",
			word: "nginx failed", failed: "nginx", done: 4},
		{name: "lies", faults: sim.Faults{Lies: []string{"curl"}}, changes: trioChanges(), done: 3},
		{name: "lock held", faults: sim.Faults{AptLock: "unattended-upgr"}, changes: trioChanges(), rc: 100, code: "locked", word: "unattended-upgr"},
		{name: "interrupted", faults: sim.Faults{Interrupted: true}, changes: trioChanges(), rc: 100, code: "interrupted", word: "dpkg was interrupted"},
		{name: "drift", changes: drifted, rc: 100, code: "exit", word: "remove is disabled"},
		{name: "a dependency more", changes: append(drifted, trioChanges()[3]), rc: 100, code: "exit", word: "apt would change more: nginx-common 2"},
		{name: "gone", changes: []updates.Change{{Action: updates.ActionUpgrade, Name: "curl", Arch: "amd64", From: "1", To: "10"}}, rc: 100, code: "exit",
			word: "Version '10' for 'curl' was not found"},
		{name: "misspelled", changes: []updates.Change{{Action: "explode", Name: "curl", Arch: "amd64", From: "1", To: "10"}}, rc: 100, code: "exit", word: "not spelled"},
		{name: "nothing", changes: nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := trio()
			m.Faults = tt.faults
			w, s := one(t, m)
			rc, answer := step(t, client(t, s), "install", updates.InstallScript(apt.New()), args(tt.changes))
			out := apt.New().ParseInstall(answer)
			if rc != tt.rc || out.Claimed != (tt.rc == 0) {
				t.Errorf("rc %d, %+v", rc, out)
			}
			if tt.code != "" && (out.Problem == nil || out.Problem.Code != tt.code || !strings.Contains(out.Problem.Message, tt.word)) {
				t.Errorf("problem %+v", out.Problem)
			}
			if _, named := out.Failed[tt.failed]; tt.failed != "" && !named {
				t.Errorf("failed %v", out.Failed)
			}
			if snap := w.host().Snapshot(); len(snap.Changes) != tt.done {
				t.Errorf("changes %+v", snap.Changes)
			}
		})
	}
}

func TestFailedPackageIsSeenAndRolledBack(t *testing.T) {
	m := trio()
	m.Faults.FailPostinst = []string{"curl"}
	w, s := one(t, m)
	c := client(t, s)
	a := args(trioChanges()[:1])
	step(t, c, "keep", updates.KeepScript(apt.New()), a)
	if rc, _ := step(t, c, "install", updates.InstallScript(apt.New()), a); rc != 100 {
		t.Fatalf("rc %d", rc)
	}
	if got := w.host().Snapshot().Installed["curl"]; got.State != "half-configured" || got.Version != "9" {
		t.Errorf("%+v", got)
	}
	rc, answer := step(t, c, "repair", repair(), map[string]string{"lock_wait": "1"})
	if out := apt.New().ParseInstall(answer); rc != 100 || out.Claimed {
		t.Errorf("repair: %d %+v", rc, out)
	}
	rc, answer = step(t, c, "rollback", updates.RollbackScript(apt.New()), a)
	if out := apt.New().ParseInstall(answer); rc != 0 || !out.Claimed || len(out.Failed) != 0 {
		t.Errorf("rollback: %d %+v %+v", rc, out, out.Problem)
	}
	if got := w.host().Snapshot().Installed["curl"]; got.State != "ok" || got.Version != "7.88.1-10+deb12u12" {
		t.Errorf("%+v", got)
	}
}

func TestRollbackWithoutWhatWasKept(t *testing.T) {
	m := trio()
	for i := range m.Packages {
		m.Packages[i].Gone = true
	}
	m.Faults.CannotKeep = []string{"curl"}
	w, s := one(t, m)
	c := client(t, s)
	a := args(trioChanges()[:1])
	_, answer := step(t, c, "keep", updates.KeepScript(apt.New()), a)
	if frame, _ := answer.Get("apt.keep"); !slices.Equal(frame.Lines(), []string{"curl\tamd64\t7.88.1-10+deb12u12\tmissing"}) {
		t.Errorf("keep: %q", frame.Lines())
	}
	step(t, c, "install", updates.InstallScript(apt.New()), a)
	rc, answer := step(t, c, "rollback", updates.RollbackScript(apt.New()), a)
	if out := apt.New().ParseInstall(answer); rc != 100 || out.Problem == nil || !strings.Contains(out.Problem.Message, "was not found") {
		t.Errorf("rollback: %d %+v", rc, out)
	}
	if v := w.host().Snapshot().Installed["curl"].Version; v != "9" {
		t.Errorf("curl %s", v)
	}
}

func TestLockThatIsGivenBack(t *testing.T) {
	m := trio()
	m.Faults.AptLock = "apt-get"
	w, s := one(t, m)
	c := client(t, s)
	a := args(trioChanges())
	a["lock_wait"] = "4000"
	id := job.ID{Run: "r1", Host: "m1", Step: "install", Round: 1}
	if _, err := c.Start(t.Context(), id, updates.InstallScript(apt.New()), a); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the wait", func() bool {
		_, log, err := c.Poll(t.Context(), id, 0)
		return err == nil && strings.Contains(string(log), "waiting for 812 (apt-get)")
	})
	w.host().Unlock()
	if status, _ := await(t, c, id); status.RC != 0 {
		t.Errorf("%+v", status)
	}
}

func TestBrokenServiceWorksAgainAfterRollback(t *testing.T) {
	m := trio()
	m.Faults.Breaks = map[string]string{"nginx": "nginx"}
	w, s := one(t, m)
	c := client(t, s)
	a := args(trioChanges())
	states := []string{w.host().Snapshot().Services["nginx"]}
	for _, body := range []script.Script{updates.KeepScript(apt.New()), updates.InstallScript(apt.New()), updates.RollbackScript(apt.New())} {
		if rc, _ := step(t, c, body.Name, body, a); rc != 0 {
			t.Fatalf("%s: %d", body.Name, rc)
		}
		states = append(states, w.host().Snapshot().Services["nginx"])
	}
	if diff := cmp.Diff([]string{"active", "active", "failed", "active"}, states); diff != "" {
		t.Error(diff)
	}
}

func repair() script.Script { return script.Script{Name: "repair", Version: 1, Sh: ":"} }
