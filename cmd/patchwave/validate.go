package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"patchwave/engine/config/diag"
	"patchwave/engine/report"
	"patchwave/inventory"
)

// validateDoc is the document of validate.
type validateDoc struct {
	Schema      string          `json:"schema"`
	Valid       bool            `json:"valid"`
	Errors      int             `json:"errors"`
	Warnings    int             `json:"warnings"`
	Diagnostics []diagnosticDoc `json:"diagnostics"`
	Unmanaged   []string        `json:"unmanaged"`
	Facts       string          `json:"facts"`
}

type diagnosticDoc struct {
	Severity string `json:"severity"`
	Summary  string `json:"summary"`
	Detail   string `json:"detail"`
	inventory.Position
	Related []inventory.Position `json:"related"`
}

func (a *app) validateCmd() *cobra.Command {
	return &cobra.Command{
		Use: "validate", Short: "Read the whole configuration and print every error and warning; touches no host", GroupID: "config",
		Example: "  patchwave -C ./patchwave.d validate\n  patchwave validate -o json",
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.validate(cmd) },
	}
}

func (a *app) validate(cmd *cobra.Command) error {
	cfg, diags, err := a.loadConfig()
	if err != nil {
		return err
	}
	doc := validateDoc{Schema: report.SchemaValidate, Diagnostics: []diagnosticDoc{}, Unmanaged: []string{}, Facts: "none"}
	if !diags.HasErrors() {
		st, err := a.openStore(cmd.Context(), cfg, optional)
		if err != nil {
			return err
		}
		if st != nil {
			doc.Facts = "stored"
			seen, err := st.Seen(cmd.Context())
			if err := joinClose(err, st); err != nil {
				return err
			}
			_, _, more := cfg.Resolve(factsOf(seen))
			diags = append(diags, more...)
		}
	}
	doc.Errors, doc.Warnings = diags.Counts()
	doc.Valid = doc.Errors == 0
	for _, d := range diags {
		related := d.Related
		if related == nil {
			related = []inventory.Position{}
		}
		doc.Diagnostics = append(doc.Diagnostics, diagnosticDoc{string(d.Severity), d.Summary, d.Detail, d.Pos, related})
	}
	for _, u := range cfg.Unmanaged {
		doc.Unmanaged = append(doc.Unmanaged, u.Name)
	}
	if err := a.showValidate(doc, diags, cfg.Dir); err != nil {
		return err
	}
	if !doc.Valid {
		return exit(exitUsage)
	}
	return nil
}

func (a *app) showValidate(doc validateDoc, diags diag.Diagnostics, dir string) error {
	if a.flags.output != "text" {
		return a.json(doc)
	}
	if err := diag.WriteText(a.err, diags, a.color(a.err)); err != nil {
		return err
	}
	for _, name := range doc.Unmanaged {
		a.say("host %s is claimed by no policy", name)
	}
	if doc.Valid {
		return a.printf("%s is valid (%s)\n", dir, count(doc.Warnings, "warning"))
	}
	return a.printf("%s is not valid: %s, %s\n", dir, count(doc.Errors, "error"), count(doc.Warnings, "warning"))
}

// count says how many of something there are.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
