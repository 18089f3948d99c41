package sim

import (
	"context"
	"slices"
	"strings"
	"time"
)

// worker is a job while it runs. Each of its steps takes the machine's lock; no
// step begins after the machine went down.
type worker struct {
	h   *Host
	ctx context.Context
	job *job
	a   frames
}

// locked runs one step under the machine's lock.
func (w *worker) locked(step func()) {
	w.h.mu.Lock()
	defer w.h.mu.Unlock()
	if w.ctx.Err() == nil && !w.job.killed && !w.job.ended {
		step()
	}
}

// body runs the script that the job was given and returns its exit status.
func (w *worker) body() int {
	call := w.job.body
	w.a = frames{nonce: call.Nonce, out: &w.job.log, err: &w.job.log}
	hang := false
	w.locked(func() {
		w.h.seen.of(w.job).Runs++
		hang = named(w.h.faults.Hang, call.Name)
		if w.h.faults.Hostile {
			w.a.say("%s\n", hostile)
		}
		if named(w.h.faults.Flood, call.Name) {
			for n, piece := 0, floodPiece(); n < 8<<20; n += len(piece) {
				w.a.say("%s", piece)
			}
		}
	})
	if hang {
		<-w.ctx.Done()
		return 1
	}
	rc := 127
	if w.h.win != nil {
		rc = w.h.win.body(w, call.Name)
		w.locked(w.a.done)
		return rc
	}
	switch call.Name {
	case "install":
		rc = w.h.family.enclose(w, call.Name, w.install)
	case "rollback":
		rc = w.h.family.enclose(w, call.Name, w.rollback)
	case "keep":
		rc = w.h.family.enclose(w, call.Name, w.keep)
	case "stage":
		rc = w.stage()
	case "repair":
		rc = w.h.family.enclose(w, call.Name, func() int { return w.h.family.repair(w) })
	case "reboot":
		rc = w.reboot()
	case "action":
		rc = w.action()
	case "restore-point":
		rc = w.restorePoint()
	default:
		w.locked(func() { w.a.warn("sh: the simulated machine does not know script %s\n", call.Name) })
	}
	w.locked(w.a.done)
	return rc
}

// half is the middle of a job, where faults strike.
func (w *worker) half() {
	for w.held() && w.pause(holdTick) {
	}
	cut, crash := false, false
	w.locked(func() {
		if named(w.h.faults.KillDuring, w.job.body.Name) {
			w.kill()
			return
		}
		cut = named(w.h.faults.CutDuring, w.job.body.Name)
		if crash = named(w.h.faults.CrashDuring, w.job.body.Name); crash {
			w.h.interrupted = w.h.interrupted || changing(w.job.body.Name)
		}
	})
	if cut {
		w.h.Cut()
	}
	if crash {
		w.h.rebootAfter(w.ctx, 0)
	}
}

// holdTick is the pause between two looks whether the job may go on.
const holdTick = 5 * time.Millisecond

// held reports whether the job stops in its middle.
func (w *worker) held() (held bool) {
	w.locked(func() { held = named(w.h.faults.HoldDuring, w.job.body.Name) })
	return held
}

// kill ends the job as the kernel does when there is no memory; its lock goes
// with it.
func (w *worker) kill() {
	w.job.killed, w.h.worker = true, ""
	w.h.interrupted = w.h.interrupted || changing(w.job.body.Name)
}

// changing reports whether a script leaves something half done when it is torn away.
func changing(script string) bool {
	return script != "keep" && script != "stage" && script != "restore-point"
}

// change is one line of the argument "changes".
type change struct {
	action, name, arch, from, to string
}

func (c change) shown() string { return shown(c.name, c.arch) }

// changes reads ACTION, NAME, ARCH, FROM, TO with tabs between; "-" is none.
func changes(text string) ([]change, bool) {
	var list []change
	for _, line := range strings.Split(text, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 5 || !slices.Contains([]string{"install", "upgrade", "downgrade", "remove"}, f[0]) {
			return nil, false
		}
		for i := 3; i < 5; i++ {
			if f[i] == "-" {
				f[i] = ""
			}
		}
		list = append(list, change{f[0], f[1], f[2], f[3], f[4]})
	}
	return list, true
}

// keep stores the packages that the changes replace, and the automatic marks.
func (w *worker) keep() int {
	args := w.job.body.Args
	list, _ := changes(args["changes"]) // what is not spelled as a change is passed over
	w.pause(w.h.fleet.opt.JobTime / 8)
	w.half()
	w.pause(w.h.fleet.opt.JobTime / 8)
	w.locked(func() {
		for _, c := range list {
			if c.from != "" {
				w.a.say("%s\t%s\t%s\t%s\n", c.name, c.arch, c.from, w.store(c, args["dir"]))
			}
		}
	})
	return 0
}

// store keeps one package, and says "kept" or "missing".
func (w *worker) store(c change, dir string) string {
	p := w.h.packages[c.shown()]
	if p == nil {
		return "missing"
	}
	w.h.marks[dir+" "+c.shown()] = p.auto
	if p.version != c.from || slices.Contains(w.h.faults.CannotKeep, c.name) || !w.h.family.keeps(w.h, p) {
		return "missing"
	}
	w.h.kept[keptFile(dir, c.shown(), c.from)] = true
	return "kept"
}

func keptFile(dir, name, version string) string { return dir + " " + name + " " + version }

// reboot asks for a reboot in two seconds: engine/run/reboot.sh.
func (w *worker) reboot() int {
	w.locked(func() {
		w.a.run("reboot", "", "", 0)
		if !w.h.faults.NoReboot {
			w.h.fleet.spawn(func() { w.h.rebootAfter(w.ctx, 2*w.h.fleet.opt.Second) })
		}
	})
	return 0
}
