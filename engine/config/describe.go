package config

import (
	"slices"

	"patchwave/engine/config/language"
)

// Language describes what can be written in *.hcl and *.hcl.json files. Names,
// closed lists, bounds and defaults are those that the decoders use.
func Language() language.Language {
	return describeAll(language.Language{
		ID:    "https://patchwave.invalid/schema/configuration/v1",
		Title: "patchwave configuration (*.hcl.json)",
		Blocks: []*language.Block{
			describePatchwave(), describeVariable(), describeLocals(), describeConnection(), describeHost(), describeGroup(),
			describeSource(), describeSite(), describeAvailability(),
			describeBaseline(), describeCalendar(), describeWindow(), describePreparation(), describeVerification(),
			describePolicy(), describeNotify(), describeWaiver(), describeStandard(), describeProvider(),
		},
	})
}

// TestLanguage describes what can be written in *.pwtest.hcl and
// *.pwtest.hcl.json files.
func TestLanguage() language.Language {
	return describeAll(language.Language{
		ID:     "https://patchwave.invalid/schema/tests/v1",
		Title:  "patchwave policy tests (*.pwtest.hcl.json)",
		Blocks: []*language.Block{describeTest()},
	})
}

// Schema returns the JSON Schema (draft 2020-12) of *.hcl.json files.
func Schema() ([]byte, error) { return Language().JSONSchema() }

// TestSchema returns the JSON Schema of *.pwtest.hcl.json files.
func TestSchema() ([]byte, error) { return TestLanguage().JSONSchema() }

// describe makes the description of a block: what its shape says is taken from
// there.
func describe(s shape, b language.Block) *language.Block {
	for i, a := range b.Arguments {
		b.Arguments[i].Required = slices.Contains(s.required, a.Name)
	}
	for _, inner := range b.Blocks {
		if slices.Contains(s.named, inner.Name) {
			inner.Labels, inner.Many = []language.Label{nameLabel()}, true
		}
	}
	return &b
}

func nameLabel() language.Label {
	return language.Label{Name: "name", Pattern: namePattern.String()}
}

// describeAll fills in the labels of the top-level blocks, and what is not carried
// out yet.
func describeAll(l language.Language) language.Language {
	for _, t := range blockTypes() {
		for _, b := range l.Blocks {
			if b.Name == t.kind && b.Labels == nil {
				for _, name := range t.labels {
					b.Labels = append(b.Labels, language.Label{Name: name, Pattern: namePattern.String()})
				}
			}
		}
	}
	lacks := later()
	l.Walk(func(path []string, b *language.Block) {
		b.Later = lacks[join(path)].String()
		for i, a := range b.Arguments {
			b.Arguments[i].Later = lacks[join(append(slices.Clone(path), a.Name))].String()
		}
	})
	return l
}

// part is a part of an object that cannot be left out.
func part(a language.Argument) language.Argument {
	a.Required = true
	return a
}

func hostsOrGroups() language.Type { return language.List(language.Ref("host", "group")).OrOne() }

// globList is a list of patterns of names.
func globList() language.Type { return language.List(language.Text()) }

// commandLine is a program and its arguments.
func commandLine() language.Type { return language.List(language.Text()) }
