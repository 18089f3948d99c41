package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/testscript"

	"patchwave/engine/report/safe"
)

// cmdCanary: a secret stands in the file that holds it, and nowhere else: not in
// the last output, not in any other file of the script, not in the command line
// or the environment of any process.
func cmdCanary(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: canary WORD")
	}
	word := []byte(args[0])
	for _, stream := range []string{"stdout", "stderr"} {
		if strings.Contains(ts.ReadFile(stream), args[0]) {
			ts.Fatalf("%s shows the secret", stream)
		}
	}
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline") // the pattern is good
	environ, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range append(files, environ...) {
		b, err := os.ReadFile(file)
		if err == nil && bytes.Contains(b, word) { // those that are gone or not ours are passed over
			ts.Fatalf("%s shows the secret", file)
		}
	}
	ts.Check(filepath.WalkDir(ts.Getenv("WORK"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || d.Name() == "sudo.pass" || filepath.Ext(path) == ".txt" {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if bytes.Contains(b, word) {
			ts.Fatalf("%s holds the secret", path)
		}
		return nil
	}))
}

// cmdClean: no byte of the last output can move a terminal or hide text.
func cmdClean(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: clean")
	}
	for _, stream := range []string{"stdout", "stderr"} {
		text := ts.ReadFile(stream)
		if !utf8.ValidString(text) {
			ts.Fatalf("%s is not UTF-8", stream)
		}
		for i, r := range text {
			if r != '\n' && r != '\t' && safe.Text(string(r)) != string(r) || r == '\r' || r == 0x1b || r == 0x202e {
				ts.Fatalf("%s has %U: %.60q", stream, r, text[max(0, i-30):])
			}
		}
	}
}
