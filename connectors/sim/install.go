package sim

import (
	"slices"
	"time"
)

// install makes the changes that the job was given.
func (w *worker) install() int {
	list, ok := changes(w.job.body.Args["changes"])
	if !ok {
		rc := 0
		w.locked(func() { rc = w.h.family.misspelled(w) })
		return rc
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

// waitForLock waits while another program holds the package manager's lock, as
// long as the job was told to.
func (w *worker) waitForLock() {
	for range number(w.job.body.Args["lock_wait"], 0) {
		locked := false
		w.locked(func() {
			if locked = w.h.faults.AptLock != ""; locked {
				w.h.family.waiting(w)
			}
		})
		if !locked || !w.pause(w.h.fleet.opt.Second) {
			return
		}
	}
}

// transaction installs and removes; allowed are the changes that it may make. It
// unpacks one package after the other, then configures them.
func (w *worker) transaction(allowed []change, wants []want) int {
	var s solution
	rc := 0
	w.locked(func() {
		s = w.h.solve(wants)
		if rc = w.h.family.refuse(w, allowed, s); rc == 0 {
			w.h.family.announce(w, s)
		}
	})
	if rc != 0 {
		return rc
	}
	tick := w.h.fleet.opt.JobTime / time.Duration(1+2*len(s.install)+len(s.remove))
	for _, t := range s.remove {
		w.locked(func() {
			w.h.family.remove(w, t)
			delete(w.h.packages, t.shown())
			w.did("remove", t)
		})
		w.pause(tick)
	}
	for _, t := range s.install {
		w.locked(func() { w.h.family.unpack(w, t) })
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
	w.locked(func() { rc = w.h.family.conclude(w, s, failed) })
	return rc
}

// put is the new version of a package on the machine, in a state.
func (w *worker) put(t step, state string) {
	if w.lies(t) {
		return
	}
	p := w.h.packages[t.shown()]
	if p == nil {
		p = &installed{name: t.name, auto: true}
		w.h.packages[t.shown()] = p
	}
	p.arch, p.version, p.state = t.arch, t.to, state
}

// configure runs the package's script; false if it fails.
func (w *worker) configure(t step) bool {
	h := w.h
	if !h.family.configure(w, t) {
		w.did("fail", t)
		return false
	}
	if w.lies(t) {
		return true
	}
	h.packages[t.shown()].state = "ok"
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

func (w *worker) did(action string, t step) {
	w.h.seen.changes = append(w.h.seen.changes, Change{Job: w.job.id, Action: action, Package: t.shown(), From: t.from, To: t.to})
}

func (w *worker) lies(t step) bool { return slices.Contains(w.h.faults.Lies, t.name) }

// fails: the script of a package's new version does, that of the one it had at
// first does not.
func (h *Host) fails(name, shown, version string) bool {
	return slices.Contains(h.faults.FailPostinst, name) && version != h.first[shown]
}

// more are the steps of a solution that nobody allowed.
func (s solution) more(allowed []change) (list []step) {
	for _, t := range s.install {
		if !slices.ContainsFunc(allowed, func(c change) bool { return c.shown() == t.shown() && c.to == t.to }) {
			list = append(list, t)
		}
	}
	for _, t := range s.remove {
		if !slices.ContainsFunc(allowed, func(c change) bool { return c.shown() == t.shown() && c.action == "remove" }) {
			list = append(list, t)
		}
	}
	return list
}

// rollback undoes the changes that the job was given.
func (w *worker) rollback() int {
	args := w.job.body.Args
	list, _ := changes(args["changes"]) // what is not spelled as a change is passed over
	w.waitForLock()
	var wants []want
	var allowed []change
	rc, partly := 0, 0
	w.locked(func() {
		w.h.family.settle(w)
		allowed, wants = w.h.wayBack(list, args["dir"])
		allowed, wants, partly = w.h.family.reachable(w, allowed, wants)
	})
	if len(wants) > 0 {
		rc = w.transaction(allowed, wants)
	}
	w.locked(func() { w.h.mark(list, args["dir"]) })
	return max(rc, partly)
}

// mark puts the automatic marks back.
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
