package knownhosts

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLoadMissingFiles(t *testing.T) {
	there := write(t, "web "+text(testKey(1).PublicKey()))
	gone := filepath.Join(t.TempDir(), "none", "known_hosts")
	db := mustLoad(t, gone, os.DevNull, there, there)
	if diff := cmp.Diff([]string{gone}, db.Missing()); diff != "" {
		t.Error(diff)
	}
	if err := db.Check("web:22", nil, testKey(1).PublicKey()); err != nil {
		t.Error(err)
	}
	if got := verdict(mustLoad(t).Check("web:22", nil, testKey(1).PublicKey())); got != "unknown" {
		t.Error(got)
	}
}

func TestLoadReadsAllFiles(t *testing.T) {
	k1, k2 := testKey(1).PublicKey(), testKey(2).PublicKey()
	db := mustLoad(t, write(t, "web "+text(k1)), write(t, "web "+text(k2), "db "+text(k2)))
	for _, host := range []string{"web:22", "db:22"} {
		if err := db.Check(host, nil, k2); err != nil {
			t.Error(err)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	open := write(t, "web "+text(testKey(1).PublicKey()))
	if err := os.Chmod(open, 0o646); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ path, want string }{
		{open, "run `chmod o-w " + open + "`"},
		{t.TempDir(), "is not a regular file"},
	} {
		if _, err := Load([]string{tc.path}); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.path, err, tc.want)
		}
	}
}

func TestProblems(t *testing.T) {
	good := text(testKey(1).PublicKey())
	blob := strings.Fields(good)[1]
	path := write(t,
		"# fine",
		"web",
		"web ssh-ed25519",
		"web ssh-ed25519 "+blob[:64],
		"web ssh-ed25519 "+strings.Repeat("!", 68),
		"web ssh-foo "+blob,
		"web ssh-rsa "+blob,
		"@nobody web "+good,
		"@revoked @cert-authority web "+good,
		"|1|AAAA|BBBB "+good,
		"|2|"+hashName("web", 1)[3:]+" "+good,
		"@revoked * ssh-ed25519 "+blob[:40],
		"web 1024 35 1234567890",
		"web "+good+" comment",
	)
	db := mustLoad(t, path)
	var got []string
	for _, p := range db.Problems() {
		got = append(got, strings.TrimPrefix(p.String(), path))
	}
	want := []string{
		":2: not a line of host names, key type and key",
		":3: not a line of host names, key type and key",
		":4: key is cut short or too long",
		":5: key is not base64",
		":6: key type is not supported",
		":7: key is of another type than the word before it",
		":8: unknown marker; there are @cert-authority and @revoked",
		":9: two markers on a line",
		":10: hashed host name cannot be read",
		":11: hashed host name cannot be read",
		":12: revoked key cannot be read, so the line revokes nothing",
		":13: key type is not supported",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := db.Check("web:22", nil, testKey(1).PublicKey()); err != nil {
		t.Error(err)
	}
}

// A key that has the right form outside and is none inside is found out when it
// would matter, and does not make its host a known one.
func TestProblemFoundLate(t *testing.T) {
	k := testKey(1).PublicKey()
	blob := []byte(strings.Fields(text(k))[1])
	blob[60] = '!'
	path := write(t, "web ssh-ed25519 "+string(blob))
	db := mustLoad(t, path)
	if n := len(db.Problems()); n != 0 {
		t.Fatalf("%d problems before", n)
	}
	for range 2 {
		if got := verdict(db.Check("web:22", nil, k)); got != "unknown" {
			t.Error(got)
		}
	}
	want := []Problem{{File: path, Line: 1, Message: "key cannot be read"}}
	if diff := cmp.Diff(want, db.Problems()); diff != "" {
		t.Error(diff)
	}
	if got := db.Algorithms("web:22"); got != nil {
		t.Error(got)
	}
}
