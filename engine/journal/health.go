package journal

// HealthData is what ran and stood on a host before anything was changed there:
// the parts that the policy compares. A part that was not looked at is nil; one of
// which the host has nothing is empty. Names are hostile.
type HealthData struct {
	// BootID is that of the boot in which it was taken.
	BootID string `json:"boot_id"`
	// Init is the service manager: systemd, openrc, sysv, or "" for none.
	Init string `json:"init,omitempty"`
	// Manager is what knows about broken packages: dpkg, rpm, pacman, or "".
	Manager string `json:"manager,omitempty"`
	// Services are those that run.
	Services []string `json:"services"`
	// Listeners are "tcp/443", or "tcp/5432 on loopback".
	Listeners []string `json:"listeners"`
	// Mounts are mount points, with " (read-only)" where nothing can be written.
	Mounts []string `json:"mounts"`
	// FailedUnits are units, BrokenPackages packages, with their state.
	FailedUnits    []string `json:"failed_units"`
	BrokenPackages []string `json:"broken_packages"`
	// Kernel is the release that runs, Kernels those that can be booted.
	Kernel  string   `json:"kernel,omitempty"`
	Kernels []string `json:"kernels"`
	// Routes are destinations.
	Routes []string `json:"routes"`
	// EventErrors are the kinds of errors that the event log of Windows has, "PROVIDER
	// ID".
	EventErrors []string `json:"event_errors"`
	// Time is "yes" if the clock is held by a time server, "no", or "" if the host
	// cannot tell.
	Time string `json:"time,omitempty"`
}

// Has reports whether a part was looked at; the words are those of `unchanged`.
func (h *HealthData) Has(part string) bool {
	switch part {
	case "services":
		return h.Services != nil
	case "listeners":
		return h.Listeners != nil
	case "mounts":
		return h.Mounts != nil
	case "failed_units":
		return h.FailedUnits != nil
	case "broken_packages":
		return h.BrokenPackages != nil
	case "kernel":
		return h.Kernel != ""
	case "routes":
		return h.Routes != nil
	case "event_errors":
		return h.EventErrors != nil
	case "time":
		return h.Time != ""
	default:
		return false
	}
}
