package knownhosts

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"
	"pgregory.net/rapid"
)

// The words of the generated files are few, so that they meet often.
var (
	drawName = rapid.SampledFrom([]string{"a", "b", "ab", "a.x", "b.x", "10.0.0.1", "::1", "2001:db8::1"})
	drawPort = rapid.SampledFrom([]string{"22", "22", "22", "2222", "222"})
	drawGlob = rapid.SampledFrom([]string{"*.x", "a*x", "*1", "?", "??", "a?x", "*"})
	drawKey  = rapid.IntRange(1, 4)
)

func fileName(host, port string) string {
	if port == "22" {
		return host
	}
	return "[" + host + "]:" + port
}

// drawPattern leaves out what is read in two ways (see TestUnlikeXCrypto).
func drawPattern(t *rapid.T) string {
	host, port := drawName.Draw(t, "host"), drawPort.Draw(t, "port")
	if rapid.IntRange(0, 3).Draw(t, "glob") == 0 {
		host = drawGlob.Draw(t, "pattern")
		if port == "22" {
			host = strings.ReplaceAll(host, "*", "?")
		}
	}
	return fileName(host, port)
}

func drawHosts(t *rapid.T) string {
	if rapid.IntRange(0, 4).Draw(t, "hashed") == 0 {
		return hashName(fileName(drawName.Draw(t, "host"), drawPort.Draw(t, "port")), rapid.Byte().Draw(t, "salt"))
	}
	var list []string
	for range rapid.IntRange(1, 3).Draw(t, "patterns") {
		p := drawPattern(t)
		if rapid.IntRange(0, 5).Draw(t, "negated") == 0 {
			p = "!" + p
		}
		list = append(list, p)
	}
	return strings.Join(list, ",")
}

func drawFile(t *rapid.T) string {
	var s strings.Builder
	for range rapid.IntRange(0, 6).Draw(t, "lines") {
		if rapid.IntRange(0, 8).Draw(t, "comment") == 0 {
			s.WriteString("# comment\n\n")
		}
		if rapid.IntRange(0, 8).Draw(t, "revoked") == 0 {
			s.WriteString("@revoked ")
		}
		fmt.Fprintf(&s, "%s %s\n", drawHosts(t), text(testKey(byte(drawKey.Draw(t, "key"))).PublicKey()))
	}
	return s.String()
}

// theirVerdict puts the answer of x/crypto into the words of verdict.
func theirVerdict(err error) string {
	if _, ok := errors.AsType[*xknownhosts.RevokedError](err); ok {
		return "revoked"
	}
	if e, ok := errors.AsType[*xknownhosts.KeyError](err); ok {
		if len(e.Want) > 0 {
			return "changed"
		}
		return "unknown"
	}
	return verdict(err)
}

func TestLikeXCrypto(t *testing.T) {
	path := filepath.Join(t.TempDir(), "known_hosts")
	seen := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		content := drawFile(t)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := Load([]string{path})
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := xknownhosts.New(path)
		if err != nil {
			t.Fatalf("the file was meant to be good for both: %v", err)
		}
		for range 8 {
			addr := net.JoinHostPort(drawName.Draw(t, "host"), drawPort.Draw(t, "port"))
			key := testKey(byte(drawKey.Draw(t, "key"))).PublicKey()
			want := theirVerdict(theirs(addr, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 22}, key))
			seen[want]++
			if got := verdict(db.Check(addr, nil, key)); got != want {
				t.Errorf("%s: %s, x/crypto says %s, file:\n%s", addr, got, want, content)
			}
		}
	})
	for _, v := range []string{"ok", "unknown", "changed", "revoked"} {
		if seen[v] == 0 {
			t.Errorf("no file led to %q: %v", v, seen)
		}
	}
}

// Where x/crypto and the client of OpenSSH read a line in two ways, OpenSSH is
// followed, for operators look at their files with its tools.
func TestUnlikeXCrypto(t *testing.T) {
	k := testKey(1).PublicKey()
	for _, tc := range []struct{ name, line, addr, ours, theirs string }{
		{"capitals", "WEB ", "web:22", "ok", "unknown"},
		{"a lone star takes every port", "* ", "web:2222", "ok", "unknown"},
		{"brackets with the default port", "[web]:22 ", "web:22", "unknown", "ok"},
		{"a port without brackets", "web:2222 ", "web:2222", "unknown", "ok"},
		{"a star at the end may be empty", "web* ", "web:22", "ok", "unknown"},
		{"a star in the port", "[web]:* ", "web:2222", "ok", "unknown"},
		{"authorities are no host keys", "@cert-authority web ", "web:22", "unknown", "ok"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := write(t, tc.line+text(k))
			theirs, err := xknownhosts.New(path)
			if err != nil {
				t.Fatal(err)
			}
			if got := theirVerdict(theirs(tc.addr, &net.TCPAddr{}, k)); got != tc.theirs {
				t.Errorf("x/crypto: %s, want %s", got, tc.theirs)
			}
			if got := verdict(mustLoad(t, path).Check(tc.addr, nil, k)); got != tc.ours {
				t.Errorf("%s, want %s", got, tc.ours)
			}
		})
	}
}

var _ ssh.HostKeyCallback = (*DB)(nil).Check
