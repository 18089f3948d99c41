package sim

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"patchwave/connectors/framing"
	"patchwave/connectors/posix"
	"patchwave/connectors/powershell"
)

// job is a detached job on the machine, or the tombstone of one.
type job struct {
	id     string
	body   framing.Call
	claim  claim
	bootID string
	log    bytes.Buffer
	// begun: its wrapper has taken its lock.
	begun bool
	ended bool
	// killed: it is gone without an exit status.
	killed bool
	rc     int
}

var jobID = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]*$`)

// jobOp is one operation on jobs and the claim: engine/job/job.sh.
func (h *Host) jobOp(a frames, args map[string]string, root bool) {
	op := args["op"]
	a.run("job", h.operate(op, args, root), "", 0)
	if op != "poll" && op != "start" {
		return
	}
	piece := ""
	if j := h.jobs[args["id"]]; j != nil {
		log := j.log.Bytes()
		offset := number(args["offset"], 0)
		log = log[min(offset, len(log)):]
		piece = string(log[:min(number(args["max"], 65536), len(log))])
	}
	a.run("log", piece, "", 0)
}

// noRoom is the refusal where nothing can be written.
func (h *Host) noRoom() string {
	if h.win != nil {
		return "refused=disk\nwhy=cannot write in C:\\ProgramData\\patchwave: There is not enough space on the disk.\n"
	}
	return "refused=disk\nwhy=cannot write in /var/lib/patchwave-host: /dev/vda1 20466256 20466256 0 100% /\n"
}

// number reads an argument that is not negative.
func number(s string, otherwise int) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return otherwise
	}
	return n
}

func (h *Host) operate(op string, args map[string]string, root bool) string {
	switch {
	case !root:
		return "refused=guard\nwhy=/var/lib/patchwave-host is a link or no directory\n"
	case h.faults.DiskFull:
		return h.noRoom()
	}
	switch op {
	case "claim":
		return h.setClaim(args)
	case "renew":
		return h.renewClaim(args)
	case "release":
		return h.releaseClaim(args)
	case "show":
		return h.showClaim()
	case "start":
		return h.startJob(args)
	case "poll":
		if args["controller"] != "" && h.claim.same(claimOf(args)) {
			h.writeClaim(args)
		}
		return h.jobStatus(args["id"])
	case "collect":
		return h.collectJob(args)
	case "bury":
		return h.buryJob(args)
	default:
		return "refused=unsupported\n"
	}
}

func (h *Host) jobStatus(id string) string {
	text := "boot_id=" + h.bootID + "\n"
	if t := h.tombs[id]; t != nil {
		return text + fmt.Sprintf("state=collected\nrc=%s\njob_boot_id=%s\n", t.status(), t.bootID)
	}
	j := h.jobs[id]
	if j == nil {
		return text + "state=absent\n"
	}
	text += fmt.Sprintf("job_boot_id=%s\nsize=%d\n", j.bootID, j.log.Len())
	switch {
	case j.ended:
		return text + "state=done\nrc=" + j.status() + "\n"
	case j.bootID != h.bootID:
		return text + "state=lost-reboot\n"
	case j.killed:
		return text + "state=lost\n" + h.whyLost()
	case !j.begun:
		return text + "state=starting\n"
	default:
		return text + "state=running\n"
	}
}

// status is its exit status, or nothing.
func (j *job) status() string {
	if !j.ended {
		return ""
	}
	return strconv.Itoa(j.rc)
}

// whyLost is what Windows knows of a job that vanished.
func (h *Host) whyLost() string {
	if h.win == nil {
		return ""
	}
	return "why=the task was ended by somebody (0x00041306)\n"
}

func (h *Host) startJob(args map[string]string) string {
	id := args["id"]
	if !jobID.MatchString(id) {
		return "refused=guard\nwhy=bad job id\n"
	}
	if h.jobs[id] != nil || h.tombs[id] != nil {
		return "started=before\n" + h.jobStatus(id)
	}
	if !h.claim.same(claimOf(args)) {
		return h.refuseClaim("the claim of this run is gone")
	}
	h.writeClaim(args)
	decode, sum := posix.Decode, cksum
	if h.win != nil {
		decode, sum = powershell.Decode, sha256Hex
	}
	if sum([]byte(args["body"]+"\n")) != args["sum"] {
		return "refused=guard\nwhy=the job arrived damaged\n"
	}
	call, err := decode([]byte(args["body"]))
	if err != nil {
		return "refused=unsupported\nwhy=the simulated machine does not know this job: " + err.Error() + "\n"
	}
	j := &job{id: id, body: call, claim: claimOf(args), bootID: h.bootID}
	h.jobs[id] = j
	ctx := h.boot
	h.seen.job(j)
	if !h.fleet.spawn(func() { h.wrap(ctx, j) }) {
		return "refused=guard\nwhy=the machine is shutting down\n"
	}
	return "started=now\n" + h.jobStatus(id)
}

func (h *Host) collectJob(args map[string]string) string {
	id := args["id"]
	if j := h.jobs[id]; j != nil {
		if !j.ended && args["force"] != "yes" {
			return "refused=guard\nwhy=the job has not ended\n"
		}
		h.tombs[id] = &job{id: id, bootID: j.bootID, ended: j.ended, rc: j.rc}
		delete(h.jobs, id)
	}
	return "collected=yes\n"
}

// buryJob leaves the tombstone of a job of a time that never was.
func (h *Host) buryJob(args map[string]string) string {
	id := args["id"]
	j := h.jobs[id]
	switch {
	case !jobID.MatchString(id):
		return "refused=guard\nwhy=bad job id\n"
	case !h.claim.same(claimOf(args)):
		return h.refuseClaim("the claim of this run is gone")
	case j != nil && !j.ended && j.bootID == h.bootID && !j.killed:
		return "refused=guard\nwhy=the job works\n"
	}
	if h.tombs[id] == nil {
		rc, err := strconv.Atoi(args["rc"])
		h.tombs[id] = &job{id: id, bootID: args["boot_id"], ended: err == nil && rc >= 0, rc: rc}
	}
	delete(h.jobs, id)
	return "buried=yes\n"
}

// Exit statuses of the wrapper, when the body was not begun.
const (
	rcHostLock = 75
	rcClaim    = 76
)

// wrap is what runs around a job's body: engine/job/wrap.sh. It ends with the
// machine's life, without a word.
func (h *Host) wrap(ctx context.Context, j *job) {
	w := &worker{h: h, ctx: ctx, job: j}
	w.locked(func() { j.begun = true })
	if !w.takeLock() {
		return
	}
	mine := false
	w.locked(func() { mine = h.claim.ours(j.claim) && h.claim.fence >= j.claim.fence })
	rc := rcClaim
	if mine {
		rc = w.body()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	if h.worker == j.id {
		h.worker = ""
	}
	if !j.killed && !j.ended {
		j.ended, j.rc = true, rc
		h.seen.end(j)
	}
}

// takeLock waits for the machine's lock, as long as the wrapper does.
func (w *worker) takeLock() bool {
	for range 60 {
		got := false
		w.locked(func() {
			if !w.h.working() {
				w.h.worker, got = w.job.id, true
			}
		})
		if got {
			return true
		}
		if !w.pause(w.h.fleet.opt.Second) {
			return false
		}
	}
	w.locked(func() {
		w.job.ended, w.job.rc = true, rcHostLock
		w.h.seen.end(w.job)
	})
	return false
}

// pause is false if the machine went down meanwhile.
func (w *worker) pause(d time.Duration) bool { return wait(w.ctx, d) }
