package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"patchwave/engine/config"
	"patchwave/engine/report/safe"
	"patchwave/inventory/source"
)

type importOptions struct {
	out    string
	labels []string
}

// importKinds are what import reads, as it is called on the command line.
func importKinds() map[string]source.Kind {
	return map[string]source.Kind{"ansible": source.Ansible, "ssh-config": source.SSHConfig, "csv": source.CSV,
		"json": source.JSON, "terraform-state": source.TerraformState}
}

func (a *app) importCmd() *cobra.Command {
	var opt importOptions
	cmd := &cobra.Command{
		Use: "import ansible|ssh-config|csv|json|terraform-state FILE", Short: "Write the inventory of another program as configuration", GroupID: "config",
		Long: `The configuration is printed, or written to the file of --out. What was not understood or not
carried over is said on standard error, with its place. Secrets are never carried over: in their place
stands a reference, and it is said where to put them.

  ansible          an inventory in INI or YAML, a directory of them, the JSON of ansible-inventory --list;
                   group_vars and host_vars beside it are read
  ssh-config       the Host blocks of an ssh configuration
  csv              a table whose first line names the columns: name, address, connection, user, port,
                   identity_file, jump, groups, site, timezone, labels.NAME, vars.NAME
  json             a list of hosts with fields of these names
  terraform-state  the machines of a state file

FILE is - for standard input.`,
		Example: "  patchwave import ansible hosts.ini --out patchwave.d/hosts.hcl\n" +
			"  patchwave import ansible inventory/hosts.yml --label tier,role\n  patchwave import ssh-config ~/.ssh/config",
		Args: cobra.ExactArgs(2),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveDefault
			}
			return []string{"ansible", "ssh-config", "csv", "json", "terraform-state"}, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.importFrom(args[0], args[1], opt) },
	}
	cmd.Flags().StringVar(&opt.out, "out", "", "write to `FILE`, which must not be there yet")
	cmd.Flags().StringSliceVar(&opt.labels, "label", nil, "`VARIABLES` that become labels; repeatable")
	return cmd
}

func (a *app) importFrom(kindName, file string, opt importOptions) error {
	kind, ok := importKinds()[kindName]
	if !ok {
		return usage("%q cannot be imported; use ansible, ssh-config, csv, json or terraform-state", kindName)
	}
	in, err := a.importInput(kind, file)
	if err != nil {
		return usage("read the inventory: %w", err)
	}
	res, err := source.Parse(in)
	if err != nil {
		return usage("read the inventory: %w", err)
	}
	written, err := config.WriteInventory(res, config.WriteOptions{From: file, Labels: opt.labels})
	if err != nil {
		return usage("%w", err)
	}
	if opt.out == "" {
		if _, err := a.out.Write(written.Text); err != nil {
			return err
		}
	} else if err := writeNew(opt.out, written.Text); err != nil {
		return usage("write the configuration: %w", err)
	}
	return a.importNotes(res, written, opt.out)
}

// importNotes says on standard error what was not carried over, and what was.
func (a *app) importNotes(res *source.Result, written *config.Written, out string) error {
	var b strings.Builder
	lost := 0
	for _, n := range res.Notes {
		mark := "note"
		if n.Lost {
			mark = "left out"
			lost++
		}
		fmt.Fprintf(&b, "%s: %s\n", mark, safe.Text(n.String()))
	}
	for _, n := range written.Notes {
		fmt.Fprintf(&b, "note: %s\n", safe.Text(n))
	}
	fmt.Fprintf(&b, "%s, %s, %s written", count(written.Hosts, "host"), count(written.Groups, "group"), count(written.Connections, "connection"))
	if out != "" {
		fmt.Fprintf(&b, " to %s", safe.Text(out))
	}
	if lost > 0 {
		fmt.Fprintf(&b, "; what is marked \"left out\" is missing")
	}
	b.WriteString("; read it, then run: patchwave validate\n")
	_, err := io.WriteString(a.err, b.String())
	return err
}

// writeNew writes a file that is not there yet.
func writeNew(file string, text []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

// importInput reads the files of a source.
func (a *app) importInput(kind source.Kind, file string) (source.Input, error) {
	r := &importReader{in: source.Input{Kind: kind, Path: filepath.ToSlash(filepath.Clean(file)), Files: map[string][]byte{}}, left: source.MaxBytes}
	if file == "-" {
		return r.in, r.add(r.in.Path, a.in)
	}
	info, err := os.Stat(file)
	if err != nil {
		return r.in, err
	}
	if info.IsDir() && kind != source.Ansible {
		return r.in, fmt.Errorf("%s is a directory; name the file", file)
	}
	dirs := source.Beside(kind, r.in.Path)
	if info.IsDir() {
		dirs = []string{r.in.Path}
	} else if err := r.file(file); err != nil {
		return r.in, err
	}
	for _, dir := range dirs {
		if err := r.directory(filepath.FromSlash(dir)); err != nil {
			return r.in, err
		}
	}
	return r.in, nil
}

// importReader reads files up to a size.
type importReader struct {
	in   source.Input
	left int
}

// maxImportFiles bounds the files of an inventory.
const maxImportFiles = 100_000

// directory reads every file below a directory that may be missing. Hidden ones,
// which Ansible does not read, are left out.
func (r *importReader) directory(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && path == dir:
			return nil
		case err != nil:
			return err
		case path != dir && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return nil
		}
		info, err := os.Stat(path) // a link to a file is that file
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		return r.file(path)
	})
}

func (r *importReader) file(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", path)
	}
	if len(r.in.Files) >= maxImportFiles {
		return fmt.Errorf("the inventory has more than %d files", maxImportFiles)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(r.add(filepath.ToSlash(path), f), f.Close())
}

func (r *importReader) add(name string, from io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(from, int64(r.left)+1))
	if err != nil {
		return err
	}
	if r.left -= len(text); r.left < 0 {
		return fmt.Errorf("the inventory is larger than %d MiB", source.MaxBytes>>20)
	}
	r.in.Files[name] = text
	return nil
}
