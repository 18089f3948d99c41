package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"patchwave/engine/config"
	"patchwave/engine/report/safe"
	"patchwave/examples/systemd"
)

type installOptions struct {
	root, bin             string
	dryRun, force, enable bool
}

// installDoc is the document of schedule install.
type installDoc struct {
	Schema string      `json:"schema"`
	Files  []installed `json:"files"`
	Next   []string    `json:"next"`
	text   []systemd.File
}

// installed is one file: written, or unchanged since it was there already; differs
// where it is in the way, new where it was not to be written.
type installed struct {
	Path  string `json:"path"`
	State string `json:"state"`
}

func (a *app) scheduleInstallCmd() *cobra.Command {
	var opt installOptions
	cmd := &cobra.Command{
		Use: "install", Short: "Write the systemd units with which a timer starts what is due",
		Long: "Writes patchwave.service, patchwave.timer, and what makes the user and the directories of the service\n" +
			"(sysusers.d, tmpfiles.d), and says what to run next. Windows stand in the configuration: the timer looks every\n" +
			"minute. What is there already and the same is left; what differs is not overwritten without --force. Changes\n" +
			"of your own belong into a drop-in: `systemctl edit patchwave.service`.\n" +
			"The service reads the configuration of --config, by default " + systemd.Config + ".",
		Example: "  patchwave schedule install --dry-run\n  patchwave schedule install --enable",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.scheduleInstall(cmd.Context(), opt)
		},
	}
	cmd.Flags().StringVar(&opt.root, "root", "/", "write below this `DIR`: an image, a package")
	cmd.Flags().StringVar(&opt.bin, "bin", "", "the program that the service starts, a `PATH` (default this one)")
	cmd.Flags().BoolVar(&opt.dryRun, "dry-run", false, "print the files and write nothing")
	cmd.Flags().BoolVar(&opt.force, "force", false, "overwrite files that differ")
	cmd.Flags().BoolVar(&opt.enable, "enable", false, "then run what makes them work, up to enabling the timer")
	return cmd
}

func (a *app) scheduleInstall(ctx context.Context, opt installOptions) error {
	switch {
	case a.flags.db != "":
		return usage("--db does not go with the service: name the database in the configuration, patchwave { database = \"%s/patchwave.db\" }", systemd.State)
	case opt.enable && (opt.root != "/" || opt.dryRun):
		return usage("--enable is for this machine: it does not go with --root or --dry-run")
	}
	bin, err := servicePath("--bin", opt.bin, os.Executable)
	if err != nil {
		return err
	}
	dir, err := servicePath("--config", a.flags.config, func() (string, error) { return systemd.Config, nil })
	if err != nil {
		return err
	}
	if opt.root == "/" && !opt.dryRun {
		if info, err := os.Stat(bin); err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0 {
			return usage("%s is no program; put it there: install -m 755 patchwave %s", bin, bin)
		}
	}
	doc := installDoc{Schema: "patchwave/schedule-install/v1", Files: []installed{}, Next: []string{}, text: systemd.Files(bin, dir)}
	for _, c := range systemd.Next() {
		doc.Next = append(doc.Next, strings.Join(c, " "))
	}
	if err := writeUnits(&doc, opt); err != nil {
		return err
	}
	if err := a.showInstall(doc, opt); err != nil {
		return err
	}
	a.checkServiceDatabase(filepath.Join(opt.root, dir))
	if opt.enable {
		return a.enable(ctx)
	}
	return nil
}

// servicePath is a path as it stands in a unit.
func servicePath(flag, path string, missing func() (string, error)) (string, error) {
	var err error
	if path == "" {
		if path, err = missing(); err != nil {
			return "", fmt.Errorf("find this program: %w; say --bin", err)
		}
	} else if path, err = filepath.Abs(path); err != nil {
		return "", usage("%s: %w", flag, err)
	}
	if !systemd.Plain(path) {
		return "", usage("%s %q: a unit can name only paths of letters, digits and /._+-", flag, path)
	}
	if dir := systemd.Hidden(path); dir != "" {
		fix := "move it to " + systemd.Config
		if flag == "--bin" {
			fix = "install -m 755 " + path + " " + systemd.Program + ", and say --bin " + systemd.Program
		}
		return "", usage("%s %s: the service sees nothing of %s; %s", flag, path, dir, fix)
	}
	return path, nil
}

// writeUnits writes what is not there; nothing at all if something is in the way.
func writeUnits(doc *installDoc, opt installOptions) (err error) {
	root, err := os.OpenRoot(opt.root)
	if err != nil {
		return usage("--root: %w", err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	var differ []string
	for _, f := range doc.text {
		state := "new"
		have, err := root.ReadFile(rel(f.Path))
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return fmt.Errorf("read %s: %w", f.Path, err)
		case string(have) == f.Text:
			state = "unchanged"
		default:
			state, differ = "differs", append(differ, f.Path)
		}
		doc.Files = append(doc.Files, installed{f.Path, state})
	}
	if opt.dryRun {
		return nil
	}
	if len(differ) > 0 && !opt.force {
		return &exitError{exitRefused, fmt.Errorf("%s: not as this program writes it; nothing was written. Keep your changes in a drop-in (systemctl edit), and overwrite with --force", strings.Join(differ, ", "))}
	}
	for i, f := range doc.text {
		if doc.Files[i].State == "unchanged" {
			continue
		}
		if err := writeUnit(root, f); err != nil {
			return fmt.Errorf("write %s: %w; run it as root, or say --root", f.Path, err)
		}
		doc.Files[i].State = "written"
	}
	return nil
}

// rel is a path inside of a root.
func rel(path string) string { return strings.TrimPrefix(path, "/") }

// writeUnit writes a file whole or not at all.
func writeUnit(root *os.Root, f systemd.File) error {
	path := rel(f.Path)
	if err := root.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	half := path + ".new"
	if err := root.WriteFile(half, []byte(f.Text), 0o644); err != nil {
		return err
	}
	// an umask must not keep systemd's other readers out
	if err := root.Chmod(half, 0o644); err != nil {
		return errors.Join(err, root.Remove(half))
	}
	if err := root.Rename(half, path); err != nil {
		return errors.Join(err, root.Remove(half))
	}
	return nil
}

func (a *app) showInstall(doc installDoc, opt installOptions) error {
	if a.flags.output != "text" {
		return a.json(doc)
	}
	for i, f := range doc.Files {
		if opt.dryRun {
			if err := a.printf("# %s (%s)\n%s\n", f.Path, f.State, doc.text[i].Text); err != nil {
				return err
			}
			continue
		}
		if err := a.printf("%-10s %s\n", f.State, safe.Text(filepath.Join(opt.root, f.Path))); err != nil {
			return err
		}
	}
	if opt.enable || opt.dryRun {
		return nil
	}
	return a.printf("\nThen, as root:\n  %s\nSee what it will do:  patchwave schedule\nWhat it did:          journalctl -u patchwave, patchwave history\n", strings.Join(doc.Next, "\n  "))
}

// checkServiceDatabase says if the configuration keeps its database where the
// service cannot write.
func (a *app) checkServiceDatabase(dir string) {
	if files, err := filepath.Glob(filepath.Join(dir, "*.hcl")); err != nil || len(files) == 0 {
		return // there is none yet
	}
	cfg, diags := config.Load(config.Options{Dir: dir, Env: a.env, Version: version, Home: systemd.State, Now: a.now(), SourceOutput: a.keptSources})
	if diags.HasErrors() {
		a.say("the configuration in %s has errors; see them with: patchwave -C %s validate", dir, dir)
		return
	}
	db := cfg.Settings.Database
	if db != "" && !strings.HasPrefix(db, systemd.State+"/") {
		a.say("the configuration keeps its database in %s, where the service cannot write: leave `database` out, or put it below %s", db, systemd.State)
	}
}

// enable runs what makes the files work.
func (a *app) enable(ctx context.Context) error {
	for _, c := range systemd.Next() {
		cmd := exec.CommandContext(ctx, c[0], c[1:]...)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", strings.Join(c, " "), err, strings.TrimSpace(string(out)))
		}
		a.say("done: %s", strings.Join(c, " "))
	}
	return nil
}
