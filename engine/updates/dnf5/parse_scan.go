package dnf5

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
	"patchwave/engine/updates/rebootlist"
	"patchwave/engine/updates/rpm"
	"patchwave/inventory"
)

// ParseScan reads the frames dnf5.refresh, dnf5.host, dnf5.repos, dnf5.updates,
// dnf5.all, dnf5.from, dnf5.solver, dnf5.advisories, dnf5.cves, dnf5.duplicates,
// dnf5.installed, dnf5.kernel and dnf5.reboot.
func (manager) ParseScan(a framing.Answer) updates.Listing {
	l := updates.Listing{Installed: rpm.Installed(a, "dnf5.installed")}
	offers, notes := readOffers(a)
	solver, _ := a.Get("dnf5.solver")
	t := readTable(solver.Lines())
	if solver.RC <= 1 && t.whole() && solved(solver) {
		more := resolve(a, offers, t)
		offers = append(offers, more...)
		for _, o := range more {
			notes = append(notes, parse.Note("%s replaces %s", o.Name, strings.Join(t.replacing[o.Name], ", ")))
		}
	} else {
		notes = append(notes, parse.Note("what cannot be installed is not known: %s",
			rpm.Complaint("dnf5 upgrade", solver.RC, solver.ErrLines()).Message))
	}
	list, _ := a.Get("dnf5.advisories")
	cves, _ := a.Get("dnf5.cves")
	advisories, err := readAdvisories(list, cves)
	if err != nil {
		notes = append(notes, parse.Note("severities and CVEs are not known: %s", err.Error()))
	}
	l.Updates, l.Notes = rpm.Updates("dnf5", offers, advisories), notes
	l.State, l.Problem = judge(a)
	l.RebootRequired, l.RebootReasons = reboot(a)
	return l
}

// judge says how good a listing is.
func judge(a framing.Answer) (inventory.ScanState, *inventory.Problem) {
	failed := inventory.ScanFailed
	f, ok := a.Get("dnf5.updates")
	if !ok {
		return failed, parse.Problem(parse.Exit, "the host sent no listing; look at the host with `patchwave exec`")
	}
	present, missing := repos(a)
	if present+len(missing) == 0 && (f.RC == 0 || strings.Contains(strings.Join(f.ErrLines(), "\n"), "No matching repositories")) {
		return failed, parse.Problem(parse.Exit, "no repository is enabled on the host; look at `dnf5 repo list` (is the host registered?)")
	}
	if f.RC != 0 {
		return failed, rpm.Complaint("dnf5", f.RC, f.ErrLines(), f.Lines())
	}
	if a.Values("dnf5.host")["busy"] == "yes" {
		return failed, parse.Problem(parse.Locked, "a package transaction is under way on the host; scan again when it has ended")
	}
	if twice := duplicates(a); len(twice) > 0 {
		return failed, parse.Problem(parse.Interrupted,
			"a transaction was interrupted: %s installed twice; look at `dnf5 check --duplicates`, then remove the older ones with `rpm -e --nodeps`", rpm.List(twice, 5))
	}
	if present == 0 {
		return failed, parse.Problem(parse.Exit, "no repository has metadata on the host: %s; run `dnf5 makecache` there", rpm.List(missing, 3))
	}
	if r, ok := a.Get("dnf5.refresh"); ok && r.RC != 0 {
		if dead := deadRepos(r); len(dead) > 0 {
			return inventory.ScanStale, parse.Problem(parse.Exit, "could not refresh repository %s; mend or disable it (`dnf5 config-manager setopt ID.enabled=0`)", rpm.List(dead, 3))
		}
		return inventory.ScanStale, rpm.Complaint("refreshing the metadata", r.RC, r.ErrLines(), r.Lines())
	}
	if len(missing) > 0 {
		return inventory.ScanStale, parse.Problem(parse.Exit, "no metadata of repository %s; run `dnf5 makecache` there", rpm.List(missing, 3))
	}
	return inventory.ScanOK, nil
}

func repos(a framing.Answer) (present int, missing []string) {
	f, _ := a.Get("dnf5.repos")
	for _, line := range f.Lines() {
		w := strings.Split(line, "\t")
		if len(w) != 3 {
			continue
		}
		if w[1] == "ok" {
			present++
		} else {
			missing = append(missing, parse.Clean(w[0], 80))
		}
	}
	return present, missing
}

var deadRepo = regexp.MustCompile(`^Failed to download metadata \(.*\) for repository "([^"]+)": (.*)$`)

// deadRepos finds the repositories that could not be fetched, with the reason
// that was told before (">>> Curl error (7): …").
func deadRepos(f framing.Frame) []string {
	var dead []string
	reason := ""
	for _, line := range f.ErrLines() {
		if words, ok := strings.CutPrefix(line, ">>> "); ok && reason == "" {
			reason = parse.Clean(words, 200)
		} else if m := deadRepo.FindStringSubmatch(line); m != nil {
			dead = append(dead, fmt.Sprintf("%s (%s)", parse.Clean(m[1], 80), parse.Clean(m[2], 200)))
		}
	}
	if len(dead) == 1 && reason != "" {
		dead[0] = strings.TrimSuffix(dead[0], ")") + "; " + reason + ")"
	}
	return dead
}

func duplicates(a framing.Answer) []string {
	f, _ := a.Get("dnf5.duplicates")
	var list []string
	for _, line := range f.Lines() {
		if w := strings.Split(line, "\t"); len(w) == 3 && parse.RPM().OK(w[0], w[1], w[2]) {
			list = append(list, w[0]+"-"+w[2]+"."+w[1])
		}
	}
	return list
}

// readOffers reads what is on offer; what is only on offer without locks and
// excludes is locked.
func readOffers(a framing.Answer) (offers []rpm.Offer, notes []string) {
	from := newest(a, "dnf5.from")
	open, notes := offerLines(a, "dnf5.updates", from)
	all, _ := offerLines(a, "dnf5.all", from)
	byKey := map[inventory.Key]string{}
	for _, o := range open {
		byKey[inventory.Key{Name: o.Name, Arch: o.Arch}] = o.To
	}
	for _, o := range all {
		to, there := byKey[inventory.Key{Name: o.Name, Arch: o.Arch}]
		switch {
		case !there:
			o.BlockedBy = inventory.BlockedLocked
			open = append(open, o)
		case to != o.To:
			notes = append(notes, parse.Note("%s.%s %s is kept back by a version lock or an exclude", o.Name, o.Arch, o.To))
		}
	}
	return open, notes
}

func offerLines(a framing.Answer, frame string, from map[inventory.Key]string) (offers []rpm.Offer, notes []string) {
	f, _ := a.Get(frame)
	seen := map[inventory.Key]bool{}
	for _, line := range f.Lines() {
		w := strings.Split(line, "\t")
		if len(w) != 6 {
			continue
		}
		key := inventory.Key{Name: w[0], Arch: w[1]}
		if !parse.RPM().OK(w[0], w[1], w[2]) {
			notes = append(notes, parse.Note("an update was left out, its name or version is not one of rpm: %.80q %.80q", w[0], w[2]))
			continue
		}
		if seen[key] { // the same package in two repositories
			continue
		}
		seen[key] = true
		o := rpm.Offer{Name: w[0], Arch: w[1], To: rpm.EVR(w[2]), Repo: parse.Clean(w[3], 120), From: from[key]}
		if o.From == "" {
			o.From = from[inventory.Key{Name: w[0]}]
		}
		if src, ok := rpm.ParseNEVRA(strings.TrimSuffix(w[4], ".rpm")); ok {
			o.Source, o.SourceVersion = src.Name, src.Version
		}
		if size, err := strconv.ParseInt(w[5], 10, 64); err == nil && size > 0 {
			o.Size = size
		}
		offers = append(offers, o)
	}
	return offers, notes
}

// newest reads lines NAME, ARCH, VERSION: the newest version of each package, and
// with an empty architecture of each name.
func newest(a framing.Answer, frame string) map[inventory.Key]string {
	f, _ := a.Get(frame)
	best := map[inventory.Key]string{}
	for _, line := range f.Lines() {
		w := strings.Split(line, "\t")
		if len(w) != 3 || !parse.RPM().OK(w[0], w[1], w[2]) {
			continue
		}
		for _, key := range []inventory.Key{{Name: w[0], Arch: w[1]}, {Name: w[0]}} {
			if old, ok := best[key]; !ok || rpm.Compare(old, w[2]) < 0 {
				best[key] = rpm.EVR(w[2])
			}
		}
	}
	return best
}

// solved says whether the solver came to an answer: nothing to do, or a table.
func solved(f framing.Frame) bool {
	text := strings.Join(f.Lines(), "\n") + strings.Join(f.ErrLines(), "\n")
	return f.RC == 0 || strings.Contains(text, "Operation aborted")
}

// version is one exact package.
type version struct{ name, arch, to string }

// resolve marks the offers that the solver cannot bring: kept back if it could by
// removing other packages, else broken. It returns the packages that it would
// install in place of others.
func resolve(a framing.Answer, offers []rpm.Offer, t table) (more []rpm.Offer) {
	coming, erasing, offered := map[version]bool{}, map[version]bool{}, map[string]bool{}
	for _, c := range t.changes {
		coming[version{c.Name, c.Arch, c.To}] = true
	}
	f, _ := a.Get("dnf5.erasing")
	for _, line := range f.Lines() {
		if w := strings.Split(line, "\t"); len(w) == 3 {
			erasing[version{w[0], w[1], rpm.EVR(w[2])}] = true
		}
	}
	for i, o := range offers {
		offered[o.Name] = true
		v := version{o.Name, o.Arch, o.To}
		switch {
		case o.BlockedBy != "" || coming[v]:
		case erasing[v]:
			offers[i].BlockedBy = inventory.BlockedKeptBack
		default:
			offers[i].BlockedBy = inventory.BlockedBroken
		}
	}
	known := map[version]rpm.Offer{}
	details, _ := offerLines(a, "dnf5.new", nil)
	for _, o := range details {
		known[version{o.Name, o.Arch, o.To}] = o
	}
	for _, c := range t.changes {
		if c.Action != updates.ActionInstall || len(t.replacing[c.Name]) == 0 || offered[c.Name] {
			continue
		}
		o, ok := known[version{c.Name, c.Arch, c.To}]
		if !ok {
			o = rpm.Offer{Name: c.Name, Arch: c.Arch, To: c.To, Repo: t.repo[c.Name]}
		}
		more = append(more, o)
	}
	return more
}

// reboot says whether the host wants a reboot: the word of needs-restarting, or
// without it the published list; and a newer kernel than the running one, which a container cannot have.
func reboot(a framing.Answer) (*bool, []string) {
	reasons, required, known := []string{}, false, false
	if f, ok := a.Get("dnf5.reboot"); ok {
		if f.RC == 1 { // also the status of an error
			reasons = rpm.RestartReasons(f)
		}
		required = len(reasons) > 0
		known = f.RC == 0 || required
	}
	if f, ok := a.Get("dnf5.since-boot"); ok && f.RC == 0 {
		known = true
		for _, name := range f.Lines() {
			if rebootlist.Match("dnf5", name) {
				required = true
				reasons = append(reasons, name+" was updated since the host started")
			}
		}
	}
	if why := olderKernel(a); why != "" && a.Values("dnf5.host")["container"] == "no" {
		known, required = true, true
		reasons = append(reasons, why)
	}
	if !known {
		return nil, nil
	}
	return &required, parse.Set(reasons...)
}

// olderKernel compares the running kernel's package with all installed of its name.
func olderKernel(a framing.Answer) string {
	f, _ := a.Get("dnf5.kernel")
	var running, best []string
	for _, line := range f.Lines() {
		w := strings.Split(line, "\t")
		if len(w) != 4 || !parse.RPM().OK(w[1], w[2], w[3]) || !rebootlist.Match("dnf5", w[1]) {
			continue
		}
		switch {
		case w[0] == "running":
			running = w
		case w[0] == "installed" && (best == nil || rpm.Compare(best[3], w[3]) < 0):
			best = w
		}
	}
	if running == nil || best == nil || running[1] != best[1] || rpm.Compare(running[3], best[3]) >= 0 {
		return ""
	}
	return fmt.Sprintf("%s %s is installed, %s is running", best[1], best[3], running[3])
}
