package plan

import (
	"fmt"

	"patchwave/policies"
)

// bounds are the availabilities that each host is in, by its name.
type bounds map[string][]*bound

// bound is how many hosts of one availability may be away at once.
type bound struct {
	*policies.Availability
	most int
}

func newBounds(list []*policies.Availability) bounds {
	out := bounds{}
	for _, a := range list {
		b := &bound{a, a.MayLose()}
		for _, h := range a.Hosts {
			out[h] = append(out[h], b)
		}
	}
	return out
}

// of are the bounds that work on a host counts against; a host that is only
// looked at stays where it is.
func (bs bounds) of(h Host) []*bound {
	if len(h.Steps) == 0 {
		return nil
	}
	return bs[h.Name]
}

// forbid says why a host may not be worked on at all; nil if it may.
func (bs bounds) forbid(h Host) *Excluded {
	for _, b := range bs.of(h) {
		if b.most < 1 {
			where := ""
			if b.Pos.File != "" {
				where = fmt.Sprintf(" (%s:%d)", b.Pos.File, b.Pos.Line)
			}
			return &Excluded{h.Name, ExcludedAvailability, fmt.Sprintf("availability %s%s wants all of its %d hosts healthy, so none of them can be worked on; lower its min_healthy",
				b.Name, where, len(b.Hosts))}
		}
	}
	return nil
}

// sift takes out of groups the hosts that may not be worked on.
func (bs bounds) sift(groups []group) (kept []group, out []Excluded) {
	for _, g := range groups {
		hosts := make([]Host, 0, len(g.hosts))
		for _, h := range g.hosts {
			if x := bs.forbid(h); x != nil {
				out = append(out, *x)
			} else {
				hosts = append(hosts, h)
			}
		}
		if len(hosts) > 0 { // a policy of which nothing is left holds up no other
			kept = append(kept, group{g.policy, hosts})
		}
	}
	return kept, out
}

// room is how much of a bound the batches of a wave have used.
type room struct {
	most int
	used map[int]int
	// next leads from a batch that is full to one behind it.
	next map[int]int
}

func newRoom(most int) *room { return &room{most, map[int]int{}, map[int]int{}} }

// first returns the first batch from i on that is not full.
func (r *room) first(i int) int {
	end := i
	for n, full := r.next[end]; full; n, full = r.next[end] {
		end = n
	}
	for i != end { // so that nobody goes the whole way again
		i, r.next[i] = r.next[i], end
	}
	return end
}

func (r *room) take(i int) {
	if r.used[i]++; r.used[i] >= r.most {
		r.next[i] = i + 1
	}
}
