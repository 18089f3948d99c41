package main

import (
	"slices"
	"strings"

	"patchwave/inventory"
	"patchwave/policies"
)

// gaps ends apply with status 2 where the policies of the hosts ask for something
// that this version cannot do: whoever wrote it counts on it, and to go on without
// it would be to do something else than what was asked for. What hosts can be
// changed without is told; so is everything where nothing will be changed.
func (a *app) gaps(s *session, hosts []*inventory.Host, policy string, changing bool) error {
	var refused []string
	for _, p := range s.policies {
		if policy != "" && p.Name != policy {
			continue
		}
		claimed := slices.DeleteFunc(slices.Clone(hosts), func(h *inventory.Host) bool { return !slices.Contains(h.Policies, p.Name) })
		if len(claimed) == 0 {
			continue
		}
		for _, g := range policies.Unsupported(p) {
			line := "policy " + p.Name + ": " + g.String()
			switch {
			case g.Harmless:
				a.say("not done by this version: %s", line)
			case changing:
				refused = append(refused, line)
			default:
				a.say("apply will refuse, because this version cannot do it: %s", line)
			}
		}
	}
	if len(refused) == 0 {
		return nil
	}
	return usage("this version cannot do what the configuration asks for, and nothing was done:\n  %s\ntake it out, or choose other policies with --policy or other hosts with --limit",
		strings.Join(refused, "\n  "))
}

// factsOf are the facts of the last scans, by host.
func factsOf(seen map[string]inventory.Observation) map[string]inventory.Facts {
	facts := make(map[string]inventory.Facts, len(seen))
	for name, o := range seen {
		facts[name] = o.Facts
	}
	return facts
}
