package sim

import (
	"fmt"
	"slices"
	"strings"
)

// health prints what engine/health/health.sh prints: the parts that were asked for.
func (h *Host) health(a frames, args map[string]string) {
	a.put("basics", fmt.Sprintf("boot_id=%s\nkernel=%s\ninit=systemd\nmanager=%s\n", h.bootID, h.kernel, args["manager"]))
	parts := map[string]func() string{
		"services": h.unitBlocks, "failed_units": h.failedUnits, "listeners": h.sockets, "broken_packages": h.brokenPackages,
		"mounts": func() string {
			return "sysfs /sys sysfs rw,nosuid 0 0\n/dev/vda1 / ext4 rw,relatime,errors=remount-ro 0 0\n"
		},
		"kernel": func() string { return strings.Join(h.kernels, "\n") + "\n" },
		"routes": func() string { return "4 eth0 00000000 00000000 0003\n4 eth0 0002000A 00FFFFFF 0001\n" },
		"time":   func() string { return "yes\n" },
	}
	for _, part := range strings.Fields(args["parts"]) {
		if say := parts[part]; say != nil {
			name := part
			if part == "kernel" {
				name = "kernels"
			}
			a.put(name, say())
		}
	}
}

// unitBlocks is `systemctl show '*.service'`.
func (h *Host) unitBlocks() string {
	var b strings.Builder
	block := func(name, state string) {
		sub := map[string]string{"active": "running", "failed": "failed", "activating": "start", "inactive": "dead"}[state]
		fmt.Fprintf(&b, "Type=simple\nId=%s.service\nTriggeredBy=\nActiveState=%s\nSubState=%s\nUnitFileState=enabled\nTransient=no\n\n", name, state, sub)
	}
	block("ssh", "active")
	for _, s := range h.spec.Services {
		block(s.Name, trimLine(h.isActive(s.Name).Out))
	}
	return b.String()
}

func (h *Host) failedUnits() string {
	var b strings.Builder
	for _, s := range h.spec.Services {
		if trimLine(h.isActive(s.Name).Out) == "failed" {
			fmt.Fprintf(&b, "%s.service loaded failed failed %s\n", s.Name, s.Name)
		}
	}
	return b.String()
}

// sockets are the lines of the kernel's table of those who wait.
func (h *Host) sockets() string {
	ports := []int{22}
	for _, s := range h.spec.Services {
		if s.Port != 0 && h.listens(s.Port) && !slices.Contains(ports, s.Port) {
			ports = append(ports, s.Port)
		}
	}
	var b strings.Builder
	for _, p := range ports {
		fmt.Fprintf(&b, "tcp 00000000:%04X 0\n", p)
	}
	return b.String()
}

func (h *Host) brokenPackages() string {
	var b strings.Builder
	for _, name := range h.names() {
		if p := h.packages[name]; p.state != "ok" {
			fmt.Fprintf(&b, "%s %s\n", name, p.state)
		}
	}
	return b.String()
}
