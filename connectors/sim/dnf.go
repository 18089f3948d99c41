package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// What of dnf only reads: the frames are those of engine/updates/dnf/doc.go.

// refresh is dnf_refresh: each repository answers for itself.
func (redhat) refresh(h *Host, a frames, _ bool) {
	var out, errs strings.Builder
	rc := 0
	for _, r := range h.repos() {
		switch {
		case h.faults.StaleIndex || h.faults.DiskFull:
			rc = 1
			why := "Curl error (7): Couldn't connect to server for " + r.Location + "repodata/repomd.xml [Failed to connect]"
			if h.faults.DiskFull {
				why = "Cannot write the metadata: No space left on device"
			}
			fmt.Fprintf(&out, "repo\t%s\tfailed\tFailed to download metadata for repo '%s': Cannot download repomd.xml\n", r.Label, r.Label)
			fmt.Fprintf(&errs, "Errors during downloading metadata for repository '%s':\n  - %s\n", r.Label, why)
		default:
			fmt.Fprintf(&out, "repo\t%s\tok\t-\n", r.Label)
		}
	}
	if rc == 0 {
		h.refreshed()
	}
	a.run("dnf.refresh", out.String(), errs.String(), rc)
}

// repos are the enabled repositories.
func (h *Host) repos() []Origin {
	repos := []Origin{AppStream(), BaseOS()}
	for _, o := range h.repo {
		if !slices.Contains(repos, o.repo()) {
			repos = append(repos, o.repo())
		}
	}
	return repos
}

func (redhat) scan(h *Host, a frames, names string) {
	var b strings.Builder
	if h.faults.Hostile {
		fmt.Fprintf(&b, "update\t%s\n%s\n", hostile, hostile)
	}
	if h.faults.AptLock != "" {
		b.WriteString("busy\n")
	}
	for _, r := range h.repos() {
		if h.indexed {
			fmt.Fprintf(&b, "repo\t%s\tok\t%s\t-\n", r.Label, h.indexAge())
		} else {
			fmt.Fprintf(&b, "repo\t%s\tmissing\t-1\tCache-only enabled but no cache for '%s'\n", r.Label, r.Label)
		}
	}
	pending := h.pending()
	for _, u := range pending {
		b.WriteString(h.dnfUpdate(u))
	}
	for _, u := range pending {
		b.WriteString(h.dnfAdvisories(u))
	}
	b.WriteString(h.duplicates())
	if p := h.packages[kernelPackage]; p != nil {
		fmt.Fprintf(&b, "kernel\t%s\t%s\t%s\n", kernelPackage, strings.TrimSuffix(h.kernel, "."+nativeRPM), p.version)
	}
	a.run("dnf.scan", b.String(), "", 0)
	if names != "" {
		a.run("dnf.installed", h.rpmInstalled(strings.Split(names, "\n")), "", 0)
	}
	a.put("dnf.host", "container=no")
	out, rc := h.needsRestarting()
	a.run("dnf.reboot", out, "", rc)
}

// dnfUpdate is one line "update".
func (h *Host) dnfUpdate(u pending) string {
	o := u.offer
	version := o.Version
	if _, rest, ok := strings.Cut(o.Version, ":"); ok {
		version = rest
	}
	built := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC).Unix()
	return fmt.Sprintf("update\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%s\t-\n", o.Name, or(o.Arch, nativeRPM), u.installed.version, o.Version,
		o.repo().Label, or(o.Source, o.Name), version, o.size(), built, h.dnfBlocked(u))
}

// dnfBlocked is why dnf would not bring an update, or "-".
func (h *Host) dnfBlocked(u pending) string {
	if u.installed.held {
		return "locked"
	}
	s := h.solve([]want{{name: u.offer.Name, arch: u.offer.Arch, version: u.offer.Version}})
	switch {
	case s.refused != nil:
		return "broken"
	case len(s.remove) > 0:
		return "kept-back"
	default:
		return "-"
	}
}

// dnfAdvisories are the advisories of all versions that are newer than the
// installed one.
func (h *Host) dnfAdvisories(u pending) string {
	var b strings.Builder
	for _, o := range h.offers(u.installed.shown()) {
		adv := o.Advisory
		if adv == nil || compareRPM(o.Version, u.installed.version) <= 0 {
			continue
		}
		cves := or(strings.Join(adv.CVEs, ","), "-")
		fmt.Fprintf(&b, "advisory\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", o.Name, or(o.Arch, nativeRPM), o.Version, adv.ID, or(adv.Type, "-"),
			or(adv.Severity, "None"), adv.Updated.UTC().Format(time.RFC3339), cves)
	}
	return b.String()
}

// duplicates are what an interrupted transaction left behind: the old version of
// a package beside the new one.
func (h *Host) duplicates() string {
	if !h.interrupted {
		return ""
	}
	var b strings.Builder
	some := h.unfinished() > 0
	for _, name := range h.names() {
		if p := h.packages[name]; p.state != "ok" || !some && name == "bash" {
			fmt.Fprintf(&b, "duplicate\t%s\t%s\t%s\nduplicate\t%s\t%s\t%s\n", p.name, p.arch, h.first[name], p.name, p.arch, p.version)
		}
	}
	return b.String()
}

func (h *Host) rpmInstalled(names []string) string {
	var b strings.Builder
	for _, name := range names {
		found := false
		for _, shown := range h.names() {
			if p := h.packages[shown]; p.name == name {
				found = true
				fmt.Fprintf(&b, "%s\t%s\t%s\tok\n", p.name, p.arch, p.version)
			}
		}
		if !found {
			fmt.Fprintf(&b, "package %s is not installed\n", name)
		}
	}
	return b.String()
}

// needsRestarting is `dnf needs-restarting -r`.
func (h *Host) needsRestarting() (out string, rc int) {
	if len(h.flag) == 0 {
		return "No core libraries or services have been updated since boot-up.\nReboot should not be necessary.\n", 0
	}
	return "Core libraries or services have been updated since boot-up:\n  * " + strings.Join(h.flag, "\n  * ") +
		"\n\nReboot is required to fully utilize these updates.\nMore information: https://access.redhat.com/solutions/27943\n", 1
}

// simulate is dnf_simulate.
func (redhat) simulate(h *Host, a frames, args map[string]string) {
	a.run("dnf.solver", "", "", 0)
	list, _ := wanted(args["want"]) // what is no want is passed over
	if args["mode"] == "each" {
		for i, w := range list {
			text, _ := h.dnfSolve([]want{w})
			a.run(fmt.Sprintf("dnf.sim.%d", i+1), text, "", 0)
		}
		return
	}
	text, s := h.dnfSolve(list)
	a.run("dnf.sim", text, "", 0)
	a.run("dnf.undo", h.undo(s), "", 0)
}

func (h *Host) dnfSolve(list []want) (string, solution) {
	s := h.solve(list)
	if s.refused != nil {
		return "problem\t" + dnfRefusal(*s.refused) + "\n", solution{}
	}
	var b strings.Builder
	fresh, up, down := s.kinds(compareRPM)
	row := func(action string, steps []step) {
		for _, t := range steps {
			fmt.Fprintf(&b, "change\t%s\t%s\t%s\t%s\t%s\t%d\n", action, t.name, t.arch, or(t.from, "-"), or(t.to, "-"), t.offer.size())
		}
	}
	row("install", fresh)
	row("remove", s.remove)
	row("upgrade", up)
	row("downgrade", down)
	b.WriteString("ok\n")
	return b.String(), s
}

// dnfRefusal is the complaint of dnf's solver.
func dnfRefusal(r refusal) string {
	switch r.why {
	case heldPackage:
		return nevra(r.name, r.version, r.arch) + " is excluded or locked on the host"
	case unmet:
		return strings.TrimSpace("Problem: conflicting requests - nothing provides " + r.name + " " + r.version)
	default:
		return nevra(r.name, r.version, r.arch) + " is in no enabled repository"
	}
}
