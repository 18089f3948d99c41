package winupdate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
	"patchwave/inventory"
)

// ParseScan puts the frames of one scan together.
func (Manager) ParseScan(a framing.Answer) updates.Listing {
	l := updates.Listing{State: inventory.ScanOK, Updates: []inventory.Update{}}
	policy := a.Values("winupdate.policy")
	frame, ok := a.Get("winupdate.list")
	var said answer
	if ok {
		ok = frame.RC == 0 && len(frame.Out) <= maxList && decode(frame.Out, &said) == nil && said.Version == 1
	}
	l.Installed = parseInstalled(a, said.Winget)
	readReboot(a, said, &l)
	l.Notes = append(l.Notes, policyNotes(policy)...)
	if !ok {
		l.State, l.Problem = inventory.ScanFailed, noList(a)
		return l
	}
	readUpdates(said, policy, &l)
	l.Notes = append(l.Notes, listNotes(said)...)
	if said.Error != nil {
		l.State, l.Problem = inventory.ScanStale, faultProblem("the search for updates failed", *said.Error)
		if len(l.Updates) == 0 {
			l.State = inventory.ScanFailed
		}
	} else {
		l.Installed = withoutOffered(l.Installed, l.Updates)
	}
	return l
}

// withoutOffered takes away what the history calls installed and the very same
// search offers again: the search is believed.
func withoutOffered(installed []updates.Installed, offered []inventory.Update) []updates.Installed {
	return slices.DeleteFunc(installed, func(i updates.Installed) bool {
		return i.State == "ok" && slices.ContainsFunc(offered, func(u inventory.Update) bool { return u.Name == i.Name && u.To == i.Version })
	})
}

// noList says why there is no listing.
func noList(a framing.Answer) *inventory.Problem {
	if f, ok := a.Get("error"); ok {
		var e fault
		if err := decode(f.Out, &e); err == nil {
			return faultProblem("the search for updates could not be made", e)
		}
	}
	if _, ok := a.Get("scan.running"); ok {
		v := a.Values("scan.running")
		return parse.Problem(parse.Locked, "the search for updates still goes on on the host (%s, since %s s); scan it again later", cmp.Or(v["phase"], "running"), cmp.Or(v["elapsed"], "?"))
	}
	return parse.Problem(parse.Exit, "the host did not answer what is pending")
}

// faultProblem is what failed, with what its code means.
func faultProblem(what string, e fault) *inventory.Problem {
	words := what
	if e.Phase != "" && e.Phase != "search" {
		words += " (" + string(e.Phase) + ")"
	}
	if e.Message != "" {
		words += ": " + parse.Clean(string(e.Message), 250)
	}
	r, known := Lookup(string(e.HResult))
	if !known {
		if e.HResult != "" {
			words += " (" + parse.Clean(string(e.HResult), 20) + ")"
		}
		return parse.Problem(parse.Exit, "%s", words)
	}
	return parse.Problem(r.problemCode(), "%s; %s", words, r)
}

// parseInstalled reads winupdate.installed; nil if it was not asked. What failed is
// not installed. What may be a package of winget is looked up in what that said.
func parseInstalled(a framing.Answer, said *wingetSaid) []updates.Installed {
	frame, ok := a.Get("winupdate.installed")
	if !ok {
		return nil
	}
	g := parse.Windows()
	out := []updates.Installed{}
	winget := said.installed()
	for _, line := range frame.Lines() {
		f := strings.Split(line, "\t")
		if len(f) == 4 && f[2] == "winget" && f[3] == "ask" {
			if row, ok := winget.byID(f[0]); ok && g.NameOK(f[0]) {
				out = append(out, updates.Installed{Name: f[0], Version: row.version, State: "ok"})
			}
			continue
		}
		if len(f) != 4 || !g.OK(f[0], f[1], f[2]) || (f[3] != "ok" && f[3] != updates.PendingReboot) {
			continue
		}
		out = append(out, updates.Installed{Name: f[0], Arch: f[1], Version: f[2], State: f[3]})
	}
	return out
}

// readUpdates turns the offers into updates: what is not to be installed is left
// out or blocked, see the package comment.
func readUpdates(said answer, policy map[string]string, l *updates.Listing) {
	offers := usable(said.Updates, l)
	optional := take(&offers, func(o offer) bool { return bool(o.Optional) })
	beta := take(&offers, func(o offer) bool { return bool(o.Beta) })
	take(&offers, func(o offer) bool { return bool(o.Hidden) })
	waiting := take(&offers, func(o offer) bool { return bool(o.Awaiting) })
	accepted := policy["accept_eula"] == "true"
	blocks := func(o offer) inventory.BlockedBy {
		switch {
		case bool(o.Input):
			return inventory.BlockedBroken
		case o.EULA != nil && !bool(*o.EULA) && !accepted:
			return inventory.BlockedHeld
		default:
			return inventory.NotBlocked
		}
	}
	superseded := map[string]bool{}
	for _, o := range offers {
		if blocks(o) == inventory.NotBlocked {
			for _, id := range o.Supersedes {
				superseded[strings.ToLower(string(id))] = string(id) != string(o.ID)
			}
		}
	}
	take(&offers, func(o offer) bool { return superseded[string(o.ID)] })
	names := nameAll(offers)
	origin := origins(string(said.Source), policy)
	var asks, terms []string
	for i, o := range offers {
		u := o.update(names[i], origin)
		switch u.BlockedBy = blocks(o); u.BlockedBy {
		case inventory.BlockedBroken:
			asks = append(asks, u.Name)
		case inventory.BlockedHeld:
			terms = append(terms, u.Name)
		default:
		}
		l.Updates = append(l.Updates, u)
	}
	addPackages(said.Choco, l)
	addWinget(said.Winget, l)
	l.Updates = parse.Updates(l.Updates)
	for _, n := range []struct {
		of   []string
		says string
	}{
		{nameAll(optional), "optional, as previews are, and left out: %s"},
		{nameAll(beta), "for testing, and left out: %s"},
		{nameAll(waiting), "installed and waiting for a reboot: %s"},
		{asks, "may ask a user something and cannot be installed from afar: %s"},
		{terms, "have terms that nobody has accepted (accept_eula in windows_update does): %s"},
	} {
		if len(n.of) > 0 {
			l.Notes = append(l.Notes, parse.Note(n.says, some(n.of)))
		}
	}
}

// usable are the offers that can be read, the highest revision of each.
func usable(all list[offer], l *updates.Listing) []offer {
	var out []offer
	at := map[text]int{}
	dropped := 0
	for i, o := range all {
		o.ID = text(strings.ToLower(string(o.ID)))
		if i >= maxUpdates || !guid.MatchString(string(o.ID)) || o.Revision < 0 || o.Revision >= 1<<32 {
			dropped++
			continue
		}
		j, seen := at[o.ID]
		switch {
		case !seen:
			at[o.ID] = len(out)
			out = append(out, o)
		case out[j].Revision < o.Revision:
			out[j] = o
		}
	}
	if dropped > 0 {
		l.Notes = append(l.Notes, parse.Note("%d updates have no identity that can be read; they are left out", dropped))
	}
	return out
}

// take removes what match says from offers and returns it.
func take(offers *[]offer, match func(offer) bool) []offer {
	var out []offer
	*offers = slices.DeleteFunc(*offers, func(o offer) bool {
		if match(o) {
			out = append(out, o)
			return true
		}
		return false
	})
	return out
}

// some are the first few names.
func some(names []string) string {
	const most = 8
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// origins is where the updates of a source come from.
func origins(source string, policy map[string]string) []string {
	switch {
	case source == "offline":
		return []string{"offline"}
	case source == "microsoft":
		return []string{"microsoft-update"}
	case source == "wsus", policy["use_wu_server"] == "1" && policy["wu_server"] != "":
		return []string{"wsus"}
	default:
		return []string{"windows-update"}
	}
}

// addPackages adds what Chocolatey calls outdated.
func addPackages(parcels list[parcel], l *updates.Listing) {
	g := parse.Windows()
	taken := map[string]bool{}
	for _, u := range l.Updates {
		taken[strings.ToLower(u.Name)] = true
	}
	dropped := 0
	for i, p := range parcels {
		name, from, to := string(p.Name), string(p.From), string(p.To)
		if i >= maxUpdates || !g.OK(name, "", from) || !g.VersionOK(to) || identity.MatchString(from) || identity.MatchString(to) || taken[strings.ToLower(name)] {
			dropped++
			continue
		}
		taken[strings.ToLower(name)] = true
		u := inventory.Update{Name: name, From: from, To: to, Origins: []string{"choco"}}
		if p.Pinned {
			u.BlockedBy = inventory.BlockedLocked
		}
		l.Updates = append(l.Updates, u)
	}
	if dropped > 0 {
		l.Notes = append(l.Notes, parse.Note("%d packages of Chocolatey have names or versions that cannot be used; they are left out", dropped))
	}
}
