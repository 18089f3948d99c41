package apk

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
	"patchwave/engine/updates/rebootlist"
	"patchwave/inventory"
)

// ParseScan reads the frames of apk_refresh, if there is one, and apk_scan.
func (Manager) ParseScan(a framing.Answer) updates.Listing {
	l := updates.Listing{State: inventory.ScanOK}
	l.RebootRequired, l.RebootReasons = parseReboot(a)
	l.Installed = parseInstalled(a)
	pending, ok := a.Get("apk.pending")
	if !ok {
		return failed(l, parse.Problem(parse.Exit, "the host did not say which updates are pending"))
	}
	offers, notes := best(pending)
	l.Notes = append(l.Notes, notes...)
	plan := parseUpgrade(a)
	pins := parsePins(a)
	origins := parsePolicy(a)
	for _, o := range offers {
		u := inventory.Update{
			Name: o.name, Arch: o.arch, From: o.from, To: o.version, Source: o.origin, SourceVersion: o.version,
			Origins: origins[o.name+"="+o.version],
		}
		if rebootlist.Match(name, o.name) {
			u.Reboot, u.RebootSource = true, "published-list"
		}
		u.BlockedBy = blockedBy(o, plan, pins)
		l.Updates = append(l.Updates, u)
	}
	l.Updates = parse.Updates(l.Updates)
	if plan.complaint != "" {
		l.Notes = append(l.Notes, parse.Note("an upgrade of everything is not possible here: %s", plan.complaint))
	}
	return judge(l, a, pending)
}

// judge sets the state of the listing, the worst thing first.
func judge(l updates.Listing, a framing.Answer, pending framing.Frame) updates.Listing {
	host := a.Values("apk.host")
	repositories, err := strconv.Atoi(host["repositories"])
	broken := parseStates(a)
	switch {
	case len(broken) > 0 && host["lock"] != "":
		pid, command, _ := strings.Cut(host["lock"], " ")
		return failed(l, parse.Problem(parse.Locked, "packages are being changed right now by process %s (%s); scan again when it is done", pid, command))
	case len(broken) > 0:
		return failed(l, parse.Problem(parse.Interrupted, "not wholly installed: %s; run `apk fix` on the host", strings.Join(broken, ", ")))
	case pending.RC != 0:
		return failed(l, complaint(pending, "apk cannot list the updates"))
	case err != nil || repositories == 0:
		return failed(l, parse.Problem(parse.Exit, "there is no repository in /etc/apk/repositories"))
	}
	refresh, ok := a.Get("apk.refresh")
	if ok && (refresh.RC != 0 || slices.ContainsFunc(slices.Concat(refresh.Lines(), refresh.ErrLines()), troubled.MatchString)) {
		l.State, l.Problem = inventory.ScanStale, complaint(refresh, "the package index could not be refreshed")
		return l
	}
	if slices.ContainsFunc(pending.ErrLines(), noIndex.MatchString) {
		l.State, l.Problem = inventory.ScanStale, complaint(pending, "a repository has no index on the host")
	}
	return l
}

var (
	troubled = regexp.MustCompile(`^(WARNING|ERROR): `)
	noIndex  = regexp.MustCompile(`^WARNING: .*(opening|open) .*:`)
)

func failed(l updates.Listing, p *inventory.Problem) updates.Listing {
	l.State, l.Problem = inventory.ScanFailed, p
	return l
}

// best reads frame apk.pending and keeps the newest offer of each package.
func best(f framing.Frame) ([]offer, []string) {
	byName := map[string]offer{}
	var order, notes []string
	for _, line := range f.Lines() {
		o, ok := parseOffer(line)
		if !ok || o.from == "" {
			if line != "" {
				notes = append(notes, parse.Note("a line of apk is not believed and was dropped: %q", line))
			}
			continue
		}
		known, seen := byName[o.name]
		if !seen {
			order = append(order, o.name)
		}
		if !seen || newer(o.version, known.version) {
			byName[o.name] = o
		}
	}
	offers := make([]offer, 0, len(order))
	for _, n := range order {
		offers = append(offers, byName[n])
	}
	return offers, notes
}

// upgradePlan is what `apk upgrade --simulate` said.
type upgradePlan struct {
	// known is false if there is no solution for everything at once.
	known    bool
	upgraded map[string]bool
	// blamed are the NAME-VERSION that stand in the way, complaint is apk's text.
	blamed    map[string]bool
	complaint string
}

// A package that breaks another, with what it breaks: "breaks: NAME-VERSION[DEPENDENCY]".
var breaks = regexp.MustCompile(`^\s+breaks: (\S+)\[`)

func parseUpgrade(a framing.Answer) upgradePlan {
	p := upgradePlan{upgraded: map[string]bool{}, blamed: map[string]bool{}}
	f, ok := a.Get("apk.upgrade")
	if !ok {
		return p
	}
	p.known = true
	var words []string
	for _, line := range slices.Concat(f.Lines(), f.ErrLines()) {
		if c, ok, _ := parseCommit(line); ok && c.action == updates.ActionUpgrade {
			p.upgraded[c.name] = true
		}
		if m := breaks.FindStringSubmatch(line); m != nil {
			p.blamed[m[1]] = true
		}
		if strings.HasPrefix(line, "ERROR: ") {
			p.known = false
		}
		if !p.known {
			words = append(words, line)
		}
	}
	if !p.known {
		p.complaint = parse.Clean(strings.Join(words, " "), 300)
	}
	return p
}

func blockedBy(o offer, plan upgradePlan, pins map[string]bool) inventory.BlockedBy {
	switch {
	case plan.upgraded[o.name]:
		return inventory.NotBlocked
	case pins[o.name]:
		return inventory.BlockedHeld
	case plan.blamed[o.name+"-"+o.version]:
		return inventory.BlockedBroken
	case plan.known:
		return inventory.BlockedKeptBack
	default:
		return inventory.NotBlocked
	}
}

var pinRow = regexp.MustCompile(`^([A-Za-z0-9_][A-Za-z0-9+._-]*)[<>=~]`)

// parsePins reads frame apk.world: names with a wish for a version.
func parsePins(a framing.Answer) map[string]bool {
	pins := map[string]bool{}
	f, _ := a.Get("apk.world")
	for _, line := range f.Lines() {
		if m := pinRow.FindStringSubmatch(line); m != nil {
			pins[m[1]] = true
		}
	}
	return pins
}

// parsePolicy reads frame apk.policy: NAME=VERSION to the repositories.
func parsePolicy(a framing.Answer) map[string][]string {
	origins := map[string][]string{}
	f, _ := a.Get("apk.policy")
	pkg, version := "", ""
	for _, line := range f.Lines() {
		switch {
		case strings.HasSuffix(line, " policy:"):
			pkg, version = strings.TrimSuffix(line, " policy:"), ""
		case strings.HasPrefix(line, "    "):
			where := parse.Clean(line, 200)
			if version != "" && !strings.HasSuffix(where, "apk/db/installed") {
				origins[pkg+"="+version] = append(origins[pkg+"="+version], where)
			}
		case strings.HasPrefix(line, "  "):
			version = strings.TrimSuffix(strings.TrimSpace(line), ":")
		}
	}
	return origins
}

// parseStates reads frame apk.states: NAME<TAB>FLAGS; f is files, s a script, x
// attributes (src/database.c).
func parseStates(a framing.Answer) []string {
	words := map[string]string{"s": "failed script", "f": "broken files", "x": "broken attributes"}
	var broken []string
	f, _ := a.Get("apk.states")
	for _, line := range f.Lines() {
		pkg, flags, ok := strings.Cut(line, "\t")
		if ok && parse.Apk().NameOK(pkg) {
			word := "broken"
			for flag, text := range words {
				if strings.Contains(flags, flag) {
					word = text
				}
			}
			broken = append(broken, pkg+" "+word)
		}
	}
	slices.Sort(broken)
	return broken[:min(len(broken), 10)]
}

// parseInstalled reads frame apk.installed, if there is one.
func parseInstalled(a framing.Answer) []updates.Installed {
	frame, ok := a.Get("apk.installed")
	if !ok {
		return nil
	}
	list := []updates.Installed{}
	for _, line := range frame.Lines() {
		f := strings.Split(line, "\t")
		if len(f) == 4 && parse.Apk().OK(f[0], f[1], f[2]) && (f[3] == "ok" || f[3] == "broken") {
			list = append(list, updates.Installed{Name: f[0], Arch: f[1], Version: f[2], State: f[3]})
		}
	}
	return list
}

// parseReboot reads frame apk.reboot. apk takes the modules of the running
// kernel away with its package.
func parseReboot(a framing.Answer) (*bool, []string) {
	f, ok := a.Get("apk.reboot")
	if !ok {
		return nil, nil
	}
	values := a.Values("apk.reboot")
	var installed, reasons []string
	for _, line := range f.Lines() {
		if v, ok := strings.CutPrefix(line, "installed="); ok {
			installed = append(installed, v)
		}
	}
	if values["flag"] == "yes" {
		reasons = append(reasons, "/run/reboot-required is set")
	}
	running := values["kernel"]
	known := running != "" && len(installed) > 0
	if known && !slices.Contains(installed, running) {
		reasons = append(reasons, parse.Note("the modules of the running kernel %s are gone, installed: %s", running, strings.Join(parse.Set(installed...), ", ")))
	}
	if !known && len(reasons) == 0 {
		return nil, nil
	}
	required := len(reasons) > 0
	return &required, reasons
}
