package sim_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/script"
	"patchwave/connectors/sim"
	"patchwave/engine/job"
	"patchwave/engine/updates"
	"patchwave/engine/updates/apt"
)

// shell is a session that runs scripts in this computer's own sh.
type shell struct{}

func (shell) Close() error { return nil }

func (shell) Dialect() connectors.Dialect { return connectors.DialectSh }

func (shell) Run(ctx context.Context, c connectors.Command) (connectors.Result, error) {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-s")
	cmd.Stdin = bytes.NewReader(c.Script)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		return connectors.Result{}, err
	}
	return connectors.Result{Stdout: out.Bytes(), Stderr: errs.Bytes(), ExitCode: cmd.ProcessState.ExitCode()}, nil
}

// TestJobsAsInTheShell plays one story on a simulated machine and with the real
// scripts in this computer's shell: both must answer alike.
func TestJobsAsInTheShell(t *testing.T) {
	if _, err := exec.LookPath("flock"); err != nil {
		t.Skip("no flock on this computer")
	}
	_, s := one(t, sim.Machine{})
	simulated := jobStory(t, job.Client{Session: s, Host: "m1", Become: true})
	genuine := jobStory(t, job.Client{Session: shell{}, Host: "m1", Root: filepath.Join(t.TempDir(), "patchwave-host")})
	if diff := cmp.Diff(genuine, simulated); diff != "" {
		t.Errorf("real (-), simulated (+):\n%s", diff)
	}
}

// jobStory works with claims and jobs and writes down what came back.
func jobStory(t *testing.T, c job.Client) (story []string) {
	ctx := t.Context()
	as := func(controller, run string, fence int64, dead ...string) job.Client {
		c := c
		c.Claim = job.Claim{Controller: controller, Run: run, Fence: fence, TTL: time.Minute, Dead: dead}
		return c
	}
	// An empty body on the real machine, an empty list of changes on the simulated
	// one: both print an empty frame.
	keep := script.Script{Name: "keep", Version: 1, Sh: "pw_run apt.keep true", PowerShell: "1"}
	args := map[string]string{"changes": "", "dir": "/none"}
	tell := func(what string, err error) {
		story = append(story, what+": "+timeless(err))
	}
	status := func(what string, s job.Status, err error) {
		tell(fmt.Sprintf("%s: %s rc %d fresh %v same boot %v", what, settled(s.State), s.RC, s.Fresh, s.BootID == s.JobBootID), err)
	}
	id, other := job.ID{Run: "r1", Host: "m1", Step: "s", Round: 1}, job.ID{Run: "r1", Host: "m1", Step: "s", Round: 2}
	mine := as("c1", "r1", 5)
	show := func(what string) {
		h, err := mine.Show(ctx)
		tell(fmt.Sprintf("whose it is, %s: %s %s %d %q, stands %v", what, h.Controller, h.Run, h.Fence, h.Name, h.Left > 0), err)
	}
	show("before")
	tell("renew without a claim", mine.Renew(ctx))
	_, err := mine.Start(ctx, id, keep, args)
	tell("start without a claim", err)
	tell("release without a claim", mine.Release(ctx))
	st, _, err := mine.Poll(ctx, id, 0)
	status("poll what is absent", st, err)
	tell("collect what is absent", mine.Collect(ctx, id))
	tell("claim", mine.Set(ctx))
	tell("claim again", mine.Set(ctx))
	show("claimed")
	tell("break another claim", mine.Break(ctx, job.Holder{Controller: "c2", Run: "r1", Fence: 5}))
	tell("claim of another controller", as("c2", "r1", 9).Set(ctx))
	tell("claim of another run", as("c1", "r2", 6).Set(ctx))
	tell("claim of an earlier run", as("c1", "r0", 4).Set(ctx))
	tell("release of another", as("c2", "r1", 9).Release(ctx))
	st, err = mine.Start(ctx, id, keep, args)
	st.RC = -1 // it may have ended already
	status("start", st, err)
	ended, log := await(t, mine, id)
	status("ended", ended, nil)
	story = append(story, string(log))
	_, tail, err := mine.Poll(ctx, id, 10)
	tell("log from 10: "+string(tail), err)
	_, tail, err = mine.Poll(ctx, id, 1<<20)
	tell("log beyond its end: "+string(tail), err)
	st, err = mine.Start(ctx, id, keep, args)
	status("start again", st, err)
	tell("collect", mine.Collect(ctx, id))
	tell("collect again", mine.Collect(ctx, id))
	st, err = mine.Start(ctx, id, keep, args)
	status("start after collect", st, err)
	st, _, err = mine.Poll(ctx, id, 0)
	status("poll after collect", st, err)
	tell("claim of a run that knows mine to be dead", as("c1", "r2", 6, "r0", "r1").Set(ctx))
	tell("renew what was taken", mine.Renew(ctx))
	_, err = mine.Start(ctx, other, keep, args)
	tell("start after it was taken", err)
	tell("claim after it was taken", mine.Set(ctx))
	odd := job.ID{Run: "../x", Step: "", Host: "ü"}
	_, err = as("c1", "r2", 6).Start(ctx, odd, keep, args)
	tell("an odd id", err)
	ended, _ = await(t, mine, odd)
	status("its end", ended, nil)
	show("taken over")
	tell("break", mine.Break(ctx, job.Holder{Controller: "c1", Run: "r2", Fence: 6, Name: mine.Host}))
	show("given back")
	return story
}

// settled makes one of the states of a job that is under way: how far it got is
// a matter of luck.
func settled(s job.State) job.State {
	if s == job.Starting || s == job.Done {
		return job.Running
	}
	return s
}

var numbers = regexp.MustCompile(`\b[0-9]{9,}\b`)

func timeless(err error) string {
	if err == nil {
		return "ok"
	}
	return numbers.ReplaceAllString(err.Error(), "N")
}

func TestAbandonedClaimExpires(t *testing.T) {
	_, s := one(t, sim.Machine{})
	c := client(t, s)
	c.Claim.TTL = time.Second
	if err := c.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	other := c
	other.Claim = job.Claim{Controller: "c2", Run: "r9", Fence: 1, TTL: time.Minute}
	if err := other.Set(t.Context()); connectors.CodeOf(err) != connectors.CodeLocked {
		t.Fatalf("taken at once: %v", err)
	}
	eventually(t, "the end of the claim", func() bool { return other.Set(t.Context()) == nil })
}

func TestJobOutlivesTheConnection(t *testing.T) {
	m := sim.Machine{Updates: []sim.Offer{{Name: "curl", Version: "9"}}, Faults: sim.Faults{CutDuring: []string{"install"}}}
	w, s := one(t, m)
	id := job.ID{Run: "r1", Host: "m1", Step: "updates", Round: 1}
	c := client(t, s)
	if _, err := c.Start(t.Context(), id, updates.InstallScript(apt.New()), curl()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the cut", func() bool {
		_, _, err := c.Poll(t.Context(), id, 0)
		return connectors.CodeOf(err) == connectors.CodeLost
	})
	c.Session = w.dial("m1", nil)
	status, log := await(t, c, id)
	if status.State != job.Done || status.RC != 0 || !framing.ParseLog(job.Nonce(id), log).Complete {
		t.Errorf("%+v %s", status, log)
	}
	snap := w.host().Snapshot()
	if len(snap.Changes) != 1 || snap.Jobs[0].Runs != 1 || snap.Installed["curl"].Version != "9" {
		t.Errorf("%+v", snap)
	}
}

func curl() map[string]string {
	return map[string]string{"lock_wait": "3", "changes": updates.ChangeLines([]updates.Change{
		{Action: updates.ActionUpgrade, Name: "curl", Arch: "amd64", From: "7.88.1-10+deb12u12", To: "9"}})}
}

func TestJobsThatEndBadly(t *testing.T) {
	for _, tt := range []struct {
		name   string
		faults sim.Faults
		state  job.State
		rc     int
	}{
		{"killed", sim.Faults{KillDuring: []string{"install"}}, job.Lost, -1},
		{"crash", sim.Faults{CrashDuring: []string{"install"}}, job.LostReboot, -1},
		{"another job works", sim.Faults{HostLock: true}, job.Done, job.RCHostLock},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, s := one(t, sim.Machine{Updates: []sim.Offer{{Name: "curl", Version: "9"}}})
			c := client(t, s)
			w.host().SetFaults(tt.faults)
			id := job.ID{Run: "r1", Host: "m1", Step: "updates", Round: 1}
			// a crash may come before the answer: what became of the job is asked below
			if _, err := c.Start(t.Context(), id, updates.InstallScript(apt.New()), curl()); err != nil && connectors.CodeOf(err) != connectors.CodeLost {
				t.Fatal(err)
			}
			var got job.Status
			eventually(t, "its end", func() bool {
				var err error
				if got, _, err = c.Poll(t.Context(), id, 0); err != nil {
					if next, err := w.dialer.Dial(t.Context(), w.target("m1")); err == nil {
						t.Cleanup(func() { _ = next.Close() }) // it may have been cut
						c.Session = next
					}
					return false
				}
				return got.Ended()
			})
			if got.State != tt.state || got.RC != tt.rc {
				t.Errorf("%+v", got)
			}
			if snap := w.host().Snapshot(); snap.Interrupted != (tt.state != job.Done) || len(snap.Changes) != 0 {
				t.Errorf("interrupted %v, changes %v", snap.Interrupted, snap.Changes)
			}
		})
	}
}

func TestJobOpsRefused(t *testing.T) {
	w, s := one(t, sim.Machine{Faults: sim.Faults{DiskFull: true}})
	c := job.Client{Session: s, Host: "m1", Become: true, Claim: claim("r1", 1)}
	if err := c.Set(t.Context()); connectors.CodeOf(err) != connectors.CodeDisk {
		t.Errorf("full disk: %v", err)
	}
	w.host().SetFaults(sim.Faults{})
	c.Become = false
	if err := c.Set(t.Context()); connectors.CodeOf(err) != connectors.CodeGuard || !strings.Contains(err.Error(), "patchwave-host") {
		t.Errorf("not root: %v", err)
	}
}
