package notify

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"patchwave/engine/journal"
)

// piece is a part of a line. What is foreign was said by a host, or by an operator
// about one.
type piece struct {
	text    string
	foreign bool
}

// line is one line of a text.
type line []piece

func own(format string, args ...any) piece { return piece{text: fmt.Sprintf(format, args...)} }
func foreign(s string) piece               { return piece{text: s, foreign: true} }

// names puts foreign names behind each other, with commas between.
func names(list []string) line {
	var out line
	for i, s := range list {
		if i > 0 {
			out = append(out, own(", "))
		}
		out = append(out, foreign(s))
	}
	return out
}

// head is the first line: what happened, to which policies.
func (m Message) head() line {
	out := line{own("patchwave: ")}
	if m.Event == EventRollbackFailed {
		out = append(out, own("ROLLBACK FAILED: "))
	}
	out = append(append(out, names(m.Policies)...), own(": %s", m.what()))
	return out
}

// what says in a few words what happened; nothing of it is foreign.
func (m Message) what() string {
	switch {
	case m.Outlook != nil && m.Opening != nil:
		s := fmt.Sprintf("opens %s, %s on %s", stamp(m.Opening.Opens), count(m.Outlook.Updates, "update"), count(m.Outlook.Hosts, "host"))
		if n := len(m.Outlook.Blockers) + m.Outlook.More; n > 0 {
			s += fmt.Sprintf(", %s in the way", count(n, "thing"))
		}
		return s
	case m.Event == EventMissed && m.Opening != nil:
		return "missed its window of " + stamp(m.Opening.Opens)
	case m.Event == EventSuspended && m.Opening != nil:
		return "not started in the window of " + stamp(m.Opening.Opens)
	case m.Run == nil:
		return m.Event
	}
	n := len(m.Run.Hosts) + m.Run.More
	switch m.Event {
	case EventFailed:
		return count(n, "host") + " failed"
	case EventUnreachable:
		return count(n, "host") + " not reached"
	case EventRollbackFailed:
		return count(n, "host") + " could not be taken back and must be looked at"
	case EventStopped:
		return "stopped by its failure threshold"
	default:
		s := m.Run.State + ", " + count(m.Run.Totals["hosts"], "host")
		if n > 0 {
			s += fmt.Sprintf(", %d of them failed or not reached", n)
		}
		return s
	}
}

// lines are the text below the head.
func (m Message) lines() []line {
	var out []line
	if r := m.Run; r != nil {
		out = append(out, r.lines()...)
	}
	if o := m.Opening; o != nil {
		out = append(out, o.lines()...)
	}
	if o := m.Outlook; o != nil {
		out = append(out, o.lines()...)
	}
	return append(out, line{own("id "), foreign(m.ID)})
}

func (r *Run) lines() []line {
	first := line{own("run "), foreign(r.ID), own(" (%s by ", r.Kind), foreign(r.Actor), own("), started %s", stamp(r.Started))}
	if r.Finished != nil {
		first = append(first, own(", took %s", r.Finished.Sub(r.Started).Round(time.Second)))
	}
	out := []line{first}
	var sums []string
	for _, row := range journal.States() {
		if n := r.Totals[string(row.State)]; n > 0 {
			sums = append(sums, strconv.Itoa(n)+" "+string(row.State))
		}
	}
	out = append(out, line{own("hosts: %s", strings.Join(sums, ", "))})
	if r.Why != "" {
		out = append(out, line{foreign(r.Why)})
	}
	for _, h := range r.Hosts {
		l := line{own("- "), foreign(h.Name), own(" %s", h.State)}
		if h.Why != "" {
			l = append(l, own(": "), foreign(h.Why))
		}
		out = append(out, l)
	}
	if r.More > 0 {
		out = append(out, line{own("and %s more", count(r.More, "host"))})
	}
	return append(out, line{own("all of it: patchwave report "), foreign(r.ID)})
}

func (o *Opening) lines() []line {
	out := []line{{own("window "), foreign(o.Window), own(": %s until %s", stamp(o.Opens), stamp(o.Closes))}}
	if o.Reason != "" {
		out = append(out, line{own("%s: ", o.State), foreign(o.Reason)})
	}
	return out
}

func (o *Outlook) lines() []line {
	out := []line{{own("%s on %s, %d of them security; %s to reboot, as far as it is known ahead",
		count(o.Updates, "update"), count(o.Hosts, "host"), o.Security, count(o.Reboots, "host"))}}
	for _, b := range o.Blockers {
		l := line{own("- ")}
		if b.Host != "" {
			l = append(l, foreign(b.Host), own(" "))
		}
		l = append(l, own("%s", b.Code))
		if b.Why != "" {
			l = append(l, own(": "), foreign(b.Why))
		}
		out = append(out, l)
	}
	if o.More > 0 {
		out = append(out, line{own("and %d more", o.More)})
	}
	return out
}

// stamp says a time for people anywhere.
func stamp(t time.Time) string { return t.UTC().Format("Mon 2006-01-02 15:04 UTC") }

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}
