package policies

// NoReboot reports whether the policy never reboots a host: it takes only updates
// that need none, or leaves the reboot to others.
func (p *Policy) NoReboot() bool {
	return p.Updates == "no-reboot" || p.Reboot.When == RebootNever
}
