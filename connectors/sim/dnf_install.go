package sim

import (
	"fmt"
	"strings"
)

// The jobs of dnf: engine/updates/dnf/job.sh, and what dnf and rpm print in them.

// rcLocked is the exit status with which dnf gives up on a lock.
const rcLocked = 200

// enclose is pw_run dnf.SCRIPT WORK.
func (redhat) enclose(w *worker, script string, work func() int) int {
	w.locked(func() { w.a.begin("dnf." + script) })
	rc := work()
	w.locked(func() { w.a.end("dnf."+script, rc) })
	return rc
}

func (redhat) misspelled(w *worker) int {
	w.a.warn("Error: a change is not spelled as dnf spells it\n")
	return 1
}

func (redhat) waiting(w *worker) { w.a.warn("RPMDB already locked by another transaction\n") }

func (r redhat) refuse(w *worker, allowed []change, s solution) int {
	if w.h.faults.AptLock != "" {
		r.waiting(w)
		return rcLocked
	}
	complaint := ""
	if s.refused != nil {
		complaint = "Error: " + nevra(s.refused.name, s.refused.version, s.refused.arch) + " is not to be had"
	} else if more := s.more(allowed); len(more) > 0 {
		var rows []string
		for _, t := range more {
			rows = append(rows, fmt.Sprintf("%s %s.%s %s -> %s", rpmAction(t), t.name, t.arch, or(t.from, "-"), or(t.to, "-")))
		}
		complaint = "Error: the transaction would not be the approved one: " + strings.Join(rows, ", ")
	} else if w.h.faults.DiskFull {
		complaint = "Error: Transaction test error:\n  installing package " + s.install[0].name + " needs 12MB more space on the / filesystem"
	}
	if complaint == "" {
		return 0
	}
	w.a.warn("%s\n", complaint)
	return 1
}

func rpmAction(t step) string {
	switch {
	case t.to == "":
		return "remove"
	case t.from == "":
		return "install"
	case compareRPM(t.to, t.from) < 0:
		return "downgrade"
	default:
		return "upgrade"
	}
}

// announce prints the table of dnf.
func (redhat) announce(w *worker, s solution) {
	line := strings.Repeat("=", 80)
	w.a.say("Last metadata expiration check: 0:00:12 ago on Mon Nov 23 01:14:50 2026.\nDependencies resolved.\n%s\n Package    Arch    Version    Repository    Size\n%s\n", line, line)
	fresh, up, down := s.kinds(compareRPM)
	section := func(heading string, steps []step) {
		if len(steps) > 0 {
			w.a.say("%s:\n", heading)
		}
		for _, t := range steps {
			w.a.say(" %-25s %-8s %-20s %-12s %d k\n", t.name, t.arch, or(t.to, t.from), t.offer.repo().Label, t.offer.size()/1000)
		}
	}
	section("Installing dependencies", fresh)
	section("Upgrading", up)
	section("Removing", s.remove)
	section("Downgrading", down)
	w.a.say("\nTransaction Summary\n%s\n", line)
	for _, total := range []struct {
		word string
		n    int
	}{{"Install", len(fresh)}, {"Upgrade", len(up)}, {"Remove", len(s.remove)}, {"Downgrade", len(down)}} {
		if total.n > 0 {
			w.a.say("%-9s  %d Packages\n", total.word, total.n)
		}
	}
	w.a.say("\nDownloading Packages:\n")
	for _, t := range s.install {
		if w.h.cached[t.shown()+" "+t.to] {
			w.a.say("[SKIPPED] %s.rpm: Already downloaded\n", nevra(t.name, t.to, t.arch))
		}
	}
	if w.job.body.Name == "stage" {
		w.a.say("Complete!\nThe downloaded packages were saved in cache until the next successful transaction.\n")
		return
	}
	w.a.say("Running transaction check\nTransaction check succeeded.\nRunning transaction test\nTransaction test succeeded.\n" +
		"Running transaction\n  Preparing        :                                                        1/1 \n")
}

func (redhat) remove(w *worker, t step) {
	w.a.say("  Erasing          : %s\n", nevra(t.name, t.from, t.arch))
}

// unpack: until the old version is cleaned away, rpm has both.
func (redhat) unpack(w *worker, t step) {
	word := map[string]string{"install": "Installing", "upgrade": "Upgrading", "downgrade": "Downgrading"}[rpmAction(t)]
	w.a.say("  %-17s: %s\n", word, nevra(t.name, t.to, t.arch))
	w.put(t, "duplicate")
}

// configure: a script that fails is a warning, and the package is installed.
func (redhat) configure(w *worker, t step) bool {
	if path := w.h.faults.Conffiles[t.name]; path != "" {
		w.a.warn("warning: %s created as %s.rpmnew\n", path, path)
	}
	if t.from != "" {
		w.a.say("  Cleanup          : %s\n", nevra(t.name, t.from, t.arch))
	}
	if p := w.h.packages[t.shown()]; p != nil && !w.lies(t) {
		p.state = "ok"
	}
	if w.lies(t) || !w.h.fails(t.name, t.shown(), t.to) {
		return true
	}
	if w.h.faults.Hostile {
		w.a.say("%s\n", hostile)
	}
	w.a.say("warning: %%post(%s) scriptlet failed, exit status 1\n", nevra(t.name, t.to, t.arch))
	w.a.warn("Error in POSTIN scriptlet in rpm package %s\n", t.name)
	return false
}

// conclude: dnf says "Complete!" whatever the scripts did.
func (redhat) conclude(w *worker, s solution, _ []string) int {
	fresh, up, down := s.kinds(compareRPM)
	section := func(heading string, steps []step) {
		if len(steps) > 0 {
			w.a.say("\n%s:\n", heading)
		}
		for _, t := range steps {
			w.a.say("  %s\n", nevra(t.name, or(t.to, t.from), t.arch))
		}
	}
	section("Upgraded", up)
	section("Downgraded", down)
	section("Installed", fresh)
	section("Removed", s.remove)
	w.a.say("\nComplete!\n")
	return 0
}

// keeps: dnf can keep what a repository still has.
func (redhat) keeps(h *Host, p *installed) bool { return h.has(p.shown(), p.version) }

// settle does nothing: an interrupted transaction is not finished by dnf.
func (redhat) settle(*worker) {}

// reachable: dnf goes back with what it can, and says what it cannot.
func (redhat) reachable(w *worker, allowed []change, wants []want) ([]change, []want, int) {
	var may []change
	var can []want
	var missing []string
	for i, want := range wants {
		if want.remove || want.file || w.h.has(shown(want.name, want.arch), want.version) {
			may, can = append(may, allowed[i]), append(can, want)
		} else {
			missing = append(missing, nevra(want.name, want.version, want.arch))
		}
	}
	switch {
	case len(missing) == 0:
		return allowed, wants, 0
	case len(can) == 0:
		w.a.warn("Error: %s is not to be had\n", strings.Join(missing, ", "))
	default:
		w.a.warn("Error: %s is not to be had, the rest is rolled back\n", strings.Join(missing, ", "))
	}
	return may, can, 1
}

// repair is `dnf remove --duplicates`.
func (r redhat) repair(w *worker) int {
	w.waitForLock()
	rc := 0
	w.locked(func() {
		if w.h.faults.AptLock != "" {
			r.waiting(w)
			rc = rcLocked
			return
		}
		w.h.interrupted = false
		for _, p := range w.h.packages {
			p.state = "ok"
		}
		w.a.say("Complete!\n")
	})
	return rc
}
