package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"

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
// other's way, all of it is installed, once.
func cmdRivals(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: rivals N ARG…")
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	fleet := storyOf(ts).fleet
	for round := range trialRounds(2) {
		storyOf(ts).published++
		version := "1.22.1-9+deb12u" + strconv.Itoa(100+storyOf(ts).published)
		before := map[string]int{}
		for _, h := range fleet.Hosts() {
			cmdPublish(ts, false, []string{h.Name(), "nginx=" + version})
			before[h.Name()] = len(h.Snapshot().Jobs)
		}
		for _, o := range together(ts, n, args[1:]) {
			// refused: another was faster, and the host drifted; failed: it was looked at
			// in the middle of another's work
			ok := o.status == 0 || o.status == exitRefused || o.status == exitLocked ||
				o.status == exitFailed && strings.Contains(o.text, "not wholly installed")
			if !ok {
				ts.Fatalf("round %d: exit status %d\n%s", round, o.status, o.text)
			}
		}
		for _, h := range fleet.Hosts() {
			s := h.Snapshot()
			if s.Installed["nginx"].Version != version || len(s.Jobs) != before[h.Name()]+2 || s.Claim != "" {
				ts.Fatalf("round %d: %s has nginx %s, %d jobs more, and the claim %q", round, h.Name(), s.Installed["nginx"].Version,
					len(s.Jobs)-before[h.Name()], s.Claim)
			}
			for _, j := range s.Jobs {
				if j.Runs != 1 {
					ts.Fatalf("round %d: %s ran job %s %d times", round, h.Name(), j.ID, j.Runs)
				}
			}
		}
	}
}

// ending is how a process ended and what it said.
type ending struct {
	status int
	text   string
}

// together runs the program n times at once.
func together(ts *testscript.TestScript, n int, args []string) []ending {
	path, err := exec.LookPath("patchwave")
	ts.Check(err)
	out := make([]ending, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		var said bytes.Buffer
		cmd := exec.Command(path, args...)
		cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.Env = ts.MkAbs("."), &said, &said, storyEnv(ts)
		wg.Go(func() {
			<-start
			err := cmd.Run()
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
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "XDG_STATE_HOME", "TZ", "GORACE", "STORY_HEARTBEAT", "STORY_NOW"} {
		out = append(out, name+"="+ts.Getenv(name))
	}
	return out
}
