package pacman

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchwave/connectors/posix"
	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
	"patchwave/inventory"
)

func TestCompareVersions(t *testing.T) {
	// Pairs of vercmp(8) and of pacman's own tests, as far as they differ in kind.
	tests := []struct {
		a, b string
		want int
	}{
		{"1.5.0", "1.5.0", 0},
		{"1.5.1", "1.5.0", 1},
		{"1.5.1", "1.5", 1},
		{"1.5.0-1", "1.5.0-2", -1},
		{"1.5-1", "1.5", 0},
		{"1.5b", "1.5", -1},
		{"1.5b-1", "1.5.0-1", -1},
		{"1.0a", "1.0alpha", -1},
		{"1.0rc", "1.0", -1},
		{"1.0.", "1.0.1", -1},
		{"1..0", "1.0", 1},
		{"1.1b", "1.1", -1},
		{"001", "1", 0},
		{"9", "10", -1},
		{"1.5.a", "1.5.8", -1},
		{"2:1.0-1", "1:3.6-1", 1},
		{"0:1.0-1", "1.0-1", 0},
		{"1:1.0-1", "2.0-1", 1},
		{"20240101.abc-1", "20240101-1", 1},
	}
	for _, tt := range tests {
		if got := compareVersions(tt.a, tt.b); got != tt.want {
			t.Errorf("compareVersions(%s, %s) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
		if got := compareVersions(tt.b, tt.a); got != -tt.want {
			t.Errorf("compareVersions(%s, %s) = %d, want %d", tt.b, tt.a, got, -tt.want)
		}
	}
}

// seeds gives every captured answer to a fuzz target.
func seeds(f *testing.F) {
	f.Helper()
	files, err := filepath.Glob("testdata/*.out")
	if err != nil || len(files) == 0 {
		f.Fatal("no testdata", err)
	}
	for _, file := range files {
		out, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		errs, err := os.ReadFile(strings.TrimSuffix(file, ".out") + ".err")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(out, errs)
	}
}

func FuzzScan(f *testing.F) {
	seeds(f)
	g := parse.Pacman()
	f.Fuzz(func(t *testing.T, out, errs []byte) {
		l := New().ParseScan(posix.Parse("ab", out, errs))
		if (l.State == inventory.ScanOK) != (l.Problem == nil) {
			t.Fatalf("state %s with problem %v", l.State, l.Problem)
		}
		for _, u := range l.Updates {
			if !g.NameOK(u.Name) || !g.VersionOK(u.From) || !g.VersionOK(u.To) || u.Arch != "" && !g.ArchOK(u.Arch) || u.Advisories == nil {
				t.Fatalf("%+v", u)
			}
		}
	})
}

func FuzzSimulation(f *testing.F) {
	seeds(f)
	g := parse.Pacman()
	f.Fuzz(func(t *testing.T, out, errs []byte) {
		a := posix.Parse("ab", out, errs)
		for _, frame := range []string{"pacman.sim", "pacman.sim.1", "pacman.sim.5"} {
			s := New().ParseSimulation(a, frame, []updates.Want{{Name: "labtool", Arch: "any", Version: "1.1-1"}})
			if s.OK != (s.Problem == nil) || !s.OK && len(s.Changes) > 0 {
				t.Fatalf("%+v", s)
			}
			for _, c := range s.Changes {
				if !g.NameOK(c.Name) || !g.ArchOK(c.Arch) || c.From == "" && c.To == "" {
					t.Fatalf("%+v", c)
				}
			}
		}
	})
}

func FuzzInstall(f *testing.F) {
	seeds(f)
	g := parse.Pacman()
	f.Fuzz(func(t *testing.T, out, errs []byte) {
		o := New().ParseInstall(posix.Parse("ab", out, errs))
		for name := range o.Failed {
			if !g.NameOK(name) {
				t.Fatalf("%q", name)
			}
		}
	})
}

func FuzzCompareVersions(f *testing.F) {
	f.Add("1:1.0rc1-1", "1.0.1-2")
	f.Fuzz(func(t *testing.T, a, b string) {
		compareVersions(a, b)
	})
}
