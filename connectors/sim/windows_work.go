package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// body runs the script that a job was given and returns its exit status.
func (w *windows) body(k *worker, script string) int {
	switch script {
	case "install":
		return w.install(k)
	case "rollback":
		return w.rollback(k)
	case "keep":
		return w.keep(k)
	case "stage":
		return w.stage(k)
	case "reboot":
		return w.reboot(k)
	case "action":
		return k.action()
	case "restore-point":
		return w.restorePoint(k)
	default:
		k.locked(func() { k.a.warn("powershell: the simulated machine does not know script %s\n", script) })
		return 127
	}
}

// simulate is winupdate_simulate: each update alone is possible if it is still
// offered.
func (w *windows) simulate(a frames, args map[string]string) {
	var wants [][]string
	for _, line := range strings.Split(args["want"], "\n") {
		if f := strings.Split(line, "\t"); len(f) == 3 {
			wants = append(wants, f)
		}
	}
	w.wingetFrame(a, false)
	if args["mode"] != "set" {
		for i, want := range wants {
			text, rc := w.solve([][]string{want})
			a.run(fmt.Sprintf("winupdate.sim.%d", i+1), text, "", rc)
		}
		return
	}
	text, rc := w.solve(wants)
	a.run("winupdate.sim", text, "", rc)
	var undo strings.Builder
	for _, want := range wants {
		if u := w.find(want[2]); u != nil {
			word := "yes"
			if u.Permanent {
				word = "no"
			}
			fmt.Fprintf(&undo, "%s\t%s\t%s\t%s\n", want[0], want[1], want[2], word)
		}
	}
	a.put("winupdate.undo", undo.String())
}

func (w *windows) solve(wants [][]string) (text string, rc int) {
	var b strings.Builder
	var size int64
	for _, want := range wants {
		if w.program(want[0]) != nil {
			fmt.Fprintf(&b, "WINGET\t%s\t%s\t%s\n", want[0], want[1], want[2])
			continue
		}
		u := w.find(want[2])
		if u == nil || !slices.Contains(w.offered(), u) {
			return fmt.Sprintf("PROBLEM\texit\t%s (%s) is not offered any more\n", want[0], want[2]), 1
		}
		fmt.Fprintf(&b, "CHANGE\tinstall\t%s\t%s\t-\t%s\n", want[0], want[1], want[2])
		size += or(u.Size, 32<<20)
	}
	fmt.Fprintf(&b, "DOWNLOAD\t%d\n", size)
	return b.String(), 0
}

// HRESULTs of Windows Update and of servicing.
const (
	hrNotOffered   = 0x80240024
	hrNotAccepted  = 0x80240023
	hrPermanent    = 0x800F0825
	hrNoDisk       = 0x80070070
	resultSuccess  = 2
	resultFailed   = 4
	resultNotBegun = 0
)

// result is one RESULT line.
type result struct {
	change
	state   string
	code    int
	hresult uint32
	reboot  bool
	words   string
	// verify: winget is to list it in its new version.
	verify bool
}

func (r result) line() string {
	reboot := 0
	if r.reboot {
		reboot = 1
	}
	return fmt.Sprintf("RESULT\t%s\t%s\t%s\t%d\t%s\t%d\t%s\n", r.name, r.to, r.state, r.code, hresult(r.hresult), reboot, r.words)
}

// install installs one update after the other, those first that want to be alone.
func (w *windows) install(k *worker) int {
	list, _ := changes(k.job.body.Args["changes"]) // what is not spelled as a change is passed over
	accept := k.job.body.Args["accept_eula"] == "true"
	if why := w.noCatalogue(k.job.body.Args); why != "" {
		k.locked(func() {
			k.a.run("winupdate.install", "REBOOT\t0\nPROBLEM\texit\t0x80131501\tthe search failed: "+why+"\n", "", 1)
		})
		return 1
	}
	k.locked(func() {
		slices.SortStableFunc(list, func(a, b change) int { return rank(w.find(a.to)) - rank(w.find(b.to)) })
	})
	var results []result
	tick := w.h.fleet.opt.JobTime / time.Duration(1+2*len(list))
	for i, c := range list {
		k.locked(func() {
			if u := w.find(c.to); u == nil || !u.downloaded {
				k.a.say("[%d/%d] %s downloading\n", i+1, len(list), c.name)
			}
		})
		k.pause(tick)
		k.locked(func() { k.a.say("[%d/%d] %s installing\n", i+1, len(list), c.name) })
		if i == len(list)/2 {
			k.half()
		}
		k.pause(tick)
		k.locked(func() { results = append(results, w.apply(k, c, accept)) })
	}
	return w.tell(k, "winupdate.install", results)
}

// rank puts an update before the others that must be installed alone.
func rank(u *winUpdate) int {
	if u != nil && u.Exclusive {
		return 0
	}
	return 1
}

// tell prints the results, and returns the status of the script.
func (w *windows) tell(k *worker, frame string, results []result) int {
	rc := 0
	k.locked(func() {
		var b strings.Builder
		verify := false
		for _, r := range results {
			b.WriteString(r.line())
			if r.verify {
				verify = true
				fmt.Fprintf(&b, "WINGET\t%s\t%s\n", r.name, r.to)
			}
			if r.state == "failed" || r.state == "not-offered" {
				rc = 1
			}
		}
		if verify {
			w.wingetFrame(k.a, k.job.body.Args["accept_eula"] == "true")
		}
		reboot := 0
		if len(w.reasons) > 0 {
			reboot = 1
		}
		fmt.Fprintf(&b, "REBOOT\t%d\n", reboot)
		k.a.run(frame, b.String(), "", rc)
	})
	return rc
}

// apply installs one update.
func (w *windows) apply(k *worker, c change, accept bool) result {
	r := result{change: c, state: "failed", code: resultFailed}
	if p := w.program(c.name); p != nil {
		return w.upgrade(k, c, p, accept)
	}
	u := w.find(c.to)
	switch {
	case u == nil || u.state == winOffered && !slices.Contains(w.offered(), u):
		r.state, r.code, r.hresult, r.words = "not-offered", resultNotBegun, hrNotOffered, "Windows Update does not offer it any more"
		return r
	case u.state != winOffered && !slices.Contains(w.offered(), u):
		r.state, r.code = "already", resultSuccess
		return r
	case u.EULA && !u.accepted && !accept:
		r.state, r.code, r.hresult, r.words = "skipped", resultNotBegun, hrNotAccepted, "its terms were not accepted"
		return r
	case w.h.faults.DiskFull:
		r.hresult, r.words = hrNoDisk, "There is not enough space on the disk."
	}
	u.accepted = u.accepted || accept
	for name, code := range w.h.faults.Windows.Fails {
		if u.called(name) {
			r.hresult = code
		}
	}
	if r.hresult != 0 {
		u.failed = true
		w.did(k, "fail", u)
		return r
	}
	r.state, r.code = "installed", resultSuccess
	if slices.ContainsFunc(w.h.faults.Lies, u.called) {
		return r
	}
	u.failed = false
	w.did(k, "install", u)
	u.state = winInstalled
	if u.Reboot != RebootNever {
		u.state, r.reboot = winStaged, true
		w.want(ReasonServicing, ReasonUpdate)
	}
	return r
}

func (w *windows) did(k *worker, action string, u *winUpdate) {
	w.h.seen.changes = append(w.h.seen.changes, Change{Job: k.job.id, Action: action, Package: u.ID, To: u.key()})
}

// keep says which updates can be taken off again.
func (w *windows) keep(k *worker) int {
	list, _ := changes(k.job.body.Args["changes"]) // as above
	k.pause(w.h.fleet.opt.JobTime / 8)
	k.half()
	k.locked(func() {
		var b strings.Builder
		for _, c := range list {
			word, version := "kept", c.to
			if w.program(c.name) != nil {
				version = c.from
			}
			if u := w.find(c.to); u == nil || u.Permanent || slices.ContainsFunc(w.h.faults.CannotKeep, u.called) {
				word = "missing"
			}
			fmt.Fprintf(&b, "%s\t%s\t%s\t%s\n", c.name, c.arch, version, word)
		}
		k.a.run("winupdate.keep", b.String(), "", 0)
	})
	return 0
}

// rollback takes updates off again, the last one first.
func (w *windows) rollback(k *worker) int {
	list, _ := changes(k.job.body.Args["changes"]) // as above
	slices.Reverse(list)
	var results []result
	k.half()
	for i, c := range list {
		k.locked(func() { k.a.say("[%d/%d] %s removing\n", i+1, len(list), c.name) })
		k.pause(w.h.fleet.opt.JobTime / time.Duration(1+len(list)))
		k.locked(func() { results = append(results, w.withdraw(k, c)) })
	}
	return w.tell(k, "winupdate.rollback", results)
}

func (w *windows) withdraw(k *worker, c change) result {
	r := result{change: c, state: "failed", code: resultFailed}
	u := w.find(c.to)
	switch {
	case w.program(c.name) != nil:
		r.words = "winget cannot take an upgrade back; it stays as it is"
	case u == nil || u.state == winOffered || u.state == winLeaving:
		r.state, r.code = "already", resultSuccess
	case u.Permanent || u.is(w.h.faults.Windows.NotWithdrawn):
		r.hresult, r.words = hrPermanent, "The package is permanent and cannot be uninstalled."
	default:
		r.state, r.code, r.reboot = "removed", resultSuccess, u.Reboot != RebootNever
		w.did(k, "remove", u)
		u.state = winOffered
		if r.reboot {
			u.state = winLeaving
			w.want(ReasonServicing)
		}
	}
	return r
}
