package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// claim says that a run of a controller works on the machine. The zero value is
// no claim.
type claim struct {
	controller, run string
	fence           int64
	// name is the machine's in the inventory of who claimed it.
	name string
	// expires is in seconds of the machine's clock.
	expires int64
}

func claimOf(args map[string]string) claim {
	c := claim{controller: args["controller"], run: args["run"]}
	c.fence, _ = strconv.ParseInt(args["fence"], 10, 64) // 0 if it is none, as in the shell
	return c
}

func (c claim) same(other claim) bool {
	return c.ours(other) && c.fence == other.fence
}

// ours: the claim is of the same run; a resume comes with a higher number.
func (c claim) ours(other claim) bool { return c.controller == other.controller && c.run == other.run }

// writeClaim sets the claim for as long as the arguments say.
func (h *Host) writeClaim(args map[string]string) {
	ttl, _ := strconv.ParseInt(args["ttl"], 10, 64) // as above
	h.claim = claimOf(args)
	h.claim.name = args["host"]
	h.claim.expires = h.now().Unix() + ttl
}

// working reports whether a job holds the machine's lock.
func (h *Host) working() bool { return h.worker != "" || h.faults.HostLock }

func (h *Host) refuseClaim(why string) string {
	return fmt.Sprintf("refused=locked\nwhy=%s\nholder_controller=%s\nholder_run=%s\nholder_expires=%d\n",
		why, h.claim.controller, h.claim.run, h.claim.expires)
}

// showClaim says whose the machine is.
func (h *Host) showClaim() string {
	return fmt.Sprintf("holder_controller=%s\nholder_run=%s\nholder_expires=%d\nholder_fence=%d\nholder_name=%s\nholder_left=%d\n",
		h.claim.controller, h.claim.run, h.claim.expires, h.claim.fence, h.claim.name, h.claim.expires-h.now().Unix())
}

// setClaim takes the machine for a run, unless another one has it.
func (h *Host) setClaim(args map[string]string) string {
	mine := claimOf(args)
	if top := h.fences[mine.controller]; mine.fence < top && !strings.HasPrefix(mine.run, stagePrefix) {
		return h.refuseClaim(fmt.Sprintf("a later run of this controller was here (fencing number %d, ours %d)", top, mine.fence))
	}
	if h.claim.controller != "" && !h.claim.ours(mine) {
		gives := givesWay(h.claim.run, mine.run)
		if gives {
			h.push()
		}
		if h.working() {
			return h.refuseClaim("a job of another run works on this host")
		}
		dead := h.claim.controller == mine.controller && h.claim.fence < mine.fence &&
			slices.Contains(strings.Fields(args["dead"]), h.claim.run)
		if h.now().Unix() < h.claim.expires && !dead && !gives {
			return h.refuseClaim("another run works on this host")
		}
	}
	if !strings.HasPrefix(mine.run, stagePrefix) {
		h.fences[mine.controller] = mine.fence
	}
	h.writeClaim(args)
	return "claim=set\n"
}

func (h *Host) renewClaim(args map[string]string) string {
	if !h.claim.same(claimOf(args)) {
		return h.refuseClaim("the claim of this run is gone")
	}
	h.writeClaim(args)
	return "claim=renewed\n"
}

func (h *Host) releaseClaim(args map[string]string) string {
	if h.claim.controller != "" && !h.claim.same(claimOf(args)) && args["force"] != "yes" {
		return h.refuseClaim("the claim is not of this run")
	}
	if h.working() {
		return h.refuseClaim("a job still works on this host")
	}
	h.claim = claim{}
	return "claim=released\n"
}
