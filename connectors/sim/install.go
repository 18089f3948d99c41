package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// install makes the changes: apt_install of engine/updates/apt/job.sh.
func (w *worker) install() int {
	list, ok := changes(w.job.body.Args["changes"])
	if !ok {
		w.locked(func() {
			w.a.say("E: patchwave: a change is not spelled as apt spells it\n")
			w.a.say("patchwave: nothing was changed\n")
		})
		return 100
	}
	if len(list) == 0 {
		return 0
	}
	wants := make([]want, 0, len(list))
	for _, c := range list {
		wants = append(wants, want{name: c.name, arch: c.arch, version: c.to, remove: c.action == "remove"})
	}
	w.waitForLock()
	return w.transaction(list, wants)
}

// waitForLock is apt_wait.
func (w *worker) waitForLock() {
	for range number(w.job.body.Args["lock_wait"], 0) {
		locked := false
		w.locked(func() {
			if locked = w.h.faults.AptLock != ""; locked {
				w.a.say("patchwave: waiting for %d (%s)\n", lockPID, w.h.faults.AptLock)
			}
		})
		if !locked || !w.pause(w.h.fleet.opt.Second) {
			return
		}
	}
}

// transaction is apt_only, then apt-get install. allowed are the changes it may
// make.
func (w *worker) transaction(allowed []change, wants []want) int {
	rc, begun := 0, false
	var s solution
	w.locked(func() {
		s = w.h.solve(wants)
		switch complaint := w.refusal(allowed, s); {
		case complaint != "":
			w.a.say("%s\npatchwave: nothing was changed\n", complaint)
			rc = 100
		default:
			if complaint = w.h.cannot(); complaint != "" {
				w.a.warn("%s\n", complaint)
				rc = 100
				return
			}
			begun = true
			w.announce(s)
		}
	})
	if !begun {
		return rc
	}
	return w.work(s)
}

// refusal is why nothing is begun, or "".
func (w *worker) refusal(allowed []change, s solution) string {
	if s.refused != "" {
		return s.refused
	}
	removals := slices.ContainsFunc(allowed, func(c change) bool { return c.action == "remove" })
	if len(s.remove) > 0 && !removals {
		return "E: Packages need to be removed but remove is disabled."
	}
	var more []string
	for _, t := range s.install {
		if !slices.ContainsFunc(allowed, func(c change) bool { return c.shown() == t.shown() && c.to == t.to }) {
			more = append(more, t.shown()+" "+t.to)
		}
	}
	for _, t := range s.remove {
		if !slices.ContainsFunc(allowed, func(c change) bool { return c.shown() == t.shown() && c.action == "remove" }) {
			more = append(more, "removal of "+t.shown())
		}
	}
	if len(more) > 0 {
		return "E: patchwave: the repositories have moved since the plan, apt would change more: " + strings.Join(more, ",")
	}
	return ""
}

// cannot is why apt-get and dpkg do not begin at all, or "".
func (h *Host) cannot() string {
	switch {
	case h.faults.AptLock != "":
		return h.lockedBy()
	case h.interrupted:
		return "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem. "
	case h.faults.DiskFull:
		return "E: You don't have enough free space in /var/cache/apt/archives/."
	}
	return ""
}

// lockedBy is apt's complaint about a lock that another program holds, or "".
func (h *Host) lockedBy() string {
	if h.faults.AptLock == "" {
		return ""
	}
	return fmt.Sprintf("E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process %d (%s)\n"+
		"E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?", lockPID, h.faults.AptLock)
}

// announce prints what apt-get prints before it fetches.
func (w *worker) announce(s solution) {
	var fresh, upgraded, downgraded, removed []string
	size := int64(0)
	for _, t := range s.install {
		size += t.offer.size()
		switch {
		case t.from == "":
			fresh = append(fresh, t.shown())
		case compareVersions(t.to, t.from) < 0:
			downgraded = append(downgraded, t.shown())
		default:
			upgraded = append(upgraded, t.shown())
		}
	}
	for _, t := range s.remove {
		removed = append(removed, t.shown())
	}
	w.a.say("Reading package lists...\nBuilding dependency tree...\nReading state information...\n")
	for _, section := range []struct {
		heading string
		names   []string
	}{{"The following packages will be REMOVED:", removed}, {"The following NEW packages will be installed:", fresh},
		{"The following packages will be upgraded:", upgraded}, {"The following packages will be DOWNGRADED:", downgraded}} {
		if len(section.names) > 0 {
			w.a.say("%s\n  %s\n", section.heading, strings.Join(section.names, " "))
		}
	}
	down := ""
	if len(downgraded) > 0 {
		down = fmt.Sprintf("%d downgraded, ", len(downgraded))
	}
	left := len(w.h.pending()) - len(upgraded)
	w.a.say("%d upgraded, %d newly installed, %s%d to remove and %d not upgraded.\n", len(upgraded), len(fresh), down, len(removed), max(0, left))
	w.a.say("Need to get %d kB of archives.\nAfter this operation, 0 B of additional disk space will be used.\n", size/1000)
	for i, t := range s.install {
		w.a.say("Get:%d %s %s %s %s [%d B]\n", i+1, strings.TrimSuffix(t.offer.from()[0].Location, " Packages"), t.shown(), t.arch, t.to, t.offer.size())
	}
	w.a.say("(Reading database ... 41207 files and directories currently installed.)\n")
}

// work is dpkg: it unpacks one package after the other, then configures them.
func (w *worker) work(s solution) int {
	tick := w.h.fleet.opt.JobTime / time.Duration(1+2*len(s.install)+len(s.remove))
	for _, t := range s.remove {
		w.locked(func() { w.remove(t) })
		w.pause(tick)
	}
	for _, t := range s.install {
		w.locked(func() { w.unpack(t) })
		w.pause(tick)
	}
	w.half()
	w.pause(tick)
	var failed []string
	for _, t := range s.install {
		w.locked(func() {
			if !w.configure(t) {
				failed = append(failed, t.shown())
			}
		})
		w.pause(tick)
	}
	if len(failed) == 0 {
		return 0
	}
	w.locked(func() {
		w.a.warn("Errors were encountered while processing:\n")
		for _, name := range failed {
			w.a.warn(" %s\n", name)
		}
		w.a.warn("E: Sub-process /usr/bin/dpkg returned an error code (1)\n")
	})
	return 100
}

func (w *worker) remove(t step) {
	w.a.say("Removing %s (%s) ...\n", t.shown(), t.from)
	delete(w.h.packages, t.shown())
	w.did("remove", t)
}

func (w *worker) did(action string, t step) {
	w.h.seen.changes = append(w.h.seen.changes, Change{Job: w.job.id, Action: action, Package: t.shown(), From: t.from, To: t.to})
}

func (w *worker) lies(t step) bool { return slices.Contains(w.h.faults.Lies, t.name) }

func (w *worker) unpack(t step) {
	file := fmt.Sprintf("%s_%s_%s.deb", t.name, strings.ReplaceAll(t.to, ":", "%3a"), t.arch)
	if t.from == "" {
		w.a.say("Selecting previously unselected package %s.\nPreparing to unpack .../%s ...\nUnpacking %s (%s) ...\n", t.shown(), file, t.shown(), t.to)
	} else {
		if compareVersions(t.to, t.from) < 0 {
			w.a.warn("dpkg: warning: downgrading %s from %s to %s\n", t.shown(), t.from, t.to)
		}
		w.a.say("Preparing to unpack .../%s ...\nUnpacking %s (%s) over (%s) ...\n", file, t.shown(), t.to, t.from)
	}
	if w.lies(t) {
		return
	}
	p := w.h.packages[t.shown()]
	if p == nil {
		p = &installed{name: t.name, auto: true}
		w.h.packages[t.shown()] = p
	}
	p.arch, p.version, p.state = t.arch, t.to, "unpacked"
}

// configure runs the package's script; false if it fails.
func (w *worker) configure(t step) bool {
	w.a.say("Setting up %s (%s) ...\n", t.shown(), t.to)
	h := w.h
	if w.lies(t) {
		return true
	}
	p := h.packages[t.shown()]
	if h.failsToConfigure(p) {
		p.state = "half-configured"
		w.sayFailed(p)
		w.did("fail", t)
		return false
	}
	p.state = "ok"
	w.did("install", t)
	if t.offer.Kernel != "" && !slices.Contains(h.kernels, t.offer.Kernel) {
		h.kernels = append(h.kernels, t.offer.Kernel)
	}
	if t.offer.Reboot && !slices.Contains(h.flag, t.name) {
		h.flag = append(h.flag, t.name)
	}
	if service := h.faults.Breaks[t.shown()]; service != "" && h.broken(service) {
		w.a.warn("Job for %s.service failed because the control process exited with error code.\n", service)
	}
	return true
}

// failsToConfigure: the new version of a package does, the one it had at first
// does not.
func (h *Host) failsToConfigure(p *installed) bool {
	return slices.Contains(h.faults.FailPostinst, p.name) && p.version != h.first[p.shown()]
}

func (w *worker) sayFailed(p *installed) {
	if w.h.faults.Hostile {
		w.a.warn("%s\n", hostile)
	}
	w.a.warn("dpkg: error processing package %s (--configure):\n installed %s package post-installation script subprocess returned error exit status 1\n", p.shown(), p.shown())
}

// rollback undoes the changes: engine/updates/apt/keep.sh.
func (w *worker) rollback() int {
	args := w.job.body.Args
	list, _ := changes(args["changes"]) // as in keep
	w.waitForLock()
	w.locked(w.finishOthers)
	var wants []want
	var allowed []change
	w.locked(func() { allowed, wants = w.h.wayBack(list, args["dir"]) })
	rc := 0
	if len(wants) > 0 {
		rc = w.transaction(allowed, wants)
	}
	w.locked(func() { w.h.mark(list, args["dir"]) })
	return rc
}

// mark puts the automatic marks back: apt_marks.
func (h *Host) mark(list []change, dir string) {
	for _, c := range list {
		auto, known := h.marks[dir+" "+c.shown()]
		if p := h.packages[c.shown()]; p != nil && known {
			p.auto = auto
		}
	}
}

// wayBack is what has to be done so that the changes were never made.
func (h *Host) wayBack(list []change, dir string) (allowed []change, wants []want) {
	for _, c := range list {
		p := h.packages[c.shown()]
		switch {
		case c.from == "" && p != nil:
			wants = append(wants, want{name: c.name, arch: c.arch, remove: true})
			allowed = append(allowed, change{action: "remove", name: c.name, arch: c.arch, from: c.to})
		case c.from == "", p != nil && p.version == c.from && p.state == "ok":
		default:
			wants = append(wants, want{name: c.name, arch: c.arch, version: c.from, file: h.kept[keptFile(dir, c.shown(), c.from)]})
			allowed = append(allowed, change{action: "install", name: c.name, arch: c.arch, to: c.from})
		}
	}
	return allowed, wants
}

// repair is apt_repair: it finishes what was interrupted.
func (w *worker) repair() int {
	w.waitForLock()
	rc := 0
	w.locked(func() {
		if complaint := w.h.lockedBy(); complaint != "" {
			w.a.warn("%s\n", complaint)
			rc = 100
			return
		}
		w.finishOthers()
		if w.h.unfinished() > 0 {
			w.a.warn("E: Sub-process /usr/bin/dpkg returned an error code (1)\n")
			rc = 100
		}
	})
	return rc
}

// finishOthers is `dpkg --configure -a`, if something is half done.
func (w *worker) finishOthers() {
	h := w.h
	if h.unfinished() == 0 && !h.interrupted {
		return
	}
	h.interrupted = false
	for _, name := range h.names() {
		p := h.packages[name]
		switch {
		case p.state == "ok":
		case h.failsToConfigure(p):
			w.a.say("Setting up %s (%s) ...\n", p.shown(), p.version)
			w.sayFailed(p)
		default:
			w.a.say("Setting up %s (%s) ...\n", p.shown(), p.version)
			p.state = "ok"
		}
	}
	w.a.say("patchwave: next step\n")
	w.a.warn("patchwave: next step\n")
}
