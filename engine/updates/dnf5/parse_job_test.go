package dnf5

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/framing"
	"patchwave/engine/updates/updatestest"
)

func TestSimulateSet(t *testing.T) {
	s := New().ParseSimulation(updatestest.Load(t, "sim-set"), "dnf5.sim", nil)
	want := []string{
		"upgrade " + long + ".noarch 1.0-1.el9>1:1.0-3.el9",
		"upgrade brokenpkg.noarch 1.0-1.el9>1.1-1.el9",
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
	if len(s.Undo) != 7 {
		t.Errorf("undo %+v", s.Undo)
	}
	for _, u := range s.Undo {
		if !u.Possible || strings.HasPrefix(u.Version, "0:") {
			t.Errorf("undo %+v", u)
		}
	}
}

func TestSimulateEach(t *testing.T) {
	a := updatestest.Load(t, "sim-each")
	tests := map[string]struct {
		changes []string
		problem string
	}{
		"dnf5.sim.1":  {changes: []string{"upgrade " + long + ".noarch 1.0-1.el9>1:1.0-3.el9"}},
		"dnf5.sim.4":  {problem: "matches only excluded packages"},
		"dnf5.sim.6":  {changes: []string{"upgrade labapp.noarch 1.0-1.el9>1.1-1.el9", "upgrade libauto.noarch 1.0-1.el9>1.1-1.el9"}},
		"dnf5.sim.15": {problem: "nothing provides missing-lib >= 2"},
		"dnf5.sim.16": {changes: []string{"install newname.noarch ->2.0-1.el9", "remove oldname.noarch 1.0-1.el9>-"}},
		"dnf5.sim.17": {problem: "conflicts with victimpkg"},
		"dnf5.sim.20": {problem: "did not answer"},
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
	}
}

func TestSimulateOthers(t *testing.T) {
	if s := New().ParseSimulation(updatestest.Load(t, "sim-none"), "dnf5.sim", nil); !s.OK || len(s.Changes) != 0 {
		t.Errorf("what is installed already: %+v", s)
	}
	s := New().ParseSimulation(updatestest.Load(t, "sim-broken"), "dnf5.sim", nil)
	if s.OK || len(s.Changes) != 0 || !strings.Contains(s.Problem.Message, "missing-lib") {
		t.Errorf("a set with a broken one: %+v", s)
	}
	s = New().ParseSimulation(updatestest.Load(t, "sim-locked"), "dnf5.sim.1", nil)
	if s.OK || !strings.Contains(s.Problem.Message, "excluded by versionlock") {
		t.Errorf("a locked one: %+v", s)
	}
}

// tableOf is a simulation that prints these lines above the summary.
func tableOf(lines ...string) framing.Answer {
	text := "Package Arch Version Repository Size\n" + strings.Join(lines, "\n") + "\n\nTransaction Summary:\n Installing: 1 package\n"
	return updatestest.Answer(framing.Frame{Name: "dnf5.sim", RC: 1, Out: []byte(text), Err: []byte("Need to download 1.5 MiB.\nOperation aborted by the user.")})
}

func TestTable(t *testing.T) {
	tests := []struct {
		name    string
		lines   []string
		changes []string
		problem string
	}{
		{name: "all headings", lines: []string{
			"Removing:", " a x86_64 0:1-1 base 1.0 KiB", "Removing dependent packages:", " b x86_64 1:1-1 base 1.0 KiB",
			"Downgrading:", " c x86_64 0:1-1 base 1.0 KiB", "   replacing c x86_64 0:2-1 base 1.0 KiB",
			"Installing weak dependencies:", " d x86_64 0:1-1 base 1.0 KiB", "Installing:", " kernel x86_64 0:2-1 base 1.0 KiB",
			"Changing reason:", " e noarch 0:1-1 @System 26.0 B", "   User -> Dependency", "Skipping packages with conflicts:", " f noarch 1-1 base 1 B",
		}, changes: []string{"remove a.x86_64 1-1>-", "remove b.x86_64 1:1-1>-", "downgrade c.x86_64 2-1>1-1", "install d.x86_64 ->1-1", "install kernel.x86_64 ->2-1"}},
		{name: "an upgrade that also obsoletes", lines: []string{
			"Upgrading:", " a noarch 0:2-1 base 1 B", "   replacing a x86_64 0:1-1 base 1 B", "   replacing b x86_64 0:1-1 base 1 B",
		}, changes: []string{"upgrade a.noarch 1-1>2-1", "remove b.x86_64 1-1>-"}},
		{name: "unknown heading", lines: []string{"Frobnicating:", " a noarch 0:2-1 base 1 B"}, problem: "Frobnicating"},
		{name: "a heading of groups", lines: []string{"Installing groups:", " Core"}, problem: "Installing groups"},
		{name: "a line that is none", lines: []string{"Upgrading:", " a noarch"}, problem: "not understood"},
		{name: "an upgrade of nothing", lines: []string{"Upgrading:", " a noarch 0:2-1 base 1 B"}, problem: "not understood"},
		{name: "a hostile name", lines: []string{"Installing:", " $(x) noarch 0:2-1 base 1 B"}, problem: "not understood"},
		{name: "an empty table", problem: "no table"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := New().ParseSimulation(tableOf(tt.lines...), "dnf5.sim", nil)
			if tt.problem != "" {
				if s.OK || !strings.Contains(s.Problem.Message, tt.problem) {
					t.Errorf("%+v %+v", s, s.Problem)
				}
				return
			}
			if diff := cmp.Diff(tt.changes, updatestest.Changes(s.Changes)); diff != "" || !s.OK {
				t.Errorf("%+v (-want +got):\n%s", s.Problem, diff)
			}
			if s.Download != 3<<19 {
				t.Errorf("download %d", s.Download)
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
		{name: "install", code: "exit", words: "Transaction failed", failed: map[string]string{"brokenpkg": "%post(brokenpkg-1.1-1.el9.noarch) scriptlet failed, exit status 3"}},
		{name: "install-locked", code: "locked", words: "already locked by"},
		{name: "install-waited", claimed: true},
		{name: "refused", code: "exit", words: "Extra package 'oldname-1.0-1.el9.noarch'"},
		{name: "rollback", code: "exit", words: "the rest is rolled back", failed: map[string]string{"brokenpkg": "brokenpkg-1.0-1.el9.noarch is not to be had"}},
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
