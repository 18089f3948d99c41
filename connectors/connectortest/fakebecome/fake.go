package fakebecome

import (
	_ "embed" // the programs
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The programs.
//
//go:embed sudo.sh
var sudo string

//go:embed doas.sh
var doas string

//go:embed su.sh
var su string

// Dir is a directory to put in front of PATH.
type Dir struct {
	Path string
	t    testing.TB
}

// New makes the programs. mode is one of the cases in the scripts; password is
// what they accept, without quotes in it.
func New(t testing.TB, mode, password string) Dir {
	t.Helper()
	d := Dir{Path: t.TempDir(), t: t}
	for name, text := range map[string]string{"sudo": sudo, "doas": doas, "su": su} {
		d.write(name, text, 0o755)
	}
	d.Set(mode, password)
	return d
}

// Set changes the behaviour.
func (d Dir) Set(mode, password string) {
	d.t.Helper()
	d.write("conf", "mode='"+mode+"'\npassword='"+password+"'\n", 0o600)
}

func (d Dir) write(name, text string, mode fs.FileMode) {
	d.t.Helper()
	if err := os.WriteFile(filepath.Join(d.Path, name), []byte(text), mode); err != nil {
		d.t.Fatalf("make %s: %v", name, err)
	}
}

// Log is what the programs were given so far: a line for each call, and "tried"
// for each password that was read.
func (d Dir) Log() string {
	d.t.Helper()
	text, err := os.ReadFile(filepath.Join(d.Path, "log"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.t.Fatalf("read the log: %v", err)
	}
	return string(text)
}

// Tries is how many passwords were read.
func (d Dir) Tries() int { return strings.Count(d.Log(), "tried\n") }

// Calls is how often a program was started.
func (d Dir) Calls() int { return strings.Count(d.Log(), "\n") - d.Tries() }
