package apt

import (
	"strings"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
	"patchwave/engine/updates/rebootlist"
	"patchwave/inventory"
)

// ParseScan reads the frames of apt_refresh, if there is one, and apt_scan.
func (Manager) ParseScan(a framing.Answer) updates.Listing {
	l := updates.Listing{State: inventory.ScanOK}
	l.RebootRequired, l.RebootReasons = parseReboot(a)
	l.Installed, l.Notes = parseInstalled(a)
	host := a.Values("apt.host")
	states := parseStates(a)
	idx := parseIndex(a)
	frame, ok := a.Get("apt.pending")
	if !ok {
		return failed(l, parse.Problem(parse.Exit, "the host did not say which updates are pending"))
	}
	rows, whole := parsePending(frame)
	for _, r := range rows {
		if r.arch == "all" || r.arch == host["arch"] {
			r.arch = ""
		}
		u, ok := makeUpdate(r, host["arch"], states, idx)
		if !ok {
			l.Notes = append(l.Notes, parse.Note("a line of apt about package %q is not believed and was dropped", r.name))
			continue
		}
		l.Updates = append(l.Updates, u)
	}
	l.Updates = parse.Updates(l.Updates)
	return judge(l, a, pendingState{frame: frame, whole: whole, lock: host["lock"], journal: host["journal"] == "yes",
		broken: states.broken(), indexed: idx.any(), native: host["arch"]})
}

// pendingState is what decides whether a listing is to be trusted.
type pendingState struct {
	frame framing.Frame
	// whole says that apt worked out what an upgrade would do.
	whole bool
	// lock is "PID COMMAND" of who holds dpkg's lock, or "".
	lock    string
	journal bool
	broken  []string
	indexed bool
	// native is dpkg's architecture; without it most updates are not believed.
	native string
}

// judge sets the state of the listing, the worst thing first.
func judge(l updates.Listing, a framing.Answer, p pendingState) updates.Listing {
	interrupted := p.journal || len(p.broken) > 0
	switch {
	case interrupted && p.lock != "":
		return failed(l, parse.Problem(parse.Locked, "packages are being changed right now: %s; scan again when it is done", holder(p.lock)))
	case p.journal:
		return failed(l, parse.Problem(parse.Interrupted, "dpkg was interrupted; run `dpkg --configure -a` on the host"))
	case interrupted:
		return failed(l, parse.Problem(parse.Interrupted, "not wholly installed: %s; run `dpkg --configure -a` on the host",
			strings.Join(p.broken, ", ")))
	case !p.whole:
		return failed(l, complaint(p.frame, "apt cannot say what an upgrade would do"))
	case p.native == "":
		return failed(l, parse.Problem(parse.Exit, "the host did not say its architecture; run `dpkg --print-architecture` there"))
	case !p.indexed:
		return failed(l, parse.Problem(parse.Exit, "there is no package index on the host: check /etc/apt/sources.list and run `apt-get update`"))
	}
	refresh, ok := a.Get("apt.refresh")
	if !ok {
		return l
	}
	problem, notes := parseRefresh(refresh)
	l.Notes = append(l.Notes, notes...)
	if problem != nil {
		l.State, l.Problem = inventory.ScanStale, problem
	}
	return l
}

func failed(l updates.Listing, p *inventory.Problem) updates.Listing {
	l.State, l.Problem = inventory.ScanFailed, p
	return l
}

// holder reads "PID COMMAND".
func holder(lock string) string {
	pid, command, _ := strings.Cut(lock, " ")
	if command == "" {
		return "process " + pid + " holds the lock of apt"
	}
	return "process " + pid + " (" + command + ") holds the lock of apt"
}

// makeUpdate joins what apt said about one package in several places. It is
// false if a word is not believed.
func makeUpdate(r row, native string, s states, idx index) (inventory.Update, bool) {
	rec := idx.record(r, native)
	u := inventory.Update{
		Name: r.name, Arch: rec.arch, From: r.from, To: r.to,
		Source: rec.source, SourceVersion: rec.sourceVersion, Size: rec.size,
	}
	g := parse.Deb()
	if !g.OK(u.Name, u.Arch, u.To) || !g.VersionOK(u.From) || !g.NameOK(u.Source) || !g.VersionOK(u.SourceVersion) {
		return inventory.Update{}, false
	}
	versions := idx.pending(r)
	if len(versions) > 0 && versions[0].version == r.to {
		u.Origins = idx.origins(versions[0])
	}
	if idx.security(versions) {
		u.Classification = inventory.Security
	}
	if rebootlist.Match(name, u.Name) {
		u.Reboot, u.RebootSource = true, "published-list"
	}
	u.BlockedBy = blockedBy(r, native, s, versions)
	return u, true
}

func blockedBy(r row, native string, s states, versions []offered) inventory.BlockedBy {
	switch {
	case r.class == upgraded:
		return inventory.NotBlocked
	case s.held(r, native):
		return inventory.BlockedHeld
	case r.class == unsolved:
		return inventory.BlockedBroken
	case r.class == deferred || len(versions) > 0 && versions[0].phased:
		return inventory.BlockedPhased
	default:
		return inventory.BlockedKeptBack
	}
}

// parseInstalled reads frame apt.installed, if there is one.
func parseInstalled(a framing.Answer) ([]updates.Installed, []string) {
	frame, ok := a.Get("apt.installed")
	if !ok {
		return nil, nil
	}
	list := []updates.Installed{}
	var notes []string
	for _, line := range frame.Lines() {
		f := strings.Split(line, "\t")
		if len(f) != 4 || !parse.Deb().OK(f[0], f[1], f[2]) || !stateWord.MatchString(f[3]) {
			if line != "" {
				notes = append(notes, parse.Note("a line about an installed package is not believed and was dropped: %q", line))
			}
			continue
		}
		list = append(list, updates.Installed{Name: f[0], Arch: f[1], Version: f[2], State: f[3]})
	}
	return list, notes
}
