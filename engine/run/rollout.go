package run

import (
	"time"

	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/policies"
)

// A rollout may need several runs: what the window left no time for goes on in
// another one. Work.Earlier are the hosts of the runs before, so that failures are
// counted over all of it.

// earlier are the hosts of a policy in earlier runs that this run does not have.
func (r *runner) earlier(p *policies.Policy) []*journal.Host {
	var out []*journal.Host
	for _, h := range r.work.Earlier {
		if h.Policy == p.Name && r.rec.folder.Host(h.Name) == nil {
			out = append(out, h)
		}
	}
	return out
}

// late are the entries for hosts that are tried again after the run has ended, and
// before them for those that were not reached even when it was planned.
func (r *runner) late() []entry {
	var out []entry
	for _, w := range r.work.Plan.Waves {
		for i, b := range w.Batches {
			for _, h := range b.Hosts {
				if known := r.rec.folder.Host(h.Name); known == nil || (known.State == journal.Unreachable && known.Policy == "") {
					out = append(out, planned(w, i, h))
				}
			}
		}
	}
	for _, name := range r.work.Late {
		out = append(out, entry{name, journal.HostState, journal.HostStateData{From: journal.Unreachable, To: journal.Checking}})
	}
	return out
}

func planned(w plan.Wave, batch int, h plan.Host) entry {
	us := records(h.Changes())
	i := 0
	for _, s := range h.Steps {
		for _, e := range s.Updates {
			us[i].Title = e.Title
			i++
		}
	}
	return entry{h.Name, journal.HostPlanned, journal.HostPlannedData{Policy: w.Policy, Wave: w.Name, Batch: batch + 1, Updates: us}}
}

// leftBehind says which wave of a policy has hosts for which there was no time: the
// waves after it prove nothing before these are done, and wait with them.
func (r *runner) leftBehind(w plan.Wave) string {
	for _, b := range w.Batches {
		for _, h := range b.Hosts {
			if r.rec.host(h.Name).State == journal.Deferred {
				return w.Name
			}
		}
	}
	return ""
}

// SoakOver is when a run that soaks may go on, and the policies whose hosts wait.
// Until a wave has begun that a soak keeps waiting the time is zero.
func SoakOver(r *journal.Run, p *plan.Plan, pols []*policies.Policy) (over time.Time, waiting []string) {
	for i, w := range p.Waves {
		if i == 0 || p.Waves[i-1].Policy != w.Policy || !anyPending(r, w) || anyPending(r, p.Waves[i-1]) {
			continue
		}
		waiting = append(waiting, w.Policy)
		for _, policy := range pols {
			if policy.Name != w.Policy {
				continue
			}
			at := lastChange(r, p.Waves[i-1]).Add(soakOf(policy, p.Waves[i-1].Name))
			if over.IsZero() || at.Before(over) {
				over = at
			}
		}
	}
	return over, waiting
}

func soakOf(p *policies.Policy, wave string) time.Duration {
	for _, w := range p.Rollout.Waves {
		if w.Name == wave {
			return w.Soak
		}
	}
	return 0
}

func anyPending(r *journal.Run, w plan.Wave) bool {
	for _, b := range w.Batches {
		for _, h := range b.Hosts {
			if known := r.Host(h.Name); known != nil && known.State == journal.Pending {
				return true
			}
		}
	}
	return false
}

// lastChange is when the last host of a wave ended that was changed; zero if none
// was.
func lastChange(r *journal.Run, w plan.Wave) time.Time {
	var last time.Time
	for _, b := range w.Batches {
		for _, h := range b.Hosts {
			if known := r.Host(h.Name); known != nil && known.State != journal.Unchanged && known.Since.After(last) {
				last = known.Since
			}
		}
	}
	return last
}
