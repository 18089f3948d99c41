package config

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"patchwave/policies"
	"patchwave/policies/schedule"

	"github.com/hashicorp/hcl/v2"
)

// window says when a policy may change hosts.
type window struct {
	at          hcl.Range
	value       *policies.Window
	calendarRef *ref
}

func windowShape() shape {
	return shape{
		required: []string{"duration"},
		optional: []string{"schedule", "rrule", "timezone", "calendar", "attended", "attendance"},
	}
}

// defaultAttendance is how long after the close a working hour may begin where an
// attended window does not say.
const defaultAttendance = 12 * time.Hour

// maxWindow bounds how long a window is open: one that is open for longer than a
// year has no occurrences that anybody could tell apart.
const maxWindow = 366 * day

func (l *loader) decodeWindow(raw *hcl.Block) {
	b := l.open(raw, windowShape())
	w := &policies.Window{Name: b.name, Zone: l.zone, Pos: position(raw.DefRange)}
	b.windowZone(w)
	b.schedule(w)
	if d, ok := b.span("duration"); ok {
		w.Duration = d
		if d > maxWindow {
			l.fail(b.place("duration"), "a window is open for a year at most", "Leave the window out: a policy without one runs only by apply.")
		}
	}
	out := &window{at: raw.DefRange, value: w, calendarRef: b.optionalRef("calendar", "calendar")}
	attended, known := b.flag("attended")
	w.Attended = attended
	if w.Attended {
		w.Attendance = defaultAttendance
	}
	if d, ok := b.span("attendance"); ok {
		w.Attendance = d
		if !w.Attended && (known || !b.meant("attended")) {
			l.fail(b.place("attendance"), "attendance has no meaning unless attended = true", "Add attended = true, or leave it out.")
		}
	}
	if w.Attended && !b.meant("calendar") {
		l.fail(b.place("attended"), "an attended window needs a calendar", "It says when people work; add calendar = calendar.NAME.")
	}
	declare(l, l.model.windows, b.name, labelRange(raw), out)
}

// hostZone stands for the local time of each host.
const hostZone = "host"

func (b *block) windowZone(w *policies.Window) {
	if a, ok := b.attrs["timezone"]; ok {
		if s, ok := literalText(a.Expr); ok && s == hostZone {
			w.Zone = nil
			return
		}
	}
	if zone, ok := b.zone(); ok {
		w.Zone = zone
	}
}

// withoutSubject leaves out what a message begins with, where that was just said.
func withoutSubject(err error) string {
	if _, rest, ok := strings.Cut(err.Error(), "\": "); ok {
		return rest
	}
	return err.Error()
}

// schedule reads when the window opens: exactly one of schedule and rrule.
func (b *block) schedule(w *policies.Window) {
	name, parse := "schedule", schedule.Parse
	switch {
	case b.has("schedule") && b.has("rrule"):
		first, second := inOrder(b.place("schedule"), b.place("rrule"))
		b.l.fail(second, fmt.Sprintf("window %q has schedule and rrule", b.name), "Give exactly one of them.", first)
		return
	case b.has("rrule"):
		name, parse = "rrule", schedule.ParseRRule
	case b.has("schedule"):
	case b.meant("schedule", "rrule"):
		return
	default:
		b.l.fail(b.at, fmt.Sprintf("window %q never opens", b.name), "Give it schedule = \"Tue 02:00\" or rrule = \"…\".")
		return
	}
	s, ok := b.nonEmpty(name)
	if !ok {
		return
	}
	sched, err := parse(s)
	if err != nil {
		b.l.fail(b.place(name), fmt.Sprintf("%q is no %s", s, name), sentence(errors.New(withoutSubject(err))))
		return
	}
	zone := w.Zone
	if zone == nil {
		zone = b.l.zone
	}
	if _, ok := sched.Next(b.l.opt.Now, zone); !ok {
		b.l.fail(b.place(name), fmt.Sprintf("window %q never opens", b.name), fmt.Sprintf("%q has no start after now.", s))
		return
	}
	w.Schedule = sched
}
