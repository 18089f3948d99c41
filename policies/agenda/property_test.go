package agenda_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"patchwave/policies"
	"patchwave/policies/agenda"
)

// world is everything that Of and Due look at, of three days.
type world struct {
	pols   []*policies.Policy
	in     agenda.Input
	states states
}

// anyWorld draws windows with their openings, states, policies, zones and
// suspensions; edges of "after" with cycles or without.
func anyWorld(t *rapid.T, cycles bool) world {
	var ws []*policies.Window
	w := world{states: states{}, in: agenda.Input{From: at(-day), Until: at(4 * day), Zones: map[string][]*time.Location{}}}
	zones := []*time.Location{time.UTC, time.FixedZone("East", 3600), time.FixedZone("Far", 9*3600+1800), time.FixedZone("Also-East", 3600)}
	for i := range rapid.IntRange(1, 3).Draw(t, "windows") {
		hours := rapid.SliceOfNDistinct(rapid.IntRange(0, 71), 1, 4, rapid.ID).Draw(t, "opens at")
		slices.Sort(hours)
		var s starts
		for _, h := range hours {
			s = append(s, at(time.Duration(h)*time.Hour))
		}
		v := window(fmt.Sprintf("w%d", i), s, time.Duration(rapid.IntRange(1, 16).Draw(t, "half hours"))*30*time.Minute)
		if rapid.IntRange(0, 2).Draw(t, "host-local") == 0 {
			v.Zone = nil
		}
		ws = append(ws, v)
		for _, z := range zones {
			for _, o := range openings(nil)(v, w.in.From, w.in.Until, z, nil) {
				if rapid.IntRange(0, 4).Draw(t, "state") == 0 {
					w.states[stateKey(v.Name, o.Opens)] = rapid.SampledFrom([]policies.OpeningState{policies.OpeningFrozen, policies.OpeningUnattended}).Draw(t, "which")
				}
			}
		}
	}
	w.pols = anyPolicies(t, ws, cycles)
	for _, p := range w.pols {
		w.in.Zones[p.Name] = rapid.SliceOfN(rapid.SampledFrom(zones), 0, 3).Draw(t, "zones")
		if rapid.IntRange(0, 5).Draw(t, "suspended") == 0 {
			w.in.Suspensions = append(w.in.Suspensions, policies.Suspension{Policy: p.Name, Reason: "nobody is there",
				Since: at(0), Until: at(time.Duration(rapid.IntRange(1, 72).Draw(t, "until")) * time.Hour)})
		}
	}
	w.in.Openings = openings(w.states)
	return w
}

func (w world) policy(name string) *policies.Policy {
	return w.pols[slices.IndexFunc(w.pols, func(p *policies.Policy) bool { return p.Name == name })]
}

// TestAgendaHoldsItsRules: in any world no launch is outside its opening, the
// launches of an opening keep the later one's gap and "after", what is frozen,
// suspended or unattended is not launched, no occurrence is there twice, and the
// order of the policies does not count.
func TestAgendaHoldsItsRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t, true)
		after := reach(w.pols)
		got := agenda.Of(w.pols, w.in)
		seen := map[agenda.Occurrence]bool{}
		for i, l := range got {
			if seen[l.Occurrence] {
				t.Fatalf("%v is there twice", l.Occurrence)
			}
			seen[l.Occurrence] = true
			if (l.Reason == "") != !l.Launch.IsZero() {
				t.Fatalf("launch %s with reason %q", l.Launch, l.Reason)
			}
			if i > 0 && got[i-1].Opens.After(l.Opens) {
				t.Fatal("not sorted")
			}
			if l.Launch.IsZero() {
				continue
			}
			if l.State != policies.OpeningOpen {
				t.Fatalf("%s is launched while %s", l.Policy, l.State)
			}
			if l.Launch.Before(l.Opens) || !l.Launch.Before(l.Closes) {
				t.Fatalf("%s is launched at %s, outside %s to %s", l.Policy, l.Launch, l.Opens, l.Closes)
			}
			checkNeighbours(t, w, after, got[:i], l)
		}
		mixed := w
		mixed.pols = rapid.Permutation(w.pols).Draw(t, "another order")
		if diff := cmp.Diff(got, agenda.Of(mixed.pols, mixed.in), cmp.Comparer(func(a, b *time.Location) bool { return a == b })); diff != "" {
			t.Fatalf("the order of the policies counts:\n%s", diff)
		}
	})
}

// checkNeighbours compares a launch with those before it in the same opening.
func checkNeighbours(t *rapid.T, w world, after map[string]map[string]bool, before []agenda.Launch, l agenda.Launch) {
	for _, e := range slices.Backward(before) {
		if e.Window != l.Window || !e.Opens.Equal(l.Opens) || e.Launch.IsZero() {
			break
		}
		if e.Policy == l.Policy {
			if !e.Launch.Equal(l.Launch) {
				t.Fatalf("%s is launched at two times in one opening", l.Policy)
			}
			continue
		}
		if after[e.Policy][l.Policy] && !after[l.Policy][e.Policy] {
			t.Fatalf("%s before %s, which it is after", e.Policy, l.Policy)
		}
		if d := l.Launch.Sub(e.Launch); d < w.policy(l.Policy).Gap {
			t.Fatalf("%s is launched %s after %s, and its gap is %s", l.Policy, d, e.Policy, w.policy(l.Policy).Gap)
		}
	}
}

// walk asks Due again and again from the first to the last opening, at the
// instants that pick says, and lets every launch last as long as lasts says.
func walk(t *rapid.T, w world, step func(now, next time.Time) time.Time, lasts func(agenda.Launch) time.Duration, each func(now time.Time, progress agenda.Progress, o agenda.Outlook)) {
	progress := agenda.Progress{Looked: w.in.From, Runs: map[agenda.Occurrence]agenda.Run{}}
	ends := map[agenda.Occurrence]time.Time{}
	last := w.in.Until.Add(-12 * time.Hour)
	for now, n := w.in.From, 0; !now.After(last); n++ {
		if n > 8000 {
			t.Fatal("Due says again and again that something is next")
		}
		for o, end := range ends {
			if r := progress.Runs[o]; r.Finished.IsZero() && !end.After(now) {
				progress.Runs[o] = agenda.Run{Launched: r.Launched, Finished: end}
			}
		}
		out := agenda.Due(w.pols, now, w.in, progress)
		each(now, progress, out)
		for _, l := range out.Due {
			r := agenda.Run{Launched: now}
			if lasts(l) == 0 {
				r.Finished = now
			}
			progress.Runs[l.Occurrence] = r
			ends[l.Occurrence] = now.Add(lasts(l))
		}
		progress.Looked = now
		if len(out.Due) > 0 {
			continue // something may have finished at once
		}
		if out.Next.IsZero() {
			return
		}
		if !out.Next.After(now) {
			t.Fatalf("next is %s, now is %s", out.Next, now)
		}
		now = step(now, out.Next)
	}
}

// overlapping reports whether an opening of a window begins while another one of it
// is open, in whichever zone.
func (w world) overlapping(v *policies.Window) bool {
	zones := []*time.Location{time.UTC} // one that has a zone of its own opens once
	if v.Zone == nil {
		zones = slices.Concat(slices.Collect(maps.Values(w.in.Zones))...)
	}
	var opens []time.Time
	for _, z := range zones {
		for _, o := range openings(nil)(v, w.in.From, w.in.Until, z, nil) {
			opens = append(opens, o.Opens)
		}
	}
	slices.SortFunc(opens, time.Time.Compare)
	for i := 1; i < len(opens); i++ {
		if d := opens[i].Sub(opens[i-1]); d > 0 && d < v.Duration {
			return true
		}
	}
	return false
}

// TestDueIsWhatOfSays: where policies finish at once, and none is after one of
// another opening (of another window, or of its own that is open at the same
// time), asking at every minute launches exactly what Of says when it says so; so
// does asking only when something is next.
func TestDueIsWhatOfSays(t *testing.T) {
	steps := map[string]func(now, next time.Time) time.Time{
		"every half hour": func(now, _ time.Time) time.Time { return now.Add(30 * time.Minute) },
		"when it is next": func(_, next time.Time) time.Time { return next },
	}
	for name, step := range steps {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				w := anyWorld(t, false)
				for _, p := range w.pols {
					p.Gap = p.Gap.Round(30 * time.Minute)
					p.After = slices.DeleteFunc(p.After, func(q string) bool {
						return w.policy(q).Window != p.Window || (p.Window != nil && w.overlapping(p.Window))
					})
				}
				checkDue(t, w, step)
			})
		})
	}
}

func checkDue(t *rapid.T, w world, step func(now, next time.Time) time.Time) {
	want := map[agenda.Occurrence]time.Time{}
	for _, l := range agenda.Of(w.pols, w.in) {
		if !l.Launch.IsZero() {
			want[l.Occurrence] = l.Launch
		}
	}
	walk(t, w, step, func(agenda.Launch) time.Duration { return 0 }, func(now time.Time, _ agenda.Progress, o agenda.Outlook) {
		for _, l := range o.Due {
			if at, ok := want[l.Occurrence]; !ok || !at.Equal(now) {
				t.Fatalf("%s of %s is due at %s, Of says %s", l.Policy, l.Opens, now, at)
			}
			delete(want, l.Occurrence)
		}
		if len(o.Missed) > 0 {
			t.Fatalf("missed at %s: %v", now, drawn(o.Missed))
		}
	})
	for o, at := range want {
		if at.Before(w.in.Until.Add(-12 * time.Hour)) {
			t.Fatalf("%v was never due, Of says %s", o, at)
		}
	}
}

// TestDueHoldsItsRules: whenever it is asked and however long runs take, Due
// launches nothing twice, outside its opening, before what Of says, closer than
// its gap or before what it is after has finished; and what could have been
// launched is launched or missed, once.
func TestDueHoldsItsRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t, true)
		after := reach(w.pols)
		ends := map[agenda.Occurrence]string{}
		end := func(l agenda.Launch, how string) {
			if ends[l.Occurrence] != "" {
				t.Fatalf("%v is %s and %s", l.Occurrence, ends[l.Occurrence], how)
			}
			ends[l.Occurrence] = how
		}
		step := func(now, next time.Time) time.Time {
			late := time.Duration(rapid.SampledFrom([]int{0, 0, 0, 10, 45, 200}).Draw(t, "late")) * time.Minute
			return now.Add(min(next.Sub(now)+late, 4*time.Hour))
		}
		takes := map[agenda.Occurrence]time.Duration{}
		lasts := func(l agenda.Launch) time.Duration {
			if _, ok := takes[l.Occurrence]; !ok {
				takes[l.Occurrence] = time.Duration(rapid.IntRange(0, 8).Draw(t, "lasts")) * 20 * time.Minute
			}
			return takes[l.Occurrence]
		}
		walk(t, w, step, lasts, func(now time.Time, progress agenda.Progress, o agenda.Outlook) {
			for i, l := range o.Due {
				end(l, "launched")
				if now.Before(l.Launch) || !now.Before(l.Closes) {
					t.Fatalf("%s is launched at %s, which is not from %s to %s", l.Policy, now, l.Launch, l.Closes)
				}
				for q, r := range progress.Runs {
					checkRun(t, w, after, l, q, r, now)
				}
				for _, e := range o.Due[:i] {
					if e.Window == l.Window && e.Opens.Equal(l.Opens) && e.Policy != l.Policy && w.policy(l.Policy).Gap > 0 {
						t.Fatalf("%s with a gap of %s is launched with %s", l.Policy, w.policy(l.Policy).Gap, e.Policy)
					}
				}
			}
			for _, l := range o.Missed {
				end(l, "missed")
			}
			for _, l := range o.Passed {
				end(l, "passed")
			}
			for _, wait := range o.Waiting {
				if wait.Why == "" || wait.Launch.Launch.IsZero() || !wait.Closes.After(now) || ends[wait.Occurrence] != "" {
					t.Fatalf("at %s waits %+v", now, wait)
				}
			}
		})
		checkEnds(t, w, ends)
	})
}

// checkRun says what a launch of l at now owes to the run of q.
func checkRun(t *rapid.T, w world, after map[string]map[string]bool, l agenda.Launch, q agenda.Occurrence, r agenda.Run, now time.Time) {
	p, other := w.policy(l.Policy), w.policy(q.Policy)
	if q.Policy != l.Policy && other.Window.Name == l.Window && q.Opens.Equal(l.Opens) && now.Sub(r.Launched) < p.Gap {
		t.Fatalf("%s is launched %s after %s, its gap is %s", l.Policy, now.Sub(r.Launched), q.Policy, p.Gap)
	}
	sameWindow := other.Window.Name == l.Window && q.Opens.After(l.Opens)
	if q.Policy != l.Policy && after[l.Policy][q.Policy] && !sameWindow && r.Finished.IsZero() {
		t.Fatalf("%s is launched while %s runs, which it is after", l.Policy, q.Policy)
	}
}

// checkEnds: all that is over has come to an end.
func checkEnds(t *rapid.T, w world, ends map[agenda.Occurrence]string) {
	for _, l := range agenda.Of(w.pols, w.in) {
		how := ends[l.Occurrence]
		if l.Closes.After(w.in.Until.Add(-24 * time.Hour)) {
			continue // the walk ends before
		}
		if how == "" || (l.Launch.IsZero() != (how == "passed")) {
			t.Fatalf("%s of %s (%s, %q) ended as %q", l.Policy, l.Opens, l.State, l.Reason, how)
		}
	}
}
