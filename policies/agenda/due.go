package agenda

import (
	"fmt"
	"slices"
	"time"

	"patchwave/policies"
)

// Run is what became of an occurrence that was launched.
type Run struct {
	Launched time.Time
	// Finished is zero as long as it has not.
	Finished time.Time
}

// Progress is what is known when Due is asked.
type Progress struct {
	// Looked is when it was asked before: what closed up to then is settled. Zero
	// is the first time; nothing was missed before. What closed more than 400 days
	// ago is not looked for, nor what is behind the first policies.MaxOpenings of a
	// window since.
	Looked time.Time
	// Runs has every occurrence that was launched, by Occurrence, as far back as
	// Looked; and those that have not finished, however old.
	Runs map[Occurrence]Run
}

// Outlook is what is to be done at an instant.
type Outlook struct {
	// Due are to be launched now, in this order.
	Due []Launch
	// Waiting are in an opening that is open, and are not launched yet.
	Waiting []Waiting
	// Missed closed since the last look and were never launched, though they could
	// have been.
	Missed []Launch
	// Passed closed since the last look and were not to be launched: frozen,
	// suspended, unattended, or too late.
	Passed []Launch
	// Next is the next instant at which the answer can differ, if nothing is
	// launched or finishes until then; zero if there is none.
	Next time.Time
}

// Waiting is an occurrence that is not due yet.
type Waiting struct {
	Launch
	// Until is when its gap ends; zero if it waits for a policy to finish, or has
	// no time left before the close.
	Until time.Time
	// For is the policy that has to finish first, or "".
	For string
	Why string
}

// Due says what is to be launched at an instant. An occurrence is due when its
// window is open, its launch (see Of) has come, its gap has passed since the last
// real launch in the same opening, and every policy it is after has finished. One
// that is in Runs is never due again. Of several that are overdue the first in
// order is due and the others wait for their gaps again; a policy that waits for
// another does not hold up those that come behind it without an "after".
//
// The caller launches all of Due at now and records them before it asks again.
// Suspensions must be those that counted while the openings were open.
func Due(pols []*policies.Policy, now time.Time, in Input, progress Progress) Outlook {
	d := newDue(pols, now, in, progress)
	out := Outlook{Due: []Launch{}, Waiting: []Waiting{}, Missed: []Launch{}, Passed: []Launch{}}
	for _, m := range d.meetings {
		for _, l := range m.launches {
			_, ran := d.runs[l.Occurrence]
			closed := !l.Closes.After(now)
			switch {
			case ran:
			case closed && !l.Closes.After(d.looked): // settled
			case closed && l.Launch.IsZero():
				out.Passed = append(out.Passed, l)
			case closed:
				out.Missed = append(out.Missed, l)
			case l.Launch.IsZero():
				d.wake(l.Closes)
			default:
				d.wake(l.Closes)
				if w := d.waits(m, l); w != nil {
					d.wake(w.Until)
					out.Waiting = append(out.Waiting, *w)
				} else {
					d.runs[l.Occurrence] = Run{Launched: now}
					out.Due = append(out.Due, l)
				}
			}
		}
	}
	d.openings(pols, in)
	out.Next = d.next
	return out
}

// due is Due at work.
type due struct {
	now, looked time.Time
	relation    Relation
	meetings    []*meeting
	// open are those that have not closed.
	open    []*meeting
	windows map[string]string // policy to window
	// runs has the launches of now too.
	runs map[Occurrence]Run
	next time.Time
}

func newDue(pols []*policies.Policy, now time.Time, in Input, progress Progress) *due {
	d := &due{now: now, looked: progress.Looked, relation: Relate(pols), windows: map[string]string{}, runs: map[Occurrence]Run{}}
	if d.looked.IsZero() || d.looked.After(now) {
		d.looked = now
	}
	d.looked = later(d.looked, now.Add(-Ahead))
	longest := time.Duration(0)
	for _, p := range pols {
		if p.Window != nil {
			d.windows[p.Name] = p.Window.Name
			longest = max(longest, p.Window.Duration)
		}
	}
	for o, r := range progress.Runs {
		o.Opens = o.Opens.UTC()
		d.runs[o] = r
	}
	// In two parts, so that what is open now is there even where the openings since
	// the last look are more than anybody lists.
	in.From, in.Until = d.looked.Add(-longest), now.Add(-longest)
	d.meetings = meetings(pols, d.relation, in)
	in.From, in.Until = in.Until, now.Add(1)
	d.meetings = append(d.meetings, meetings(pols, d.relation, in)...)
	for _, m := range d.meetings {
		if slices.ContainsFunc(m.launches, func(l Launch) bool { return l.Closes.After(now) }) {
			d.open = append(d.open, m)
		}
	}
	return d
}

// wake notes an instant at which the answer can differ.
func (d *due) wake(t time.Time) {
	if t.After(d.now) && (d.next.IsZero() || t.Before(d.next)) {
		d.next = t
	}
}

// openings notes when the windows open next.
func (d *due) openings(pols []*policies.Policy, in Input) {
	for _, p := range pols {
		if p.Window == nil || p.Window.Schedule == nil {
			continue
		}
		for _, z := range zones(p.Window, in.Zones[p.Name]) {
			if t, ok := p.Window.Schedule.Next(d.now, z); ok {
				d.wake(t.UTC())
			}
		}
	}
}

// waits says what an occurrence in an open opening waits for; nil if it is due.
func (d *due) waits(m *meeting, l Launch) *Waiting {
	at, last := l.Launch, ""
	gap := max(0, m.members[l.Policy].Gap)
	for _, other := range m.launches {
		if other.Policy == l.Policy {
			continue
		}
		if r, ok := d.runs[other.Occurrence]; ok && r.Launched.Add(gap).After(at) {
			at, last = r.Launched.Add(gap), other.Policy
		}
	}
	if !at.Before(l.Closes) {
		return &Waiting{Launch: l, Why: fmt.Sprintf("its launch, %s after that of policy %s, would not be before the close", policies.PlainDuration(gap), last)}
	}
	if at.After(d.now) {
		w := &Waiting{Launch: l, Until: at, Why: "its gap has not passed"}
		if last != "" {
			w.Why = fmt.Sprintf("%s must pass after the launch of policy %s", policies.PlainDuration(gap), last)
		}
		return w
	}
	if p := d.unfinished(l); p != "" {
		return &Waiting{Launch: l, For: p, Why: "policy " + p + " has not finished"}
	}
	return nil
}

// unfinished returns the first policy by name that l comes after and that has not
// finished, or "".
func (d *due) unfinished(l Launch) string {
	found := ""
	blocks := func(o Occurrence) {
		window, known := d.windows[o.Policy]
		if !known || !d.relation.After(l.Policy, o.Policy) || (window == l.Window && o.Opens.After(l.Opens)) {
			return
		}
		if found == "" || o.Policy < found {
			found = o.Policy
		}
	}
	for o, r := range d.runs {
		if r.Finished.IsZero() {
			blocks(o)
		}
	}
	for _, m := range d.open {
		for _, other := range m.launches {
			if _, ran := d.runs[other.Occurrence]; !ran && !other.Launch.IsZero() && other.Closes.After(d.now) {
				blocks(other.Occurrence)
			}
		}
	}
	return found
}
