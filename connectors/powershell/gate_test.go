package powershell_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"patchwave/connectors/framing"
	"patchwave/connectors/powershell"
)

// top is the directory of go.mod.
func top(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above this directory")
		}
		dir = filepath.Dir(dir)
	}
}

// scripts are all PowerShell scripts of the tree by their paths.
func scripts(t testing.TB) map[string]string {
	t.Helper()
	root, found := top(t), map[string]string{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && file != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules"):
			return filepath.SkipDir
		case d.IsDir() || path.Ext(d.Name()) != ".ps1":
			return nil
		}
		in, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, file)
		found[filepath.ToSlash(name)] = string(in)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// kindOf says for what a script is, by its place and its head.
func kindOf(name, in string) kind {
	switch base := path.Base(name); {
	case strings.HasSuffix(base, ".tests.ps1"):
		return tests
	case strings.HasPrefix(name, "examples/"):
		return operator
	case name == "connectors/powershell/prelude.ps1" || name == "connectors/powershell/epilogue.ps1":
		return frame
	case strings.HasPrefix(in, "# patchwave "):
		return bootstrap
	default:
		return body
	}
}

// prefix is what the names of a script may begin with: job-run.ps1 has JobRun.
func prefix(name string) string {
	var b strings.Builder
	base, _, _ := strings.Cut(path.Base(name), ".")
	for word := range strings.FieldsFuncSeq(base, func(r rune) bool { return r == '-' || r == '_' }) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// TestScripts holds every script of the tree to the rules of doc.go.
func TestScripts(t *testing.T) {
	all := scripts(t)
	own := map[string][]string{} // bodies of one directory are put together
	for name := range all {
		dir := path.Dir(name)
		own[dir] = append(own[dir], prefix(name), path.Base(dir))
		if strings.HasPrefix(dir+"/", "engine/restore/") {
			own[dir] = append(own[dir], "Rp") // restore points share their names, as they do in sh
		}
	}
	bodies := 0
	for name, in := range all {
		k := kindOf(name, in)
		for _, p := range problems(name, in, k, own[path.Dir(name)]) {
			t.Errorf("%s: %s", name, p)
		}
		if k != body {
			continue
		}
		bodies++
		program, err := powershell.Encode(framing.Call{Name: "x", Version: 1, Nonce: "00", Body: in})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := parse(string(program)); err != nil {
			t.Errorf("%s: the whole program: %v", name, err)
		}
	}
	if bodies == 0 || all["connectors/powershell/prelude.ps1"] == "" || all["connectors/powershell/epilogue.ps1"] == "" {
		t.Fatalf("%d bodies among %d scripts", bodies, len(all))
	}
}
