package updatestest

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/script"
)

// Shell is a shell that a host may have: its command line.
type Shell []string

// String is the shell's name.
func (s Shell) String() string { return s[0] }

// command is the shell with more words and input.
func (s Shell) command(t testing.TB, input []byte, words ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), s[0], slices.Concat(s[1:], words)...)
	cmd.Stdin = bytes.NewReader(input)
	return cmd
}

// Shells are those of sh, dash, bash and busybox that this machine has, but for
// the exceptions. sh must be there.
func Shells(t testing.TB, except ...string) []Shell {
	t.Helper()
	var found []Shell
	for _, s := range []Shell{{"sh"}, {"dash"}, {"bash", "--posix"}, {"busybox", "sh"}} {
		_, err := exec.LookPath(s[0])
		if s[0] == "sh" && err != nil {
			t.Fatal(err)
		}
		if err == nil && !slices.Contains(except, s[0]) {
			found = append(found, s)
		}
	}
	return found
}

// Host is a directory of fake commands. A command that is not faked is the
// machine's own.
type Host struct {
	t testing.TB
	// Dir holds the files of the host; its commands are in bin.
	Dir string
}

// NewHost returns a host without any command of its own.
func NewHost(t testing.TB) Host {
	t.Helper()
	h := Host{t, t.TempDir()}
	if err := os.Mkdir(filepath.Join(h.Dir, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	return h
}

// Command adds a fake command. Each call of it is written down; then body runs,
// which finds the host's directory in $FAKE.
func (h Host) Command(name, body string) {
	h.t.Helper()
	h.Write(filepath.Join("bin", name), "#!/bin/sh\nFAKE='"+h.Dir+"'\necho \""+name+" $*\" >>\"$FAKE/calls\"\n"+body+"\n")
	if err := os.Chmod(h.Path("bin", name), 0o700); err != nil { //nolint:gosec // a command is executable
		h.t.Fatal(err)
	}
}

// Calls returns the arguments of each call of a fake command.
func (h Host) Calls(name string) []string {
	h.t.Helper()
	var list []string
	for line := range strings.SplitSeq(h.Read("calls"), "\n") {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			list = append(list, rest)
		}
	}
	return list
}

// Path is the path of a file of the host.
func (h Host) Path(words ...string) string {
	return filepath.Join(append([]string{h.Dir}, words...)...)
}

// Write writes a file of the host and makes its directory.
func (h Host) Write(name, text string) {
	h.t.Helper()
	if err := os.MkdirAll(filepath.Dir(h.Path(name)), 0o700); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(h.Path(name), []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// Read reads a file of the host, "" if there is none.
func (h Host) Read(name string) string {
	h.t.Helper()
	b, err := os.ReadFile(h.Path(name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		h.t.Fatal(err)
	}
	return string(b)
}

// Run sends a script to one shell, the fakes first in PATH, and returns its
// answer, which must be whole, and its status.
func (h Host) Run(sh Shell, s script.Script, args map[string]string) (framing.Answer, int) {
	h.t.Helper()
	s.Sh = "PATH='" + h.Dir + "/bin':$PATH\n" + s.Sh
	encoded, err := script.Encode(connectors.DialectSh, s, Nonce, args)
	if err != nil {
		h.t.Fatal(err)
	}
	cmd := sh.command(h.t, encoded, "-s")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() < 0) {
		h.t.Fatalf("%s: %v", sh, err)
	}
	a := framing.Parse(Nonce, stdout.Bytes(), stderr.Bytes())
	if !a.Complete {
		h.t.Fatalf("%s: not a whole answer:\n%s\n%s", sh, stdout.Bytes(), stderr.Bytes())
	}
	return a, cmd.ProcessState.ExitCode()
}
