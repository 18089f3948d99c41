package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Exit statuses of engine/run/reboot.ps1.
const (
	rcDriveAsks = 20
)

// reboot asks for a reboot in two seconds: engine/run/reboot.ps1.
func (w *windows) reboot(k *worker) int {
	rc := 0
	k.locked(func() {
		f := w.h.faults
		if f.Windows.DriveAsks && k.job.body.Args["bitlocker"] != "ignore" {
			rc = rcDriveAsks
			k.a.run("reboot", "drive C: asks for a PIN at start\n", "", rc)
			return
		}
		k.a.run("reboot", "", "", 0)
		if !f.NoReboot {
			w.second = f.Windows.SecondReboot
			w.h.fleet.spawn(func() { w.h.rebootAfter(k.ctx, 2*w.h.fleet.opt.Second) })
		}
	})
	return rc
}

// again reboots a machine that does so once more by itself, while it configures
// updates.
func (w *windows) again() {
	if !w.second {
		return
	}
	w.second = false
	boot := w.h.boot
	w.h.fleet.spawn(func() { w.h.rebootAfter(boot, w.h.fleet.opt.RebootTime/2) })
}

// ready says whether the machine has settled after a boot: engine/run/ready.ps1.
func (w *windows) ready(a frames, args map[string]string) {
	var reasons []string
	if w.settling() || w.second {
		reasons = append(reasons, "logon: the logon screen was not shown yet", "servicing: Windows installs updates")
	}
	for _, name := range strings.FieldsFunc(args["services"], func(r rune) bool { return r == '\n' || r == ' ' }) {
		if known, state := w.service(name); known && state != "running" {
			reasons = append(reasons, "service: "+name+" is "+state)
		}
	}
	word := "yes"
	if len(reasons) > 0 {
		word = "no"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "boot_id=%s\nready=%s\n", w.h.bootID, word)
	for _, r := range reasons {
		fmt.Fprintf(&b, "reason=%s\n", r)
	}
	a.put("ready", b.String())
}

// require says what must be true before the machine is touched:
// engine/run/require.ps1.
func (w *windows) require(a frames, args map[string]string) {
	a.put("clock", strconv.FormatInt(w.h.now().Unix(), 10)+"\n")
	f := w.h.faults
	if args["mounts"] != "" {
		free := or(w.h.spec.DiskFree, 30<<30) / 1024
		if f.DiskFull {
			free = 0
		}
		var b strings.Builder
		for _, m := range strings.Split(args["mounts"], "\n") {
			said := "?"
			if strings.EqualFold(strings.TrimSuffix(m, `\`), "C:") {
				said = strconv.FormatInt(free, 10)
			}
			fmt.Fprintf(&b, "%s\t%s\n", said, m)
		}
		a.put("disk", b.String())
	}
	if args["processes"] != "" {
		var b strings.Builder
		for i, p := range f.Processes {
			if slices.Contains(strings.Split(args["processes"], "\n"), p) {
				fmt.Fprintf(&b, "%d\t%s\n", 4000+4*i, p)
			}
		}
		a.put("processes", b.String())
	}
	if args["users"] == "yes" {
		var b strings.Builder
		for i, u := range f.Users {
			fmt.Fprintf(&b, "%s\trdp-tcp#%d\n", u, i)
		}
		a.put("users", b.String())
	}
	a.put("blockers", w.blockers(args["reboot"] == "yes"))
}

// blockers are what keeps anybody from installing anything.
func (w *windows) blockers(reboot bool) string {
	text := ""
	if w.h.faults.AptLock != "" {
		text += "installer\t" + w.h.faults.AptLock + " is at work\n"
	}
	if w.settling() {
		text += "servicing\tWindows installs updates\n"
	}
	if reboot && w.h.faults.Windows.DriveAsks {
		text += "bitlocker\tdrive C: asks for a PIN at start\n"
	}
	return text
}

// control starts or stops a service.
func (w *windows) control(verb, name string) Reply {
	if known, _ := w.service(name); !known {
		return Reply{Err: "The service name is invalid.\r\n", RC: 2}
	}
	w.h.stopped[name] = verb == "stop"
	return Reply{}
}
