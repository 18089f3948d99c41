package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"patchwave/engine/journal"
	"patchwave/engine/report/safe"
)

// frame is one picture of a run: a pure function of what it holds.
type frame struct {
	run           *journal.Run
	now           time.Time
	zone          *time.Location
	width, height int
	color         bool
	// chosen is the host that the operator chose, "" if none.
	chosen string
	// log is what the host at which the screen looks printed.
	log string
}

// The least sizes that can be drawn; below them lines are left out.
const (
	leastWidth  = 20
	nameWidth   = 28
	mostWaves   = 5
	mostBar     = 20
	leastLog    = 4
	frameBorder = 3 // title, sums, keys
)

// lines draws the frame: height lines of at most width columns.
func (f frame) lines() []string {
	if f.width < leastWidth || f.height < frameBorder {
		return []string{safe.Truncate("too small", max(0, f.width))}
	}
	if f.run == nil || f.run.ID == "" {
		return []string{"reading the run …"}
	}
	out := []string{f.title(), f.sums()}
	room := f.height - frameBorder
	waves := f.waves(min(mostWaves, room/4))
	if room -= len(waves) + 1; len(waves) > 0 && room > 0 {
		out = append(append(out, ""), waves...)
	}
	hosts := f.hostLines(max(0, room-2-f.logRoom(room)))
	if room -= len(hosts) + 1; len(hosts) > 0 && room >= 0 {
		out = append(append(out, ""), hosts...)
	}
	if log := f.logLines(room - 1); len(log) > 0 {
		out = append(append(out, ""), log...)
	}
	for len(out) < f.height-1 {
		out = append(out, "")
	}
	out = append(out[:f.height-1], paint("q leaves, the run goes on · up and down choose a host · esc chooses by itself", dim, f.color))
	for i := range out {
		out[i] = ansi.Truncate(out[i], f.width, "…")
	}
	return out
}

// title says which run this is.
func (f frame) title() string {
	r := f.run
	return paint("Run "+safe.Text(r.ID), strong, f.color) + " " + paint(safe.Text(r.State), stateStyle(r.State), f.color) + " for " + since(f.now.Sub(r.Started)) +
		safe.Text(fmt.Sprintf(", %s by %s since %s", r.Kind, r.Actor, r.Started.In(f.zone).Format("15:04:05")))
}

// sums says how many hosts are where.
func (f frame) sums() string {
	work, waiting := 0, 0
	ends := map[journal.State]int{}
	for _, h := range f.run.Hosts {
		switch {
		case h.State == journal.Pending:
			waiting++
		case h.State.Ended():
			ends[h.State]++
		default:
			work++
		}
	}
	parts := []string{strconv.Itoa(work) + " in work", strconv.Itoa(waiting) + " to come"}
	for _, row := range journal.States() {
		if n := ends[row.State]; n > 0 {
			parts = append(parts, paint(strconv.Itoa(n)+" "+string(row.State), stateStyle(string(row.State)), f.color))
		}
	}
	text := count(len(f.run.Hosts), "host") + ": " + strings.Join(parts, ", ")
	if b := f.run.Breaker; b != nil {
		text += paint(fmt.Sprintf(" · policy %s stopped, %s", safe.Text(b.Policy), count(b.Failures, "failure")), bad, f.color)
	}
	return text
}

// waveSums is how far a wave is.
type waveSums struct {
	policy, name             string
	hosts, ended, work, fail int
}

// wavesOf counts the hosts of each wave, in the order of the plan.
func wavesOf(r *journal.Run) []*waveSums {
	var out []*waveSums
	for _, h := range r.Hosts {
		if h.Policy == "" && h.Wave == "" {
			continue // left out by the plan
		}
		i := slices.IndexFunc(out, func(w *waveSums) bool { return w.policy == h.Policy && w.name == h.Wave })
		if i < 0 {
			i, out = len(out), append(out, &waveSums{policy: h.Policy, name: h.Wave})
		}
		w := out[i]
		w.hosts++
		switch {
		case h.State.Ended():
			w.ended++
		case h.State != journal.Pending:
			w.work++
		}
		if failing(h) {
			w.fail++
		}
	}
	return out
}

// failing reports whether something went wrong on a host.
func failing(h *journal.Host) bool {
	switch h.State {
	case journal.Failed, journal.Lost, journal.Unreachable, journal.RolledBack:
		return true
	default:
		return h.Fault != nil
	}
}

// waves draws at most n waves, those around the one that is under way.
func (f frame) waves(n int) []string {
	all := wavesOf(f.run)
	if n <= 0 {
		return nil
	}
	first := 0
	if len(all) > n {
		at := max(0, slices.IndexFunc(all, func(w *waveSums) bool { return w.ended < w.hosts }))
		first = max(0, min(at-1, len(all)-n))
	}
	var out []string
	for i, w := range all[first:min(first+n, len(all))] {
		name := safe.Truncate(w.policy+" "+w.name, nameWidth)
		bar := f.bar(w)
		text := fmt.Sprintf("  %s %s %d/%d", pad(name, nameWidth), bar, w.ended, w.hosts)
		if w.work > 0 {
			text += fmt.Sprintf(", %d in work", w.work)
		}
		if w.fail > 0 {
			text += paint(fmt.Sprintf(", %d failed", w.fail), bad, f.color)
		}
		if left := len(all) - first - n; i == n-1 && left > 0 {
			text += fmt.Sprintf("  +%d", left)
		}
		out = append(out, text)
	}
	return out
}

// bar draws how far a wave is.
func (f frame) bar(w *waveSums) string {
	n := min(mostBar, max(4, f.width-nameWidth-30))
	done := n * w.ended / max(1, w.hosts)
	st := good
	if w.fail > 0 {
		st = bad
	}
	return paint(strings.Repeat("━", done), st, f.color) + paint(strings.Repeat("─", n-done), dim, f.color)
}

// pad fills text up to n columns.
func pad(text string, n int) string {
	return text + strings.Repeat(" ", max(0, n-ansi.StringWidth(text)))
}

// looked lists the hosts one may look at: those that went wrong, then those in work,
// as planned.
func (f frame) looked() []*journal.Host {
	if f.run == nil {
		return nil
	}
	var wrong, work []*journal.Host
	for _, h := range f.run.Hosts {
		switch {
		case failing(h):
			wrong = append(wrong, h)
		case h.State != journal.Pending && !h.State.Ended():
			work = append(work, h)
		}
	}
	return append(wrong, work...)
}

// host is the host at which the screen looks: the chosen one, or the first of those
// that went wrong, or the first in work.
func (f frame) host() string {
	if f.chosen != "" {
		return f.chosen
	}
	hosts := f.looked()
	for _, h := range hosts {
		if failing(h) && len(h.Jobs) == 0 {
			continue // nothing ran there: it has printed nothing
		}
		return h.Name
	}
	return ""
}

// move chooses the host n places further.
func (f *frame) move(n int) {
	hosts := f.looked()
	if len(hosts) == 0 {
		return
	}
	name := f.host()
	at := slices.IndexFunc(hosts, func(h *journal.Host) bool { return h.Name == name })
	f.chosen = hosts[max(0, min(len(hosts)-1, at+n))].Name
}

// hostLines draws at most n hosts, those around the one that is looked at.
func (f frame) hostLines(n int) []string {
	hosts := f.looked()
	if n <= 0 || len(hosts) == 0 {
		return nil
	}
	name := f.host()
	first := 0
	if len(hosts) > n {
		at := slices.IndexFunc(hosts, func(h *journal.Host) bool { return h.Name == name })
		first = max(0, min(at-n/2, len(hosts)-n))
	}
	var out []string
	for i, h := range hosts[first:min(first+n, len(hosts))] {
		mark := "  "
		if h.Name == name {
			mark = "> "
		}
		why := h.Why
		if h.Fault != nil {
			why = h.Fault.Message
		}
		lasts := ""
		if !h.State.Ended() {
			lasts = since(f.now.Sub(h.Since))
		}
		text := mark + pad(safe.Truncate(h.Name, nameWidth), nameWidth) + " " + paint(pad(string(h.State), 13), stateStyle(string(h.State)), f.color) +
			pad(lasts, 7) + safe.Text(why)
		if left := len(hosts) - first - n; i == n-1 && left > 0 {
			more := fmt.Sprintf("  +%d", left)
			text = ansi.Truncate(text, max(0, f.width-len(more)), "…") + more
		}
		out = append(out, text)
	}
	return out
}

// logRoom is how many lines are kept for the log.
func (f frame) logRoom(room int) int {
	if f.host() == "" || room < 3*leastLog {
		return 0
	}
	return max(leastLog, room/2)
}

// logLines draws the end of the log in n lines, with a head.
func (f frame) logLines(n int) []string {
	host := f.host()
	if host == "" || n < 2 {
		return nil
	}
	lines := tailOf(f.log, n-1)
	head := "log of " + safe.Text(host)
	if h := f.run.Host(host); h != nil && len(h.Jobs) > 0 {
		head += ", " + safe.Text(h.Jobs[len(h.Jobs)-1].Step)
	}
	if len(lines) == 0 {
		lines = []string{paint("nothing printed yet", dim, f.color)}
	}
	out := []string{paint(head, strong, f.color)}
	for _, l := range lines {
		out = append(out, "  "+l)
	}
	return out
}
