package policies

import (
	"slices"
	"strings"
)

// Arguments are what the scripts of Windows Update are told: source, the file name
// of the catalogue (it lies on each host, in %ProgramData%\patchwave\offline), and
// accept_eula. They are nil if the policy does not say, or there is no policy.
func (p *Policy) Arguments() map[string]string {
	if p == nil || p.WindowsUpdate == nil {
		return nil
	}
	w := p.WindowsUpdate
	out := map[string]string{"source": string(w.Source)}
	if w.Source == SourceOffline {
		out["cab"] = w.Cab[strings.LastIndexAny(w.Cab, `/\`)+1:]
	}
	if w.AcceptEULA {
		out["accept_eula"] = "true"
	}
	return out
}

// ArgumentsOf are those of the one policy that claims a host. A host that several
// claim, or none, is asked as it is set up itself: nil.
func ArgumentsOf(all []*Policy, host string) map[string]string {
	var found *Policy
	for _, p := range all {
		if _, claims := slices.BinarySearch(p.Hosts, host); claims {
			if found != nil {
				return nil
			}
			found = p
		}
	}
	return found.Arguments()
}
