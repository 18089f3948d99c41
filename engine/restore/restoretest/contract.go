// Package restoretest is the contract of restore point providers as a test suite:
// every provider passes it. It holds the pure part of a provider against the promises
// of engine/restore; a provider whose program can be run is held against them by its
// own tests.
package restoretest

import (
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/script"
	"patchwave/engine/restore"
	"patchwave/inventory"
)

// Host is a machine that the provider under test can make points of, by what is
// declared and said of it.
type Host struct {
	Declared *inventory.Host
	Facts    inventory.Facts
	// Others are facts of machines that it cannot.
	Others []inventory.Facts
}

// check is one promise of the contract.
type check func(*testing.T, restore.Provider, Host)

// Run holds a provider against the contract: what all promise, and what those promise
// that answer in frames of the script restore-point, or have a body in sh or in
// PowerShell. The answers of programs and of package managers are of another kind:
// their packages have tests of their own.
func Run(t *testing.T, p restore.Provider, h Host) {
	for name, do := range checks(p, h) {
		t.Run(name, func(t *testing.T) { do(t, p, h) })
	}
}

func checks(p restore.Provider, h Host) map[string]check {
	all := map[string]check{"scope": scope, "fits": fits, "calls are encoded": encoded, "arguments are data": arguments,
		"silence is no success": silence, "another's points are not ours": others}
	if !program(p, h) && p.Name() != restore.Packages {
		all["another's words are no success"], all["own words"] = hostile, own
	}
	each(p, at(h), func(_ restore.Op, c restore.Call) {
		if c.Script.PowerShell != "" {
			all["rules of PowerShell"] = powershell
		}
		if c.Script.Sh != "" {
			all["shell parses"] = shell
		}
	})
	return all
}

// at is a point that exists.
func at(h Host) restore.Point {
	return restore.Point{Tag: restore.TagOf("0a1b2c", "r20261122-020000-a1b2c3", h.Declared.Name), ID: "17", Before: "4", Host: h.Declared}
}

// scope: whoever cannot take a host back says that it holds files, and all say what
// they do not undo.
func scope(t *testing.T, p restore.Provider, _ Host) {
	s := p.Scope()
	if p.Name() == "" || !slices.Contains([]string{restore.ScopeSystem, restore.ScopePackages, restore.ScopeFiles}, s.Kind) {
		t.Fatalf("%q has scope %+v", p.Name(), s)
	}
	if s.Rollback == (s.Kind == restore.ScopeFiles) {
		t.Errorf("a provider of %s: rollback is %v", s.Kind, s.Rollback)
	}
	if s.Kind != restore.ScopePackages && (len(s.Undoes) == 0 || len(s.CannotUndo) == 0) {
		t.Error("it does not say what it undoes, or what not")
	}
	if s.TakesJobs && (!s.Rollback || !s.Reboots) {
		t.Error("what takes the jobs back takes the machine back, and it boots")
	}
	if _, can := p.Call(restore.OpRollback, restore.Point{Tag: restore.Tag("r", "h"), Host: &inventory.Host{Name: "h"}}); can != s.Rollback {
		t.Errorf("the scope says rollback %v, and there is a call: %v", s.Rollback, can)
	}
}

func fits(t *testing.T, p restore.Provider, h Host) {
	if ok, why := p.Fits(h.Declared, h.Facts); !ok {
		t.Errorf("it does not fit its own host: %s", why)
	}
	for _, f := range h.Others {
		if ok, why := p.Fits(h.Declared, f); ok || why == "" {
			t.Errorf("it fits %+v (%q)", f.OS, why)
		}
	}
}

// each calls do for every operation that has a call.
func each(p restore.Provider, pt restore.Point, do func(restore.Op, restore.Call)) {
	for _, op := range restore.Ops() {
		if c, ok := p.Call(op, pt); ok {
			do(op, c)
		}
	}
}

// program reports whether a provider is programs of the operator.
func program(p restore.Provider, h Host) bool {
	c, _ := p.Call(restore.OpCreate, at(h))
	return len(c.Argv) > 0
}

// encoded: every call is a program or a script in at least one language, the same each
// time.
func encoded(t *testing.T, p restore.Provider, h Host) {
	each(p, at(h), func(op restore.Op, c restore.Call) {
		if p.Place() == restore.OnController {
			if (len(c.Argv) == 0) == (c.Do == nil) || c.Script.Name != "" {
				t.Errorf("%s is neither a program nor a function: %+v", op, c)
			}
			return
		}
		done := 0
		for _, d := range []connectors.Dialect{connectors.DialectSh, connectors.DialectPowerShell} {
			a, err := script.Encode(d, c.Script, "00", c.Args)
			if err != nil {
				continue
			}
			done++
			if b, _ := script.Encode(d, c.Script, "00", c.Args); string(a) != string(b) {
				t.Errorf("%s differs from call to call", op)
			}
		}
		if done == 0 {
			t.Errorf("%s cannot be encoded in any language", op)
		}
	})
}

// arguments: nothing of a point or a host becomes part of the code.
func arguments(t *testing.T, p restore.Provider, h Host) {
	evil := *h.Declared
	evil.Hypervisor = &inventory.Hypervisor{Type: "libvirt", Domain: "'; Remove-Item C:\\; $(reboot)"}
	pt := at(Host{Declared: &evil})
	pt.ID = "'; $(reboot)"
	plain := map[restore.Op]string{}
	each(p, at(h), func(op restore.Op, c restore.Call) { plain[op] = c.Script.Sh + "\x00" + c.Script.PowerShell })
	each(p, pt, func(op restore.Op, c restore.Call) {
		if c.Script.Sh+"\x00"+c.Script.PowerShell != plain[op] {
			t.Errorf("the script of %s depends on its arguments", op)
		}
	})
}

// answer is a whole answer with one frame.
func answer(lines ...string) framing.Answer {
	return framing.Answer{Complete: true, Frames: []framing.Frame{{Name: restore.Frame, Out: []byte(strings.Join(lines, "\n"))}}}
}

// good reports whether an answer says that something was done or can be counted on.
func good(op restore.Op, s restore.Said) bool {
	switch s.State {
	case restore.Whole, restore.Restored, restore.Removed:
		return true
	case restore.Absent, restore.Partial, restore.Unusable, restore.NotRestored, restore.Pending, restore.Kept:
	}
	return op == restore.OpDetect && s.Possible
}

// silence: where there is something to ask, no answer is no success.
func silence(t *testing.T, p restore.Provider, h Host) {
	for name, a := range map[string]framing.Answer{
		"nothing": {}, "no frame": {Complete: true},
		"an error":    {Frames: []framing.Frame{{Name: "error", RC: 1, Out: []byte(`{"message":"access denied"}`)}}},
		"empty frame": {Complete: true, Frames: []framing.Frame{{Name: restore.Frame, RC: 1}}},
	} {
		each(p, at(h), func(op restore.Op, _ restore.Call) {
			if s := p.Read(op, at(h), a); good(op, s) {
				t.Errorf("%s of %s: %+v", op, name, s)
			}
		})
	}
}

// hostile: words of another operation, malformed ones and endless ones do no harm.
func hostile(t *testing.T, p restore.Provider, h Host) {
	long := strings.Repeat("x", 1<<16)
	for _, a := range []framing.Answer{
		answer("state=WHOLE", "possible=maybe"), answer("state=restored now", "possible=yes "), answer("state="), answer(long, "why="+long, "state="+long),
		answer("why=a\x1b[31mb\nstate=nonsense"),
	} {
		each(p, at(h), func(op restore.Op, _ restore.Call) {
			s := p.Read(op, at(h), a)
			if good(op, s) || len(s.Why) > 400 || strings.ContainsAny(s.Why, "\x1b\n\x00") {
				t.Errorf("%s: %+v", op, s)
			}
		})
	}
}

// others: a name that is not patchwave's, or a point without one of its own, is none of
// ours.
func others(t *testing.T, p restore.Provider, h Host) {
	if s := p.Read(restore.OpList, at(h), answer("point=daily-backup\t1\t1700000000\t0", "point=patchwave-x\t\t1\t0")); len(s.Points) > 0 {
		t.Errorf("another's points are taken for ours: %+v", s.Points)
	}
}

// own: what a scripted provider is to say is understood.
func own(t *testing.T, p restore.Provider, h Host) {
	for op, lines := range map[restore.Op][]string{
		restore.OpDetect: {"possible=yes", "free=10737418240", "need=1"},
		restore.OpCreate: {"state=whole", "id=17"}, restore.OpCheck: {"state=whole", "id=17", "identity=4"}, restore.OpRemove: {"state=removed"},
	} {
		if s := p.Read(op, at(h), answer(lines...)); !good(op, s) || s.Why != "" {
			t.Errorf("%s: %+v", op, s)
		}
	}
	s := p.Read(restore.OpProve, at(h), answer("state=restored", "identity=5"))
	if got := s.State == restore.Restored; got != p.Scope().Rollback {
		t.Errorf("prove: %+v", s)
	}
	tag := at(h).Tag
	s = p.Read(restore.OpList, at(h), answer(fmt.Sprintf("point=%s\t17\t1700000000\t5", tag)))
	if len(s.Points) != 1 || s.Points[0] != (restore.Listed{Tag: tag, ID: "17", Created: 1700000000, Size: 5}) {
		t.Errorf("list: %+v", s)
	}
}

// forbidden is what defenders look for, what another version of the language has, and
// what would touch points of others.
var forbidden = regexp.MustCompile(`(?i)Invoke-Expression|\biex\b|Add-Type|\[ScriptBlock\]|FromBase64String|Write-Host|Read-Host|WindowStyle|DownloadString|vssadmin\s+delete|/all\b|\?\?|\?\.`)

func powershell(t *testing.T, p restore.Provider, h Host) {
	each(p, at(h), func(op restore.Op, c restore.Call) {
		for i, l := range strings.Split(c.Script.PowerShell, "\n") {
			if m := forbidden.FindString(l); m != "" {
				t.Errorf("%s, line %d: %q", op, i+1, m)
			}
			if strings.ContainsFunc(l, func(r rune) bool { return r > '~' || r < ' ' && r != '\t' }) {
				t.Errorf("%s, line %d is not ASCII", op, i+1)
			}
		}
	})
}

// shell: the body in sh is one.
func shell(t *testing.T, p restore.Provider, h Host) {
	each(p, at(h), func(op restore.Op, c restore.Call) {
		if c.Script.Sh == "" {
			return
		}
		program, err := script.Encode(connectors.DialectSh, c.Script, "00", c.Args)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "sh", "-n")
		cmd.Stdin = strings.NewReader(string(program))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", op, err, out)
		}
	})
}
