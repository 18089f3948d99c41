package main

import (
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdPoint gives a machine a snapshot that no run of this database has made.
func cmdPoint(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: point HOST NAME AGE")
	}
	age, err := time.ParseDuration(args[2])
	ts.Check(err)
	hostOf(ts, args[0]).AddPoint(args[1], age)
}

// cmdDropPoints deletes snapshots of a machine behind patchwave's back.
func cmdDropPoints(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: droppoints HOST PREFIX")
	}
	hostOf(ts, args[0]).DropPoints(args[1])
}
