package main

import (
	"fmt"
	"regexp"

	"github.com/spf13/cobra"

	"patchwave/engine/config/diag"
	"patchwave/engine/policytest"
	"patchwave/engine/report/safe"
	"patchwave/inventory"
)

// testDoc is the document of test.
type testDoc struct {
	Schema string    `json:"schema"`
	Tests  []testRow `json:"tests"`
	Passed int       `json:"passed"`
	Failed int       `json:"failed"`
}

type testRow struct {
	Name string `json:"name"`
	inventory.Position
	State    string        `json:"state"`
	Failures []testFailure `json:"failures"`
}

type testFailure struct {
	Message string `json:"message"`
	inventory.Position
}

func (a *app) testCmd() *cobra.Command {
	var only string
	cmd := &cobra.Command{
		Use: "test", Short: "Run the policy tests of the configuration; touches no host", GroupID: "config",
		Long: "Policy tests are test blocks in files that end in .pwtest.hcl. Each says what hosts and updates there are at an\n" +
			"instant, and what must be decided about them. The exit status is 3 if one fails.",
		Example: "  patchwave test\n  patchwave test --run kernel",
		RunE: func(*cobra.Command, []string) error {
			pattern, err := regexp.Compile(only)
			if err != nil {
				return usage("--run %q is no regular expression: %w", only, err)
			}
			doc, err := a.test(pattern)
			if err != nil {
				return err
			}
			return a.showTests(doc, only)
		},
	}
	cmd.Flags().StringVar(&only, "run", "", "only the tests whose name matches this `REGEXP`")
	return cmd
}

func (a *app) test(only *regexp.Regexp) (testDoc, error) {
	doc := testDoc{Schema: "patchwave/test/v1", Tests: []testRow{}}
	cfg, err := a.mustLoad()
	if err != nil {
		return doc, err
	}
	tests, diags := cfg.Tests()
	if diags.HasErrors() {
		if err := diag.WriteText(a.err, diags, a.color(a.err)); err != nil {
			return doc, err
		}
		n, _ := diags.Counts()
		return doc, usage("the policy tests in %s have %s; none was run", cfg.Dir, count(n, "error"))
	}
	for _, t := range tests {
		if !only.MatchString(t.Name) {
			continue
		}
		r := policytest.Run(cfg, t)
		row := testRow{Name: r.Name, Position: r.Pos, State: "passed", Failures: []testFailure{}}
		for _, f := range r.Failures {
			row.Failures = append(row.Failures, testFailure{f.Message, f.Pos})
		}
		if len(row.Failures) > 0 {
			row.State = "failed"
			doc.Failed++
		} else {
			doc.Passed++
		}
		doc.Tests = append(doc.Tests, row)
	}
	return doc, nil
}

func (a *app) showTests(doc testDoc, only string) error {
	if err := a.showTestRows(doc); err != nil {
		return err
	}
	switch {
	case doc.Failed > 0:
		return exit(exitFailed)
	case len(doc.Tests) == 0 && only != "":
		return usage("no policy test matches %q", only)
	case len(doc.Tests) == 0:
		a.say("there are no policy tests: write test blocks into files that end in .pwtest.hcl")
	}
	return nil
}

func (a *app) showTestRows(doc testDoc) error {
	switch a.flags.output {
	case "json":
		return a.json(doc)
	case "jsonl":
		for _, t := range doc.Tests {
			if err := a.json(struct {
				Schema string `json:"schema"`
				testRow
			}{doc.Schema, t}); err != nil {
				return err
			}
		}
		return nil
	}
	color := a.color(a.out)
	for _, t := range doc.Tests {
		word := paint("ok  ", good, color)
		if t.State == "failed" {
			word = paint("FAIL", bad, color)
		}
		if err := a.printf("%s  %s\n", word, safe.Text(fmt.Sprintf("%s (%s:%d)", t.Name, t.File, t.Line))); err != nil {
			return err
		}
		for _, f := range t.Failures {
			if err := a.printf("      %s\n", safe.Text(fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Message))); err != nil {
				return err
			}
		}
	}
	if len(doc.Tests) == 0 {
		return nil
	}
	return a.printf("%d passed, %d failed\n", doc.Passed, doc.Failed)
}
