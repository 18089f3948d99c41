package sim

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// point is a restore point: of System Restore on a client, a shadow copy on a
// server.
type point struct {
	// id is a sequence number, or a GUID; name is what patchwave calls it.
	id, name string
	at       time.Time
	// then is what the machine was; nil for points from before.
	then *moment
}

// moment is what a restore of the whole system brings back.
type moment struct {
	updates []winUpdate
	build   string
	claim   claim
	fences  map[string]int64
	jobs    map[string]*job
	tombs   map[string]*job
}

// restored is how a restore of the whole system ended.
type restored struct {
	number int
	ok     bool
}

// restorePoint is the script of engine/restore as the body of a job.
func (w *windows) restorePoint(k *worker) int {
	k.pause(w.h.fleet.opt.JobTime / 8)
	k.half()
	k.locked(func() { w.pointOp(k.a, k.job.body.Args) })
	if k.job.body.Args["op"] == "rollback" {
		<-k.ctx.Done() // the machine goes down, and the job with it
	}
	return 0
}

// pointOp is one operation of the script restore-point.
func (w *windows) pointOp(a frames, args map[string]string) {
	lines := []string{"state=unusable", "code=unsupported", "why=this machine has no such provider"}
	if args["provider"] == w.provider() {
		lines = w.operateOn(args)
	}
	a.put("restore-point", strings.Join(lines, "\n")+"\n")
}

// provider is the kind of restore points that the machine can have.
func (w *windows) provider() string {
	if w.h.spec.Windows.Client {
		return "system_restore"
	}
	return "vss"
}

func (w *windows) operateOn(args map[string]string) []string {
	at := slices.IndexFunc(w.points, func(p *point) bool { return p.name == args["tag"] && (args["id"] == "" || p.id == args["id"]) })
	switch args["op"] {
	case "detect":
		if w.h.faults.Windows.NoProtection {
			return []string{"possible=no", "code=unsupported", "why=System Protection is off for drive C:"}
		}
		return []string{"possible=yes", "free=" + strconv.FormatInt(or(w.h.spec.DiskFree, 30<<30), 10), "need=1073741824"}
	case "create":
		return w.protect(args["tag"], at)
	case "check":
		if at < 0 {
			return []string{"state=absent", "identity=" + w.identity()}
		}
		return []string{"state=whole", "id=" + w.points[at].id, "identity=" + w.identity()}
	case "rollback":
		return w.takeBack(at)
	case "prove":
		return w.prove(args["before"])
	case "remove":
		return w.forget(at)
	case "list":
		var lines []string
		for _, p := range w.points {
			if strings.HasPrefix(p.name, "patchwave-") {
				lines = append(lines, fmt.Sprintf("point=%s\t%s\t%d\t0", p.name, p.id, p.at.Unix()))
			}
		}
		return lines
	}
	return []string{"state=unusable", "code=unsupported", "why=no such operation"}
}

// identity is the system as it is now: another one after each boot and each
// restore.
func (w *windows) identity() string {
	return fmt.Sprintf("%s-%d", strings.ReplaceAll(w.h.bootID, "-", ""), w.last.number)
}

// protect makes a restore point. Windows makes none within a day of the last one
// where it was told so; nobody hears of that.
func (w *windows) protect(tag string, at int) []string {
	f := w.h.faults.Windows
	young := slices.ContainsFunc(w.points, func(p *point) bool { return time.Since(p.at) < 24*time.Hour })
	switch {
	case at >= 0:
		return []string{"state=whole", "id=" + w.points[at].id}
	case f.NoProtection:
		return []string{"state=unusable", "code=unsupported", "why=System Protection is off for drive C:"}
	case f.OncePerDay && young:
		return []string{"state=unusable", "code=exit", "native=1", "why=Windows made no restore point: there is one of the last 24 hours"}
	case w.h.faults.DiskFull:
		return []string{"state=unusable", "code=disk", "native=6", "why=there is no room for it"}
	}
	w.sequence++
	p := &point{id: strconv.Itoa(w.sequence), name: tag, at: w.h.now(), then: w.now()}
	if !w.h.spec.Windows.Client {
		sum := sha256.Sum256([]byte(w.h.name + tag))
		p.id = strings.ToUpper(fmt.Sprintf("{%x-%x-%x-%x-%x}", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16]))
	}
	w.points = append(w.points, p)
	return []string{"state=whole", "id=" + p.id}
}

// now is what a restore would bring back.
func (w *windows) now() *moment {
	m := &moment{build: w.build, claim: w.h.claim, fences: maps.Clone(w.h.fences), jobs: maps.Clone(w.h.jobs), tombs: maps.Clone(w.h.tombs)}
	for _, u := range w.updates {
		m.updates = append(m.updates, *u)
	}
	return m
}

// takeBack begins a restore: the machine boots at once.
func (w *windows) takeBack(at int) []string {
	if at < 0 || w.points[at].then == nil || w.provider() != "system_restore" {
		return []string{"state=not-restored", "code=guard", "why=there is no such restore point"}
	}
	w.restoring = w.points[at]
	boot := w.h.boot
	w.h.fleet.spawn(func() { w.h.rebootAfter(boot, w.h.fleet.opt.Second) })
	return []string{"state=pending"}
}

// finishRestore is what a boot does after a restore was asked for.
func (w *windows) finishRestore() {
	p := w.restoring
	if p == nil {
		return
	}
	w.restoring = nil
	w.last.number++
	if w.last.ok = !w.h.faults.Windows.RestoreFails; !w.last.ok {
		return
	}
	for i := range p.then.updates {
		*w.updates[i] = p.then.updates[i]
	}
	h := w.h
	w.build, h.claim = p.then.build, p.then.claim
	h.fences, h.jobs, h.tombs = maps.Clone(p.then.fences), maps.Clone(p.then.jobs), maps.Clone(p.then.tombs)
	h.seen.changes = append(h.seen.changes, Change{Action: "restore", Package: p.name})
}

// prove says what came of a restore.
func (w *windows) prove(before string) []string {
	id := w.identity()
	switch {
	case w.restoring != nil:
		return []string{"state=pending", "identity=" + id}
	case id == before:
		return []string{"state=not-restored", "identity=" + id, "code=exit", "why=nothing was restored"}
	case !w.last.ok:
		return []string{"state=not-restored", "identity=" + id, "code=exit", "native=1", "why=System Restore did not complete"}
	}
	return []string{"state=restored", "identity=" + id}
}

// forget removes a shadow copy; a client keeps its restore points.
func (w *windows) forget(at int) []string {
	if at < 0 {
		return []string{"state=absent"}
	}
	if w.h.spec.Windows.Client {
		return []string{"state=kept"}
	}
	w.points = slices.Delete(w.points, at, at+1)
	return []string{"state=removed"}
}
