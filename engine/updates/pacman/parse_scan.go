package pacman

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
	"patchwave/engine/updates/rebootlist"
	"patchwave/inventory"
)

// ParseScan puts the frames of one scan together.
func (Manager) ParseScan(a framing.Answer) updates.Listing {
	l := updates.Listing{State: inventory.ScanOK, Updates: []inventory.Update{}}
	l.Installed = parseInstalled(a)
	readReboot(a, &l)
	frame, ok := a.Get("pacman.outdated")
	if !ok {
		l.State, l.Problem = inventory.ScanFailed, parse.Problem(parse.Exit, "the host did not answer what is pending")
		return l
	}
	if p := listProblem(frame); p != nil {
		l.State, l.Problem = inventory.ScanFailed, p
		return l
	}
	readUpdates(a, frame, &l)
	if p := lockProblem(a); p != nil {
		l.State, l.Problem = inventory.ScanFailed, p
	} else if p := indexProblem(a, frame, l); p != nil {
		l.State, l.Problem = inventory.ScanFailed, p
	} else if p := staleness(a); p != nil {
		l.State, l.Problem = inventory.ScanStale, p
	}
	return l
}

var (
	errorLine  = regexp.MustCompile(`^error: (.+)$`)
	localEntry = regexp.MustCompile(`/local/|could not fully load metadata|duplicated database entry`)
)

// complaint returns pacman's own words.
func complaint(f framing.Frame) string {
	var words []string
	for _, line := range append(f.ErrLines(), f.Lines()...) {
		line = strings.TrimSpace(line)
		if m := errorLine.FindStringSubmatch(line); m != nil {
			words = append(words, m[1])
		} else if rest, ok := strings.CutPrefix(line, ":: "); ok && !strings.Contains(rest, "...") && !strings.Contains(rest, "? [") {
			words = append(words, rest)
		}
	}
	return parse.Clean(strings.Join(words, "; "), 400)
}

// listProblem says why `pacman -Qu` gave no listing to trust, or nil. Its status
// is 1 also when nothing is pending.
func listProblem(f framing.Frame) *inventory.Problem {
	words := complaint(f)
	switch {
	case localEntry.MatchString(words):
		return parse.Problem(parse.Interrupted, "an earlier pacman was interrupted, its database of installed packages is damaged: %s; "+
			"reinstall the package named", words)
	case f.RC > 1 || words != "":
		return parse.Problem(parse.Exit, "pacman failed with exit status %d: %s", f.RC, words)
	default:
		return nil
	}
}

var noDatabase = regexp.MustCompile(`database file for '([^']{1,100})' does not exist`)

// indexProblem says why an empty listing is none, or nil: a repository that was
// never fetched hides what it has, and keeps pacman from answering for others.
func indexProblem(a framing.Answer, listing framing.Frame, l updates.Listing) *inventory.Problem {
	details, asked := a.Get("pacman.details")
	m := noDatabase.FindSubmatch(listing.Err)
	if m == nil {
		m = noDatabase.FindSubmatch(details.Err)
	}
	switch p := staleness(a); {
	case len(l.Updates) > 0 || m == nil && (!asked || details.RC == 0):
		return nil
	case p != nil:
		return p
	case m != nil:
		return parse.Problem(parse.Exit, "the index of repository %s was never fetched; scan with --refresh always, or take it out of pacman.conf",
			parse.Clean(string(m[1]), 100))
	default:
		return parse.Problem(parse.Exit, "pacman cannot use its index: %s", complaint(details))
	}
}

// lockProblem reads the lock of pacman.state.
func lockProblem(a framing.Answer) *inventory.Problem {
	state := a.Values("pacman.state")
	file := parse.Clean(state["lock_file"], 200)
	switch state["lock"] {
	case "live":
		return parse.Problem(parse.Locked, "another package manager is at work on the host (%s)", file)
	case "stale":
		return parse.Problem(parse.Interrupted, "an earlier pacman was killed and left its lock: "+
			"check that none runs, then `rm %s`", file)
	default:
		return nil
	}
}

// staleness says why the index is not fresh, or nil.
func staleness(a framing.Answer) *inventory.Problem {
	f, ok := a.Get("pacman.refresh")
	if !ok || f.RC == 0 {
		return nil
	}
	words := complaint(f)
	switch {
	case f.RC == exitLocked:
		return parse.Problem(parse.Locked, "the index was not refreshed: %s", words)
	case f.RC == exitUnsafe:
		return parse.Problem(parse.Exit, "the index was not refreshed: %s; remove that directory", words)
	case strings.Contains(words, "unless you are root") || a.Values("pacman.state")["uid"] != "0":
		return parse.Problem(parse.Sudo, "the index was not refreshed, that needs root")
	case strings.Contains(words, "No space left"):
		return parse.Problem(parse.Disk, "the index was not refreshed: %s", words)
	default:
		return parse.Problem(parse.Exit, "the index could not be refreshed: %s", words)
	}
}

var outdated = regexp.MustCompile(`^(\S+) (\S+) -> (\S+)( \[ignored\])?$`)

// readUpdates fills l.Updates and l.Notes.
func readUpdates(a framing.Answer, frame framing.Frame, l *updates.Listing) {
	g := parse.Pacman()
	offers := parseOffers(a, "pacman.details")
	broken := brokenPackages(a)
	dropped := 0
	for _, line := range frame.Lines() {
		m := outdated.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		if !g.NameOK(m[1]) || !g.VersionOK(m[2]) || !g.VersionOK(m[3]) {
			dropped++
			continue
		}
		u := inventory.Update{Name: m[1], From: m[2], To: m[3], Classification: inventory.OtherClass, Severity: inventory.UnknownSeverity}
		o := offers[u.Name]
		if o.version != u.To || o.arch == "" {
			l.Notes = append(l.Notes, parse.Note("pacman does not say from where it would update %s to %s; it is left out", u.Name, u.To))
			continue
		}
		u.Arch, u.Source, u.Origins, u.Size, u.Published = o.arch, o.base, []string{o.repo}, o.size, o.built
		if why := broken[u.Name]; m[4] != "" {
			u.BlockedBy = inventory.BlockedLocked
		} else if why != "" {
			u.BlockedBy = inventory.BlockedBroken
			l.Notes = append(l.Notes, parse.Note("%s %s cannot be installed: it needs %s, which nothing provides", u.Name, u.To, why))
		}
		if rebootlist.Match("pacman", u.Name) {
			u.Reboot, u.RebootSource = true, "published-list"
		}
		l.Updates = append(l.Updates, u)
	}
	l.Updates = parse.Updates(l.Updates)
	addNotes(a, l, dropped)
}

func addNotes(a framing.Answer, l *updates.Listing, dropped int) {
	if dropped > 0 {
		l.Notes = append(l.Notes, parse.Note("%d updates have names or versions that are not those of packages; they are left out", dropped))
	}
	if extra := fullExtra(a, l.Updates); len(extra) > 0 {
		l.Notes = append(l.Notes, parse.Note("a full upgrade would also install %s", strings.Join(extra, ", ")))
	}
	if len(l.Updates) > 1 {
		l.Notes = append(l.Notes, parse.Note("Arch Linux supports full upgrades only: approving a part of these %d updates makes a partial upgrade", len(l.Updates)))
	}
	if a.Values("pacman.state")["index"] == "system" {
		l.Notes = append(l.Notes, "listed from the host's own package index, as its last `pacman -Sy` left it")
	}
}

var unsatisfied = regexp.MustCompile(`unable to satisfy dependency '([^']{1,200})' required by (\S+)$`)

// brokenPackages reads from pacman.full which packages lack a dependency, and which.
func brokenPackages(a framing.Answer) map[string]string {
	frame, _ := a.Get("pacman.full")
	broken := map[string]string{}
	for _, line := range append(frame.Lines(), frame.ErrLines()...) {
		if m := unsatisfied.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			broken[m[2]] = m[1]
		}
	}
	return broken
}

// fullExtra returns the packages that a full upgrade would install anew:
// dependencies and replacements.
func fullExtra(a framing.Answer, list []inventory.Update) []string {
	frame, _ := a.Get("pacman.full")
	g := parse.Pacman()
	known := map[string]bool{}
	for _, u := range list {
		known[u.Name] = true
	}
	var extra []string
	for _, line := range frame.Lines() {
		name, version, ok := strings.Cut(line, "|")
		if ok && !known[name] && g.NameOK(name) && g.VersionOK(version) {
			extra = append(extra, name)
		}
	}
	return extra
}

// offer is what the index says of a package.
type offer struct {
	version, repo, arch, base string
	size                      int64
	built                     time.Time
}

var fileArch = regexp.MustCompile(`-([a-z0-9_]+)\.pkg\.tar(\.[a-z0-9]+)?$`)

// parseOffers reads a frame like pacman.details, by name.
func parseOffers(a framing.Answer, name string) map[string]offer {
	frame, _ := a.Get(name)
	g := parse.Pacman()
	offers := map[string]offer{}
	for _, line := range frame.Lines() {
		f := strings.SplitN(line, "|", 8)
		if len(f) != 8 || !g.NameOK(f[0]) || !g.VersionOK(f[1]) {
			continue
		}
		o := offer{version: f[1], repo: parse.Clean(f[2], 100), arch: f[4], base: f[5]}
		if m := fileArch.FindStringSubmatch(f[7]); !g.ArchOK(o.arch) {
			o.arch = ""
			if m != nil {
				o.arch = m[1]
			}
		}
		if !g.NameOK(o.base) {
			o.base = ""
		}
		if n, err := strconv.ParseInt(f[3], 10, 64); err == nil && n > 0 {
			o.size = n
		}
		if s, err := strconv.ParseInt(f[6], 10, 64); err == nil && s > 0 && s < 1<<40 {
			o.built = time.Unix(s, 0).UTC()
		}
		offers[f[0]] = o
	}
	return offers
}

// parseInstalled reads pacman.installed; nil if it was not asked.
func parseInstalled(a framing.Answer) []updates.Installed {
	frame, ok := a.Get("pacman.installed")
	if !ok {
		return nil
	}
	list := []updates.Installed{}
	for _, p := range parseLocal(frame.Lines(), 4) {
		list = append(list, updates.Installed{Name: p.Name, Arch: p.Arch, Version: p.Version, State: "ok"})
	}
	return list
}

// parseLocal reads NAME<TAB>ARCH<TAB>VERSION… lines of a number of fields.
func parseLocal(lines []string, fields int) []updates.Want {
	g := parse.Pacman()
	var list []updates.Want
	for _, line := range lines {
		f := strings.Split(line, "\t")
		if len(f) == fields && g.OK(f[0], f[1], f[2]) {
			list = append(list, updates.Want{Name: f[0], Arch: f[1], Version: f[2]})
		}
	}
	return list
}

// readReboot reads pacman.state and pacman.recent. Without the kernel's word a
// missing list of recent packages says nothing, either.
func readReboot(a framing.Answer, l *updates.Listing) {
	modules := a.Values("pacman.state")["modules"]
	recent, ok := a.Get("pacman.recent")
	if !ok || modules == "" {
		return
	}
	if modules == "missing" {
		l.RebootReasons = append(l.RebootReasons, "the running kernel's modules are gone: its package was upgraded")
	}
	g := parse.Pacman()
	for _, line := range recent.Lines() {
		name, _, ok := strings.Cut(line, "\t")
		if ok && g.NameOK(name) && rebootlist.Match("pacman", name) {
			l.RebootReasons = append(l.RebootReasons, name+" was installed after the boot")
		}
	}
	required := len(l.RebootReasons) > 0
	l.RebootRequired = &required
}
