package updatestest

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/inventory"
)

var answerChecks = []check{
	{"an empty answer is a failure that says why", emptyAnswers},
	{"silence is never success", silentAnswers},
	{"recordings come out in form", recordings},
	{"answers that are cut off come out in form", truncatedAnswers},
	{"hostile answers come out in form", hostileAnswers},
	{"the parsers are pure", pureParsers},
}

func emptyAnswers(t *testing.T, m updates.Manager, opt Options) {
	for name, a := range map[string]framing.Answer{
		"nothing": {}, "a whole answer of nothing": {Complete: true}, "frames of somebody else": Frames("other.scan", "x", "other.sim", "y", "other.install", "z"),
	} {
		report(t, name, checkAnswer(m, a, opt))
		failed(t, name, m, a)
	}
}

// silentAnswers takes every word from an answer and lets every command fail, as
// if there were no such command.
func silentAnswers(t *testing.T, m updates.Manager, opt Options) {
	for _, r := range Recordings(t) {
		a := r.Answer()
		for i := range a.Frames {
			a.Frames[i] = framing.Frame{Name: a.Frames[i].Name, RC: 127}
		}
		report(t, r.Name, checkAnswer(m, a, opt))
		failed(t, r.Name, m, a)
	}
}

// failed expects that nothing succeeded, and that it says so.
func failed(t *testing.T, name string, m updates.Manager, a framing.Answer) {
	t.Helper()
	if l := m.ParseScan(a); l.State != inventory.ScanFailed || l.Problem == nil || len(l.Updates) > 0 {
		t.Errorf("%s: a listing: %+v", name, l)
	}
	for _, frame := range frames(m) {
		if s := m.ParseSimulation(a, frame, nil); s.OK || s.Problem == nil {
			t.Errorf("%s: a simulation in %s: %+v", name, frame, s)
		}
	}
	if o := m.ParseInstall(a); o.Claimed || o.Problem == nil {
		t.Errorf("%s: an installation: %+v", name, o)
	}
}

func recordings(t *testing.T, m updates.Manager, opt Options) {
	for _, r := range Recordings(t) {
		report(t, r.Name, checkAnswer(m, r.Answer(), opt))
	}
}

// cuts is in how many places each stream is cut off, beside the ends of frames.
const cuts = 24

func truncatedAnswers(t *testing.T, m updates.Manager, opt Options) {
	for _, r := range Recordings(t) {
		for _, out := range prefixes(r.Out) {
			a := framing.Parse(Nonce, []byte(out), []byte(r.Stderr))
			report(t, r.Name, checkAnswer(m, a, opt))
		}
		for _, stderr := range prefixes(r.Stderr) {
			a := framing.Parse(Nonce, []byte(r.Out), []byte(stderr))
			report(t, r.Name, checkAnswer(m, a, opt))
		}
	}
}

func prefixes(s string) []string {
	var list []string
	for i := range cuts {
		list = append(list, s[:len(s)*i/cuts])
	}
	for i := range len(s) {
		if strings.HasPrefix(s[i:], "\n@@") {
			list = append(list, s[:i+1])
		}
	}
	return list
}

// spoils change what a host says in each frame.
var spoils = map[string]func(framing.Frame) framing.Frame{
	"fails":                func(f framing.Frame) framing.Frame { f.RC = 1; return f },
	"killed":               func(f framing.Frame) framing.Frame { f.RC = 137; return f },
	"no status":            func(f framing.Frame) framing.Frame { f.RC = 255; return f },
	"succeeds":             func(f framing.Frame) framing.Frame { f.RC = 0; return f },
	"says nothing":         func(f framing.Frame) framing.Frame { f.Out, f.Err = nil, nil; return f },
	"streams change seats": func(f framing.Frame) framing.Frame { f.Out, f.Err = f.Err, f.Out; return f },
	"says it twice":        both(func(b []byte) []byte { return slices.Concat(b, []byte("\n"), b) }),
	"lines in disorder":    both(reversed),
	"names are commands":   both(replaced("a", "$(id)")),
	"names are options":    both(replaced("\n", "\n-")),
	"words are paths":      both(replaced(" ", " ../../")),
	"versions are paths":   both(replaced("1", "/")),
	"versions are empty":   both(replaced("1", "")),
	"quotes":               both(replaced(".", "'\"")),
	"terminal":             both(replaced(" ", " \x1b[31m\x07")),
	"columns":              both(replaced(" ", "\t")),
	"tabs are gone":        both(replaced("\t", " ")),
	"fields are empty":     both(replaced("\t", "\t\t")),
	"one line":             both(replaced("\n", " ")),
	"line ends of windows": both(replaced("\n", "\r\n")),
	"no text":              both(replaced("e", "\xff\xfe\x00")),
	"not ASCII":            both(replaced("o", "о\u202e")),
	"long words":           both(replaced("b", strings.Repeat("b", 300))),
	"a long line":          both(func(b []byte) []byte { return slices.Concat(b, bytes.Repeat([]byte("x "), 1<<12)) }),
	"negative":             both(replaced("\t", "\t-")),
	"huge numbers":         both(replaced("2", "99999999999999999999")),
}

func both(change func([]byte) []byte) func(framing.Frame) framing.Frame {
	return func(f framing.Frame) framing.Frame {
		f.Out, f.Err = change(f.Out), change(f.Err)
		return f
	}
}

func replaced(old, with string) func([]byte) []byte {
	return func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(old), []byte(with)) }
}

func reversed(b []byte) []byte {
	lines := bytes.Split(b, []byte("\n"))
	slices.Reverse(lines)
	return bytes.Join(lines, []byte("\n"))
}

func hostileAnswers(t *testing.T, m updates.Manager, opt Options) {
	for _, r := range Recordings(t) {
		for name, spoil := range spoils {
			a := r.Answer()
			for i := range a.Frames {
				a.Frames[i] = spoil(a.Frames[i])
			}
			report(t, r.Name+": "+name, checkAnswer(m, a, opt))
		}
	}
}

// pureParsers reads each recording twice: the same comes out, and the answer is
// as it was.
func pureParsers(t *testing.T, m updates.Manager, _ Options) {
	for _, r := range Recordings(t) {
		a := r.Answer()
		twice(t, r.Name, func() any { return m.ParseScan(a) })
		twice(t, r.Name, func() any { return m.ParseInstall(a) })
		for _, frame := range frames(m) {
			twice(t, r.Name, func() any { return m.ParseSimulation(a, frame, nil) })
		}
		if diff := cmp.Diff(r.Answer(), a); diff != "" {
			t.Errorf("%s: the answer was changed (-want +got):\n%s", r.Name, diff)
		}
	}
}

func twice(t *testing.T, name string, read func() any) {
	t.Helper()
	if diff := cmp.Diff(read(), read()); diff != "" {
		t.Errorf("%s: read again it differs (-first +second):\n%s", name, diff)
	}
}

func report(t *testing.T, name string, wrong []string) {
	t.Helper()
	for _, w := range wrong {
		t.Errorf("%s: %.1000s", name, w)
	}
}
