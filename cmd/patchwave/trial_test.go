package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// trialRounds is how often a story repeats a trial: few unless PATCHWAVE_TRIALS
// says more.
func trialRounds(few int) int {
	if n, err := strconv.Atoi(os.Getenv("PATCHWAVE_TRIALS")); err == nil && n > 0 {
		return n
	}
	return few
}

// cmdRivals starts the program several times at the same moment, round after
// round, each time with something new on every machine: however they come in each
// other's way, all of it is installed, once. With -kill and -stop all but one of
// them are killed, or stopped for longer than a lease stands, at some moment; what
// they leave is gone on with.
func cmdRivals(ts *testscript.TestScript, neg bool, args []string) {
	var disturb func(*os.Process)
	switch {
	case len(args) > 0 && args[0] == "-kill":
		disturb, args = kill, args[1:]
	case len(args) > 0 && args[0] == "-stop":
		disturb, args = pauseProcess, args[1:]
	}
	if neg || len(args) < 2 {
		ts.Fatalf("usage: rivals [-kill|-stop] N ARG…")
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	s := storyOf(ts)
	few := 2
	if disturb != nil {
		few = 1 // they take seconds
	}
	for round := range trialRounds(few) {
		s.published++
		version := "1.22.1-9+deb12u" + strconv.Itoa(100+s.published)
		before := map[string]int{}
		for _, h := range s.fleet.Hosts() {
			cmdPublish(ts, false, []string{h.Name(), "nginx=" + version})
			before[h.Name()] = len(h.Snapshot().Changes)
		}
		for _, o := range together(ts, n, args[1:], disturb) {
			o.check(ts, round, disturb != nil)
		}
		if disturb != nil {
			settle(ts, args[1:])
		}
		for _, h := range s.fleet.Hosts() {
			snap := h.Snapshot()
			if snap.Installed["nginx"].Version != version || len(snap.Changes) != before[h.Name()]+1 || snap.Claim != "" || len(snap.Left) > 0 {
				ts.Fatalf("round %d: %s has nginx %s, %d changes more, the claim %q, and the jobs %v", round, h.Name(),
					snap.Installed["nginx"].Version, len(snap.Changes)-before[h.Name()], snap.Claim, snap.Left)
			}
			for _, j := range snap.Jobs {
				if j.Runs > 1 {
					ts.Fatalf("round %d: %s ran job %s %d times", round, h.Name(), j.ID, j.Runs)
				}
			}
		}
	}
}

// check: nothing is wrong with the program itself. Of those that nobody disturbed,
// one may be refused, as another was faster and the host drifted, and one may
// have looked at a host in the middle of another's work.
func (o ending) check(ts *testscript.TestScript, round int, disturbed bool) {
	ok := o.status == exitOK || o.status == exitRefused || o.status == exitLocked ||
		o.status == exitFailed && strings.Contains(o.text, "not wholly installed")
	if disturbed {
		ok = o.status != exitInternal && o.status != exitUsage
	}
	if !ok {
		ts.Fatalf("round %d: exit status %d\n%s", round, o.status, o.text)
	}
}

// kill ends a process at some moment of its life.
func kill(p *os.Process) {
	<-time.After(time.Duration(rand.IntN(1200)) * time.Millisecond)
	_ = p.Kill() // it may have ended already
}

// pauseProcess stops a process at some moment of its life for a second and a half.
func pauseProcess(p *os.Process) {
	<-time.After(time.Duration(rand.IntN(1200)) * time.Millisecond)
	if p.Signal(syscall.SIGSTOP) == nil {
		<-time.After(1500 * time.Millisecond)
		_ = p.Signal(syscall.SIGCONT) // as above
	}
}

// settle goes on with all that was left in the middle, and does the rest.
func settle(ts *testscript.TestScript, args []string) {
	var doc historyDoc
	ts.Check(ts.Exec("patchwave", "history", "-n", "100", "-o", "json"))
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &doc))
	for _, r := range doc.Runs {
		if r.State == "interrupted" {
			var e *exec.ExitError
			if err := ts.Exec("patchwave", "resume", r.ID); errors.As(err, &e) && e.ExitCode() == exitInternal || err != nil && e == nil {
				ts.Fatalf("resume %s: %v\n%s", r.ID, err, ts.ReadFile("stderr"))
			}
		}
	}
	ts.Check(ts.Exec("patchwave", args...))
}

// ending is how a process ended and what it said.
type ending struct {
	status int
	text   string
}

// together runs the program n times at once, and disturbs all but the last.
func together(ts *testscript.TestScript, n int, args []string, disturb func(*os.Process)) []ending {
	return togetherEach(ts, slices.Repeat([][]string{args}, n), disturb)
}

// togetherEach is together with arguments for each process.
func togetherEach(ts *testscript.TestScript, each [][]string, disturb func(*os.Process)) []ending {
	path, err := exec.LookPath("patchwave")
	ts.Check(err)
	n := len(each)
	out := make([]ending, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i, args := range each {
		var said bytes.Buffer
		cmd := exec.Command(path, args...)
		cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.Env = ts.MkAbs("."), &said, &said, storyEnv(ts)
		wg.Go(func() {
			<-start
			err := cmd.Start()
			if err == nil && disturb != nil && i < n-1 {
				wg.Go(func() { disturb(cmd.Process) })
			}
			if err == nil {
				err = cmd.Wait()
			}
			var exit *exec.ExitError
			switch {
			case errors.As(err, &exit):
				out[i].status = exit.ExitCode()
			case err != nil:
				out[i].status = -1
			}
			out[i].text = said.String()
		})
	}
	close(start)
	wg.Wait()
	return out
}

// storyEnv is the environment of the program in a story.
func storyEnv(ts *testscript.TestScript) []string {
	var out []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "XDG_STATE_HOME", "TZ", "GORACE", "STORY_HEARTBEAT", "STORY_PATIENCE", "STORY_NOW"} {
		out = append(out, name+"="+ts.Getenv(name))
	}
	return out
}
