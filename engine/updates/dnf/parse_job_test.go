package dnf

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/updatestest"
)

func TestSimulateSet(t *testing.T) {
	s := New().ParseSimulation(updatestest.Load(t, "sim-set"), "dnf.sim", nil)
	want := []string{
		"upgrade " + long + ".noarch 1.0-1.el9>1:1.0-3.el9",
		"upgrade brokenpkg.noarch 1.0-1.el9>1.1-1.el9",
		"upgrade goneold.noarch 1.0-1.el9>1.1-1.el9",
		"upgrade kernel-core.noarch 5.14.0-1.el9>5.14.0-2.el9",
		"upgrade labapp.noarch 1.0-1.el9>1.1-1.el9",
		// Nobody asked for it: labapp 1.1 needs it.
		"upgrade libauto.noarch 1.0-1.el9>1.1-1.el9",
		"upgrade liblab.noarch 1.0-1.el9>1.0-2.el9_4.1",
		"install newname.noarch ->2.0-1.el9",
		"remove oldname.noarch 1.0-1.el9>-",
	}
	if diff := cmp.Diff(want, updatestest.Changes(s.Changes)); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if !s.OK || s.Problem != nil || s.Download < 40000 || s.Download > 80000 {
		t.Errorf("ok %v, problem %+v, download %d", s.OK, s.Problem, s.Download)
	}
	possible := map[string]bool{}
	for _, u := range s.Undo {
		possible[u.Name+"-"+u.Version] = u.Possible
	}
	wantUndo := map[string]bool{
		long + "-1.0-1.el9": true, "brokenpkg-1.0-1.el9": true, "goneold-1.0-1.el9": false, "kernel-core-5.14.0-1.el9": true,
		"labapp-1.0-1.el9": true, "libauto-1.0-1.el9": true, "liblab-1.0-1.el9": true, "oldname-1.0-1.el9": true,
	}
	if diff := cmp.Diff(wantUndo, possible); diff != "" {
		t.Errorf("undo (-want +got):\n%s", diff)
	}
}

func TestSimulateEach(t *testing.T) {
	a := updatestest.Load(t, "sim-each")
	tests := map[string]struct {
		changes []string
		problem string
	}{
		"dnf.sim.1":  {changes: []string{"upgrade " + long + ".noarch 1.0-1.el9>1:1.0-3.el9"}},
		"dnf.sim.4":  {problem: "excludedpkg-2.0-1.el9.noarch is excluded or locked"},
		"dnf.sim.7":  {changes: []string{"upgrade labapp.noarch 1.0-1.el9>1.1-1.el9", "upgrade libauto.noarch 1.0-1.el9>1.1-1.el9"}},
		"dnf.sim.10": {changes: []string{"upgrade labmulti.noarch 1.0-1.el9>1.3-1.el9"}},
		"dnf.sim.16": {problem: "nothing provides missing-lib >= 2"},
		"dnf.sim.17": {changes: []string{"install newname.noarch ->2.0-1.el9", "remove oldname.noarch 1.0-1.el9>-"}},
		"dnf.sim.18": {problem: "conflicts with victimpkg"},
		"dnf.sim.20": {problem: "did not answer"},
	}
	for name, tt := range tests {
		s := New().ParseSimulation(a, name, nil)
		if s.OK != (tt.problem == "") {
			t.Errorf("%s: ok %v, problem %+v", name, s.OK, s.Problem)
			continue
		}
		if !s.OK && !strings.Contains(s.Problem.Message, tt.problem) {
			t.Errorf("%s: problem %q", name, s.Problem.Message)
		}
		if diff := cmp.Diff(append([]string{}, tt.changes...), updatestest.Changes(s.Changes)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if s.Undo != nil {
			t.Errorf("%s has an undo", name)
		}
	}
}

func TestSimulateOthers(t *testing.T) {
	if s := New().ParseSimulation(updatestest.Load(t, "sim-none"), "dnf.sim", nil); !s.OK || len(s.Changes) != 0 {
		t.Errorf("what is installed already: %+v", s)
	}
	s := New().ParseSimulation(updatestest.Load(t, "sim-broken"), "dnf.sim", nil)
	if s.OK || len(s.Changes) != 0 || !strings.Contains(s.Problem.Message, "missing-lib") {
		t.Errorf("a set with a broken one: %+v", s)
	}
	for _, name := range []string{"dnf.sim.1", "dnf.sim.2"} {
		s := New().ParseSimulation(updatestest.Load(t, "sim-locked"), name, nil)
		if s.OK || !strings.Contains(s.Problem.Message, "excluded or locked") {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func TestSimulateFailures(t *testing.T) {
	tests := []struct {
		name, code, words string
		a                 framing.Answer
	}{
		{"no frame", "exit", "did not answer", updatestest.Answer()},
		{"solver died", "disk", "No space left", updatestest.Answer(framing.Frame{Name: "dnf.solver", RC: 1, Err: []byte("OSError: No space left on device")})},
		{"cut off", "exit", "not to the end", updatestest.Answer(updatestest.Frame("dnf.sim", 0, "change\tupgrade\ta\tnoarch\t1-1\t2-1\t5"))},
		{"hostile name", "exit", "not a package", updatestest.Answer(updatestest.Frame("dnf.sim", 0, "change\tupgrade\t$(x)\tnoarch\t1-1\t2-1\t5", "ok"))},
		{"unknown action", "exit", "not a package", updatestest.Answer(updatestest.Frame("dnf.sim", 0, "change\treinstall\ta\tnoarch\t1-1\t2-1\t5", "ok"))},
		{"upgrade from nothing", "exit", "not a package", updatestest.Answer(updatestest.Frame("dnf.sim", 0, "change\tupgrade\ta\tnoarch\t-\t2-1\t5", "ok"))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := New().ParseSimulation(tt.a, "dnf.sim", nil)
			if s.OK || updatestest.Code(s.Problem) != tt.code || !strings.Contains(s.Problem.Message, tt.words) {
				t.Errorf("%+v %+v", s, s.Problem)
			}
		})
	}
}

func TestInstall(t *testing.T) {
	tests := []struct {
		name    string
		claimed bool
		code    string
		words   string
		failed  map[string]string
	}{
		{name: "install", claimed: true, failed: map[string]string{"brokenpkg": "%post(brokenpkg-1.1-1.el9.noarch) scriptlet failed, exit status 3"}},
		{name: "install-locked", code: "locked", words: "already locked by"},
		{name: "install-waited", claimed: true},
		{name: "refused", code: "exit", words: "would not be the approved one: remove oldname.noarch 1.0-1.el9"},
		{name: "rollback", code: "exit", words: "the rest is rolled back", failed: map[string]string{"goneold": "goneold-1.0-1.el9.noarch is not to be had"}},
		{name: "repair", claimed: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := New().ParseInstall(updatestest.Load(t, tt.name))
			if o.Claimed != tt.claimed || updatestest.Code(o.Problem) != tt.code {
				t.Fatalf("claimed %v, problem %+v", o.Claimed, o.Problem)
			}
			if o.Problem != nil && !strings.Contains(o.Problem.Message, tt.words) {
				t.Errorf("message %q", o.Problem.Message)
			}
			if tt.failed == nil {
				tt.failed = map[string]string{}
			}
			if diff := cmp.Diff(tt.failed, o.Failed); diff != "" {
				t.Errorf("failed (-want +got):\n%s", diff)
			}
		})
	}
	if o := New().ParseInstall(updatestest.Answer()); o.Claimed || updatestest.Code(o.Problem) != "exit" {
		t.Errorf("an empty log: %+v", o)
	}
}

func TestUndoHostile(t *testing.T) {
	s := New().ParseSimulation(updatestest.Answer(updatestest.Frame("dnf.sim", 0, "ok"), updatestest.Frame("dnf.undo", 0, "a\tnoarch\t1-1\tyes", "$(x)\tnoarch\t1-1\tyes", "b\tnoarch\t1-1")), "dnf.sim", nil)
	want := []updates.Undo{{Name: "a", Arch: "noarch", Version: "1-1", Possible: true}}
	if diff := cmp.Diff(want, s.Undo); diff != "" {
		t.Errorf("undo (-want +got):\n%s", diff)
	}
}
