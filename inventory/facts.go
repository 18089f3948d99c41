package inventory

import "time"

// OS is the operating system of a host.
type OS struct {
	// Family is "debian", "redhat", "suse", "arch", "alpine", "windows" or "".
	Family string `json:"family"`
	// Name is os-release's ID ("ubuntu").
	Name string `json:"name"`
	// Version is os-release's VERSION_ID ("24.04").
	Version string `json:"version"`
}

// Facts is what a scan learned about a machine. It comes from the host, and
// hosts may lie: facts never choose a connection, a privilege or a secret.
type Facts struct {
	OS     OS     `json:"os"`
	Kernel string `json:"kernel"`
	Arch   string `json:"arch"`
	BootID string `json:"boot_id"`
	// PackageManager is "apt", "dnf", "dnf5", "zypper", "pacman", "apk" or "".
	PackageManager string `json:"package_manager"`
	RebootRequired bool   `json:"reboot_required"`
	// RebootReasons says why a reboot is required, in words.
	RebootReasons []string `json:"reboot_reasons,omitempty"`
	// Virtual is what systemd-detect-virt says, or "".
	Virtual string `json:"virtual,omitempty"`
	// Systemd says that systemd is PID 1.
	Systemd bool `json:"systemd"`
	// DiskFree is free space in bytes by mount point.
	DiskFree map[string]int64 `json:"disk_free,omitempty"`
	// ClockSkew is the host's clock minus the controller's.
	ClockSkew time.Duration `json:"clock_skew_ns"`
	// Uptime is the time since boot.
	Uptime time.Duration `json:"uptime_ns,omitempty"`
}
