package run

import (
	"fmt"
	"slices"
	"strings"

	"patchwave/engine/coord"
	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/policies"
)

// bound is how many of some hosts may be unavailable at one time: an availability,
// or the max_unavailable of a wave.
type bound struct {
	// name begins a sentence.
	name string
	// hosts are sorted.
	hosts []string
	// most may be unavailable.
	most int
	// probes say whether a host is available.
	probes []policies.Probe
	// every host is asked, and not only those that ended badly.
	every bool
	// across counts the hosts that other runs work on too.
	across bool
	survey survey
}

func (b *bound) about(host string) bool {
	_, ok := slices.BinarySearch(b.hosts, host)
	return ok
}

// newBounds are the availabilities and the waves that bound something.
func newBounds(w Work) (availabilities []*bound, waves map[string]*bound) {
	for _, a := range w.Availabilities {
		availabilities = append(availabilities, &bound{name: fmt.Sprintf("availability %q", a.Name), hosts: a.Hosts,
			most: a.MayLose(), probes: a.Probes, every: true, across: true})
	}
	waves = map[string]*bound{}
	members := map[string][]string{}
	for _, wave := range w.Plan.Waves {
		for _, b := range wave.Batches {
			for _, h := range b.Hosts {
				members[wave.Policy] = append(members[wave.Policy], h.Name)
			}
		}
	}
	for _, p := range w.Policies {
		hosts := members[p.Name]
		slices.Sort(hosts)
		for _, wave := range p.Rollout.Waves {
			if len(hosts) == 0 || !wave.MaxUnavailable.Given {
				continue
			}
			b := &bound{name: fmt.Sprintf("wave %q of policy %s", wave.Name, p.Name), hosts: hosts, most: max(1, wave.MaxUnavailable.Of(len(hosts)))}
			if p.Verification != nil {
				b.probes = p.Verification.Probes
			}
			waves[waveKey(p.Name, wave.Name)] = b
		}
	}
	return availabilities, waves
}

func waveKey(policy, wave string) string { return policy + "\x00" + wave }

// boundsOf are those that work on a host counts against.
func (r *runner) boundsOf(h plan.Host, policy string) []*bound {
	var out []*bound
	for _, b := range r.availabilities {
		if b.about(h.Name) {
			out = append(out, b)
		}
	}
	if b := r.waveBounds[waveKey(policy, r.rec.host(h.Name).Wave)]; b != nil {
		out = append(out, b)
	}
	return out
}

// obstacle is why a host may not begin now.
type obstacle struct {
	text string
	// own says that hosts of this run have to come back first, other that hosts of
	// other runs have; never that waiting does not help.
	own, other, never bool
	// ill are the names of the hosts that are not well: while they stay the same,
	// nothing gets better. key is what is in the way without the words of hosts,
	// which may be others each time.
	ill, key string
}

// verdict is what the probes say about a host.
type verdict struct {
	ok  bool
	why string
}

// blocked counts the hosts of a bound that are unavailable; nil means that one
// more, me, may go. away are the hosts that runs work on, bad those of this run
// that ended badly, and found is what the probes say, asked a moment ago. Whatever
// is not known counts as unavailable.
func (b *bound) blocked(me, run string, away []coord.Absence, bad map[string]journal.State, found map[string]verdict) *obstacle {
	gone := make(map[string]coord.Absence, len(away))
	for _, a := range away {
		if b.across || a.Run == run {
			gone[a.Host] = a
		}
	}
	o := &obstacle{}
	var busy, ill, names []string
	hopeless, well := 0, 0
	for _, h := range b.hosts {
		if h == me {
			continue
		}
		a, isAway := gone[h]
		state, isBad := bad[h]
		v, asked := found[h]
		switch {
		case isAway && a.Run == run:
			o.own = true
			busy = append(busy, h+" is in work")
		case isAway:
			o.other = true
			busy = append(busy, fmt.Sprintf("run %s works on %s", a.Run, h))
		case state == journal.RolledBack && !b.every && len(b.probes) == 0:
			well++ // it was asked whether it has its old versions again
		case isBad && len(b.probes) == 0:
			hopeless++
			ill, names = append(ill, h+" is "+string(state)), append(names, h)
		case asked && v.ok:
			well++
		case asked:
			ill, names = append(ill, h+": "+v.why), append(names, h)
		case isBad || b.every:
			ill, names = append(ill, h+" has not been asked"), append(names, h)
		}
	}
	alone := b.every && len(b.probes) > 0 && well == 0 && len(b.hosts) == 1
	if len(busy)+len(ill)+1 <= b.most && (!alone || found[me].ok) {
		return nil
	}
	if alone && !found[me].ok {
		ill, names = append(ill, me+": "+found[me].why), append(names, me)
	}
	o.ill, o.never = strings.Join(names, " "), hopeless+1 > b.most
	o.key = b.name + " " + strings.Join(busy, " ") + " " + o.ill
	o.text = fmt.Sprintf("%s lets %d of %s be unavailable: %s", b.name, b.most, hostsText(len(b.hosts)), list(append(busy, ill...)))
	if len(ill)+1 > b.most {
		o.own, o.other = false, false // they do not make the difference
	}
	return o
}
