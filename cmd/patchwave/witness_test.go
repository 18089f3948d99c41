package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"patchwave/connectors/sim"
)

// cmdWitness asks a machine itself: `witness web-1 boots=0 changes=4 jobs=2
// nginx=1.22.1-9+deb12u4`.
func cmdWitness(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: witness HOST KEY=VALUE…")
	}
	if wrong := witness(ts, args); wrong != "" {
		ts.Fatalf("%s", wrong)
	}
}

// cmdAwait waits until a machine is as cmdWitness has it.
func cmdAwait(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: await HOST KEY=VALUE…")
	}
	until(ts, func() string { return witness(ts, args) })
}

// until waits until nothing is wrong any more.
func until(ts *testscript.TestScript, wrongNow func() string) {
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		wrong := wrongNow()
		if wrong == "" {
			return
		}
		select {
		case <-tick.C:
		case <-limit.C:
			ts.Fatalf("it did not come to pass: %s", wrong)
		}
	}
}

// witness says how a machine differs from what the script wants, or "".
func witness(ts *testscript.TestScript, args []string) string {
	s := hostOf(ts, args[0]).Snapshot()
	for _, arg := range args[1:] {
		key, want, _ := strings.Cut(arg, "=")
		got := testimony(s, key)
		if key == "visited" { // somebody logged in since start
			got = strconv.FormatBool(s.Logins["patch"] > storyOf(ts).logins[args[0]])
		}
		if got != want {
			return fmt.Sprintf("%s: %s is %q, not %q", args[0], key, got, want)
		}
	}
	return ""
}

// testimony is what a machine says to a key.
func testimony(s sim.Snapshot, key string) string {
	begun, again, open := 0, 0, 0
	for _, j := range s.Jobs {
		begun += j.Runs
		if j.Runs > 1 {
			again++
		}
		if !j.Ended {
			open++
		}
		if key == "job" && !j.Ended && j.Runs > 0 {
			return j.Script
		}
	}
	switch key {
	case "jobs":
		return strconv.Itoa(begun)
	case "job":
		return ""
	case "again":
		return strconv.Itoa(again)
	case "running":
		return strconv.Itoa(open)
	case "left":
		return strconv.Itoa(len(s.Left))
	case "points":
		return strconv.Itoa(len(s.Points))
	case "boots":
		return strconv.Itoa(s.Boots)
	case "changes":
		return strconv.Itoa(len(s.Changes))
	case "off":
		return strconv.FormatBool(s.Off)
	case "claim":
		return s.Claim
	case "logins":
		return strconv.Itoa(s.Logins["patch"])
	case "wrong":
		return strconv.Itoa(s.WrongPasswords)
	case "actions":
		return strings.Join(s.Actions, "; ")
	case "member":
		return s.Services["haproxy-member"]
	case "rests":
		return strings.Join(s.Rests, " ")
	case "wakes":
		return strconv.Itoa(s.Wakes)
	case "scans":
		return strconv.Itoa(s.Scripts["scan"])
	default:
		if tag, ok := strings.CutPrefix(key, "point."); ok {
			return strconv.FormatBool(slices.Contains(s.Points, tag))
		}
		return s.Installed[key].Version
	}
}
