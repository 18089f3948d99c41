package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// scan prints what engine/scan/scan.sh prints; without managers (the script
// "facts") the facts only.
func (h *Host) scan(a frames, args map[string]string, root bool) {
	a.run("os-release", osRelease, "", 0)
	a.run("facts", h.facts(root), "", 0)
	a.run("df", h.df(), "", 0)
	if !slices.Contains(strings.Fields(args["managers"]), "apt") {
		return
	}
	if h.wantsRefresh(args["refresh"], args["max_age"]) {
		out, rc := h.refresh(root)
		a.run("apt.refresh", out, "", rc)
	}
	a.put("index", "age="+h.indexAge())
	h.aptScan(a, args["names"])
}

func (h *Host) facts(root bool) string {
	id := "1000"
	if root {
		id = "0"
	}
	var b strings.Builder
	line := func(key, value string) { fmt.Fprintf(&b, "%s=%s\n", key, value) }
	line("manager", "apt")
	line("now", strconv.FormatInt(h.now().Unix(), 10))
	line("uid", id)
	line("kernel", h.kernel)
	line("arch", "x86_64")
	line("boot_id", h.bootID)
	line("uptime", strconv.Itoa(int(time.Since(h.bootedAt).Seconds())))
	line("systemd", "yes")
	line("virtual", "kvm")
	if len(h.flag) > 0 {
		line("reboot_flag", strings.Join(h.flag, " ")+" ")
	}
	return b.String()
}

// df is `df -Pk / /boot /var` of a machine with one file system.
func (h *Host) df() string {
	const total = 20466256
	free := or(h.spec.DiskFree, 15<<30) / 1024
	if h.faults.DiskFull {
		free = 0
	}
	row := fmt.Sprintf("/dev/vda1         %d %9d %9d      %2d%% /\n", total, max(0, total-free), free, 100-min(100, 100*free/total))
	return "Filesystem     1024-blocks      Used Available Capacity Mounted on\n" + strings.Repeat(row, 3)
}

// indexAge is apt_index_age: seconds, or nothing if there is no index.
func (h *Host) indexAge() string {
	if !h.indexed {
		return ""
	}
	return strconv.Itoa(int(time.Since(h.indexAt).Seconds()))
}

func (h *Host) wantsRefresh(when, maxAge string) bool {
	if when == "always" {
		return true
	}
	limit, err := strconv.Atoi(maxAge)
	return when == "auto" && (!h.indexed || err != nil || time.Since(h.indexAt) > time.Duration(limit)*time.Second)
}

// refresh is apt_refresh.
func (h *Host) refresh(root bool) (out string, rc int) {
	switch {
	case !root:
		return "E: Could not open lock file /var/lib/apt/lists/lock - open (13: Permission denied)\nE: Unable to lock directory /var/lib/apt/lists/\n", 100
	case h.faults.DiskFull:
		return "E: Write error - write (28: No space left on device)\nE: The package lists or status file could not be parsed or opened.\n", 100
	case h.faults.StaleIndex:
		return "E: Failed to fetch http://deb.debian.org/debian/dists/bookworm/InRelease  Could not connect to deb.debian.org:80 (127.0.0.9). - connect (111: Connection refused)\n" +
			"E: Some index files failed to download. They have been ignored, or old ones used instead.\n", 100
	}
	h.index, h.indexed, h.indexAt = h.repo, true, time.Now()
	h.seen.refreshes++
	if h.faults.Hostile {
		return "W: " + hostile + "\n", 0
	}
	return "", 0
}
