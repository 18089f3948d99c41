package apk

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
		for _, u := range l.Updates {
			if !parse.Apk().OK(u.Name, u.Arch, u.To) || !parse.Apk().VersionOK(u.From) || u.Origins == nil {
				t.Fatalf("update %+v", u)
			}
		}
	})
}

func FuzzParseSimulation(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, out, errs string) {
		s := New().ParseSimulation(posix.Parse("00ff", []byte(out), []byte(errs)), "apk.sim", nil)
		tidy(t, s.Problem)
		if s.OK != (s.Problem == nil) {
			t.Fatalf("simulation %+v", s)
		}
		for _, c := range s.Changes {
			if !parse.Apk().NameOK(c.Name) || !parse.Apk().ArchOK(c.Arch) || (c.From == "") != (c.Action == updates.ActionInstall) {
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
		if o.Claimed != (o.Problem == nil) {
			t.Fatalf("outcome %+v", o)
		}
	})
}
