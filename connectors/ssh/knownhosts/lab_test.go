//go:build lab

package knownhosts

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestLikeSSHKeygen compares which lines name a host with what "ssh-keygen -F"
// of the installed OpenSSH prints. It needs ssh-keygen, no root and no network.
func TestLikeSSHKeygen(t *testing.T) {
	tool, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("no ssh-keygen")
	}
	path := filepath.Join(t.TempDir(), "known_hosts")
	rapid.Check(t, func(t *rapid.T) {
		content := drawLoose(t)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := Load([]string{path})
		if err != nil {
			t.Fatal(err)
		}
		for range 4 {
			name := fileName(drawName.Draw(t, "host"), drawPort.Draw(t, "port"))
			out, err := exec.Command(tool, "-F", name, "-f", path).Output()
			if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() != 1) {
				t.Fatal(err)
			}
			want := foundLines(string(out))
			if got := ourLines(db, name); got != want {
				t.Errorf("%s: lines %s, ssh-keygen finds %s in\n%s", name, got, want, content)
			}
		}
	})
}

// drawLoose makes files with everything that drawFile leaves out for x/crypto.
func drawLoose(t *rapid.T) string {
	extra := rapid.SampledFrom([]string{"", "", "*", "[*", "A.X", "[a]:*", "[b]:22", "b:2222", "!", "!*.x,*", "[A]:2222"})
	lines := strings.SplitAfter(drawFile(t), "\n")
	for i, s := range lines {
		if e := extra.Draw(t, "extra"); e != "" && s != "" && !strings.ContainsAny(s[:1], "#@|\n") {
			lines[i] = e + "," + s
		}
		if s != "" && s[0] != '@' && s[0] != '#' && s[0] != '\n' && rapid.IntRange(0, 5).Draw(t, "ca") == 0 {
			lines[i] = "@cert-authority " + lines[i]
		}
	}
	return strings.Join(lines, "")
}

// foundLines reads "# Host a found: line 3 CA".
func foundLines(out string) string {
	var found []string
	for s := range strings.Lines(out) {
		if _, n, ok := strings.Cut(s, " found: line "); ok && s[0] == '#' {
			if n = strings.TrimSpace(n); !strings.HasSuffix(n, "REVOKED") {
				found = append(found, n)
			}
		}
	}
	return fmt.Sprint(found)
}

func ourLines(db *DB, name string) string {
	hit := map[int32]bool{}
	for _, id := range db.hashed(db.named(nil, name), name) {
		hit[id] = true
	}
	found := []string{}
	for id, e := range db.x.entries {
		mark := ""
		switch e.marker {
		case markCA:
			mark = " CA"
		case markRevoked:
			continue // revoked everywhere: not a matter of names
		case markNone:
		}
		if hit[int32(id)] {
			found = append(found, fmt.Sprint(e.line, mark))
		}
	}
	return fmt.Sprint(found)
}
