package dnf5

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchwave/connectors/posix"
	"patchwave/engine/updates"
	"patchwave/inventory"
)

// nonce is the marker of all captured answers.
const nonce = "00112233445566778899aabbccddeeff"

// load reads testdata/NAME.out and .err: both streams of a whole answer, captured
// from dnf5 5.4.6.
func load(t testing.TB, name string) posix.Answer {
	t.Helper()
	stdout, err := os.ReadFile(filepath.Join("testdata", name+".out"))
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := os.ReadFile(filepath.Join("testdata", name+".err"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	a := posix.Parse(nonce, stdout, stderr)
	if !a.Complete {
		t.Fatalf("%s is not a whole answer", name)
	}
	return a
}

// answer makes an answer of frames.
func answer(frames ...posix.Frame) posix.Answer {
	return posix.Answer{Frames: frames, Complete: true}
}

func frame(name string, rc int, out ...string) posix.Frame {
	return posix.Frame{Name: name, RC: rc, Out: []byte(strings.Join(out, "\n"))}
}

// brief puts an update on one line, so that a whole listing can be read.
func brief(u inventory.Update) string {
	words := []string{u.Name + "." + u.Arch, or(u.From) + ">" + u.To, string(u.Classification) + "/" + string(u.Severity)}
	words = append(words, u.Advisories...)
	words = append(words, u.CVEs...)
	if !u.Published.IsZero() {
		words = append(words, u.Published.Format("2006-01-02"))
	}
	if u.Reboot {
		words = append(words, "reboot:"+u.RebootSource)
	}
	if u.BlockedBy != "" {
		words = append(words, "BLOCKED:"+string(u.BlockedBy))
	}
	return strings.Join(words, " ")
}

func briefs(list []inventory.Update) []string {
	lines := []string{}
	for _, u := range list {
		lines = append(lines, brief(u))
	}
	return lines
}

func changes(list []updates.Change) []string {
	lines := []string{}
	for _, c := range list {
		lines = append(lines, fmt.Sprintf("%s %s.%s %s>%s", c.Action, c.Name, c.Arch, or(c.From), or(c.To)))
	}
	return lines
}

func or(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// code is the code of a problem, or "".
func code(p *inventory.Problem) string {
	if p == nil {
		return ""
	}
	return p.Code
}
