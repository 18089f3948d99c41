package main

import (
	"bytes"
	"encoding/json"

	"github.com/spf13/cobra"

	"patchwave/engine/config"
)

type schemaOptions struct {
	tests, reference bool
}

func (a *app) schemaCmd() *cobra.Command {
	var opt schemaOptions
	cmd := &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of the configuration language, for editors", GroupID: "config",
		Long: `The schema (draft 2020-12) is that of files in the JSON form, *.hcl.json: an editor that is told so offers
blocks and arguments, and marks what does not belong there. It needs no configuration and reads none.
Every output format is the schema itself.`,
		Example: "  patchwave schema > patchwave.schema.json\n  patchwave schema --tests > pwtest.schema.json\n  patchwave schema --reference > REFERENCE.md",
		RunE:    func(*cobra.Command, []string) error { return a.schema(opt) },
	}
	cmd.Flags().BoolVar(&opt.tests, "tests", false, "the schema of policy tests, *.pwtest.hcl.json")
	cmd.Flags().BoolVar(&opt.reference, "reference", false, "the reference of the language in Markdown instead")
	return cmd
}

func (a *app) schema(opt schemaOptions) error {
	switch {
	case opt.reference && opt.tests:
		return usage("--reference has the policy tests in it; leave out --tests")
	case opt.reference && a.flags.output != "text":
		return usage("--reference is Markdown; leave out -o %s", a.flags.output)
	case opt.reference:
		return a.printf("%s", config.Reference())
	}
	write := config.Schema
	if opt.tests {
		write = config.TestSchema
	}
	text, err := write()
	if err != nil {
		return err
	}
	if a.flags.output == "jsonl" {
		var line bytes.Buffer
		if err := json.Compact(&line, text); err != nil {
			return err
		}
		text = append(line.Bytes(), '\n')
	}
	return a.printf("%s", text)
}
