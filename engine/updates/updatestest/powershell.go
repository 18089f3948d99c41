package updatestest

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"patchwave/connectors"
	"patchwave/connectors/powershell"
	"patchwave/connectors/script"
	"patchwave/engine/updates"
)

// powershellChecks are the promises of a manager whose scripts are PowerShell; the
// rules for every such script are held by the tests of connectors/powershell. There
// is a PowerShell nowhere that these tests run.
var powershellChecks = []check{
	{"the shell defines what is promised", powershellFunctions},
	{"the scripts are whole programs", powershellPrograms},
}

// powershellPromised are the functions, without their prefix, of each part.
func powershellPromised() map[string][]string {
	return map[string][]string{
		"scan":     {"facts", "index_age", "refresh", "scan"},
		"simulate": {"simulate"},
		"job":      {"install", "keep", "rollback", "repair", "stage", "staged", "cache"},
	}
}

// literal is text of the script that is data to it, another program perhaps.
var literal = regexp.MustCompile(`(?s)@'\n.*?\n'@`)

var powershellFunction = regexp.MustCompile(`(?m)^function ([A-Za-z][A-Za-z0-9_-]*)`)

func powershellFunctions(t *testing.T, m updates.Manager, _ Options) {
	for _, p := range parts(m) {
		defined := map[string]bool{}
		for _, f := range powershellFunction.FindAllStringSubmatch(literal.ReplaceAllString(p.text, ""), -1) {
			name := f[1]
			if defined[strings.ToLower(name)] {
				t.Errorf("%s: function %s is defined twice", p.name, name)
			}
			defined[strings.ToLower(name)] = true
			if !strings.HasPrefix(name, m.Name()+"_") && !strings.Contains(name, "-Pw") {
				t.Errorf("%s: function %s is neither the manager's nor one that a test can replace", p.name, name)
			}
		}
		for part, names := range powershellPromised() {
			for _, name := range names {
				if has := defined[m.Name()+"_"+name]; has != (part == p.name) {
					t.Errorf("%s: function %s_%s of part %s: %v", p.name, m.Name(), name, part, has)
				}
			}
		}
	}
}

func powershellPrograms(t *testing.T, m updates.Manager, _ Options) {
	scan := script.Script{Name: "scan", Version: 1, PowerShell: m.Shell().Scan}
	all := []script.Script{scan, updates.SimulateScript(m), updates.InstallScript(m), updates.KeepScript(m), updates.RollbackScript(m), updates.StageScript(m)}
	for _, s := range all {
		if s.Sh != "" {
			t.Errorf("script %s has a body in sh", s.Name)
		}
		program, err := script.Encode(connectors.DialectPowerShell, s, Nonce, map[string]string{"want": "a\tb"})
		if err != nil {
			t.Errorf("script %s: %v", s.Name, err)
			continue
		}
		if call, err := powershell.Decode(program); err != nil || call.Name != s.Name || call.Args["want"] != "a\tb" {
			t.Errorf("script %s is read as %+v, %v", s.Name, call, err)
		}
		if _, err := script.Encode(connectors.DialectSh, s, Nonce, nil); connectors.CodeOf(err) != connectors.CodeUnsupported {
			t.Errorf("script %s exists in sh: %v", s.Name, err)
		}
	}
	if slices.ContainsFunc(parts(m), func(p part) bool { return p.text == "" }) {
		t.Error("a part is empty")
	}
}
