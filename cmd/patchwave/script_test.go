package main

import (
	"context"
	"errors"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes the test binary the program: the stories of testdata/script run
// it as `patchwave`.
func TestMain(m *testing.M) {
	// Stories wait more than they work. -parallel on the command line is later, and counts.
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){"patchwave": func() {
		a := newApp(os.Stdin, os.Stdout, os.Stderr)
		a.pollEvery = 20 * time.Millisecond // simulated machines are fast
		a.settle = 300 * time.Millisecond
		a.patience = 700 * time.Millisecond
		if long, err := time.ParseDuration(os.Getenv("STORY_PATIENCE")); err == nil {
			a.patience = long
		}
		if short, err := time.ParseDuration(os.Getenv("STORY_BACK")); err == nil {
			a.back = short // a story in which a host does not come back
		}
		a.lastWord = time.Second // and so are receivers
		if at, err := time.Parse(time.RFC3339, os.Getenv("STORY_NOW")); err == nil {
			began := time.Now() // a story that has a time of its own
			a.now = func() time.Time { return at.Add(time.Since(began)).In(time.Local) }
		}
		if every, err := time.ParseDuration(os.Getenv("STORY_HEARTBEAT")); err == nil {
			a.leasing.every = every // a story in which leases expire
		}
		os.Exit(a.execute(context.Background(), os.Args[1:]))
	}})
}

// TestScripts plays the stories. Besides the commands of testscript they have
//
//	fleet [-job D] [-reboot D] HOST[:FAULT,…]…   machines, and the configuration to reach them (fleet_test.go)
//	example NAME FROM TO HOST=ADDRESS…           an example, and its machines (example_test.go)
//	serve ADDRESS…                               somebody answers there, with ! nobody any more (example_test.go)
//	fault HOST FAULT,…                           what is wrong with a machine from now on
//	publish HOST PACKAGE=VERSION…                new versions in the repositories of a machine
//	point HOST NAME AGE · droppoints HOST PREFIX snapshots that somebody makes, or deletes behind patchwave's back
//	reboot HOST                                  somebody else reboots a machine
//	poweron HOST                                 somebody turns a machine on that did not come back
//	witness HOST KEY=VALUE…                      what a machine has and what was done to it
//	await HOST KEY=VALUE…                        waits until it is so
//	pw STATUS ARG…                               the program, with its exit status
//	start ARG… · says TEXT · signal NAME · storm · join STATUS   the program in the background (background_test.go)
//	rivals N ARG…                                the program N times at once, again and again (trial_test.go)
//	json DOCUMENT PATH=VALUE…                    standard output is a document of the contract (contract_test.go)
//	jsonl DOCUMENT LINES                         standard output is at least so many lines of events
//	setenv NAME PATH                             a value out of the document on standard output
//	canary WORD                                  nobody has seen a secret (canary_test.go)
//	newer FILE                                   a database becomes that of a newer program
//	feed WHAT FILE …                             files that are no text: zips, pipes, bombs (feeds_test.go)
//	receiver NAME MODE · told NAME EVENT… [PATH=VALUE…]   somebody who is told, and what he was told (receiver_test.go)
//	agree PLAN                                   explain says of every update what a plan says (agree_test.go)
//	nights N FROM · killnights TIMES FROM        nights with several timers at once, and with a program that is killed (nights_test.go)
//	clean                                        no byte of the last output can move a terminal
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   filepath.Join("testdata", "script"),
		Setup: setup,
		Condition: func(cond string) (bool, error) {
			if cond == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, errors.New("unknown condition " + cond)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"fleet": cmdFleet, "example": cmdExample, "serve": cmdServe, "fault": cmdFault, "publish": cmdPublish, "reboot": cmdReboot, "poweron": cmdPowerOn, "witness": cmdWitness, "point": cmdPoint, "droppoints": cmdDropPoints, "await": cmdAwait,
			"pw": cmdPW, "start": cmdStart, "says": cmdSays, "signal": cmdSignal, "storm": cmdStorm, "join": cmdJoin, "rivals": cmdRivals,
			"json": cmdJSON, "jsonl": cmdJSONL, "setenv": cmdSetenv, "canary": cmdCanary, "clean": cmdClean, "newer": cmdNewer, "feed": cmdFeed, "agree": cmdAgree, "nights": cmdNights, "adhocnights": cmdAdHocNights, "killnights": cmdKillNights,
			"receiver": cmdReceiver, "told": cmdTold,
		},
	})
}

// story is what the commands of one script share.
type story struct {
	fleet *fleetOf
	// published counts the rounds of rivals.
	published int
	bg        *background
	// served are the servers of examples.
	served *served
	// logins are those of each machine when bg was started.
	logins map[string]int
}

type storyKey struct{}

func storyOf(ts *testscript.TestScript) *story { return ts.Value(storyKey{}).(*story) }

// setup gives a script a home of its own, and files that nobody else can write.
func setup(env *testscript.Env) error {
	env.Values[storyKey{}] = &story{}
	env.Values[receiversKey{}] = map[string]*receiverOf{}
	home := filepath.Join(env.WorkDir, "home")
	env.Setenv("HOME", home)
	env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, "state"))
	env.Setenv("TZ", "UTC")
	examples, err := filepath.Abs(filepath.Join("..", "..", "examples"))
	if err != nil {
		return err
	}
	env.Setenv("EXAMPLES", examples)
	env.Setenv("GORACE", "atexit_sleep_ms=0") // with -race every process else waits a second
	if err := os.MkdirAll(home, 0o700); err != nil {
		return err
	}
	return filepath.WalkDir(env.WorkDir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return os.Chmod(path, 0o600)
	})
}

// cmdPW runs the program and wants its exit status.
func cmdPW(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: pw STATUS ARG…")
	}
	wantStatus(ts, args[0], ts.Exec("patchwave", args[1:]...))
}

// wantStatus compares how a process ended with the exit status of a script.
func wantStatus(ts *testscript.TestScript, want string, err error) {
	var exit *exec.ExitError
	got := 0
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(got) != want {
		ts.Fatalf("exit status %d, not %s", got, want)
	}
}
