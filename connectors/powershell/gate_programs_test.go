//go:build programs

package powershell_test

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"patchwave/connectors/framing"
	"patchwave/connectors/powershell"
)

// TestWritePrograms writes every body as the whole program that a host gets, and all
// bodies of a directory as one, into the directory PATCHWAVE_PROGRAMS: something that
// can read PowerShell looks at them there.
func TestWritePrograms(t *testing.T) {
	out := os.Getenv("PATCHWAVE_PROGRAMS")
	if out == "" {
		t.Fatal("PATCHWAVE_PROGRAMS must name a directory")
	}
	all := scripts(t)
	together := map[string][]string{}
	write := func(name, body string) {
		program, err := powershell.Encode(framing.Call{Name: "x", Version: 1, Nonce: "00ff", Body: body, Args: map[string]string{"a": "it's \u2019 $(x)"}})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(out, strings.ReplaceAll(name, "/", "+")), program, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, in := range all {
		if kindOf(name, in) == body {
			write(name, in)
			together[path.Dir(name)] = append(together[path.Dir(name)], name)
		}
	}
	for dir, names := range together {
		slices.Sort(names)
		var b strings.Builder
		for _, name := range names {
			b.WriteString(all[name])
		}
		if len(names) > 1 {
			write(dir+"/all.ps1", b.String())
		}
	}
}
