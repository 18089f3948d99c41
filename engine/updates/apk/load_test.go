package apk

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchwave/connectors/posix"
)

// load reads an answer that was recorded from a real apk: what the scripts of
// this package printed, with nonce 00ff, both streams in one file. See the
// package comment for what it was recorded from.
func load(t testing.TB, name string) posix.Answer {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	out, errs, _ := strings.Cut(string(b), "-- stderr --\n")
	a := posix.Parse("00ff", []byte(out), []byte(errs))
	if !a.Complete {
		t.Fatalf("%s: the recording is not whole", name)
	}
	return a
}

// frames makes an answer of frames: name, content, name, content …
func frames(pairs ...string) posix.Answer {
	a := posix.Answer{Complete: true}
	for i := 0; i+1 < len(pairs); i += 2 {
		a.Frames = append(a.Frames, posix.Frame{Name: pairs[i], Out: []byte(pairs[i+1])})
	}
	return a
}
