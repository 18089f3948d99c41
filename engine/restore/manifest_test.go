package restore

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/framing"
	"patchwave/engine/journal"
	"patchwave/engine/updates"
)

// named is a manager of which only the name counts.
type named struct {
	updates.Manager
	name string
}

func (n named) Name() string { return n.name }

func keep(lines ...string) framing.Answer {
	return framing.Answer{Complete: true, Frames: []framing.Frame{{Name: "apt.keep", Out: []byte(strings.Join(lines, "\n"))}}}
}

func TestParseKeep(t *testing.T) {
	changes := []updates.Change{
		{Action: updates.ActionUpgrade, Name: "labtool", Arch: "amd64", From: "1.0-1", To: "1.1-1"},
		{Action: updates.ActionInstall, Name: "newdep", Arch: "amd64", To: "2.0-1"},
		{Action: updates.ActionRemove, Name: "victimpkg", Arch: "all", From: "1:3.0-1"},
		{Action: updates.ActionDowngrade, Name: "nginx", Arch: "amd64", From: "1.26.0-1", To: "1.24.0-1"},
	}
	kept := []string{"labtool\tamd64\t1.0-1\tkept", "victimpkg\tall\t1:3.0-1\tkept", "nginx\tamd64\t1.26.0-1\tkept"}
	without := func(i int, instead ...string) []string {
		return append(append(append([]string{}, kept[:i]...), instead...), kept[i+1:]...)
	}
	all := []string{"labtool 1.0-1", "newdep (new)", "victimpkg 1:3.0-1", "nginx 1.26.0-1"}
	tests := []struct {
		name    string
		answer  framing.Answer
		checked bool
		undoes  []string
		cannot  []string
	}{
		{"all is kept", keep(kept...), true, all, []string{}},
		{"one is missing", keep(without(0, "labtool\tamd64\t1.0-1\tmissing")...), false, all[1:], []string{"labtool 1.0-1"}},
		{"one is not named", keep(without(2)...), false, all[:3], []string{"nginx 1.26.0-1"}},
		{"another version is kept", keep(without(0, "labtool\tamd64\t1.1-1\tkept")...), false, all[1:], []string{"labtool 1.0-1"}},
		{"a word that is none", keep(without(0, "labtool\tamd64\t1.0-1\tKEPT")...), false, all[1:], []string{"labtool 1.0-1"}},
		{"a line with too many words", keep(without(0, "labtool\tamd64\t1.0-1\tkept\tkept")...), false, all[1:], []string{"labtool 1.0-1"}},
		{"a line with spaces for tabs", keep(without(0, "labtool amd64 1.0-1 kept")...), false, all[1:], []string{"labtool 1.0-1"}},
		{"more than was asked for", keep(append(kept, "bash\tamd64\t5\tkept", "")...), true, all, []string{}},
		{"nothing", keep(), false, all[1:2], []string{"labtool 1.0-1", "victimpkg 1:3.0-1", "nginx 1.26.0-1"}},
		{"what is new cannot be removed", keep(append(kept, "newdep\tamd64\t2.0-1\tmissing")...), false,
			[]string{all[0], all[2], all[3]}, []string{"newdep (new)"}},
		{"what is new can be removed", keep(append(kept, "newdep\tamd64\t2.0-1\tkept")...), true, all, []string{}},
		{"no frame", framing.Answer{}, false, all[1:2], []string{"labtool 1.0-1", "victimpkg 1:3.0-1", "nginx 1.26.0-1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := journal.PointData{ID: "r1/packages", Provider: "packages", Dir: "/var/lib/patchwave-host/points/r1",
				Checked: tt.checked, Undoes: tt.undoes, Cannot: tt.cannot}
			if diff := cmp.Diff(want, ParseKeep(named{name: "apt"}, "r1", changes, tt.answer)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestParseKeepOfAnotherManager: only the manager's own frame counts.
func TestParseKeepOfAnotherManager(t *testing.T) {
	changes := []updates.Change{{Action: updates.ActionUpgrade, Name: "a", From: "1", To: "2"}}
	if p := ParseKeep(named{name: "dnf"}, "r1", changes, keep("a\t\t1\tkept")); p.Checked || len(p.Undoes) != 0 {
		t.Errorf("%+v", p)
	}
}

// TestArchitectures: the copy of one architecture does not bring another's back,
// and a package that changes its architecture is found all the same.
func TestArchitectures(t *testing.T) {
	up := func(arch string) updates.Change {
		return updates.Change{Action: updates.ActionUpgrade, Name: "libma", Arch: arch, From: "1", To: "2"}
	}
	for name, tt := range map[string]struct {
		changes []updates.Change
		lines   []string
		cannot  int
	}{
		"both":                    {[]updates.Change{up("amd64"), up("i386")}, []string{"libma\tamd64\t1\tkept", "libma\ti386\t1\tkept"}, 0},
		"one":                     {[]updates.Change{up("amd64"), up("i386")}, []string{"libma\tamd64\t1\tkept", "libma\ti386\t1\tmissing"}, 1},
		"one is not named":        {[]updates.Change{up("amd64"), up("i386")}, []string{"libma\tamd64\t1\tkept"}, 1},
		"from noarch to x86_64":   {[]updates.Change{up("x86_64")}, []string{"libma\tnoarch\t1\tkept"}, 0},
		"nobody says which":       {[]updates.Change{up("")}, []string{"libma\tnoarch\t1\tkept"}, 0},
		"nobody says which, gone": {[]updates.Change{up("")}, []string{"libma\tnoarch\t1\tmissing"}, 1},
	} {
		if p := ParseKeep(named{name: "apt"}, "r1", tt.changes, keep(tt.lines...)); len(p.Cannot) != tt.cannot {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

// TestParseKeepOfNothing is checked and has lists.
func TestParseKeepOfNothing(t *testing.T) {
	p := ParseKeep(named{name: "apt"}, "r1", nil, framing.Answer{})
	if !p.Checked || p.Undoes == nil || p.Cannot == nil {
		t.Errorf("%+v", p)
	}
}

// TestDir never leads out of the directory of restore points.
func TestDir(t *testing.T) {
	for run, want := range map[string]string{
		"r20261123-020000-0bad01": "r20261123-020000-0bad01",
		"../../etc":               "______etc",
		"a/b c;d":                 "a_b_c_d",
		"é":                       "_",
	} {
		if got := Dir(run); got != "/var/lib/patchwave-host/points/"+want {
			t.Errorf("Dir(%q) = %s", run, got)
		}
	}
}

// FuzzParseKeep: whatever a host prints, what cannot be brought back is said,
// and every change stands in one list.
func FuzzParseKeep(f *testing.F) {
	f.Add("a\tamd64\t1\tkept\nb\tall\t2\tmissing")
	f.Add("a\tamd64\t1\tkept\n\x00\xff\tkept")
	changes := []updates.Change{
		{Action: updates.ActionUpgrade, Name: "a", Arch: "amd64", From: "1", To: "2"},
		{Action: updates.ActionInstall, Name: "new", To: "1"},
		{Action: updates.ActionRemove, Name: "b", Arch: "all", From: "2"},
	}
	f.Fuzz(func(t *testing.T, out string) {
		p := ParseKeep(named{name: "apt"}, "r1", changes, keep(out))
		if len(p.Undoes)+len(p.Cannot) != len(changes) || p.Checked != (len(p.Cannot) == 0) {
			t.Fatalf("%+v", p)
		}
	})
}
