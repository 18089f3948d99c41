package plan

import (
	"slices"
	"time"

	"patchwave/policies"
	"patchwave/policies/agenda"
)

// gaps: policies are launched while their window is open and nothing forbids it;
// two that are launched in one opening of one window keep the gap of the later
// one, and after.
func (c *checked) gaps(launches []agenda.Launch) {
	all := *c
	all.of = nil // after alone
	edges, _ := all.edges()
	for i, b := range launches {
		if !b.Launch.IsZero() && (b.Launch.Before(b.Opens) || !b.Launch.Before(b.Closes) || !c.allowed(c.policy[b.Policy], b.Opens)) {
			c.Fatalf("%s is launched at %s in the opening from %s to %s", b.Policy, b.Launch, b.Opens, b.Closes)
		}
		for _, a := range launches[:i] {
			if a.Policy == b.Policy || a.Window != b.Window || !a.Opens.Equal(b.Opens) || a.Launch.IsZero() || b.Launch.IsZero() {
				continue
			}
			if d := b.Launch.Sub(a.Launch); d < c.policy[b.Policy].Gap {
				c.Fatalf("%s is launched %s after %s, and its gap is %s", b.Policy, d, a.Policy, c.policy[b.Policy].Gap)
			}
			if edges[a.Policy][b.Policy] {
				c.Fatalf("%s is launched before %s, which it is after", a.Policy, b.Policy)
			}
		}
	}
}

// times: a wave begins in an opening of its policy's window in which that is
// launched, not before the soak, and not later than it could.
func (c *checked) times(launches []agenda.Launch) {
	ready := map[string]time.Time{}
	stuck := map[string]bool{}
	for i := range c.waves {
		w := &c.waves[i]
		p := c.policy[w.Policy]
		from := c.start
		if t, ok := ready[p.Name]; ok {
			from = t
		}
		best := from
		if p.Window != nil {
			best = time.Time{}
			for _, l := range launches {
				if l.Policy != p.Name || l.Launch.IsZero() || !l.Closes.After(from) {
					continue
				}
				at := l.Launch
				if from.After(at) {
					at = from
				}
				if best.IsZero() || at.Before(best) {
					best = at
				}
			}
		}
		if stuck[p.Name] || best.IsZero() {
			stuck[p.Name] = true
			if w.NotBefore != nil {
				c.Fatalf("wave %s of %s begins at %s, where nothing has room for it", w.Name, p.Name, w.NotBefore)
			}
			continue
		}
		if w.NotBefore == nil || !w.NotBefore.Equal(best) {
			c.Fatalf("wave %s of %s begins at %v, ready at %s, want %s", w.Name, p.Name, w.NotBefore, from, best)
		}
		c.open(p, *w.NotBefore)
		d := p.Rollout.Waves[slices.IndexFunc(p.Rollout.Waves, func(x policies.Wave) bool { return x.Name == w.Name })]
		ready[p.Name] = w.NotBefore.Add(d.Soak)
	}
}

// openings are those of a policy that last at an instant and that nothing forbids,
// by what the schedule alone says and what the calendars and people say.
func (c *checked) openings(p *policies.Policy, zone *time.Location, t time.Time) []time.Time {
	var out []time.Time
	for at := t.Add(-p.Window.Duration); ; {
		opens, ok := p.Window.Schedule.Next(at, zone)
		if !ok || opens.After(t) {
			return out
		}
		if at = opens; c.allowed(p, opens) {
			out = append(out, opens)
		}
	}
}

func (c *checked) open(p *policies.Policy, t time.Time) {
	if p.Window == nil {
		return
	}
	for _, z := range c.places(p) {
		if len(c.openings(p, z, t)) > 0 {
			return
		}
	}
	c.Fatalf("a wave of %s begins at %s, where its window is not open", p.Name, t)
}

// allowed reports whether a policy may be started in an opening.
func (c *checked) allowed(p *policies.Policy, opens time.Time) bool {
	closes := opens.Add(p.Window.Duration)
	for _, s := range c.suspensions {
		if s.Policy == p.Name && opens.Before(s.Until) && closes.After(s.Since) {
			return false
		}
	}
	k := p.Window.Calendar
	if k == nil {
		return true
	}
	day := opens.In(k.Zone).Format(time.DateOnly)
	for _, f := range k.Freezes {
		if f.From.String() <= day && day <= f.To.String() {
			return false
		}
	}
	if !p.Window.Attended {
		return true
	}
	for t := closes; !t.After(closes.Add(p.Window.Attendance)); t = t.Add(time.Minute) {
		local := t.In(k.Zone)
		clock := local.Hour()*60 + local.Minute()
		if k.Workdays[local.Weekday()] && local.Format(time.DateOnly) != k.Holidays[0].Date.String() && clock >= 8*60 && clock <= 18*60 {
			return true
		}
	}
	return false
}

// fits walks through the plan with the histories: a host that begins only when it
// fits, and takes no longer than its longest recent run, or twenty minutes, has
// ended when the window closes; one that would have had the time is not held back.
func (c *checked) fits() {
	for _, w := range c.waves {
		p := c.policy[w.Policy]
		if p.Window == nil || w.NotBefore == nil {
			continue
		}
		now := *w.NotBefore
		for _, b := range w.Batches {
			longest := time.Duration(0)
			for _, h := range b.Hosts {
				zone := p.Window.Zone
				if zone == nil {
					zone = c.zones[h.Name]
				}
				left := time.Duration(0)
				for _, opens := range c.openings(p, zone, now) {
					left = max(left, opens.Add(p.Window.Duration).Sub(now))
				}
				need := 20 * time.Minute
				if runs := c.history[h.Name]; len(runs) > 0 {
					need = max(runs[0], runs[1])
				}
				begins := policies.Fits(c.history[h.Name], left)
				if begins != (left > 0 && need <= left) {
					c.Fatalf("host %s needs %s, has %s left, and begins: %v", h.Name, need, left, begins)
				}
				if begins {
					longest = max(longest, need)
				}
			}
			now = now.Add(longest)
		}
	}
}
