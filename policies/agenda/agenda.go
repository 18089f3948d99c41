package agenda

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"patchwave/policies"
)

// Openings returns the openings of a window as Window.Openings does: those with
// from ≤ opens < until, sorted, one for an instant, with the local times of a
// host-local window in zone. Suspensions are those of one policy.
type Openings func(w *policies.Window, from, until time.Time, zone *time.Location, s []policies.Suspension) []policies.Opening

// Input is what the times of policies depend on beside themselves.
type Input struct {
	// From and Until bound the openings: From ≤ opens < Until. Due takes no notice
	// of them.
	From, Until time.Time
	// Zones are the zones of the hosts of a policy whose window is host-local, by
	// the policy's name; without one it has no openings.
	Zones       map[string][]*time.Location
	Suspensions []policies.Suspension
	// Openings is Window.Openings if nil.
	Openings Openings
}

// Occurrence identifies one policy in one opening of its window. It can be a key
// of a map and be written down: it does not change with gaps, priorities, the
// window's name or its zone, only with the instant at which it opens.
type Occurrence struct {
	Policy string
	// Opens is in UTC.
	Opens time.Time
	// Zone is the name of the hosts' zone if the window is host-local, else "".
	Zone string
}

// Launch is an occurrence with its times.
type Launch struct {
	Occurrence
	Window string
	// Location is where the local times of the opening are.
	Location *time.Location
	Closes   time.Time
	// Launch is when the policy starts at the earliest; zero if it does not.
	Launch time.Time
	State  policies.OpeningState
	// Reason says why it is not launched; "" if it is. An open one is not where its
	// gap would lead past the close.
	Reason string
}

// Of returns all openings of the policies with their launches. They are sorted by
// opening, window, order of launch, policy and zone; those that are not launched
// stand behind the others. Policies without a window have none, and of a window in
// a zone there are at most policies.MaxOpenings. The result does not depend on the
// order of pols.
func Of(pols []*policies.Policy, in Input) []Launch {
	out := []Launch{}
	for _, m := range meetings(pols, Relate(pols), in) {
		out = append(out, m.launches...)
	}
	return out
}

// meeting is one opening of one window, with all the policies that meet in it.
type meeting struct {
	window string
	opens  time.Time
	// launches are in the order of Of.
	launches []Launch
	members  map[string]*policies.Policy
}

// meetings are sorted by opening and window.
func meetings(pols []*policies.Policy, r Relation, in Input) []*meeting {
	type key struct {
		window string
		opens  time.Time
	}
	if in.Openings == nil {
		in.Openings = (*policies.Window).Openings
	}
	all := map[key]*meeting{}
	for _, p := range pols {
		for _, l := range openings(p, in) {
			k := key{l.Window, l.Opens}
			if all[k] == nil {
				all[k] = &meeting{window: l.Window, opens: l.Opens, members: map[string]*policies.Policy{}}
			}
			all[k].launches = append(all[k].launches, l)
			all[k].members[p.Name] = p
		}
	}
	out := slices.SortedFunc(maps.Values(all), func(a, b *meeting) int {
		return cmp.Or(a.opens.Compare(b.opens), strings.Compare(a.window, b.window))
	})
	for _, m := range out {
		m.arrange(r)
	}
	return out
}

// openings are those of one policy, in every zone, without launches.
func openings(p *policies.Policy, in Input) []Launch {
	if p.Window == nil || p.Window.Schedule == nil {
		return nil
	}
	var mine []policies.Suspension
	for _, s := range in.Suspensions {
		if s.Policy == p.Name {
			mine = append(mine, s)
		}
	}
	var out []Launch
	for _, zone := range zones(p.Window, in.Zones[p.Name]) {
		name := ""
		if p.Window.Zone == nil {
			name = zone.String()
		}
		for _, o := range in.Openings(p.Window, in.From, in.Until, zone, mine) {
			out = append(out, Launch{
				Occurrence: Occurrence{Policy: p.Name, Opens: o.Opens.UTC(), Zone: name},
				Window:     p.Window.Name, Location: zone, Closes: o.Closes.UTC(), State: o.State, Reason: o.Reason,
			})
		}
	}
	return out
}

// zones are those in which a window opens, each once, by name.
func zones(w *policies.Window, hosts []*time.Location) []*time.Location {
	if w.Zone != nil {
		return []*time.Location{w.Zone}
	}
	byName := func(a, b *time.Location) int { return strings.Compare(a.String(), b.String()) }
	out := slices.DeleteFunc(slices.Clone(hosts), func(z *time.Location) bool { return z == nil })
	slices.SortFunc(out, byName)
	return slices.CompactFunc(out, func(a, b *time.Location) bool { return byName(a, b) == 0 })
}

// arrange gives the open ones their launches and sorts all.
func (m *meeting) arrange(r Relation) {
	var open []*policies.Policy
	length := m.launches[0].Closes.Sub(m.opens)
	for _, l := range m.launches {
		p := m.members[l.Policy]
		if l.State == policies.OpeningOpen && !slices.Contains(open, p) {
			open = append(open, p)
		}
		length = min(length, l.Closes.Sub(l.Opens))
	}
	slots, place := map[string]slot{}, map[string]int{}
	for i, s := range chain(r.Order(open), length) {
		slots[s.policy.Name], place[s.policy.Name] = s, i
	}
	behind := func(l Launch) int {
		if l.Launch.IsZero() {
			return 1
		}
		return 0
	}
	for i := range m.launches {
		l := &m.launches[i]
		s, ok := slots[l.Policy]
		switch {
		case l.State != policies.OpeningOpen || !ok:
		case s.late:
			l.Reason = s.why()
		default:
			l.Launch = l.Opens.Add(s.offset)
		}
	}
	slices.SortFunc(m.launches, func(a, b Launch) int {
		return cmp.Or(cmp.Compare(behind(a), behind(b)), cmp.Compare(place[a.Policy], place[b.Policy]),
			strings.Compare(a.Policy, b.Policy), strings.Compare(a.Zone, b.Zone))
	})
}

// slot is the place of one policy in an opening.
type slot struct {
	policy *policies.Policy
	// offset is the launch, counted from the opening.
	offset time.Duration
	// late says that there is no launch, because it would not be before the close.
	late bool
	// behind is the policy launched before it, nil for the first.
	behind *policies.Policy
}

// chain gives policies that are in order their places in an opening of a length.
func chain(ordered []*policies.Policy, length time.Duration) []slot {
	out := make([]slot, 0, len(ordered))
	var last *policies.Policy
	at := time.Duration(0)
	for _, p := range ordered {
		gap := time.Duration(0)
		if last != nil {
			gap = max(0, p.Gap)
		}
		if gap >= length-at { // so written because a sum could overflow
			out = append(out, slot{policy: p, late: true, behind: last})
			continue
		}
		at += gap
		out = append(out, slot{policy: p, offset: at, behind: last})
		last = p
	}
	return out
}

// why is the sentence about a slot that is late.
func (s slot) why() string {
	if s.behind == nil {
		return "the window closes as it opens"
	}
	return fmt.Sprintf("its launch, %s after that of policy %s, would not be before the close", policies.PlainDuration(s.policy.Gap), s.behind.Name)
}
