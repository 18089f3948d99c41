package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"patchwave/engine/journal"
)

// mostNames is how many hosts a sentence names; the others are counted.
const mostNames = 8

// Story tells a run in sentences, for whoever was asleep: how it ended, why, in
// what state it left the hosts that are not as they should be, and what to do
// next. settled are the lost hosts about which a later scan has told, by name.
// Times are in zone. It holds names and words of the run, which are hostile.
func Story(r *journal.Run, settled map[string]Settled, zone *time.Location) []string {
	t := teller{run: r, of: map[journal.State][]string{}, settled: settled, zone: zone}
	for _, h := range r.Hosts {
		t.of[h.State] = append(t.of[h.State], h.Name)
		switch {
		case !h.State.Ended() && h.State != journal.Pending:
			t.open = append(t.open, h.Name)
		case h.State == journal.Done && slices.ContainsFunc(h.Probes, func(p journal.ProbeResult) bool { return !p.OK }):
			t.unwell = append(t.unwell, h.Name)
		}
	}
	lines := []string{t.head()}
	if n := len(r.Resumed); n > 0 {
		lines = append(lines, fmt.Sprintf("It was interrupted and gone on with %s, at %s.", times(n), t.clocks(r.Resumed)))
	}
	return append(lines, t.classes()...)
}

type teller struct {
	run  *journal.Run
	of   map[journal.State][]string
	open []string
	// unwell are updated hosts whose verification failed and whose policy goes on.
	unwell  []string
	settled map[string]Settled
	zone    *time.Location
}

// head is how the run ended.
func (t teller) head() string {
	untouched := len(t.of[journal.Pending]) + len(t.of[journal.Skipped]) - len(t.leftOut())
	switch t.run.State {
	case "finished":
		return t.ended()
	case "stopped":
		why := "there were too many failures"
		if b := t.run.Breaker; b != nil {
			why = fmt.Sprintf("policy %s has %s and allows %d", b.Policy, plural(b.Failures, "failure"), b.Allowed)
		}
		return fmt.Sprintf("The run stopped: %s. %s not touched; once the cause is mended, the next apply does the rest. %s", why, were(untouched, "host"), t.ended())
	case "interrupted":
		s := "The run is not finished: its process is gone, or was told to let go."
		if len(t.open) > 0 {
			s += fmt.Sprintf(" %s in the middle of it (%s); what was begun there goes on by itself.", areHosts(len(t.open)), names(t.open))
		}
		s += fmt.Sprintf(" %s not begun.", were(untouched, "host"))
		if t.run.Trigger == "timer" {
			s += " The timer goes on with it."
		}
		return s + " Go on with: patchwave resume " + t.run.ID
	case "soaking":
		return fmt.Sprintf("The run waits: %s to come when the soak of the wave before is over. %s", plural(len(t.of[journal.Pending]), "host"), t.ended())
	case "cancelled":
		return fmt.Sprintf("The run was cancelled; %s not touched. %s", were(untouched+len(t.of[journal.Cancelled]), "host"), t.ended())
	default:
		ended := len(t.run.Hosts) - len(t.open) - len(t.of[journal.Pending])
		return fmt.Sprintf("The run is going on: %d of %s ended so far.", ended, plural(len(t.run.Hosts), "host"))
	}
}

// ended counts what became of the hosts.
func (t teller) ended() string {
	good := journal.Done
	word := "updated and well"
	switch t.run.Kind {
	case "rollback":
		good, word = journal.RolledBack, "taken back"
	case "prune":
		return t.pruned()
	}
	reboots := 0
	for _, h := range t.run.Hosts {
		reboots += h.Reboots
	}
	s := fmt.Sprintf("%d of %s %s", len(t.of[good])-len(t.unwell), plural(len(t.run.Hosts), "host"), word)
	if n := len(t.of[journal.Unchanged]); n > 0 {
		s += fmt.Sprintf(", %d had nothing to do", n)
	}
	if reboots > 0 {
		s += ", " + plural(reboots, "reboot")
	}
	return s + "."
}

// pruned counts the restore points that were removed.
func (t teller) pruned() string {
	removed, absent := 0, 0
	for _, h := range t.run.Hosts {
		for _, g := range h.Gone {
			switch g.State {
			case journal.PointRemoved:
				removed++
			case journal.PointAbsent:
				absent++
			}
		}
	}
	s := fmt.Sprintf("%s removed on %s", plural(removed, "restore point"), plural(len(t.of[journal.Done]), "host"))
	if absent > 0 {
		s += fmt.Sprintf(", %d were gone already", absent)
	}
	return s + "."
}

// classes says of each kind of trouble which hosts have it, what that means and
// what to do.
func (t teller) classes() []string {
	var lines []string
	tell := func(hosts []string, format string, args ...any) {
		if len(hosts) > 0 {
			lines = append(lines, fmt.Sprintf(format, args...))
		}
	}
	notBack := t.notBack()
	tell(notBack, "ROLLBACK FAILED: %s. Not as it was before, and not as it should be: look at it now. What happened: patchwave show %s HOST; once that is mended: patchwave rollback HOST", names(notBack), t.run.ID)
	failed := slices.DeleteFunc(slices.Clone(t.of[journal.Failed]), func(h string) bool { return slices.Contains(notBack, h) })
	tell(failed, "Failed: %s. What each said: patchwave show %s HOST", names(failed), t.run.ID)
	tell(t.unwell, "Updated, but not well: %s; the policy goes on with such hosts. What is wrong: patchwave show %s HOST", names(t.unwell), t.run.ID)
	if t.run.Kind != "rollback" {
		back := t.of[journal.RolledBack]
		tell(back, "Taken back: %s; the versions from before are installed again. What was wrong: patchwave show %s HOST", names(back), t.run.ID)
	}
	lines = append(lines, t.lost()...)
	away := t.of[journal.Unreachable]
	tell(away, "Not reached: %s. Nothing was begun there; try it with: patchwave ping -l %s", names(away), selector(away))
	deferred := t.of[journal.Deferred]
	tell(deferred, "Deferred: %s. Their turn comes in the next opening. Why: patchwave show %s HOST", names(deferred), t.run.ID)
	out := t.leftOut()
	tell(out, "Left out: %s. Why: patchwave show %s HOST", names(out), t.run.ID)
	return lines
}

// notBack are hosts that should have been taken back and were not.
func (t teller) notBack() []string {
	var out []string
	for _, h := range t.run.Hosts {
		if t.run.RollbackFailed(h) {
			out = append(out, h.Name)
		}
	}
	return out
}

// leftOut are hosts that were skipped for a reason of their own.
func (t teller) leftOut() []string {
	var out []string
	for _, h := range t.run.Hosts {
		if h.State == journal.Skipped && h.Fault != nil {
			out = append(out, h.Name)
		}
	}
	return out
}

// lost says what a later scan tells of lost hosts, and where one is still needed.
func (t teller) lost() []string {
	var lines, open []string
	for _, name := range t.of[journal.Lost] {
		if s, ok := t.settled[name]; ok {
			lines = append(lines, fmt.Sprintf("Lost, and settled by the scan of %s: %s %s.", t.clock(s.At), name, s.text()))
		} else {
			open = append(open, name)
		}
	}
	if len(open) > 0 {
		lines = append(lines, fmt.Sprintf("Lost: %s. What happened there is not known; look at it, then settle it with: patchwave scan -l %s", names(open), selector(open)))
	}
	return lines
}

func (t teller) clock(at time.Time) string { return at.In(t.zone).Format("2006-01-02 15:04") }

func (t teller) clocks(all []time.Time) string {
	var out []string
	for _, at := range all {
		out = append(out, t.clock(at))
	}
	return strings.Join(slices.Compact(out), ", ")
}

func names(hosts []string) string {
	if len(hosts) <= mostNames {
		return strings.Join(hosts, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(hosts[:mostNames], ", "), len(hosts)-mostNames)
}

// selector is the hosts as --limit takes them.
func selector(hosts []string) string {
	return strings.Join(hosts[:min(len(hosts), mostNames)], ",")
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

func were(n int, word string) string {
	return plural(n, word) + map[bool]string{true: " was", false: " were"}[n == 1]
}

func areHosts(n int) string {
	return plural(n, "host") + map[bool]string{true: " is", false: " are"}[n == 1]
}

func times(n int) string {
	return cmp.Or(map[int]string{1: "once", 2: "twice"}[n], fmt.Sprintf("%d times", n))
}
