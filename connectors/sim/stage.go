package sim

import (
	"fmt"
	"strings"
)

// Downloading ahead: engine/updates/stage.sh, and the way in which its claim and its
// job give way to a run.

const stagePrefix = "stage-"

// stage downloads what the changes install.
func (w *worker) stage() int {
	args := w.job.body.Args
	short := ""
	w.locked(func() {
		if short = w.h.short(args); short != "" {
			w.a.run("stage.room", short, "", 1)
			return
		}
		w.a.run("stage.room", "", "", 0)
	})
	if short != "" {
		return 1
	}
	list, ok := changes(args["changes"])
	rc := w.h.family.enclose(w, "stage", func() int {
		if !ok {
			rc := 0
			w.locked(func() { rc = w.h.family.misspelled(w) })
			return rc
		}
		w.waitForLock()
		return w.fetch(list)
	})
	w.locked(func() {
		w.a.put("stage.end", "")
		w.a.run("stage.files", w.h.stagedRows(list), "", 0)
	})
	return rc
}

// short says where the download would leave too little space; the machine has one
// file system.
func (h *Host) short(args map[string]string) string {
	left := or(h.spec.DiskFree, 15<<30)>>10 - int64(number(args["size"], 0)+1023)>>10
	var b strings.Builder
	for _, line := range append([]string{"65536\t" + h.family.cache()}, strings.Split(args["mounts"], "\n")...) {
		wanted, path, ok := strings.Cut(line, "\t")
		if ok && left < int64(number(wanted, 0)) {
			fmt.Fprintf(&b, "%d\t%s\t%s\n", left, wanted, path)
		}
	}
	return b.String()
}

// fetch is the transaction, ended where it would begin.
func (w *worker) fetch(list []change) int {
	wants := make([]want, 0, len(list))
	for _, c := range list {
		wants = append(wants, want{name: c.name, arch: c.arch, version: c.to, remove: c.action == "remove"})
	}
	rc := 0
	var s solution
	w.locked(func() {
		s = w.h.solve(wants)
		if rc = w.h.family.refuse(w, list, s); rc == 0 {
			w.h.family.announce(w, s)
		}
	})
	w.pause(w.h.fleet.opt.JobTime / 4)
	w.half()
	w.locked(func() {
		for _, t := range s.install {
			if rc == 0 {
				w.h.cached[t.shown()+" "+t.to] = true
			}
		}
	})
	return rc
}

// stagedRows says of each wanted version whether it is in the cache.
func (h *Host) stagedRows(list []change) string {
	var b strings.Builder
	for _, c := range list {
		if c.to == "" {
			continue
		}
		word := "missing"
		if p := h.packages[c.shown()]; h.cached[c.shown()+" "+c.to] || p != nil && p.version == c.to {
			word = "staged"
		}
		fmt.Fprintf(&b, "%s\t%s\t%s\t%s\n", c.name, c.arch, c.to, word)
	}
	return b.String()
}

// fetches are the bytes that a solution still has to fetch.
func (h *Host) fetches(s solution) (size int64) {
	for _, t := range s.install {
		if !h.cached[t.shown()+" "+t.to] {
			size += t.offer.size()
		}
	}
	return size
}

// push ends a download that somebody else wants the machine from.
func (h *Host) push() {
	j := h.jobs[h.worker]
	if j == nil || !strings.HasPrefix(j.id, stagePrefix) {
		return
	}
	a := frames{nonce: j.body.Nonce, out: &j.log, err: &j.log}
	if h.win == nil {
		a.end(h.family.manager()+".stage", 124)
	}
	a.put("stage.end", "yielded")
	a.run("stage.files", "", "", 0)
	a.done()
	h.worker = ""
	j.ended, j.rc = true, 124
	h.seen.end(j)
}

func givesWay(holder, comes string) bool {
	return strings.HasPrefix(holder, stagePrefix) && !strings.HasPrefix(comes, stagePrefix)
}
