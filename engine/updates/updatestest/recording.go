package updatestest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"patchwave/connectors/framing"
)

// Nonce is the nonce of all recordings once they are read, and of the scripts
// that a Host runs.
const Nonce = "00ff"

// separator stands between the streams of a recording in one file.
const separator = "-- stderr --\n"

var mark = regexp.MustCompile(`(?m)^@@([0-9a-f]+) `)

// Recording is both streams of an answer.
type Recording struct {
	Name        string
	Out, Stderr string
}

// Answer is what the parsers see of the recording.
func (r Recording) Answer() framing.Answer {
	return framing.Parse(Nonce, []byte(r.Out), []byte(r.Stderr))
}

// Load reads the recording testdata/NAME, which must be a whole answer.
func Load(t testing.TB, name string) framing.Answer {
	t.Helper()
	a := read(t, name).Answer()
	if !a.Complete {
		t.Fatalf("testdata/%s is not a whole answer", name)
	}
	return a
}

// Recordings reads all of testdata, sorted by name.
func Recordings(t testing.TB) []Recording {
	t.Helper()
	entries, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); ext == ".txt" || ext == ".out" {
			names = append(names, strings.TrimSuffix(e.Name(), ext))
		}
	}
	if len(names) == 0 {
		t.Fatal("there is no recording in testdata")
	}
	slices.Sort(names)
	var list []Recording
	for _, name := range names {
		list = append(list, read(t, name))
	}
	return list
}

func read(t testing.TB, name string) Recording {
	t.Helper()
	if both, ok := file(t, name+".txt"); ok {
		out, errs, _ := strings.Cut(both, separator)
		return renonce(Recording{name, out, errs})
	}
	out, ok := file(t, name+".out")
	if !ok {
		t.Fatalf("there is no recording testdata/%s", name)
	}
	errs, _ := file(t, name+".err")
	return renonce(Recording{name, out, errs})
}

func file(t testing.TB, name string) (text string, ok bool) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return string(b), err == nil
}

// renonce gives a recording the one nonce. Its own is that of its first mark.
func renonce(r Recording) Recording {
	m := mark.FindStringSubmatch(r.Out)
	if m == nil {
		return r
	}
	r.Out = strings.ReplaceAll(r.Out, "@@"+m[1]+" ", "@@"+Nonce+" ")
	r.Stderr = strings.ReplaceAll(r.Stderr, "@@"+m[1]+" ", "@@"+Nonce+" ")
	return r
}

// Answer is a whole answer of frames.
func Answer(frames ...framing.Frame) framing.Answer {
	return framing.Answer{Frames: frames, Complete: true}
}

// Frame is a frame of lines on standard output.
func Frame(name string, rc int, lines ...string) framing.Frame {
	return framing.Frame{Name: name, RC: rc, Out: []byte(strings.Join(lines, "\n"))}
}

// Frames is a whole answer of frames with status 0: name, content, name, content …
func Frames(pairs ...string) framing.Answer {
	a := framing.Answer{Complete: true}
	for i := 0; i+1 < len(pairs); i += 2 {
		a.Frames = append(a.Frames, Frame(pairs[i], 0, pairs[i+1]))
	}
	return a
}

// Text is what a frame holds, without white space around it.
func Text(a framing.Answer, frame string) string {
	f, ok := a.Get(frame)
	if !ok {
		return "no frame " + frame
	}
	return strings.TrimSpace(string(f.Out))
}
