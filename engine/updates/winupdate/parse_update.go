package winupdate

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"patchwave/engine/updates/parse"
	"patchwave/inventory"
)

var (
	guid     = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	identity = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\.[0-9]{1,10}$`)
	kb       = regexp.MustCompile(`^[0-9]{4,10}$`)
	noWord   = regexp.MustCompile(`[^A-Za-z0-9._]+`)
)

// maxName bounds a name that is made of a title.
const maxName = 80

// kbs are the numbers of an update's KB articles.
func (o offer) kbs() []string {
	var out []string
	for _, k := range o.KBs {
		if n := strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(string(k))), "KB"); kb.MatchString(n) {
			out = append(out, n)
		}
	}
	return parse.Set(out...)
}

// name is what an update is called before there is another one of that name. The
// scripts do the same, in winupdate_name.
func (o offer) name() string {
	if k := o.kbs(); len(k) == 1 {
		return "KB" + k[0]
	}
	name := strings.Trim(noWord.ReplaceAllString(string(o.Title), "-"), "-._")
	if len(name) > maxName {
		name = strings.Trim(name[:maxName], "-._")
	}
	return cmp.Or(name, "update-"+string(o.ID[:8]))
}

// nameAll names updates, in their order: two of one name get a part of their ids.
func nameAll(offers []offer) []string {
	count := map[string]int{}
	for _, o := range offers {
		count[strings.ToLower(o.name())]++
	}
	out := make([]string, len(offers))
	for i, o := range offers {
		out[i] = o.name()
		if count[strings.ToLower(out[i])] > 1 {
			out[i] += "-" + string(o.ID[:8])
		}
	}
	return out
}

func (o offer) version() string { return string(o.ID) + "." + strconv.FormatInt(int64(o.Revision), 10) }

// update is an offer in the inventory's words.
func (o offer) update(name string, origins []string) inventory.Update {
	u := inventory.Update{
		Name: name, Title: parse.Clean(string(o.Title), 300), To: o.version(), Origins: slices.Clone(origins),
		Severity: parse.Severity(string(o.Severity)), CVEs: parse.CVEs(joined(o.CVEs)),
		Published: moment(o.Published), Size: max(0, int64(o.Size)),
	}
	for _, k := range o.kbs() {
		u.KBs = append(u.KBs, "KB"+k)
	}
	u.Classification = o.class()
	if o.Reboot == 1 || o.Reboot == 2 {
		u.Reboot, u.RebootSource = true, "metadata"
	}
	return u
}

func joined(words list[text]) string {
	var b strings.Builder
	for i, w := range words {
		if i < 500 {
			b.WriteString(string(w) + " ")
		}
	}
	return b.String()
}

// class is by the GUIDs of the classifications, whose names are localized.
func (o offer) class() inventory.Classification {
	if o.Type == 2 {
		return inventory.Driver
	}
	found := inventory.Classification("")
	for _, c := range o.Categories {
		class := classification(strings.ToLower(string(c.ID)))
		switch {
		case class == inventory.Driver, class == inventory.Definition:
			return class
		case class == inventory.Security, found == "":
			found = class
		}
	}
	if found != inventory.Security && (len(o.CVEs) > 0 || parse.Severity(string(o.Severity)) != inventory.UnknownSeverity) {
		return inventory.Security
	}
	return cmp.Or(found, inventory.OtherClass)
}

// classification reads the GUID of a category; "" for one of another kind.
func classification(id string) inventory.Classification {
	switch id {
	case "0fa1201d-4330-4fa8-8ae9-b877473b6441": // security updates
		return inventory.Security
	case "e6cf1350-c01b-414d-a61f-263d14d133b4", // critical updates
		"28bc880e-0592-4cbf-8f95-c79b17911d5f", // update rollups
		"cd5ffd1e-e932-4e3a-bf74-18bf0b1bbd83": // updates
		return inventory.Bugfix
	case "68c5b0a3-d1a6-4553-ae49-01d3a7827828", // service packs
		"b54e7d24-7add-428f-8b75-90a396fa584f", // feature packs
		"3689bdc8-b205-4af4-8d4a-a63924c5e9d5": // upgrades
		return inventory.Feature
	case "e0789628-ce08-4437-be74-2495b842f43b": // definition updates
		return inventory.Definition
	case "ebfc1fc5-71a4-4f7b-9aca-3b9a503104a0": // drivers
		return inventory.Driver
	case "b4832bd8-e735-4761-8daf-37f882276dab", // tools
		"5c9376ab-8ce6-464a-b136-22113dd69801", // applications
		"434de588-ed14-48f5-8eed-a15e09a991f6", // connectors
		"e140075d-8433-45c3-ad87-e72345b36078", // developer kits
		"9511d615-35b2-47bb-927f-f73d8e9260bb": // guidance
		return inventory.Enhancement
	default:
		return ""
	}
}
