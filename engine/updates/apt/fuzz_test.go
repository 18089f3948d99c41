package apt

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

// seed adds all recordings.
func seed(f *testing.F) {
	names, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(names) == 0 {
		f.Fatalf("no recordings: %v", err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		out, errs, _ := strings.Cut(string(b), "-- stderr --\n")
		f.Add(out, errs)
	}
}

// tidy checks what must hold of every problem.
func tidy(t *testing.T, p *inventory.Problem) {
	t.Helper()
	if p != nil && (p.Code == "" || p.Message == "" || strings.ContainsAny(p.Message, "\n\r\x1b\x00") || len(p.Message) > 700) {
		t.Fatalf("problem %+v", p)
	}
}

func FuzzParseScan(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, out, errs string) {
		l := New().ParseScan(posix.Parse("00ff", []byte(out), []byte(errs)))
		tidy(t, l.Problem)
		if (l.State == inventory.ScanOK) != (l.Problem == nil) {
			t.Fatalf("state %s, problem %+v", l.State, l.Problem)
		}
		for i, u := range l.Updates {
			if !parse.Deb().OK(u.Name, u.Arch, u.To) || !parse.Deb().VersionOK(u.From) || u.Origins == nil || u.CVEs == nil || u.Size < 0 {
				t.Fatalf("update %+v", u)
			}
			if i > 0 && u.Name < l.Updates[i-1].Name {
				t.Fatalf("%s after %s", u.Name, l.Updates[i-1].Name)
			}
		}
		for _, p := range l.Installed {
			if !parse.Deb().OK(p.Name, p.Arch, p.Version) {
				t.Fatalf("installed %+v", p)
			}
		}
	})
}

func FuzzParseSimulation(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, out, errs string) {
		s := New().ParseSimulation(posix.Parse("00ff", []byte(out), []byte(errs)), "apt.sim", nil)
		tidy(t, s.Problem)
		if s.OK != (s.Problem == nil) || s.Download < 0 {
			t.Fatalf("simulation %+v", s)
		}
		for _, c := range s.Changes {
			if !parse.Deb().NameOK(c.Name) || !parse.Deb().ArchOK(c.Arch) || (c.From == "") != (c.Action == updates.ActionInstall) || (c.To == "") != (c.Action == updates.ActionRemove) {
				t.Fatalf("change %+v", c)
			}
		}
	})
}

func FuzzParseInstall(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, out, errs string) {
		o := New().ParseInstall(posix.Parse("00ff", []byte(out), []byte(errs)))
		tidy(t, o.Problem)
		if o.Claimed != (o.Problem == nil) || o.Duration < 0 {
			t.Fatalf("outcome %+v", o)
		}
		for pkg, why := range o.Failed {
			if !parse.Deb().NameOK(pkg) || strings.ContainsAny(why, "\n\x1b") {
				t.Fatalf("failed %q: %q", pkg, why)
			}
		}
	})
}
