package agenda

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"patchwave/policies"
)

// windows looks at every window by itself and at the policies that meet in it.
func (c *checker) windows() {
	type used struct {
		window *policies.Window
		pols   []*policies.Policy
	}
	all := map[string]*used{}
	for _, w := range c.Windows {
		all[w.Name] = &used{window: w}
	}
	for _, p := range c.pols {
		if p.Window == nil {
			continue
		}
		if all[p.Window.Name] == nil {
			all[p.Window.Name] = &used{window: p.Window}
		}
		u := all[p.Window.Name]
		u.pols = append(u.pols, p)
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		u := all[name]
		hosts := c.hostZones(u.window, u.pols)
		c.opens(u.window, hosts.zones())
		for _, set := range c.meetingSets(u.window, hosts, u.pols) {
			c.launches(u.window, c.relation.Order(set))
		}
	}
}

// byZone is which policies (indices, rising) have hosts in a zone, by its name.
type byZone map[string]*zoneOf

type zoneOf struct {
	zone *time.Location
	pols []int
}

// hostZones finds the zones in which a window opens, and for which policies. A
// host-local window without a host is looked at in UTC.
func (c *checker) hostZones(w *policies.Window, pols []*policies.Policy) byZone {
	out := byZone{}
	add := func(z *time.Location, i int) {
		if z == nil {
			z = time.UTC
		}
		at := out[z.String()]
		if at == nil {
			at = &zoneOf{zone: z}
			out[z.String()] = at
		}
		if n := len(at.pols); i >= 0 && (n == 0 || at.pols[n-1] != i) {
			at.pols = append(at.pols, i)
		}
	}
	for i, p := range pols {
		if w.Zone != nil {
			add(w.Zone, i)
			continue
		}
		for _, h := range p.Hosts {
			add(c.Zone(h), i)
		}
	}
	if len(out) == 0 {
		add(w.Zone, -1)
	}
	return out
}

func (z byZone) zones() []*time.Location {
	var out []*time.Location
	for _, name := range slices.Sorted(maps.Keys(z)) {
		out = append(out, z[name].zone)
	}
	return out
}

// maxMeetings bounds the openings of a host-local window in one zone that are
// compared with those in others.
const maxMeetings = 1000

// meetingSets are the different sets of policies that meet in an opening: all of
// them, but for a host-local window, where it depends on the zones that open at
// one instant.
func (c *checker) meetingSets(w *policies.Window, hosts byZone, pols []*policies.Policy) [][]*policies.Policy {
	names := slices.Sorted(maps.Keys(hosts))
	at := map[int64][]byte{} // instant to the zones that open then
	for i, name := range names {
		l := c.lines.of(w, hosts[name].zone)
		for n := range maxMeetings {
			t, ok := l.at(n)
			if !ok {
				break
			}
			at[t.Unix()] = binary.AppendUvarint(at[t.Unix()], uint64(i))
		}
	}
	sets := map[string]bool{}
	for _, zones := range at {
		sets[string(zones)] = true
	}
	var out [][]*policies.Policy
	for _, key := range slices.Sorted(maps.Keys(sets)) {
		in := map[int]bool{}
		for rest := []byte(key); len(rest) > 0; {
			i, n := binary.Uvarint(rest)
			rest = rest[n:]
			for _, p := range hosts[names[i]].pols {
				in[p] = true
			}
		}
		var set []*policies.Policy
		for _, i := range slices.Sorted(maps.Keys(in)) {
			set = append(set, pols[i])
		}
		out = append(out, set)
	}
	return out
}

// launches looks at the launches of policies, in their order, in one opening.
func (c *checker) launches(w *policies.Window, ordered []*policies.Policy) {
	var before *slot
	for _, s := range chain(ordered, w.Duration) {
		if s.late {
			c.late(w, s)
			continue
		}
		if before != nil && s.offset-before.offset < time.Hour {
			c.add(Finding{
				Severity: Warning, Code: CodeClose, Policy: s.policy.Name, Other: s.behind.Name, Window: w.Name,
				Summary: fmt.Sprintf("policy %q is launched %s after policy %q", s.policy.Name, policies.PlainDuration(s.offset-before.offset), s.behind.Name),
				Detail: fmt.Sprintf("Both are in window %q. Leave an hour to an hour and a half between them (gap = \"90m\"), so that what goes wrong is seen before more is touched.",
					w.Name),
			})
		}
		c.short(w, s)
		before = &s
	}
}

func (c *checker) late(w *policies.Window, s slot) {
	f := Finding{
		Severity: Error, Code: CodeLate, Policy: s.policy.Name, Window: w.Name,
		Summary: fmt.Sprintf("policy %q is never launched", s.policy.Name),
		Detail:  fmt.Sprintf("Window %q closes as it opens. Give it a duration.", w.Name),
	}
	if s.behind != nil {
		f.Other = s.behind.Name
		f.Detail = fmt.Sprintf("Its launch, %s after that of policy %q, would not be before the close of window %q, which is open for %s. Shorten the gaps, lengthen the window, or give it another.",
			policies.PlainDuration(s.policy.Gap), s.behind.Name, w.Name, policies.PlainDuration(w.Duration))
	}
	c.add(f)
}

// short looks for a wave that does not fit between the launch and the close.
func (c *checker) short(w *policies.Window, s slot) {
	total := len(s.policy.Hosts)
	left := total
	room := w.Duration - s.offset
	for _, wave := range s.policy.Rollout.Waves {
		n := wave.Size(total, left)
		left -= n
		size := wave.BatchSize(total)
		batches := (n + size - 1) / size
		if n == 0 || time.Duration(batches) <= room/c.BatchTime {
			continue
		}
		c.add(Finding{
			Severity: Warning, Code: CodeShort, Policy: s.policy.Name, Window: w.Name,
			Summary: fmt.Sprintf("wave %q of policy %q does not fit into window %q", wave.Name, s.policy.Name, w.Name),
			Detail: fmt.Sprintf("Its %d hosts make %d batches, which take about %s at %s each; from the launch to the close there are %s. Make the batches larger, the wave smaller or the window longer; what is left goes on in the next opening.",
				n, batches, policies.PlainDuration(time.Duration(batches)*c.BatchTime), policies.PlainDuration(c.BatchTime), policies.PlainDuration(room)),
		})
		return
	}
}

// opens looks at when a window opens.
func (c *checker) opens(w *policies.Window, zones []*time.Location) {
	zones = slices.DeleteFunc(slices.Clone(zones), func(z *time.Location) bool {
		if w.Schedule != nil {
			if _, ok := w.Next(c.Now, z); ok {
				return false
			}
		}
		c.add(Finding{
			Severity: Error, Code: CodeNever, Window: w.Name,
			Summary: fmt.Sprintf("window %q never opens again", w.Name),
			Detail:  "Nothing would ever be patched in it. Correct its schedule, or remove it with the policies that use it.",
		})
		return true
	})
	var shut policies.Opening // the first that is not open
	free := false
	for _, z := range zones {
		for o := range c.ahead(w, z) {
			if o.State == policies.OpeningOpen {
				free = true
				if beforeDayOff(w.Calendar, o.Opens) {
					c.evening(w, o.Opens.In(z))
				}
				if w.Calendar == nil || beforeDayOff(w.Calendar, o.Opens) {
					break
				}
			} else if shut.Opens.IsZero() {
				shut = o
			}
		}
	}
	if !free && !shut.Opens.IsZero() {
		c.add(Finding{
			Severity: Warning, Code: CodeShut, Window: w.Name,
			Summary: fmt.Sprintf("window %q opens in the next 400 days only when nothing may start", w.Name),
			Detail:  fmt.Sprintf("The next one is %s: %s. Correct its schedule or its calendar.", instant(shut.Opens), strings.TrimSuffix(shut.Reason, ".")),
		})
	}
}

// ahead yields the openings of the next 400 days, at most maxOpenings.
func (c *checker) ahead(w *policies.Window, zone *time.Location) func(yield func(policies.Opening) bool) {
	return func(yield func(policies.Opening) bool) {
		const step = 20 * 24 * time.Hour
		left := maxOpenings
		for from := c.Now; from.Before(c.Now.Add(Ahead)); from = from.Add(step) {
			for _, o := range c.Openings(w, from, from.Add(step), zone, nil) {
				if left--; left < 0 || !yield(o) {
					return
				}
			}
		}
	}
}
