package dnf

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchwave/connectors/posix"
	"patchwave/engine/updates/parse"
	"patchwave/engine/updates/rpm"
	"patchwave/inventory"
)

// seed adds all captured answers.
func seed(f *testing.F) {
	names, err := filepath.Glob("testdata/*.out")
	if err != nil || len(names) == 0 {
		f.Fatal("no testdata", err)
	}
	for _, name := range names {
		stdout, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		stderr, err := os.ReadFile(strings.TrimSuffix(name, ".out") + ".err")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(stdout, stderr)
	}
}

func FuzzScan(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, stdout, stderr []byte) {
		l := New().ParseScan(posix.Parse(nonce, stdout, stderr))
		if (l.State == inventory.ScanOK) != (l.Problem == nil) {
			t.Errorf("state %s with problem %+v", l.State, l.Problem)
		}
		for _, u := range l.Updates {
			if !parse.RPM().OK(u.Name, u.Arch, u.To) || u.From != "" && !parse.RPM().VersionOK(u.From) {
				t.Errorf("an update that is no package: %+v", u)
			}
			if u.Origins == nil || u.Advisories == nil || u.CVEs == nil || u.KBs == nil || u.Size < 0 {
				t.Errorf("not in form: %+v", u)
			}
		}
		for _, p := range l.Installed {
			if !parse.RPM().OK(p.Name, p.Arch, p.Version) {
				t.Errorf("installed: %+v", p)
			}
		}
	})
}

func FuzzSimulation(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, stdout, stderr []byte) {
		for _, frame := range []string{"dnf.sim", "dnf.sim.1"} {
			s := New().ParseSimulation(posix.Parse(nonce, stdout, stderr), frame, nil)
			if s.OK != (s.Problem == nil) || !s.OK && len(s.Changes) > 0 {
				t.Errorf("%+v", s)
			}
			for _, c := range s.Changes {
				if !rpm.ChangeOK(c) {
					t.Errorf("change %+v", c)
				}
			}
		}
	})
}

func FuzzInstall(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, stdout, stderr []byte) {
		o := New().ParseInstall(posix.Parse(nonce, stdout, stderr))
		if o.Claimed != (o.Problem == nil) {
			t.Errorf("%+v", o)
		}
		for name := range o.Failed {
			if !parse.RPM().NameOK(name) {
				t.Errorf("failed %q", name)
			}
		}
	})
}
