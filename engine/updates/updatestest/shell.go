package updatestest

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"patchwave/connectors"
	"patchwave/connectors/script"
	"patchwave/engine/updates"
)

var shellChecks = []check{
	{"the shell is read by every shell", shellSyntax},
	{"the shell defines what is promised", shellFunctions},
	{"the shell sets only names of its own", shellNames},
	{"loading the shell does nothing", shellLoads},
}

// part is one of the texts of a manager's shell, with the functions, without
// their prefix, that it and no other part defines.
type part struct {
	name, text string
	promised   []string
}

func parts(m updates.Manager) []part {
	s := m.Shell()
	return []part{
		{"scan", s.Scan, []string{"index_age", "refresh", "scan"}},
		{"simulate", s.Simulate, []string{"simulate"}},
		{"job", s.Job, []string{"install", "keep", "rollback", "repair", "stage", "staged", "cache"}},
	}
}

// shellSyntax has each part, and each script that is made of them, read by every
// shell at hand.
func shellSyntax(t *testing.T, m updates.Manager, _ Options) {
	scripts := []script.Script{
		{Name: "scan", Version: 1, Sh: m.Shell().Scan}, updates.SimulateScript(m), updates.InstallScript(m),
		updates.KeepScript(m), updates.RollbackScript(m), updates.StageScript(m),
	}
	texts := map[string][]byte{}
	for _, p := range parts(m) {
		texts[p.name] = []byte(p.text)
	}
	for _, s := range scripts {
		encoded, err := script.Encode(connectors.DialectSh, s, Nonce, nil)
		if err != nil {
			t.Fatal(err)
		}
		texts["script "+s.Name] = encoded
	}
	for _, sh := range Shells(t) {
		for name, text := range texts {
			if out, err := sh.command(t, text, "-n").CombinedOutput(); err != nil {
				t.Errorf("%s in %s: %v\n%s", name, sh, err, out)
			}
		}
	}
}

var function = regexp.MustCompile(`(?m)(?:^|[\s;&|{}()])([A-Za-z_][A-Za-z0-9_]*)\s*\(\)`)

func shellFunctions(t *testing.T, m updates.Manager, _ Options) {
	var all []string
	for _, p := range parts(m) {
		all = append(all, p.promised...)
	}
	for _, p := range parts(m) {
		var got []string
		for _, name := range functions(p.text) {
			short, ok := strings.CutPrefix(name, m.Name()+"_")
			if !ok {
				t.Errorf("%s: function %s is not named after its manager", p.name, name)
			}
			if slices.Contains(all, short) {
				got = append(got, short)
			}
		}
		want := slices.Sorted(slices.Values(p.promised))
		slices.Sort(got)
		if !slices.Equal(want, got) {
			t.Errorf("%s: of what is promised it defines %q, want %q", p.name, got, want)
		}
	}
}

var (
	// Where a command may begin.
	begins = regexp.MustCompile(`[\n;&|(){}!]|\b(?:then|do|else|elif|if|while|until|export|readonly)\b`)
	// What stands in front of a command's name.
	assignment = regexp.MustCompile(`^\s*([A-Za-z_][A-Za-z0-9_]*)=\S*`)
	loop       = regexp.MustCompile(`\bfor\s+([A-Za-z_][A-Za-z0-9_]*)`)
	reading    = regexp.MustCompile(`\bread\s+(?:-r\s+)?([A-Za-z_][A-Za-z0-9_ ]*)`)
	// Upper case is the environment of a command, "_" what is thrown away.
	anybodys = regexp.MustCompile(`^([A-Z][A-Z0-9_]*|_)$`)
	// A subshell may call a function with another argument.
	argument = regexp.MustCompile(`\(\s*pw_arg_[a-z_]+=`)
)

// variables returns the names that a text of shell sets.
func variables(text string) []string {
	text = argument.ReplaceAllString(skeleton(text), "(")
	var names []string
	for _, command := range begins.Split(text, -1) {
		for m := assignment.FindStringSubmatch(command); m != nil; m = assignment.FindStringSubmatch(command) {
			if !strings.Contains(m[0], "*") { // the pattern of a case
				names = append(names, m[1])
			}
			command = command[len(m[0]):]
		}
	}
	for _, m := range loop.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	for _, m := range reading.FindAllStringSubmatch(text, -1) {
		names = append(names, strings.Fields(m[1])...)
	}
	return names
}

// functions returns the names of the functions that a text of shell defines.
func functions(text string) []string {
	var names []string
	for _, m := range function.FindAllStringSubmatch(skeleton(text), -1) {
		names = append(names, m[1])
	}
	return names
}

// shellNames checks the text: what the shell sets stays in the session, beside
// what the prelude and other managers set there.
func shellNames(t *testing.T, m updates.Manager, _ Options) {
	for _, p := range parts(m) {
		names := variables(p.text)
		if len(names) == 0 {
			t.Errorf("%s: it sets no variable at all?", p.name)
		}
		for _, name := range names {
			if !strings.HasPrefix(name, m.Name()+"_") && !anybodys.MatchString(name) {
				t.Errorf("%s: variable %s is not named after its manager", p.name, name)
			}
		}
	}
}

// traced is a line of set -x about an assignment.
var traced = regexp.MustCompile(`^\++ [a-z0-9_]+=`)

// shellLoads loads each part without any command in reach, once as it is and once
// with all that runs written down.
func shellLoads(t *testing.T, m updates.Manager, _ Options) {
	for _, p := range parts(m) {
		for _, sh := range Shells(t) {
			if out, errs := load(t, sh, p.text); out != "" || errs != "" {
				t.Errorf("%s in %s prints %q, %q", p.name, sh, out, errs)
			}
			_, errs := load(t, sh, "PS4='+ '\nset -x\n"+p.text+"\n{ set +x; } 2>/dev/null")
			for line := range strings.Lines(errs) {
				if strings.HasPrefix(line, "+") && !traced.MatchString(line) {
					t.Errorf("%s in %s runs %q", p.name, sh, line)
				}
			}
		}
	}
}

// load runs a text as a script of its own and returns what it printed.
func load(t *testing.T, sh Shell, text string) (stdout, stderr string) {
	t.Helper()
	encoded, err := script.Encode(connectors.DialectSh, script.Script{Name: "load", Version: 1, Sh: "PATH=/nonexistent\n" + text}, Nonce, nil)
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	cmd := sh.command(t, encoded, "-s")
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", sh, err, errs.String())
	}
	stdout, whole := strings.CutSuffix(out.String(), "@@"+Nonce+" DONE\n")
	if !whole {
		t.Errorf("%s did not come to its end: %q", sh, stdout)
	}
	return stdout, errs.String()
}
