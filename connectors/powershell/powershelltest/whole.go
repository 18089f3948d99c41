// Package powershelltest looks at programs of PowerShell as they are put together:
// bodies stand alone in the tree, and what they need is put before them in Go.
package powershelltest

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"patchwave/connectors/framing"
	"patchwave/connectors/powershell"
)

var (
	here     = regexp.MustCompile(`(?s)@'\n(.*?)\n'@`)
	masks    = regexp.MustCompile(`(?m)'(?:[^'\n]|'')*'|"(?:[^"\n` + "`" + `]|` + "`" + `.)*"|(^|\s)#.*$`)
	defines  = regexp.MustCompile(`(?m)^\s*function\s+([A-Za-z][\w-]*)`)
	commands = regexp.MustCompile(`[^\w$.:-]([A-Z][A-Za-z]+-[A-Z]\w+)\b`)
	plain    = regexp.MustCompile(`[^\w$.'-]((?:winupdate|scan)_\w+)\b`)
	listed   = regexp.MustCompile(`(?m)^([A-Za-z]+-[A-Za-z]+): `)
)

// Whole holds a body that a host is sent to what it calls: each function of ours is
// defined in it, and once. Programs that it carries as data are held to the same.
func Whole(t *testing.T, body string) {
	t.Helper()
	program, err := powershell.Encode(framing.Call{Name: "x", Version: 1, Nonce: "00", Body: body})
	if err != nil {
		t.Fatal(err)
	}
	Alone(t, string(program))
}

// Alone is Whole for a program that is not a call: nothing stands before it.
func Alone(t *testing.T, program string) {
	t.Helper()
	for _, p := range problems(program, cmdlets(t)) {
		t.Error(p)
	}
}

// problems are what a program lacks or has twice; known are the commands of Windows.
func problems(program string, known map[string]bool) (out []string) {
	for _, carried := range here.FindAllStringSubmatch(program, -1) {
		if strings.Contains(carried[1], "\nfunction ") {
			out = append(out, problems(carried[1], known)...)
		}
	}
	known = maps.Clone(known)
	code := masks.ReplaceAllString(here.ReplaceAllString(program, "''"), " ")
	for _, m := range defines.FindAllStringSubmatch(code, -1) {
		name := strings.ToLower(m[1])
		if known[name] {
			out = append(out, "function "+m[1]+" is defined twice, or is Windows' own")
		}
		known[name] = true
	}
	for _, calls := range []*regexp.Regexp{commands, plain} {
		for _, m := range calls.FindAllStringSubmatch(code, -1) {
			if name := strings.ToLower(m[1]); !known[name] {
				out = append(out, m[1]+" is called and stands nowhere in the program")
				known[name] = true
			}
		}
	}
	return out
}

// cmdlets are the commands that Windows PowerShell itself has, as CI knows them.
func cmdlets(t *testing.T) map[string]bool {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above this directory")
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, ".ci", "powershell", "commands.txt"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, m := range listed.FindAllStringSubmatch(string(text), -1) {
		found[strings.ToLower(m[1])] = true
	}
	return found
}
