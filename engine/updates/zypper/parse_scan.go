package zypper

import (
	"fmt"
	"regexp"
	"strings"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
	"patchwave/engine/updates/rebootlist"
	"patchwave/engine/updates/rpm"
	"patchwave/inventory"
)

// ParseScan puts the frames of one scan together.
func (Manager) ParseScan(a framing.Answer) updates.Listing {
	l := updates.Listing{State: inventory.ScanOK, Updates: []inventory.Update{}}
	l.Installed = parseInstalled(a)
	readReboot(a, &l)
	frame, ok := a.Get("zypper.list")
	if !ok {
		l.State, l.Problem = inventory.ScanFailed, parse.Problem(parse.Exit, "the host did not answer what is pending")
		return l
	}
	root, err := parseXML(frame.Out)
	if p := listProblem(frame, root, err); p != nil {
		l.State, l.Problem = inventory.ScanFailed, p
		return l
	}
	lists := []*node{root}
	if more, ok := a.Get("zypper.packages"); ok {
		packages, err := parseXML(more.Out)
		if p := listProblem(more, packages, err); p != nil {
			l.State, l.Problem = inventory.ScanFailed, p
			return l
		}
		lists = append(lists, packages)
	} else if packagesWithheld(root) {
		l.State, l.Problem = inventory.ScanFailed, parse.Problem(parse.Exit, "zypper listed patches of its own only")
		return l
	}
	readUpdates(a, lists, &l)
	if p := doubles(a); p != nil {
		l.State, l.Problem = inventory.ScanFailed, p
		return l
	}
	if p := staleness(a, frame, root); p != nil {
		l.State, l.Problem = inventory.ScanStale, p
	}
	return l
}

// listProblem says why there is no listing to trust, or nil.
func listProblem(f framing.Frame, root *node, err error) *inventory.Problem {
	if p := statusProblem(f, root); p != nil {
		return p
	}
	lists := 0
	root.each("update-list", func(*node) { lists++ })
	if err != nil || lists == 0 {
		return parse.Problem(parse.Exit, "zypper's answer could not be read (exit status %d): %v %s", f.RC, err, complaint(f, root))
	}
	return nil
}

// statusProblem reads the exit statuses with which zypper has done nothing.
func statusProblem(f framing.Frame, root *node) *inventory.Problem {
	switch f.RC {
	case 0, exitReboot, exitRestart, exitSkipped:
		return nil
	case exitLocked:
		return parse.Problem(parse.Locked, "%s", firstOf(complaint(f, root), "another program holds zypper's lock"))
	case exitPrivileges:
		return parse.Problem(parse.Sudo, "zypper needs root: let the connection become root (%s)", complaint(f, root))
	case exitNoRepos:
		return parse.Problem(parse.Exit, "no repositories are defined on this host: add one with `zypper addrepo`")
	}
	words := complaint(f, root)
	if strings.Contains(words, "No space left") {
		return parse.Problem(parse.Disk, "zypper: %s", words)
	}
	return parse.Problem(parse.Exit, "zypper failed with exit status %d: %s", f.RC, words)
}

// complaint returns zypper's own words: its error messages, else its standard error.
func complaint(f framing.Frame, root *node) string {
	var words []string
	root.each("message", func(m *node) {
		if t := m.attr("type"); t == "error" || t == "problem" {
			words = append(words, strings.TrimSpace(m.text))
		}
	})
	if len(words) == 0 {
		words = f.ErrLines()
	}
	return parse.Clean(strings.Join(words, "; "), 400)
}

func firstOf(words ...string) string {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return ""
}

// entry is a package update of a listing, with the repository it comes from.
type entry struct {
	update  inventory.Update
	dropped bool
}

// readEntry reads an <update kind="package">.
func readEntry(n *node, g parse.Grammar) entry {
	u := inventory.Update{
		Name: n.attr("name"), Arch: n.attr("arch"), From: rpm.EVR(n.attr("edition-old")), To: rpm.EVR(n.attr("edition")),
	}
	if alias := parse.Clean(n.child("source").attr("alias"), 200); alias != "" {
		u.Origins = []string{alias}
	}
	ok := g.OK(u.Name, u.Arch, u.To) && (u.From == "" || g.VersionOK(u.From))
	return entry{update: u, dropped: !ok}
}

// packagesWithheld says whether a patch of zypper itself is needed: then zypper
// lists patches and no packages.
func packagesWithheld(root *node) bool {
	own := false
	root.each("update", func(n *node) { own = own || n.attr("kind") == "patch" && n.attr("pkgmanager") == "true" })
	return own
}

// readUpdates fills l.Updates from the lists and zypper.all.
func readUpdates(a framing.Answer, lists []*node, l *updates.Listing) {
	g := parse.RPM()
	seen := map[inventory.Key]bool{}
	dropped := 0
	add := func(e entry, blocked inventory.BlockedBy) {
		if e.dropped {
			dropped++
		} else if !seen[e.update.Key()] {
			seen[e.update.Key()] = true
			e.update.BlockedBy = blocked
			l.Updates = append(l.Updates, e.update)
		}
	}
	var patches []patch
	for _, list := range lists {
		list.each("update", func(n *node) {
			switch n.attr("kind") {
			case "package":
				add(readEntry(n, g), inventory.NotBlocked)
			case "patch":
				if p, ok := readPatch(n); ok {
					patches = append(patches, p)
				}
			}
		})
	}
	dropped = addBlocked(a, l, seen, add, dropped, g)
	if dropped > 0 {
		l.Notes = append(l.Notes, parse.Note("%d updates have names or versions that are not those of packages; they are left out", dropped))
	}
	describe(a, l, patches)
	l.Updates = parse.Updates(l.Updates)
}

// addBlocked adds what only list-updates --all shows.
func addBlocked(a framing.Answer, l *updates.Listing, seen map[inventory.Key]bool,
	add func(entry, inventory.BlockedBy), dropped int, g parse.Grammar,
) int {
	frame, ok := a.Get("zypper.all")
	root, err := parseXML(frame.Out)
	if !ok || err != nil || statusProblem(frame, root) != nil {
		l.Notes = append(l.Notes, parse.Note("zypper did not say which updates it keeps back: %s", complaint(frame, root)))
		return dropped
	}
	lockFrame, _ := a.Get("zypper.locks")
	locks := parseLocks(lockFrame.Lines())
	broken := brokenPackages(a)
	root.each("update", func(n *node) {
		e := readEntry(n, g)
		if n.attr("kind") != "package" || seen[e.update.Key()] {
			return
		}
		switch why := broken[e.update.Name+"-"+e.update.To+"."+e.update.Arch]; {
		case locked(locks, e.update.Name):
			add(e, inventory.BlockedLocked)
		case why != "" && !e.dropped:
			l.Notes = append(l.Notes, parse.Note("%s %s cannot be installed: %s", e.update.Name, e.update.To, why))
			add(e, inventory.BlockedBroken)
		default:
			add(e, inventory.BlockedKeptBack)
		}
	})
	return dropped
}

var nothingProvides = regexp.MustCompile(`nothing provides (.{1,200}?) needed by (?:the to be installed )?(\S+)`)

// brokenPackages returns what zypper.rest says is missing, by NAME-VERSION.ARCH.
func brokenPackages(a framing.Answer) map[string]string {
	frame, _ := a.Get("zypper.rest")
	broken := map[string]string{}
	root, err := parseXML(frame.Out)
	if err != nil {
		return broken
	}
	root.each("message", func(n *node) {
		for _, m := range nothingProvides.FindAllStringSubmatch(n.text, -1) {
			broken[m[2]] = "nothing provides " + strings.Trim(m[1], "'")
		}
	})
	return broken
}

// describe adds sources, patches and the published reboot list.
func describe(a framing.Answer, l *updates.Listing, patches []patch) {
	info, _ := a.Get("zypper.patches")
	fixes := parsePatchInfo(info.Lines())
	var unknown []string
	for i := range patches {
		patches[i].fixes = fixes[patches[i].id]
		if len(patches[i].fixes) == 0 {
			unknown = append(unknown, patches[i].id)
		}
	}
	if len(unknown) > 0 {
		l.Notes = append(l.Notes, parse.Note("zypper did not say which packages these needed patches are about: %s", strings.Join(unknown, ", ")))
	}
	sources := parseSources(a)
	for i := range l.Updates {
		u := &l.Updates[i]
		u.Source = sources[u.Key()]
		annotate(u, patches)
		if !u.Reboot && rebootlist.Match("zypper", u.Name) {
			u.Reboot, u.RebootSource = true, "published-list"
		}
	}
}

var sourceRPM = regexp.MustCompile(`^(.+)-[^-]+-[^-]+\.(no)?src\.rpm$`)

// parseSources reads zypper.rpm: the source packages' names.
func parseSources(a framing.Answer) map[inventory.Key]string {
	frame, _ := a.Get("zypper.rpm")
	g := parse.RPM()
	sources := map[inventory.Key]string{}
	for _, line := range frame.Lines() {
		f := strings.Split(line, "\t")
		if len(f) != 4 {
			continue
		}
		if m := sourceRPM.FindStringSubmatch(f[3]); m != nil && g.NameOK(m[1]) {
			sources[inventory.Key{Name: f[0], Arch: f[1]}] = m[1]
		}
	}
	return sources
}

// parseInstalled reads zypper.installed; nil if it was not asked.
func parseInstalled(a framing.Answer) []updates.Installed {
	frame, ok := a.Get("zypper.installed")
	if !ok {
		return nil
	}
	g := parse.RPM()
	list := []updates.Installed{}
	for _, line := range frame.Lines() {
		f := strings.Split(line, "\t")
		if len(f) != 4 {
			continue
		}
		f[2] = rpm.EVR(f[2])
		if g.OK(f[0], f[1], f[2]) && f[3] == "ok" {
			list = append(list, updates.Installed{Name: f[0], Arch: f[1], Version: f[2], State: f[3]})
		}
	}
	return list
}

// doubles reads zypper.doubles: the marks of an interrupted rpm, or nil.
func doubles(a framing.Answer) *inventory.Problem {
	frame, _ := a.Get("zypper.doubles")
	g := parse.RPM()
	var found []string
	for _, line := range frame.Lines() {
		f := strings.Split(line, "\t")
		if len(f) == 3 && g.OK(f[0], f[1], rpm.EVR(f[2])) {
			found = append(found, fmt.Sprintf("%s-%s.%s", f[0], rpm.EVR(f[2]), f[1]))
		}
	}
	if len(found) == 0 {
		return nil
	}
	return parse.Problem(parse.Interrupted, "an earlier update was interrupted: installed twice are %s; "+
		"reinstall the newer ones with `zypper install --force`", strings.Join(found, ", "))
}

// readReboot reads zypper.reboot.
func readReboot(a framing.Answer, l *updates.Listing) {
	frame, ok := a.Get("zypper.reboot")
	if !ok || frame.RC != 0 && frame.RC != exitReboot {
		return
	}
	required := frame.RC == exitReboot
	l.RebootRequired = &required
	if required {
		l.RebootReasons = []string{"zypper needs-rebooting: core libraries or services have been updated"}
	}
}

// staleness says which repository could not be read or refreshed, or nil.
func staleness(a framing.Answer, list framing.Frame, root *node) *inventory.Problem {
	if f, ok := a.Get("zypper.refresh"); ok && f.RC != 0 {
		refreshed, err := parseXML(f.Out)
		words := complaint(f, refreshed)
		if words == "" && err != nil {
			words = err.Error()
		}
		switch f.RC {
		case exitLocked:
			return parse.Problem(parse.Locked, "the repositories were not refreshed: %s", words)
		case exitPrivileges:
			return parse.Problem(parse.Sudo, "the repositories were not refreshed, that needs root")
		}
		return parse.Problem(parse.Exit, "repositories could not be refreshed%s: %s", repositories(refreshed), words)
	}
	if list.RC == exitSkipped {
		return parse.Problem(parse.Exit, "repositories were left out%s: %s", repositories(root), complaint(list, root))
	}
	return nil
}

var skipping = regexp.MustCompile(`(?:Skipping repository|Repository) '([^']+)' (?:because|is invalid|needs)`)

// repositories names those that zypper complains about, as " (a, b)".
func repositories(root *node) string {
	var names []string
	root.each("message", func(n *node) {
		if n.attr("type") == "info" {
			return
		}
		for _, m := range skipping.FindAllStringSubmatch(n.text, -1) {
			names = append(names, m[1])
		}
	})
	if len(names) == 0 {
		return ""
	}
	return " (" + strings.Join(parse.Set(names...), ", ") + ")"
}
