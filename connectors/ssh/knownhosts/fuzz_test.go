package knownhosts

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzParseLine looks for lines that are read as something that they are not.
func FuzzParseLine(f *testing.F) {
	corpus, err := os.ReadFile(filepath.Join("testdata", "known_hosts"))
	if err != nil {
		f.Fatal(err)
	}
	for s := range strings.Lines(string(corpus)) {
		f.Add(strings.TrimSuffix(s, "\n"))
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, ok, problem := parseLine(s)
		if ok && problem != "" {
			t.Fatal("both a line and a problem")
		}
		if strings.ContainsAny(problem, "\n\x1b") {
			t.Fatalf("a problem quotes the line: %q", problem)
		}
		if !ok {
			return
		}
		for _, word := range []string{l.hosts, l.typ, l.blob} {
			if word == "" || strings.ContainsAny(word, " \t") || !strings.Contains(s, word) {
				t.Fatalf("%q is not a word of %q", word, s)
			}
		}
		// A line that was read is read the same way again.
		again, ok, _ := parseLine(map[marker]string{markNone: "", markCA: "@cert-authority ", markRevoked: "@revoked "}[l.marker] + l.hosts + " " + l.typ + " " + l.blob + " comment")
		if !ok || again != l {
			t.Fatalf("%q: %v, then %v", s, l, again)
		}
	})
}

// FuzzLoad reads whole files: nothing may panic, and a key that is in no line is
// never accepted.
func FuzzLoad(f *testing.F) {
	corpus, err := os.ReadFile(filepath.Join("testdata", "known_hosts"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(corpus), "web.example.com:22")
	stranger := testKey(99).PublicKey()
	f.Fuzz(func(t *testing.T, content, addr string) {
		var x index
		x.files = []string{"known_hosts"}
		x.grow(1)
		x.read(0, 1, content)
		db := &DB{x: x}
		if err := db.Check(addr, nil, stranger); err == nil && !strings.Contains(content, strings.Fields(text(stranger))[1][20:60]) {
			t.Fatal("accepted a key that is not there")
		}
		_ = db.Algorithms(addr)
	})
}
