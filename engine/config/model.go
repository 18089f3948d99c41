package config

import (
	"time"

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

	// undefined are variables and locals that are declared and have no value.
	undefined map[string]bool
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
		undefined:     map[string]bool{},
	}
}

// blockType is one type of top-level block.
type blockType struct {
	kind string
	// named says that it has a label.
	named bool
	// pass orders decoding: what other blocks' expressions use comes first.
	pass   int
	decode func(*loader, *hcl.Block)
}

// hostPass is the last pass, that of most blocks.
const hostPass = 3

// blockTypes are all of them. A new one is a new file and a line here.
func blockTypes() []blockType {
	return []blockType{
		{"patchwave", false, 2, (*loader).decodePatchwave},
		{"variable", true, 0, (*loader).decodeVariable},
		{"locals", false, 1, (*loader).decodeLocals},
		{"connection", true, hostPass, (*loader).decodeConnection},
		{"host", true, hostPass, (*loader).decodeHost},
		{"group", true, hostPass, (*loader).decodeGroup},
		{"baseline", true, hostPass, (*loader).decodeBaseline},
		{"preparation", true, hostPass, (*loader).decodePreparation},
		{"verification", true, hostPass, (*loader).decodeVerification},
		{"policy", true, hostPass, (*loader).decodePolicy},
	}
}

// blockKinds are the names of the block types that can be referred to.
func blockKinds() []string {
	return []string{"connection", "group", "baseline", "preparation", "verification", "policy"}
}
