package main

import (
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
		version := "1.22.1-9+deb12u" + strconv.Itoa(100+night)
		before := map[string]int{}
		for _, h := range storyOf(ts).fleet.Hosts() {
			cmdPublish(ts, false, []string{h.Name(), "nginx=" + version})
			before[h.Name()] = len(h.Snapshot().Jobs)
		}
		ts.Setenv("STORY_NOW", at.AddDate(0, 0, 7*night).Format(time.RFC3339))
		together(ts, 1, []string{"scan", "-q", "--refresh", "always"}, nil)
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
		for _, h := range storyOf(ts).fleet.Hosts() {
			s := h.Snapshot()
			if s.Installed["nginx"].Version != version || len(s.Jobs) != before[h.Name()]+2 || s.Claim != "" {
				ts.Fatalf("night %d: %s has nginx %s, %d jobs more, and the claim %q", night, h.Name(), s.Installed["nginx"].Version,
					len(s.Jobs)-before[h.Name()], s.Claim)
			}
		}
	}
}
