package policies

import "patchwave/inventory"

// Availability is a bound that holds across every policy and every run. Exactly
// one of MaxUnavailable and MinHealthy is given.
type Availability struct {
	Name string
	// Hosts are the names of the hosts it is about, sorted.
	Hosts          []string
	MaxUnavailable Amount
	MinHealthy     Amount
	// Probes are asked before, during and after each host, never from a cache.
	Probes []Probe
	Pos    inventory.Position
}

// MayLose returns how many of the hosts may be away at one time. A percentage of
// MaxUnavailable is rounded down, at least one; one of MinHealthy is rounded up:
// half of three hosts are two. With a MinHealthy of as many hosts as there are, or
// more, it is zero: none may be away, and nothing can be done to any of them.
func (a *Availability) MayLose() int {
	n := len(a.Hosts)
	if !a.MinHealthy.Given {
		return max(1, a.MaxUnavailable.Of(n))
	}
	healthy := a.MinHealthy.Count
	if a.MinHealthy.Percent > 0 {
		healthy = (n*a.MinHealthy.Percent + 99) / 100
	}
	return max(0, n-healthy)
}
