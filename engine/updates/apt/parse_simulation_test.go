package apt

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
	"patchwave/engine/updates/updatestest"
)

func TestRecordedSimulation(t *testing.T) {
	s := New().ParseSimulation(updatestest.Load(t, "sim-apt2.6"), "apt.sim", nil)
	want := []updates.Change{
		{Action: "upgrade", Name: "all2any", Arch: "amd64", From: "1.0-1", To: "2.0-1"},
		{Action: "upgrade", Name: "any2all", Arch: "all", From: "1.0-1", To: "2.0-1"},
		{Action: "upgrade", Name: "conflictor", Arch: "all", From: "1.0-1", To: "2.0-1"},
		{Action: "upgrade", Name: "foreignonly", Arch: "i386", From: "1.0-1", To: "1.1-1"},
		{Action: "upgrade", Name: "g++", Arch: "amd64", From: "1.0-1", To: "1.1-1"},
		{Action: "upgrade", Name: "keptnew", Arch: "amd64", From: "1.0-1", To: "2.0-1"},
		{Action: "upgrade", Name: "libma", Arch: "amd64", From: "1:1.0-1", To: "1:1.0-2~deb12u1"},
		{Action: "upgrade", Name: "libma", Arch: "i386", From: "1:1.0-1", To: "1:1.0-2~deb12u1"},
		{Action: "install", Name: "newdep", Arch: "amd64", To: "1.0-1"},
		{Action: "install", Name: "newrec", Arch: "all", To: "1.0-1"},
		{Action: "upgrade", Name: "phasedpkg", Arch: "all", From: "1.0-1", To: "1.1-1"},
		{Action: "upgrade", Name: "plusver", Arch: "amd64", From: "1.0", To: "1.0+"},
		{Action: "upgrade", Name: "recom", Arch: "all", From: "1.0-1", To: "1.1-1"},
		{Action: "upgrade", Name: "vendpkg", Arch: "all", From: "1.0", To: "2.0"},
		{Action: "remove", Name: "victim", Arch: "all", From: "1.0-1"},
	}
	if diff := cmp.Diff(want, s.Changes); diff != "" {
		t.Error(diff)
	}
	if !s.OK || s.Problem != nil || s.Download != 8414 {
		t.Errorf("OK %v, problem %+v, download %d", s.OK, s.Problem, s.Download)
	}
	// Everything that is replaced or removed, under the change's own key.
	undo := map[string]bool{}
	for _, u := range s.Undo {
		undo[u.Name+":"+u.Arch+"="+u.Version] = u.Possible
	}
	for _, c := range want {
		possible, ok := undo[c.Name+":"+c.Arch+"="+c.From]
		if (c.From != "") != ok || ok && !possible {
			t.Errorf("undo of %s: there %v, possible %v", c.Name, ok, possible)
		}
	}
}

func TestRecordedEach(t *testing.T) {
	a := updatestest.Load(t, "sim-each-apt2.6")
	tests := []struct {
		frame   string
		want    updates.Want
		problem string
		changes int
	}{
		{"apt.sim.1", updates.Want{Name: "heldpkg", Version: "1:2.0-1"}, "apt cannot install heldpkg 1:2.0-1: Held packages were changed", 0},
		{"apt.sim.2", updates.Want{Name: "keptnew"}, "", 2},
		{"apt.sim.3", updates.Want{Name: "nosuch"}, "Unable to locate package nosuch", 0},
		{"apt.sim.4", updates.Want{Name: "g++"}, "Version '7' for 'g++' was not found", 0},
		{"apt.sim.5", updates.Want{Name: "libma"}, "", 2},
		{"apt.sim.6", updates.Want{Name: "none"}, "the host did not say", 0},
	}
	for _, tt := range tests {
		s := New().ParseSimulation(a, tt.frame, []updates.Want{tt.want})
		if s.OK != (tt.problem == "") || len(s.Changes) != tt.changes {
			t.Errorf("%s: %+v", tt.frame, s)
		}
		if tt.problem != "" && !strings.Contains(s.Problem.Message, tt.problem) {
			t.Errorf("%s: problem %q", tt.frame, s.Problem.Message)
		}
	}
}

func TestRecordedUnmet(t *testing.T) {
	s := New().ParseSimulation(updatestest.Load(t, "sim-unmet-apt2.6"), "apt.sim", make([]updates.Want, 3))
	if s.OK || s.Problem.Code != parse.Interrupted || !strings.Contains(s.Problem.Message, "these 3 packages together") {
		t.Errorf("%+v", s.Problem)
	}
}

func TestRows(t *testing.T) {
	tests := []struct {
		name, text string
		want       []updates.Change
		bad        bool
	}{
		{"nothing", "", nil, false},
		{
			"the origin holds parentheses", "Inst vendpkg [1.0] (2.0 Acme, Inc (x) [y]:all of it [all]) []\n",
			[]updates.Change{{Action: "upgrade", Name: "vendpkg", Arch: "all", From: "1.0", To: "2.0"}},
			false,
		},
		{
			"several origins", "Inst a (1:2.0~rc1-1 Debian-Security:12/x, Debian:12.15/oldstable [amd64])\n",
			[]updates.Change{{Action: "install", Name: "a", Arch: "amd64", To: "1:2.0~rc1-1"}},
			false,
		},
		{
			"downgrade", "Inst a [1.0-1] (1.0~rc1-1 local-deb [all])\n",
			[]updates.Change{{Action: "downgrade", Name: "a", Arch: "all", From: "1.0-1", To: "1.0~rc1-1"}},
			false,
		},
		{
			"epoch decides", "Inst a [1:1.0] (9.0 X [all])\n",
			[]updates.Change{{Action: "downgrade", Name: "a", Arch: "all", From: "1:1.0", To: "9.0"}},
			false,
		},
		{
			"removals of two architectures", "Remv a:i386 [1.0] [b:amd64 ]\nRemv a [1.0]\nPurg c [2.0]\nArch a amd64\nArch a:i386 i386\nArch c all\n",
			[]updates.Change{
				{Action: "remove", Name: "a", Arch: "amd64", From: "1.0"}, {Action: "remove", Name: "a", Arch: "i386", From: "1.0"},
				{Action: "remove", Name: "c", Arch: "all", From: "2.0"},
			},
			false,
		},
		{
			"away for a moment", "Remv a [1.0]\nInst a (2.0 X [amd64])\nArch a amd64\n",
			[]updates.Change{{Action: "upgrade", Name: "a", Arch: "amd64", From: "1.0", To: "2.0"}},
			false,
		},
		{"not understood", "Inst a 1.0\n", nil, true},
		{"hostile name", "Inst $(id) (1.0 X [all])\n", nil, true},
		{"removal of unknown architecture", "Remv a [1.0]\n", nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, bad := parseChanges(framing.Frame{Out: []byte(tt.text)})
			if diff := cmp.Diff(tt.want, got); diff != "" || (bad != "") != tt.bad {
				t.Errorf("bad %q, %s", bad, diff)
			}
		})
	}
}
