package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// The jobs of apt: engine/updates/apt/job.sh and keep.sh, and what apt-get and
// dpkg print in them.

// enclose is pw_run apt.SCRIPT apt_timed WORK.
func (debian) enclose(w *worker, script string, work func() int) int {
	begin := time.Now()
	flags := 0
	w.locked(func() {
		w.a.begin("apt." + script)
		flags = len(w.h.flag)
	})
	rc := work()
	w.locked(func() {
		if script != "keep" {
			if len(w.h.flag) > flags {
				w.a.say("patchwave: reboot required\n")
			}
			w.a.say("patchwave: took %d s\n", int(time.Since(begin).Seconds()))
		}
		w.a.end("apt."+script, rc)
	})
	return rc
}

func (debian) misspelled(w *worker) int {
	w.a.say("E: patchwave: a change is not spelled as apt spells it\npatchwave: nothing was changed\n")
	return 100
}

func (debian) waiting(w *worker) {
	w.a.say("patchwave: waiting for %d (%s)\n", lockPID, w.h.faults.AptLock)
}

func (debian) refuse(w *worker, allowed []change, s solution) int {
	if complaint := aptOnly(allowed, s); complaint != "" {
		w.a.say("%s\npatchwave: nothing was changed\n", complaint)
		return 100
	}
	if complaint := w.h.aptCannot(); complaint != "" {
		w.a.warn("%s\n", complaint)
		return 100
	}
	return 0
}

// aptOnly is why nothing is begun, or "".
func aptOnly(allowed []change, s solution) string {
	if s.refused != nil {
		return aptRefusal(*s.refused)
	}
	removals := slices.ContainsFunc(allowed, func(c change) bool { return c.action == "remove" })
	if len(s.remove) > 0 && !removals {
		return "E: Packages need to be removed but remove is disabled."
	}
	var more []string
	for _, t := range s.more(allowed) {
		if t.to == "" {
			more = append(more, "removal of "+t.shown())
		} else {
			more = append(more, t.shown()+" "+t.to)
		}
	}
	if len(more) > 0 {
		return "E: patchwave: the repositories have moved since the plan, apt would change more: " + strings.Join(more, ",")
	}
	return ""
}

// aptCannot is why apt-get and dpkg do not begin at all, or "".
func (h *Host) aptCannot() string {
	switch {
	case h.faults.AptLock != "":
		return h.aptLocked()
	case h.interrupted:
		return "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem. "
	case h.faults.DiskFull:
		return "E: You don't have enough free space in /var/cache/apt/archives/."
	}
	return ""
}

// aptLocked is apt's complaint about a lock that another program holds, or "".
func (h *Host) aptLocked() string {
	if h.faults.AptLock == "" {
		return ""
	}
	return fmt.Sprintf("E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process %d (%s)\n"+
		"E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?", lockPID, h.faults.AptLock)
}

// announce prints what apt-get prints before it fetches.
func (debian) announce(w *worker, s solution) {
	size := w.h.fetches(s)
	fresh, upgraded, downgraded := s.kinds(compareVersions)
	w.a.say("Reading package lists...\nBuilding dependency tree...\nReading state information...\n")
	section := func(heading string, steps []step) {
		if len(steps) > 0 {
			w.a.say("%s\n  %s\n", heading, strings.Join(shownSteps(steps), " "))
		}
	}
	section("The following packages will be REMOVED:", s.remove)
	section("The following NEW packages will be installed:", fresh)
	section("The following packages will be upgraded:", upgraded)
	section("The following packages will be DOWNGRADED:", downgraded)
	down := ""
	if len(downgraded) > 0 {
		down = fmt.Sprintf("%d downgraded, ", len(downgraded))
	}
	left := len(w.h.pending()) - len(upgraded)
	w.a.say("%d upgraded, %d newly installed, %s%d to remove and %d not upgraded.\n", len(upgraded), len(fresh), down, len(s.remove), max(0, left))
	w.a.say("Need to get %d kB of archives.\nAfter this operation, 0 B of additional disk space will be used.\n", size/1000)
	n := 0
	for _, t := range s.install {
		if w.h.cached[t.shown()+" "+t.to] {
			continue
		}
		n++
		w.a.say("Get:%d %s %s %s %s [%d B]\n", n, strings.TrimSuffix(t.offer.from()[0].Location, " Packages"), t.shown(), t.arch, t.to, t.offer.size())
	}
	if w.job.body.Name == "stage" {
		w.a.say("Download complete and in download only mode\n")
		return
	}
	w.a.say("(Reading database ... 41207 files and directories currently installed.)\n")
}

func shownSteps(steps []step) (names []string) {
	for _, t := range steps {
		names = append(names, t.shown())
	}
	return names
}

func (debian) remove(w *worker, t step) { w.a.say("Removing %s (%s) ...\n", t.shown(), t.from) }

func (debian) unpack(w *worker, t step) {
	file := fmt.Sprintf("%s_%s_%s.deb", t.name, strings.ReplaceAll(t.to, ":", "%3a"), t.arch)
	if t.from == "" {
		w.a.say("Selecting previously unselected package %s.\nPreparing to unpack .../%s ...\nUnpacking %s (%s) ...\n", t.shown(), file, t.shown(), t.to)
	} else {
		if compareVersions(t.to, t.from) < 0 {
			w.a.warn("dpkg: warning: downgrading %s from %s to %s\n", t.shown(), t.from, t.to)
		}
		w.a.say("Preparing to unpack .../%s ...\nUnpacking %s (%s) over (%s) ...\n", file, t.shown(), t.to, t.from)
	}
	w.put(t, "unpacked")
}

func (debian) configure(w *worker, t step) bool {
	w.a.say("Setting up %s (%s) ...\n", t.shown(), t.to)
	if path := w.h.faults.Conffiles[t.name]; path != "" {
		w.a.warn("\nConfiguration file '%s'\n ==> Modified (by you or by a script) since installation.\n"+
			" ==> Package distributor has shipped an updated version.\n ==> Keeping old config file as default.\n", path)
	}
	if w.lies(t) || !w.h.fails(t.name, t.shown(), t.to) {
		return true
	}
	w.h.packages[t.shown()].state = "half-configured"
	w.sayDpkgFailed(t.shown())
	return false
}

func (w *worker) sayDpkgFailed(name string) {
	if w.h.faults.Hostile {
		w.a.warn("%s\n", hostile)
	}
	w.a.warn("dpkg: error processing package %s (--configure):\n installed %s package post-installation script subprocess returned error exit status 1\n", name, name)
}

func (debian) conclude(w *worker, _ solution, failed []string) int {
	if len(failed) == 0 {
		return 0
	}
	w.a.warn("Errors were encountered while processing:\n")
	for _, name := range failed {
		w.a.warn(" %s\n", name)
	}
	w.a.warn("E: Sub-process /usr/bin/dpkg returned an error code (1)\n")
	return 100
}

// keeps: what is in no archive is packed again.
func (debian) keeps(*Host, *installed) bool { return true }

// reachable: apt goes back with all or with none.
func (debian) reachable(_ *worker, allowed []change, wants []want) ([]change, []want, int) {
	return allowed, wants, 0
}

// repair is apt_finish.
func (d debian) repair(w *worker) int {
	w.waitForLock()
	rc := 0
	w.locked(func() {
		if complaint := w.h.aptLocked(); complaint != "" {
			w.a.warn("%s\n", complaint)
			rc = 100
			return
		}
		d.settle(w)
		if w.h.unfinished() > 0 {
			w.a.warn("E: Sub-process /usr/bin/dpkg returned an error code (1)\n")
			rc = 100
		}
	})
	return rc
}

// settle is `dpkg --configure -a`, if something is half done.
func (debian) settle(w *worker) {
	h := w.h
	if h.unfinished() == 0 && !h.interrupted {
		return
	}
	h.interrupted = false
	for _, name := range h.names() {
		p := h.packages[name]
		if p.state == "ok" {
			continue
		}
		w.a.say("Setting up %s (%s) ...\n", name, p.version)
		if h.fails(p.name, name, p.version) {
			w.sayDpkgFailed(name)
		} else {
			p.state = "ok"
		}
	}
	w.a.say("patchwave: next step\n")
	w.a.warn("patchwave: next step\n")
}
