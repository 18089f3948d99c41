package plan

import "patchwave/policies"

// Reboots is a plan that only reboots hosts, in the batches of the last wave of a
// policy. It has to be sealed.
func Reboots(p *policies.Policy, configDigest string, hosts []string) *Plan {
	out := &Plan{Schema: Schema, ConfigDigest: configDigest, Waves: []Wave{}, Excluded: []Excluded{}}
	if len(hosts) == 0 {
		return out
	}
	last := policies.Wave{Name: StepReboot}
	if n := len(p.Rollout.Waves); n > 0 {
		last = p.Rollout.Waves[n-1]
	}
	size := policies.DefaultBatch
	if last.Batch.Given {
		size = max(1, last.Batch.Of(len(hosts)))
	}
	wave := Wave{Policy: p.Name, Name: last.Name}
	for len(hosts) > 0 {
		n := min(size, len(hosts))
		var b Batch
		for _, name := range hosts[:n] {
			b.Hosts = append(b.Hosts, Host{Name: name, Steps: []Step{{Step: StepReboot, Updates: []Entry{}, Reboot: true}}, Skipped: []Skipped{}, Notes: []string{}})
		}
		wave.Batches = append(wave.Batches, b)
		hosts = hosts[n:]
	}
	out.Waves = append(out.Waves, wave)
	return out
}
