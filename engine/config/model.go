package config

import (
	"time"

	"patchwave/policies"

	"github.com/hashicorp/hcl/v2"
)

// model is what was declared, after linking. It is never changed afterwards.
type model struct {
	settings Settings
	// zone is where a day ends that is written without one.
	zone *time.Location

	connections   *table[*connection]
	hosts         *table[*host]
	groups        *table[*group]
	baselines     *table[*baseline]
	preparations  *table[*preparation]
	verifications *table[*verification]
	policies      *table[*policy]

	sites          *table[*site]
	availabilities *table[*availability]
	calendars      *table[*calendarBlock]
	windows        *table[*window]
	notifies       *table[*policies.Notify]
	waivers        *table[*waiver]
	standards      *table[*policies.Standard]
	providers      *table[*provider]
	sources        *table[*sourceBlock]

	// undefined are variables and locals that are declared and have no value.
	undefined map[string]bool
	// unread is a source that could not be read, "" if there is none: then nobody
	// knows whether a host that is missing would have been in it.
	unread string
	// unrun are sources whose command has not run yet.
	unrun []string
	// broken says that there were errors.
	broken bool
}

func newModel() *model {
	return &model{
		settings:      Settings{Parallelism: DefaultParallelism},
		connections:   newTable[*connection]("connection"),
		hosts:         newTable[*host]("host"),
		groups:        newTable[*group]("group"),
		baselines:     newTable[*baseline]("baseline"),
		preparations:  newTable[*preparation]("preparation"),
		verifications: newTable[*verification]("verification"),
		policies:      newTable[*policy]("policy"),

		sites:          newTable[*site]("site"),
		availabilities: newTable[*availability]("availability"),
		calendars:      newTable[*calendarBlock]("calendar"),
		windows:        newTable[*window]("window"),
		notifies:       newTable[*policies.Notify]("notify"),
		waivers:        newTable[*waiver]("waiver"),
		standards:      newTable[*policies.Standard]("standard"),
		providers:      newTable[*provider]("provider"),
		sources:        newTable[*sourceBlock]("source"),

		undefined: map[string]bool{},
	}
}

// blockType is one type of top-level block.
type blockType struct {
	kind string
	// labels are what stands between the type and the brace; the last is the name.
	labels []string
	// pass orders decoding: what other blocks' expressions use comes first.
	pass   int
	decode func(*loader, *hcl.Block)
}

// The last passes: that of most blocks, and that of sources, whose hosts must not
// have names that are declared.
const (
	hostPass   = 3
	sourcePass = 4
)

// blockTypes are all of them. A new one is a new file and a line here.
func blockTypes() []blockType {
	name := []string{"name"}
	return []blockType{
		{"patchwave", nil, 2, (*loader).decodePatchwave},
		{"variable", name, 0, (*loader).decodeVariable},
		{"locals", nil, 1, (*loader).decodeLocals},
		{"connection", name, hostPass, (*loader).decodeConnection},
		{"host", name, hostPass, (*loader).decodeHost},
		{"group", name, hostPass, (*loader).decodeGroup},
		{"source", []string{"type", "name"}, sourcePass, (*loader).decodeSource},
		{"site", name, hostPass, (*loader).decodeSite},
		{"availability", name, hostPass, (*loader).decodeAvailability},
		{"baseline", name, hostPass, (*loader).decodeBaseline},
		{"calendar", name, hostPass, (*loader).decodeCalendar},
		{"window", name, hostPass, (*loader).decodeWindow},
		{"preparation", name, hostPass, (*loader).decodePreparation},
		{"verification", name, hostPass, (*loader).decodeVerification},
		{"policy", name, hostPass, (*loader).decodePolicy},
		{"notify", name, hostPass, (*loader).decodeNotify},
		{"waiver", name, hostPass, (*loader).decodeWaiver},
		{"standard", name, hostPass, (*loader).decodeStandard},
		{"provider", name, hostPass, (*loader).decodeProvider},
	}
}

// blockKinds are the names of the block types that can be referred to.
func blockKinds() []string {
	return []string{"connection", "group", "site", "baseline", "calendar", "window", "preparation", "verification", "policy", "notify", "provider"}
}
