package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"patchwave/engine/report/safe"
	"patchwave/examples"
)

func (a *app) initCmd() *cobra.Command {
	return &cobra.Command{
		Use: "init [DIR]", Short: "Write a small commented configuration that validates", GroupID: "config",
		Long: "Without DIR it is written to ./patchwave.d, where every command looks for it. A directory that holds\n" +
			"anything already is left alone.",
		Example: "  patchwave init\n  patchwave init /etc/patchwave",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "patchwave.d"
			if len(args) == 1 {
				dir = args[0]
			}
			return a.init(dir)
		},
	}
}

func (a *app) init(dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return usage("make the configuration directory: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return usage("read the configuration directory: %w", err)
	}
	if len(entries) > 0 {
		return usage("%s is not empty; name a new directory", dir)
	}
	// the quickstart is written for the place it has among the examples
	text := strings.ReplaceAll(string(examples.Quickstart), "examples/quickstart", dir)
	path := filepath.Join(dir, "main.hcl")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return usage("write the configuration: %w", err)
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return usage("write the configuration: %w", err)
	}
	return a.printf("wrote %s; change the addresses in it, then run: patchwave -C %s validate\n", safe.Text(path), safe.Text(dir))
}
