package config

import (
	"fmt"
	"slices"
	"strings"

	"patchwave/engine/config/language"
	"patchwave/engine/config/secret"
)

// Reference returns the reference of the language in Markdown. It is the text of
// examples/REFERENCE.md.
func Reference() string {
	return language.Reference("The patchwave language",
		`Every block, every argument. This page is made from the program itself (`+"`patchwave schema --reference`"+`): names,
closed lists and defaults are those that it uses, and every example here is loaded by its tests. What an example refers
to is declared elsewhere.

For editors there is a JSON Schema of the JSON form: `+"`patchwave schema > patchwave.schema.json`"+`, to be
used for `+"`*.hcl.json`"+`; `+"`patchwave schema --tests`"+` is that of policy tests (`+"`*.pwtest.hcl.json`"+`).`,
		[]language.Section{
			{Title: "Files", Text: filesText},
			{Title: "Values", Text: valuesText()},
			{Title: "Expressions", Text: expressionsText()},
			{Title: "Secrets", Text: secretsText()},
		},
		[]language.Language{Language(), TestLanguage()},
		[]language.Section{{Title: "Not carried out yet", Text: laterText()}},
	)
}

const filesText = `
A configuration is a directory: that of ` + "`-C`, else of `$PATCHWAVE_CONFIG`, else `./patchwave.d`, else `/etc/patchwave`" + `.
Every ` + "`*.hcl` and `*.hcl.json`" + ` file below it is read, in no order; names with a leading dot are passed over.
` + "`*.pwtest.hcl`" + ` files hold policy tests. Nobody but root and the running user may be able to write any of it.

Names are letters, digits, dashes, underscores and dots. A block is referred to by its type and name:
` + "`connection.linux`, or `host[\"db1.example.net\"]`" + ` if the name is no identifier. References are written out, never
computed. Relative paths start at the configuration directory, ` + "`~`" + ` is the home of the running user.

In JSON an argument is a property, a block an object in one, and a label a key above it:
` + "`{\"host\": {\"web-01\": {\"connection\": \"connection.linux\"}}}`" + `. Several blocks of a type may stand in an array. Strings
are templates: ` + "`\"${var.tier}\"`. The property `\"//\"`" + ` is a comment.`

func valuesText() string {
	rows := [][2]string{
		{"string", "`\"text\"`; `${…}` in it is evaluated"},
		{"duration", "whole numbers with `s`, `m`, `h`, `d` (24 hours), `w`, several in a row: `\"90s\"`, `\"1h30m\"`. A number without a unit is an error"},
		{"size", "a whole number with `" + strings.Join(sortedSizes(), "`, `") + "`: `\"200MiB\"`"},
		{"number or percentage", "`20`, or `\"1%\"` to `\"100%\"`"},
		{"date", "`\"2027-01-08\"`; where it ends something, that day is included"},
		{"time", "`\"2026-12-20T02:00:00+01:00\"`"},
		{"time zone", "a name of the IANA database: `\"Europe/Berlin\"`, `\"UTC\"`"},
		{"reference to a …", "`connection.linux`"},
		{"condition", "an expression that is true or false, kept as it is and run later"},
		{"secret", "`secret(\"cred:NAME\")`"},
		{"object", "`{ role = \"web\" }`"},
	}
	var out strings.Builder
	out.WriteString("| type | written as |\n|---|---|\n")
	for _, r := range rows {
		fmt.Fprintf(&out, "| %s | %s |\n", r[0], r[1])
	}
	return out.String()
}

// sortedSizes are the units of sizes, the smaller ones first.
func sortedSizes() []string {
	units := sortedKeys(sizeUnits)
	slices.SortFunc(units, func(a, b string) int { return int(sizeUnits[a]/1000 - sizeUnits[b]/1000) })
	return units
}

func expressionsText() string {
	var plain functions
	names := append(sortedKeys(plain.pure()), "secret")
	slices.Sort(names)
	return `
` + "`var.NAME` is a [variable](#variable), `local.NAME` a [local](#locals), `each` a host of a range, see [host](#host)" + `.

A condition (` + "`where`" + `) is run for each host, and in a baseline for each of its updates. ` + "`host` and `update`" + ` are in scope there, and
` + "`host`" + ` also in commands and addresses. What is not known is null, and a condition that is null is false.

| | |
|---|---|
| ` + "`host.`" + ` declared | ` + codeList(declaredAttributes()) + ` |
| ` + "`host.`" + ` found by a scan, or following from it | ` + codeList(undeclaredAttributes()) + ` |
| ` + "`host.os.`" + ` | ` + "`family`, `name`, `version`" + ` |
| ` + "`update.`" + ` | ` + codeList(sortedKeys(updateAttributes())) + ` |

Functions: ` + codeList(names) + `.
` + "`cidrcontains(prefix, address)`; `glob(pattern, text)` matches the whole text; `env(\"X\", \"default\")`; `file(\"path\")`" + ` reads inside
of the configuration directory only.`
}

// undeclaredAttributes are those of host that the configuration alone does not
// decide.
func undeclaredAttributes() []string {
	return slices.DeleteFunc(sortedKeys(hostAttributes()), func(name string) bool {
		return slices.Contains(declaredAttributes(), name)
	})
}

func secretsText() string {
	return "A password, a token or a webhook is never written out. `secret(\"SCHEME:REFERENCE\")` says where it is; it is read when it is needed, never by `validate`.\n\n" +
		"Schemes: " + codeList(wordsOf(secret.Schemes())) + ". " +
		"Checked, and not read by this version: " + codeList(wordsOf(secret.Later())) + "."
}

// laterText lists what is read and does nothing yet.
func laterText() string {
	var out strings.Builder
	out.WriteString("This version reads and checks the following, and does not carry it out. `validate` accepts it.\n")
	lacks := later()
	list := func(title string, refused bool) {
		fmt.Fprintf(&out, "\n%s\n\n", title)
		for _, path := range sortedKeys(lacks) {
			if lacks[path].refused == refused {
				fmt.Fprintf(&out, "- `%s`: %s\n", path, lacks[path].what)
			}
		}
	}
	list("`plan` says so, and `apply` refuses a policy that asks for it, because whoever wrote it counts on it:", true)
	list("It is passed over:", false)
	return out.String()
}
