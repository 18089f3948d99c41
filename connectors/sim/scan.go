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
	a.run("os-release", h.family.osRelease(), "", 0)
	a.run("facts", h.facts(root), "", 0)
	a.run("df", h.df(), "", 0)
	if !slices.Contains(strings.Fields(args["managers"]), h.family.manager()) {
		return
	}
	if h.wantsRefresh(args["refresh"], args["max_age"]) {
		h.family.refresh(h, a, root)
	}
	a.put("index", "age="+h.indexAge())
	h.family.scan(h, a, args["names"])
}

func (h *Host) facts(root bool) string {
	id := "1000"
	if root {
		id = "0"
	}
	var b strings.Builder
	line := func(key, value string) { fmt.Fprintf(&b, "%s=%s\n", key, value) }
	line("manager", h.family.manager())
	line("now", strconv.FormatInt(h.now().Unix(), 10))
	line("uid", id)
	line("kernel", h.kernel)
	line("arch", "x86_64")
	line("boot_id", h.bootID)
	line("uptime", strconv.Itoa(int(time.Since(h.bootedAt).Seconds())))
	line("systemd", "yes")
	line("virtual", "kvm")
	if len(h.flag) > 0 && h.family.flag() {
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

// refreshed says that the index is what the repositories have now.
func (h *Host) refreshed() {
	h.index, h.indexed, h.indexAt = h.repo, true, time.Now()
	h.seen.refreshes++
}
