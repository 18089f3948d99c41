package main

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"patchwave/engine/config"
	"patchwave/engine/config/diag"
	"patchwave/engine/report/safe"
)

type fmtOptions struct {
	check, diff bool
}

func (a *app) fmtCmd() *cobra.Command {
	var opt fmtOptions
	cmd := &cobra.Command{
		Use: "fmt [FILE…]", Short: "Write configuration files in the canonical form", GroupID: "config",
		Long:    "Without files, every *.hcl of the configuration directory is written. The names of changed files are printed.",
		Example: "  patchwave fmt\n  patchwave fmt --check --diff",
		Args:    cobra.ArbitraryArgs,
		RunE:    func(_ *cobra.Command, args []string) error { return a.fmt(args, opt) },
	}
	cmd.Flags().BoolVar(&opt.check, "check", false, "write nothing; exit status 3 if a file is not in the canonical form")
	cmd.Flags().BoolVar(&opt.diff, "diff", false, "print what would change; write nothing")
	return cmd
}

func (a *app) fmt(files []string, opt fmtOptions) error {
	if len(files) == 0 {
		dir, err := config.FindDir(a.flags.config, a.env)
		if err != nil {
			return usage("%w", err)
		}
		if files, err = config.FormatFiles(dir); err != nil {
			return usage("%w", err)
		}
	}
	changed, broken := 0, false
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			return usage("%w", err)
		}
		out, diags := config.Format(src, filepath.ToSlash(file))
		if diags.HasErrors() {
			broken = true
			if err := diag.WriteText(a.err, diags, a.color(a.err)); err != nil {
				return err
			}
			continue
		}
		if string(out) == string(src) {
			continue
		}
		changed++
		if err := a.formatted(file, src, out, opt); err != nil {
			return err
		}
	}
	switch {
	case broken:
		return exit(exitUsage)
	case changed > 0 && opt.check:
		return exit(exitFailed)
	default:
		return nil
	}
}

// formatted tells of a file that is not in the canonical form, and writes it.
func (a *app) formatted(file string, src, out []byte, opt fmtOptions) error {
	if opt.diff {
		if err := a.printf("%s", safe.Block(string(config.Diff(file, src, out)))); err != nil {
			return err
		}
	} else if err := a.printf("%s\n", safe.Text(file)); err != nil {
		return err
	}
	if opt.check || opt.diff {
		return nil
	}
	return replaceFile(file, out)
}

// replaceFile writes a file whole or not at all, and keeps its mode.
func replaceFile(file string, data []byte) error {
	info, err := os.Stat(file)
	if err != nil {
		return usage("%w", err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), ".patchwave-fmt-*")
	if err != nil {
		return usage("write %s: %w", file, err)
	}
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Chmod(info.Mode().Perm()), tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if err != nil {
		return usage("write %s: %w", file, errors.Join(err, os.Remove(tmp.Name())))
	}
	return nil
}
