package plan

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"patchwave/inventory"
	"patchwave/policies"
	"patchwave/policies/agenda"
	"patchwave/policies/calendar"
	"patchwave/policies/schedule"
)

// world is a fleet with all that a plan of it depends on.
type world struct {
	start       time.Time
	req         Request
	groups      []group
	zones       map[string]*time.Location // of the hosts
	suspensions []policies.Suspension
	history     map[string][]time.Duration // of the hosts that have one
}

// grounds is what worlds are drawn from.
type grounds struct {
	zones     []*time.Location
	schedules []schedule.Schedule
	starts    []time.Time
}

func newGrounds(t *testing.T) grounds {
	t.Helper()
	g := grounds{starts: []time.Time{
		time.Date(2026, 10, 23, 20, 0, 0, 0, time.UTC), // before the end of summer time in Europe
		time.Date(2027, 3, 12, 18, 0, 0, 0, time.UTC),  // before its begin in America
		time.Date(2027, 4, 2, 18, 0, 0, 0, time.UTC),   // before its end in Australia
		time.Date(2026, 12, 29, 10, 0, 0, 0, time.UTC),
		time.Date(2028, 2, 27, 23, 0, 0, 0, time.UTC),
	}}
	for _, name := range []string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"} {
		z, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		g.zones = append(g.zones, z)
	}
	for _, text := range []string{"*-*-* 02:00:00", "Sun 02:30", "Sat,Sun *-*-* 01:15:00", "*-*-* 00/6:00:00", "Mon..Fri 22:00", "*-12-31 23:00:00", "*-02-29 03:00:00", "2nd Tue +3d 02:00"} {
		s, err := schedule.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		g.schedules = append(g.schedules, s)
	}
	return g
}

func pick[T any](t *rapid.T, label string, list []T) T {
	return list[rapid.IntRange(0, len(list)-1).Draw(t, label)]
}

// one in n.
func one(t *rapid.T, n int, label string) bool { return rapid.IntRange(0, n-1).Draw(t, label) == n-1 }

func minutes(t *rapid.T, label string, from, to, step int) time.Duration {
	return time.Duration(rapid.IntRange(from/step, to/step).Draw(t, label)*step) * time.Minute
}

func (g grounds) world(t *rapid.T) world {
	w := world{zones: map[string]*time.Location{}, history: map[string][]time.Duration{}}
	w.start = pick(t, "start", g.starts).Add(minutes(t, "later", 0, 3*24*60, 5))
	windows := g.windows(t, w.start)
	for i := range rapid.IntRange(1, 5).Draw(t, "policies") {
		p := anyPolicy(t, fmt.Sprintf("p%d", i), windows)
		for j := range w.req.Policies {
			// forwards and backwards by name, without a cycle
			if q := w.req.Policies[j]; one(t, 3, "after") {
				p.After = append(p.After, q.Name)
			}
		}
		w.req.Policies = append(w.req.Policies, p)
		if one(t, 6, "suspended") {
			w.suspensions = append(w.suspensions, policies.Suspension{Policy: p.Name, Since: w.start.Add(-time.Hour), Until: w.start.Add(minutes(t, "until", 60, 4*24*60, 60)), Reason: "nobody is there"})
		}
	}
	w.req.Policies = rapid.Permutation(w.req.Policies).Draw(t, "order of policies")
	w.anyHosts(t, g.zones)
	w.anyAvailabilities(t)
	return w
}

// windows are some, and none.
func (g grounds) windows(t *rapid.T, start time.Time) []*policies.Window {
	out := []*policies.Window{nil}
	for i := range rapid.IntRange(0, 2).Draw(t, "windows") {
		w := &policies.Window{Name: fmt.Sprintf("w%d", i), Schedule: pick(t, "schedule", g.schedules), Duration: minutes(t, "duration", 30, 12*60, 30)}
		if !one(t, 3, "host-local") {
			w.Zone = pick(t, "zone", g.zones)
		}
		if one(t, 2, "calendar") {
			w.Calendar = &calendar.Calendar{Name: "office", Zone: pick(t, "zone of the calendar", g.zones),
				Workdays: [7]bool{false, true, true, true, true, true, false}, From: 8 * time.Hour, To: 18 * time.Hour}
			day := calendar.DateOf(start).AddDays(rapid.IntRange(-1, 4).Draw(t, "frozen from"))
			w.Calendar.Freezes = []calendar.Freeze{{Name: "closing", From: day, To: day.AddDays(rapid.IntRange(0, 2).Draw(t, "frozen for"))}}
			w.Calendar.Holidays = []calendar.Holiday{{Date: calendar.DateOf(start).AddDays(2)}}
			w.Attended, w.Attendance = one(t, 2, "attended"), 6*time.Hour
		}
		out = append(out, w)
	}
	return out
}

func anyPolicy(t *rapid.T, name string, windows []*policies.Window) *policies.Policy {
	p := &policies.Policy{Name: name, Window: pick(t, "window", windows), Gap: minutes(t, "gap", 0, 120, 30), Priority: rapid.IntRange(49, 51).Draw(t, "priority"),
		Updates: pick(t, "updates", []string{"all", "no-reboot", "reboot"}), Reboot: policies.Reboot{When: pick(t, "reboot", []policies.RebootWhen{policies.RebootRequired, policies.RebootNever})}}
	waves := rapid.SliceOfN(rapid.Custom(anyWave), 0, 2).Draw(t, "waves")
	waves = append(waves, policies.Wave{})
	for i := range waves {
		waves[i].Name, waves[i].Soak = fmt.Sprintf("wave-%d", i), minutes(t, "soak", 0, 48*60, 60)
		if p.Window != nil && one(t, 3, "as long as the window") {
			waves[i].Soak = p.Window.Duration
		}
		waves[i].Batch, waves[i].MaxUnavailable = anyAmount(t, "batch"), anyAmount(t, "max_unavailable")
	}
	p.Rollout.Waves = waves
	return p
}

// anyHosts are at most forty, each of one policy, none of which depends on
// itself through others.
func (w *world) anyHosts(t *rapid.T, zones []*time.Location) {
	inv := &inventory.Inventory{}
	all := names("h", rapid.IntRange(0, 40).Draw(t, "hosts"))
	ranks := rapid.Permutation(all).Draw(t, "order of dependencies")
	by := map[*policies.Policy]*group{}
	for i, name := range ranks {
		p := w.req.Policies[0]
		if !one(t, 3, "the first policy") {
			p = pick(t, "policy", w.req.Policies)
		}
		h := &inventory.Host{Name: name, Policies: []string{p.Name}}
		for range rapid.IntRange(0, 3).Draw(t, "dependencies") - 1 {
			if i > 0 {
				h.DependsOn = append(h.DependsOn, pick(t, "depends on", ranks[:i]))
			}
		}
		inv.Hosts = append(inv.Hosts, h)
		p.Hosts = append(p.Hosts, name)
		w.zones[name] = pick(t, "zone", zones)
		if one(t, 2, "history") {
			w.history[name] = []time.Duration{minutes(t, "run", 0, 180, 1), minutes(t, "another run", 1, 180, 1)}
		}
		if by[p] == nil {
			by[p] = &group{policy: p}
		}
		plan := Host{Name: name}
		if !one(t, 4, "idle") {
			plan.Steps = []Step{{Step: StepUpdates}}
		}
		by[p].hosts = append(by[p].hosts, plan)
	}
	for _, p := range w.req.Policies {
		slices.Sort(p.Hosts)
		if by[p] != nil {
			w.groups = append(w.groups, *by[p])
		}
	}
	slices.SortFunc(inv.Hosts, func(a, b *inventory.Host) int { return compare(a.Name, b.Name) })
	w.req.Inventory = inv
}

func compare(a, b string) int { return slices.Compare([]byte(a), []byte(b)) }

func (w *world) anyAvailabilities(t *rapid.T) {
	for i := range rapid.IntRange(0, 3).Draw(t, "availabilities") {
		a := &policies.Availability{Name: fmt.Sprintf("a%d", i)}
		for _, h := range w.req.Inventory.Hosts {
			if one(t, 2, "member") {
				a.Hosts = append(a.Hosts, h.Name)
			}
		}
		amount := number(rapid.IntRange(1, 6).Draw(t, "bound"))
		if one(t, 2, "in percent") {
			amount = percent(rapid.IntRange(1, 100).Draw(t, "bound"))
		}
		if one(t, 3, "min_healthy") {
			a.MinHealthy = amount
		} else {
			a.MaxUnavailable = amount
		}
		w.req.Availabilities = append(w.req.Availabilities, a)
	}
}

// ahead is how far the plans of a world look.
const ahead = 8 * 24 * time.Hour

// places are where the window of a policy opens.
func (w *world) places(p *policies.Policy) []*time.Location {
	if p.Window.Zone != nil {
		return []*time.Location{p.Window.Zone}
	}
	var out []*time.Location
	for _, h := range p.Hosts {
		if !slices.Contains(out, w.zones[h]) {
			out = append(out, w.zones[h])
		}
	}
	return out
}

// launches are those that a plan is timed with.
func (w *world) launches() []agenda.Launch {
	in := agenda.Input{From: w.start.Add(-12 * time.Hour), Until: w.start.Add(ahead), Suspensions: w.suspensions, Zones: map[string][]*time.Location{}}
	for _, p := range w.req.Policies {
		if p.Window != nil && p.Window.Zone == nil {
			in.Zones[p.Name] = w.places(p)
		}
	}
	return agenda.Of(w.req.Policies, in)
}
