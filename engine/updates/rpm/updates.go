package rpm

import (
	"time"

	"patchwave/engine/updates/parse"
	"patchwave/engine/updates/rebootlist"
	"patchwave/inventory"
)

// Offer is one package that the repositories offer in place of what is installed.
type Offer struct {
	Name, Arch, From, To  string
	Repo                  string
	Source, SourceVersion string
	// Size of the download, in bytes.
	Size      int64
	BlockedBy inventory.BlockedBy
}

// Advisory says why one version of one package was published.
type Advisory struct {
	Name, Arch, Version string
	ID                  string
	// Type is updateinfo's word: security, bugfix, enhancement, newpackage.
	Type     string
	Severity string
	CVEs     []string
	// Issued is zero if the repository does not say.
	Issued time.Time
	// Reboot is updateinfo's reboot_suggested.
	Reboot bool
}

// Updates joins offers and advisories. An advisory counts for every offer of its
// package from its own version on: who goes from 1 to 3 gets what was said about
// 2. Only an advisory for exactly the version on offer dates the offer.
func Updates(manager string, offers []Offer, advisories []Advisory) []inventory.Update {
	byKey := map[inventory.Key][]Advisory{}
	for _, a := range advisories {
		key := inventory.Key{Name: a.Name, Arch: a.Arch}
		byKey[key] = append(byKey[key], a)
	}
	list := make([]inventory.Update, 0, len(offers))
	for _, o := range offers {
		u := inventory.Update{
			Name: o.Name, Arch: o.Arch, From: o.From, To: o.To,
			Source: o.Source, SourceVersion: o.SourceVersion,
			Origins: []string{o.Repo}, Size: o.Size, BlockedBy: o.BlockedBy,
		}
		for _, a := range byKey[u.Key()] {
			apply(&u, a)
		}
		if !u.Reboot && rebootlist.Match(manager, u.Name) {
			u.Reboot, u.RebootSource = true, "published-list"
		}
		list = append(list, u)
	}
	return parse.Updates(list)
}

func apply(u *inventory.Update, a Advisory) {
	order := Compare(a.Version, u.To)
	if order > 0 || u.From != "" && Compare(a.Version, u.From) <= 0 {
		return
	}
	u.Advisories = append(u.Advisories, a.ID)
	u.CVEs = append(u.CVEs, a.CVEs...)
	if c := classification(a.Type); rank(c) > rank(u.Classification) {
		u.Classification = c
	}
	if a.Type == "security" {
		u.Severity = worse(u.Severity, parse.Severity(a.Severity))
	}
	if order == 0 && a.Issued.After(u.Published) {
		u.Published = a.Issued
	}
	if a.Reboot {
		u.Reboot, u.RebootSource = true, "metadata"
	}
}

func classification(word string) inventory.Classification {
	switch word {
	case "security":
		return inventory.Security
	case "bugfix":
		return inventory.Bugfix
	case "enhancement", "newpackage":
		return inventory.Enhancement
	default:
		return inventory.OtherClass
	}
}

func rank(c inventory.Classification) int {
	switch c {
	case inventory.Security:
		return 3
	case inventory.Bugfix:
		return 2
	case inventory.Enhancement:
		return 1
	default:
		return 0
	}
}

// worse returns the worse of two severities; unknown and "" are the least.
func worse(a, b inventory.Severity) inventory.Severity {
	for _, s := range inventory.Severities() {
		if a == s || b == s {
			return s
		}
	}
	return inventory.UnknownSeverity
}
