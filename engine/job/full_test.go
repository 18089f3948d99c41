package job

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchwave/connectors"
)

// TestPollWhereNothingCanBeWritten: the disk has become full under the job. What
// became of it is told all the same.
func TestPollWhereNothingCanBeWritten(t *testing.T) {
	root := rootDir(t)
	c := newClient(t, root)
	if err := c.Set(t.Context()); err != nil {
		t.Fatal(err)
	}
	id := ID{"r1", "h1", "updates", 1}
	if _, err := c.Start(t.Context(), id, body, map[string]string{"do": "exit 3"}); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(root+"/claim.tmp", 0o700); err != nil { // nobody can write it now
		t.Fatal(err)
	}
	if s, _ := await(t, c, id); s.State != Done || s.RC != 3 {
		t.Errorf("the job is %+v", s)
	}
}

// TestTheOutcomeHasItsRoom: it is written over what is there already, so that a
// full disk does not take it.
func TestTheOutcomeHasItsRoom(t *testing.T) {
	root := rootDir(t)
	c := newClient(t, root)
	if err := c.Set(t.Context()); err != nil {
		t.Fatal(err)
	}
	id := ID{"r1", "h1", "updates", 1}
	dir := filepath.Join(root, "jobs", id.String())
	do := "ls -i " + dir + "/rc.tmp | cut -d' ' -f1 >" + root + "/inode; wc -c <" + dir + "/rc.tmp >>" + root + "/inode; exit 120"
	if _, err := c.Start(t.Context(), id, body, map[string]string{"do": do}); err != nil {
		t.Fatal(err)
	}
	if s, _ := await(t, c, id); s.State != Done || s.RC != 120 {
		t.Errorf("the job is %+v", s)
	}
	rc, err := os.ReadFile(dir + "/rc")
	if err != nil || string(rc) != "120\n" {
		t.Errorf("the outcome is %q, %v", rc, err)
	}
	before, err := os.ReadFile(root + "/inode")
	if err != nil {
		t.Fatal(err)
	}
	if after := inode(t, dir+"/rc") + "\n4\n"; string(before) != after {
		t.Errorf("the file was %q and is %q", before, after)
	}
}

// TestUncollectedJobsAreForgotten after 30 days, by whoever gives a claim back;
// one that runs is not.
func TestUncollectedJobsAreForgotten(t *testing.T) {
	root := rootDir(t)
	c := newClient(t, root)
	if err := c.Set(t.Context()); err != nil {
		t.Fatal(err)
	}
	old, young := ID{"r1", "h1", "updates", 1}, ID{"r1", "h1", "updates", 2}
	for _, id := range []ID{old, young} {
		if _, err := c.Start(t.Context(), id, body, map[string]string{"do": "true"}); err != nil {
			t.Fatal(err)
		}
		await(t, c, id)
	}
	long := time.Now().Add(-31 * 24 * time.Hour)
	if err := os.Chtimes(filepath.Join(root, "jobs", old.String()), long, long); err != nil {
		t.Fatal(err)
	}
	if err := c.Collect(t.Context(), young); err != nil {
		t.Fatal(err)
	}
	tomb := filepath.Join(root, "tombs", young.String())
	if s, _, err := c.Poll(t.Context(), young, 0); err != nil || s.State != Collected || s.RC != 0 {
		t.Errorf("the collected job is %+v, %v", s, err)
	}
	if err := c.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s, _, err := c.Poll(t.Context(), old, 0); err != nil || s.State != Absent {
		t.Errorf("the old job is %+v, %v", s, err)
	}

	// the tombstone too, by whoever collects the next job
	if err := os.Chtimes(tomb, long, long); err != nil {
		t.Fatal(err)
	}
	if err := c.Collect(t.Context(), ID{"r1", "h1", "updates", 3}); err != nil {
		t.Fatal(err)
	}
	if s, _, err := c.Poll(t.Context(), young, 0); err != nil || s.State != Absent {
		t.Errorf("after 31 days the collected job is %+v, %v", s, err)
	}
}

// inode is the number of a file, as the shell shows it.
func inode(t *testing.T, path string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ls", "-i", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))[0]
}

// TestBury: a host that was taken back to a time before a job does not do it again,
// and a job that works is not buried.
func TestBury(t *testing.T) {
	root := rootDir(t)
	c := newClient(t, root)
	if err := c.Set(t.Context()); err != nil {
		t.Fatal(err)
	}
	id := ID{"r1", "h1", "updates", 1}
	mark := filepath.Join(root, "did")
	if _, err := c.Start(t.Context(), id, body, map[string]string{"do": "echo did >>" + mark + "; exit 3"}); err != nil {
		t.Fatal(err)
	}
	await(t, c, id)
	if err := os.RemoveAll(filepath.Join(root, "jobs", id.String())); err != nil { // the host is as before
		t.Fatal(err)
	}
	for range 2 {
		if err := c.Bury(t.Context(), id, 3, "00000000-0000-4000-8000-000000000001"); err != nil {
			t.Fatal(err)
		}
	}
	s, err := c.Start(t.Context(), id, body, map[string]string{"do": "echo did >>" + mark})
	if err != nil || s.State != Collected || s.RC != 3 || s.Fresh {
		t.Errorf("started again: %+v, %v", s, err)
	}
	if did, err := os.ReadFile(mark); err != nil || string(did) != "did\n" {
		t.Errorf("it was done: %q, %v", did, err)
	}

	works := ID{"r1", "h1", "updates", 2}
	if _, err := c.Start(t.Context(), works, body, map[string]string{"do": "until [ -e " + mark + ".go ]; do sleep 0.1; done"}); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for s := (Status{}); s.State != Running; <-tick.C {
		if s, _, err = c.Poll(t.Context(), works, 0); err != nil || s.Ended() {
			t.Fatalf("the job is %+v: %v", s, err)
		}
	}
	if err := c.Bury(t.Context(), works, 0, ""); connectors.CodeOf(err) != connectors.CodeGuard {
		t.Errorf("a job that works is buried: %v", err)
	}
	if err := os.WriteFile(mark+".go", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if s, _ := await(t, c, works); s.State != Done {
		t.Errorf("it is %+v", s)
	}
	c.Claim.Run = "r2"
	if err := c.Bury(t.Context(), works, 0, ""); connectors.CodeOf(err) != connectors.CodeLocked {
		t.Errorf("a job of another's host is buried: %v", err)
	}
}

// TestSpareRoom: each job finds room put aside for what has to be written if it fills the
// disk, and none of it stays. TestRoomSpent of examples/lab has it on a full disk.
func TestSpareRoom(t *testing.T) {
	root := rootDir(t)
	c := newClient(t, root)
	if err := c.Set(t.Context()); err != nil {
		t.Fatal(err)
	}
	id := ID{"r1", "h1", "updates", 1}
	if _, err := c.Start(t.Context(), id, body, map[string]string{"do": "ls " + root + "/spare.* | wc -l"}); err != nil {
		t.Fatal(err)
	}
	if s, log := await(t, c, id); s.State != Done || !strings.Contains(log, "4") {
		t.Errorf("the job is %+v: %s", s, log)
	}
	if err := c.Collect(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if err := c.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(root + "/spare*"); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}
