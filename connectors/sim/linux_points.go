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

// subvolume is a snapshot of the root of a machine whose root is a btrfs, and what
// came out of it.
type subvolume struct {
	name, uuid string
	at         time.Time
	then       *linuxMoment
}

// linuxMoment is what a snapshot of the root brings back: packages, and all that
// patchwave has on the machine.
type linuxMoment struct {
	packages map[string]installed
	kernels  []string
	claim    claim
	fences   map[string]int64
	jobs     map[string]*job
	tombs    map[string]*job
	kept     map[string]bool
	marks    map[string]bool
}

// volumes are the subvolumes of such a machine: engine/restore/btrfs.
type volumes struct {
	points []*subvolume
	// root is the UUID of the running root, parent what it was made of, made counts.
	root, parent string
	made         int
	// next is the point that the next boot takes the root from.
	next *subvolume
}

// restorePoint is the script of engine/restore as the body of a job.
func (w *worker) restorePoint() int {
	rc := 0
	w.pause(w.h.fleet.opt.JobTime / 8)
	w.half()
	w.locked(func() { rc = w.h.pointOp(w.a, w.job.body.Args) })
	return rc
}

// pointOp is one operation of the script restore-point.
func (h *Host) pointOp(a frames, args map[string]string) int {
	lines, rc := []string{"possible=no", "state=unusable", "code=unsupported", "why=the root file system is ext4, not btrfs"}, 0
	if h.spec.Btrfs && args["provider"] == "btrfs" {
		lines, rc = h.operateOn(args)
	}
	a.put("restore-point", strings.Join(lines, "\n")+"\n")
	return rc
}

func (h *Host) operateOn(args map[string]string) (lines []string, rc int) {
	v, f := &h.volumes, h.faults
	at := slices.IndexFunc(v.points, func(p *subvolume) bool { return p.name == args["tag"] })
	gone := []string{"state=absent", "code=exit", "why=the snapshot is no longer there"}
	switch args["op"] {
	case "detect":
		if f.DiskFull {
			return []string{"possible=no", "code=disk", "free=104857600", "need=2147483648", "why=100 MiB are free on the btrfs of the root, 2048 MiB are needed"}, 0
		}
		return []string{"possible=yes", "free=34359738368", "need=2147483648", limitBoot, limitEFI}, 0
	case "create":
		return h.snapshotRoot(args["tag"], at), 0
	case "check":
		if at < 0 {
			return gone, 0
		}
		return []string{"state=whole", "id=" + v.points[at].uuid, "identity=" + v.root}, 0
	case "rollback":
		switch {
		case at < 0:
			return []string{"state=not-restored", "code=exit", "why=the snapshot is no longer there"}, 1
		case f.Points == PointsRefuse:
			return []string{"state=not-restored", "code=exit", "why=the root subvolume could not be swapped: Read-only file system"}, 1
		}
		v.next = v.points[at]
		boot := h.boot
		h.fleet.spawn(func() { h.rebootAfter(boot, 2*h.fleet.opt.Second) })
		return []string{"identity=" + v.root, "state=pending"}, 0
	case "prove":
		return v.prove(args["before"], args["id"]), 0
	case "remove":
		switch {
		case at < 0:
			return []string{"state=absent"}, 0
		case f.Points == PointsStay:
			return []string{"code=exit", "why=" + v.points[at].name + " could not be removed: Device or resource busy"}, 0
		case args["id"] != "" && v.points[at].uuid != args["id"]:
			return []string{"code=guard", "why=another subvolume has the name of the snapshot"}, 0
		}
		v.points = slices.Delete(v.points, at, at+1)
		return []string{"state=removed"}, 0
	case "list":
		for _, p := range v.points {
			if strings.HasPrefix(p.name, "patchwave-") {
				lines = append(lines, fmt.Sprintf("point=%s\t%s\t%d\t0", p.name, p.uuid, p.at.Unix()))
			}
		}
		return lines, 0
	}
	return []string{"code=unsupported", "why=no such operation"}, 0
}

// What a rollback of such a machine does not bring back, in the words of the script.
const (
	limitBoot = "cannot=/boot (ext4): its kernels and boot entries stay as they are; kernels that the old root does not know keep their modules"
	limitEFI  = "cannot=/boot/efi (vfat): a file system or subvolume of its own, it stays as it is"
)

// newUUID is one that no other subvolume of the machine has.
func (h *Host) newUUID() string {
	h.volumes.made++
	sum := sha256.Sum256([]byte(h.name + strconv.Itoa(h.volumes.made)))
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

func (h *Host) snapshotRoot(tag string, at int) []string {
	switch {
	case at >= 0:
		return []string{"state=whole", "id=" + h.volumes.points[at].uuid}
	case h.faults.Points == PointsFull:
		return []string{"state=unusable", "code=disk", "why=ERROR: cannot snapshot '/': No space left on device"}
	case h.faults.Points == PointsLimit:
		return []string{"state=unusable", "code=exit", "why=ERROR: cannot snapshot '/': Disk quota exceeded"}
	}
	p := &subvolume{name: tag, uuid: h.newUUID(), at: h.now(), then: h.linuxNow()}
	h.volumes.points = append(h.volumes.points, p)
	return []string{"state=whole", "id=" + p.uuid, limitBoot, limitEFI}
}

func (h *Host) linuxNow() *linuxMoment {
	m := &linuxMoment{packages: map[string]installed{}, kernels: slices.Clone(h.kernels), claim: h.claim, fences: maps.Clone(h.fences),
		jobs: maps.Clone(h.jobs), tombs: maps.Clone(h.tombs), kept: maps.Clone(h.kept), marks: maps.Clone(h.marks)}
	for name, p := range h.packages {
		m.packages[name] = *p
	}
	return m
}

// swapped is what a boot does after the root was swapped.
func (h *Host) swapped() {
	v := &h.volumes
	p := v.next
	if p == nil {
		return
	}
	v.next = nil
	v.root, v.parent = h.newUUID(), p.uuid
	if h.faults.Points == PointsBootOld {
		v.parent = "" // the boot loader took another subvolume
		return
	}
	m := p.then
	clear(h.packages)
	for name, one := range m.packages {
		h.packages[name] = &one
	}
	h.kernels, h.claim, h.fences = slices.Clone(m.kernels), m.claim, maps.Clone(m.fences)
	h.jobs, h.tombs, h.kept, h.marks = maps.Clone(m.jobs), maps.Clone(m.tombs), maps.Clone(m.kept), maps.Clone(m.marks)
	h.interrupted = false
	for _, s := range h.spec.Services {
		h.stopped[s.Name] = h.faults.Points == PointsSick
	}
	h.seen.changes = append(h.seen.changes, Change{Action: "restore", Package: p.name})
}

func (v *volumes) prove(before, id string) []string {
	switch {
	case v.root == before:
		return []string{"identity=" + v.root, "state=not-restored", "code=exit", "why=the host runs from the same subvolume as before"}
	case id != "" && v.parent == id:
		return []string{"identity=" + v.root, "state=restored"}
	}
	return []string{"identity=" + v.root, "state=not-restored", "code=exit", "why=the host runs from a subvolume that is not a copy of the snapshot"}
}

// AddPoint gives the machine a snapshot of a name, as somebody else or a run that
// nobody knows of any more has made it; age is how old it is.
func (h *Host) AddPoint(name string, age time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.volumes.points = append(h.volumes.points, &subvolume{name: name, uuid: h.newUUID(), at: h.now().Add(-age), then: h.linuxNow()})
}

// DropPoints removes snapshots behind everybody's back: those whose name has the
// prefix.
func (h *Host) DropPoints(prefix string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.volumes.points = slices.DeleteFunc(h.volumes.points, func(p *subvolume) bool { return strings.HasPrefix(p.name, prefix) })
}
