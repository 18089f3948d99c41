package main

import (
	"bytes"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdNights lets night after night begin with several timers at the same moment:
// `nights N FROM`, the first at FROM and the others a week later each. However they
// come in each other's way, every machine gets what is new, once.
func cmdNights(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: nights N FROM")
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	at, err := time.Parse(time.RFC3339, args[1])
	ts.Check(err)
	for night := range trialRounds(3) {
		version, before := newNightOf(ts, at, night)
		ended := together(ts, n, []string{"run"}, nil)
		worked := 0
		for _, o := range ended {
			switch o.status {
			case exitOK:
				worked++
			case exitLocked:
			default:
				ts.Fatalf("night %d: exit status %d\n%s", night, o.status, o.text)
			}
		}
		if worked == 0 {
			ts.Fatalf("night %d: nobody did the work\n%s", night, ended[0].text)
		}
		wantPatchedOnce(ts, night, version, before)
	}
}

// cmdAdHocNights lets night after night begin with a timer and somebody at a terminal
// at the same moment: `adhocnights FROM`. No machine is worked on by both, neither
// waits for ever, and every machine gets what is new, once.
func cmdAdHocNights(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: adhocnights FROM")
	}
	at, err := time.Parse(time.RFC3339, args[0])
	ts.Check(err)
	byHand := []string{"apply", "--yes", "--refresh", "always", "--lock-timeout", "2m"}
	for night := range trialRounds(3) {
		version, before := newNightOf(ts, at, night)
		for _, o := range togetherEach(ts, [][]string{{"run"}, byHand}, nil) {
			o.check(ts, night, false)
		}
		wantPatchedOnce(ts, night, version, before)
	}
}

// newNightOf has something new for every machine, and lets it be a night some weeks
// after at. It returns the version, and how many jobs the machines had.
func newNightOf(ts *testscript.TestScript, at time.Time, night int) (string, map[string]int) {
	version := "1.22.1-9+deb12u" + strconv.Itoa(100+night)
	before := map[string]int{}
	for _, h := range storyOf(ts).fleet.Hosts() {
		cmdPublish(ts, false, []string{h.Name(), "nginx=" + version})
		before[h.Name()] = len(h.Snapshot().Jobs)
	}
	ts.Setenv("STORY_NOW", at.AddDate(0, 0, 7*night).Format(time.RFC3339))
	together(ts, 1, []string{"scan", "-q", "--refresh", "always"}, nil)
	return version, before
}

// wantPatchedOnce: every machine has the version, by one installation, and belongs
// to nobody.
func wantPatchedOnce(ts *testscript.TestScript, night int, version string, before map[string]int) {
	for _, h := range storyOf(ts).fleet.Hosts() {
		s := h.Snapshot()
		if s.Installed["nginx"].Version != version || len(s.Jobs) != before[h.Name()]+2 || s.Claim != "" {
			ts.Fatalf("night %d: %s has nginx %s, %d jobs more, and the claim %q", night, h.Name(), s.Installed["nginx"].Version,
				len(s.Jobs)-before[h.Name()], s.Claim)
		}
		for _, j := range s.Jobs {
			if j.Runs != 1 {
				ts.Fatalf("night %d: %s ran job %s %d times", night, h.Name(), j.ID, j.Runs)
			}
		}
	}
}

// cmdKillNights kills the program some moment after a night has begun, again and
// again, until one goes through: `killnights TIMES FROM`. Nothing is lost, and
// nothing is done twice.
func cmdKillNights(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: killnights TIMES FROM")
	}
	times, err := strconv.Atoi(args[0])
	ts.Check(err)
	at, err := time.Parse(time.RFC3339, args[1])
	ts.Check(err)
	for night := range trialRounds(4) {
		version, before := newNightOf(ts, at, night)
		for range times {
			killSoon(ts, "run")
		}
		for tries := 0; ; tries++ { // a host may be busy with a job that outlived its run
			o := together(ts, 1, []string{"run", "-o", "json"}, nil)[0]
			if o.status == exitOK {
				break
			}
			if tries > 20 {
				ts.Fatalf("night %d: exit status %d\n%s", night, o.status, o.text)
			}
		}
		wantPatchedOnce(ts, night, version, before)
		if o := together(ts, 1, []string{"run"}, nil)[0]; o.status != exitOK || o.text != "" {
			ts.Fatalf("night %d: all is done, and it says (%d)\n%s", night, o.status, o.text)
		}
	}
}

// killSoon starts the program and kills it at some moment of its life.
func killSoon(ts *testscript.TestScript, args ...string) {
	path, err := exec.LookPath("patchwave")
	ts.Check(err)
	cmd := exec.Command(path, args...)
	var said bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.Env = ts.MkAbs("."), &said, &said, storyEnv(ts)
	ts.Check(cmd.Start())
	t := time.AfterFunc(time.Duration(rand.IntN(600))*time.Millisecond, func() { _ = cmd.Process.Kill() }) // it may have ended
	defer t.Stop()
	_ = cmd.Wait() // killed or not, the machines and the next one tell
}
