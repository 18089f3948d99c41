package examples_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"patchwave/engine/config"
	"patchwave/engine/config/diag"
	"patchwave/inventory"
	"patchwave/policies"
	"patchwave/policies/agenda"
)

// example is a configuration that was loaded.
type example struct {
	cfg  *config.Config
	inv  *inventory.Inventory
	pols []*policies.Policy
	// warnings are "file:line: summary", sorted.
	warnings []string
}

// copyOf copies an example into a directory of its own: the modes of a checkout
// are whatever they are. changes are pairs of what is written otherwise, as a
// reader would who tries what happens.
func copyOf(t *testing.T, from string, changes ...string) string {
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
		text := read(t, path)
		if strings.HasSuffix(path, ".hcl") {
			text = strings.NewReplacer(changes...).Replace(text)
		}
		return os.WriteFile(to, []byte(text), 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// load reads a configuration that has no errors.
func load(t *testing.T, dir string) *example {
	t.Helper()
	cfg, diags := config.Load(config.Options{Dir: dir, Version: "0.1.0", Home: "/home/op", Now: today()})
	e := &example{cfg: cfg}
	for _, d := range diags {
		if d.Severity != diag.Warning {
			t.Fatal(d)
		}
		e.warnings = append(e.warnings, place(d.Pos.File, d.Pos.Line, d.Summary))
	}
	slices.Sort(e.warnings)
	inv, pols, more := cfg.Resolve(nil)
	for _, d := range more {
		t.Fatal(d)
	}
	e.inv, e.pols = inv, pols
	return e
}

// refused loads a configuration that has errors, and returns their summaries.
func refused(t *testing.T, dir string) string {
	t.Helper()
	_, diags := config.Load(config.Options{Dir: dir, Version: "0.1.0", Home: "/home/op", Now: today()})
	if !diags.HasErrors() {
		t.Fatal("it is taken, and must not be")
	}
	var out []string
	for _, d := range diags {
		out = append(out, d.Summary)
	}
	return strings.Join(out, "\n")
}

func place(file string, line int, text string) string {
	return fmt.Sprintf("%s:%d: %s", file, line, text)
}

// policy returns the policy of a name.
func (e *example) policy(t *testing.T, name string) *policies.Policy {
	t.Helper()
	for _, p := range e.pols {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("no policy %q", name)
	return nil
}

func (e *example) hostsOf(p *policies.Policy) []*inventory.Host {
	var out []*inventory.Host
	for _, name := range p.Hosts {
		out = append(out, e.inv.Host(name))
	}
	return out
}

// launches are "Mon 2006-01-02 15:04 policy", or with the state instead of the
// policy's start, of all openings from a day to another.
func (e *example) launches(t *testing.T, from, until string, suspended ...policies.Suspension) []string {
	t.Helper()
	zone := e.cfg.Zone()
	in := agenda.Input{From: day(t, from, zone), Until: day(t, until, zone), Suspensions: suspended,
		Zones: map[string][]*time.Location{}, Openings: (*policies.Window).Openings}
	for _, p := range e.pols {
		for _, h := range e.hostsOf(p) {
			z, err := time.LoadLocation(h.Timezone)
			if err != nil {
				t.Fatal(err)
			}
			if h.Timezone == "" {
				z = zone
			}
			in.Zones[p.Name] = append(in.Zones[p.Name], z)
		}
	}
	out := []string{}
	for _, l := range agenda.Of(e.pols, in) {
		at, state := l.Launch, ""
		if at.IsZero() {
			at, state = l.Opens, " "+string(l.State)
		}
		out = append(out, at.In(zone).Format("Mon 2006-01-02 15:04 ")+l.Policy+state)
	}
	return out
}

func day(t *testing.T, s string, zone *time.Location) time.Time {
	t.Helper()
	d, err := time.ParseInLocation(time.DateOnly, s, zone)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
