package report

import (
	"patchwave/engine/journal"
)

// Run is the document of apply, status, show and rollback.
type Run struct {
	Schema string          `json:"schema"`
	Run    *journal.Run    `json:"run"`
	Hosts  []*journal.Host `json:"hosts"`
	Totals map[string]int  `json:"totals"`
}

// NewRun makes the document of a run for a command.
func NewRun(command string, r *journal.Run) Run {
	doc := Run{Schema: "patchwave/" + command + "/v1", Run: r, Hosts: r.Hosts, Totals: map[string]int{}}
	if doc.Hosts == nil {
		doc.Hosts = []*journal.Host{}
	}
	for _, row := range journal.States() {
		doc.Totals[string(row.State)] = 0
	}
	for _, h := range r.Hosts {
		doc.Totals[string(h.State)]++
	}
	doc.Totals["hosts"] = len(r.Hosts)
	return doc
}

// Verdict sums a run up for the exit status. The numbers are of hosts; one that
// is deferred, or skipped because the breaker was open, is in none of them.
type Verdict struct {
	Failed, Unreachable, RolledBack, Lost int
	// Drifted hosts differ from the plan; Locked ones were held by another run;
	// Refused ones were left out for another reason than failures.
	Drifted, Locked, Refused int
	// Unfinished hosts have come to no end yet.
	Unfinished           int
	Stopped, Interrupted bool
}

// Judge sums a run up.
func Judge(r *journal.Run) Verdict {
	v := Verdict{Stopped: r.State == "stopped", Interrupted: r.State == "interrupted"}
	for _, h := range r.Hosts {
		if !h.State.Ended() {
			v.Unfinished++
		}
		switch h.State {
		case journal.Failed:
			v.Failed++
		case journal.Unreachable:
			v.Unreachable++
		case journal.RolledBack:
			v.RolledBack++
		case journal.Lost:
			v.Lost++
		case journal.Skipped:
			switch {
			case h.Fault == nil:
			case h.Fault.Code == "drift":
				v.Drifted++
			case h.Fault.Code == "locked":
				v.Locked++
			default:
				v.Refused++
			}
		}
	}
	return v
}
