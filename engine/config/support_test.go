package config_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"patchwave/engine/config"
	"patchwave/inventory"
	"patchwave/policies"
)

// privateDir makes a directory that only the running user can write, whatever
// the umask.
func privateDir(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		tb.Fatal(err)
	}
	return dir
}

func write(tb testing.TB, dir, name, text string) string {
	tb.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

// now is when all tests happen: in Berlin, before the end of the year.
func now() time.Time { return time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC) }

func options(dir string) config.Options {
	return config.Options{
		Dir: dir, Version: "0.1.0", Home: "/home/op", Now: now(),
		Env: func(name string) (string, bool) {
			v, ok := map[string]string{"FLEET": "blue", "CREDENTIALS_DIRECTORY": "/run/credentials/x"}[name]
			return v, ok
		},
	}
}

// load loads one file and requires that there is no error.
func load(tb testing.TB, text string) (*config.Config, config.Diagnostics) {
	tb.Helper()
	dir := privateDir(tb)
	write(tb, dir, "main.hcl", text)
	cfg, ds := config.Load(options(dir))
	if err := ds.Err(); err != nil {
		tb.Fatal(err)
	}
	return cfg, ds
}

// resolve loads one file and resolves it.
func resolve(tb testing.TB, text string, facts map[string]inventory.Facts) (*inventory.Inventory, map[string]*policies.Policy) {
	tb.Helper()
	cfg, _ := load(tb, text)
	inv, pols, _ := cfg.Resolve(facts)
	byName := map[string]*policies.Policy{}
	for _, p := range pols {
		byName[p.Name] = p
	}
	return inv, byName
}
