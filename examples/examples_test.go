// Package examples_test loads every example, so that none is ever wrong.
package examples_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchwave/engine/config"
)

// copyOf copies an example into a directory of its own: the modes of a checkout
// are whatever they are.
func copyOf(t *testing.T, from string) string {
	t.Helper()
	dir := t.TempDir()
	err := filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, rel)
		if e.IsDir() {
			if err := os.MkdirAll(to, 0o700); err != nil {
				return err
			}
			return os.Chmod(to, 0o700)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, text, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestExamples(t *testing.T) {
	for name, hosts := range map[string]int{"quickstart": 2, "web-tier": 54} {
		t.Run(name, func(t *testing.T) {
			cfg, diags := config.Load(config.Options{
				Dir: copyOf(t, name), Version: "0.1.0", Home: "/home/op", Now: time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC),
			})
			for _, d := range diags {
				t.Error(d)
			}
			inv, policies, diags := cfg.Resolve(nil)
			for _, d := range diags {
				t.Error(d)
			}
			if len(inv.Hosts) != hosts || len(policies) == 0 || len(cfg.Unmanaged) > 0 {
				t.Errorf("%d hosts, %d policies, unmanaged %v", len(inv.Hosts), len(policies), cfg.Unmanaged)
			}
		})
	}
}

func TestExamplesAreFormatted(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".hcl") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		out, diags := config.Format(text, path)
		if diags.HasErrors() {
			t.Error(diags.Err())
		}
		if diff := config.Diff(path, text, out); diff != nil {
			t.Errorf("%s", diff)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
