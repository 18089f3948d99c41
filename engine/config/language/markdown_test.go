package language_test

import (
	"testing"

	"patchwave/engine/config/language"

	"github.com/google/go-cmp/cmp"
)

func TestReference(t *testing.T) {
	l := toy()
	l.Blocks = l.Blocks[:2]
	got := language.Reference("Toys", "What there is.",
		[]language.Section{{Title: "Before all", Text: "\nFirst.\n"}}, []language.Language{l}, []language.Section{{Title: "After", Text: "Last."}})
	want := "# Toys\n\nWhat there is.\n\n## Contents\n\n" +
		"- [Before all](#before-all)\n- [Things](#things)\n" +
		"  - [car](#car): [wheel](#wheel-in-car), [engine](#engine-in-car)\n  - [bike](#bike)\n- [After](#after)\n" +
		"\n## Before all\n\nFirst.\n" +
		"\n## Things\n" +
		"\n### car\n\nA car.\n\nIt has wheels.\n\nAt most one of `a`, `b` is written.\n\n```hcl\ncar \"a\" {\n  colour = \"red\"\n}\n```\n" +
		"\n| argument | type | default | meaning |\n|---|---|---|---|\n" +
		"| `colour` | one of `red` `blue\\|green` | **required** | Its colour. **Not carried out yet**: `red`. |\n" +
		"| `wait` | duration | `\"90m\"` | How long. |\n" +
		"| `owner` | reference to a person | nobody's | Whose it is. |\n" +
		"| `parts` | list of objects |  | Parts. |\n" +
		"| `parts.id` | number, 1 to 9 |  | A number. |\n" +
		"| `a` | string |  | A. Example: `\"text\"` |\n| `b` | string |  | B. Example: `\"text\"` |\n" +
		"\nBlocks in it: [`wheel \"NAME\"`](#wheel-in-car), [`engine`](#engine-in-car) (one at most).\n" +
		"\n#### wheel in car\n\nA wheel.\n\n```hcl\ncar \"a\" {\n  wheel \"left\" {\n  }\n}\n```\n" +
		"\n| argument | type | default | meaning |\n|---|---|---|---|\n| `size` | size |  | How large. Example: `\"2MiB\"` |\n" +
		"\n#### engine in car\n\nAn engine.\n\n**Not carried out yet**: it does not run.\n\n```hcl\ncar \"a\" {\n  engine {}\n}\n```\n" +
		"\n### bike\n\nA bike.\n\n```hcl\nbike {}\n```\n\nBlocks in it: [`wheel \"NAME\"`](#wheel-in-car).\n" +
		"\n## After\n\nLast.\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
