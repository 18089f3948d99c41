package knownhosts

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"
)

func readAll(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAddMakesTheFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "etc", "patchwave")
	path := filepath.Join(dir, "known_hosts")
	db := mustLoad(t, path)
	k := testKey(1).PublicKey()
	for _, host := range []string{"Web:22", "web:2222", "[2001:db8::1]:22", "[2001:db8::1]:2222", "web:22"} {
		if err := db.Add(host, k); err != nil {
			t.Fatal(err)
		}
		if err := db.Check(host, nil, k); err != nil {
			t.Error(err)
		}
	}
	want := ""
	for _, name := range []string{"web", "[web]:2222", "2001:db8::1", "[2001:db8::1]:2222"} {
		want += name + " " + text(k) + "\n"
	}
	if diff := cmp.Diff(want, readAll(t, path)); diff != "" {
		t.Error(diff)
	}
	for name, mode := range map[string]os.FileMode{path: 0o600, dir: 0o700} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != mode {
			t.Errorf("%s is %o", name, info.Mode().Perm())
		}
	}
	if got := db.Algorithms("web:22"); len(got) != 1 || got[0] != "ssh-ed25519" {
		t.Error(got)
	}
}

func TestAddRefuses(t *testing.T) {
	k1, k2, k3 := testKey(1).PublicKey(), testKey(2).PublicKey(), testKey(3).PublicKey()
	path := write(t, "web "+text(k1), "@revoked * "+text(k3))
	before := readAll(t, path)
	db := mustLoad(t, path)
	for _, tc := range []struct {
		addr string
		key  ssh.PublicKey
		want string
	}{
		{"web:22", k2, "changed"},
		{"new:22", k3, "revoked"},
		{"a b:22", k2, "error"},
		{"a,b:22", k2, "error"},
		{"*:22", k2, "error"},
		{"!a:22", k2, "error"},
		{"|1|a:22", k2, "error"},
		{"@revoked:22", k2, "error"},
		{"#a:22", k2, "error"},
		{"a\nb:22", k2, "error"},
		{"müller:22", k2, "error"},
		{"noport", k2, "error"},
	} {
		if got := verdict(db.Add(tc.addr, tc.key)); got != tc.want {
			t.Errorf("%q: %s, want %s", tc.addr, got, tc.want)
		}
	}
	if diff := cmp.Diff(before, readAll(t, path)); diff != "" {
		t.Error(diff)
	}
	for _, files := range [][]string{nil, {os.DevNull}, {os.DevNull, path}} {
		if err := mustLoad(t, files...).Add("new:22", k1); err == nil {
			t.Errorf("added to %q", files)
		}
	}
}

func TestAddEndsTheLastLine(t *testing.T) {
	k1, k2, k3 := testKey(1).PublicKey(), testKey(2).PublicKey(), testKey(3).PublicKey()
	path := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(path, []byte("# x\nold "+text(k1)), 0o600); err != nil {
		t.Fatal(err)
	}
	db := mustLoad(t, path)
	for host, k := range map[string]ssh.PublicKey{"a": k2, "b": k3} {
		if err := db.Add(host+":22", k); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(readAll(t, path), "\n"); n != 4 {
		t.Errorf("%d lines in %q", n, readAll(t, path))
	}
	fresh := mustLoad(t, path)
	for _, host := range []string{"old", "a", "b"} {
		want, _ := errors.AsType[*ChangedError](fresh.Check(host+":22", nil, testKey(9).PublicKey()))
		got, _ := errors.AsType[*ChangedError](db.Check(host+":22", nil, testKey(9).PublicKey()))
		if want == nil || got == nil || want.Want[0] != got.Want[0] {
			t.Errorf("%s: %v, want %v", host, got, want)
		}
	}
}

// Another process may have met the host first: its line counts.
func TestAddSeesWhatOthersAdded(t *testing.T) {
	k1, k2 := testKey(1).PublicKey(), testKey(2).PublicKey()
	path := write(t, "# empty")
	first, second := mustLoad(t, path), mustLoad(t, path)
	if got := verdict(second.Check("wild.example:22", nil, k2)); got != "unknown" { // fills the memory
		t.Fatal(got)
	}
	if err := first.Add("web:22", k1); err != nil {
		t.Fatal(err)
	}
	if got := verdict(second.Add("web:22", k2)); got != "changed" {
		t.Error(got)
	}
	if err := second.Check("web:22", nil, k1); err != nil {
		t.Error(err)
	}
	appendTo(t, path, "*.example "+text(k1)+"\n"+hashName("hidden", 4)+" "+text(k1)+"\n")
	for _, host := range []string{"wild.example:22", "hidden:22"} {
		if got := verdict(second.Add(host, k2)); got != "changed" {
			t.Errorf("%s: %s", host, got)
		}
	}
}

func appendTo(t testing.TB, path, s string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(readAll(t, path)+s), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAddAfterLinesWereTakenOut(t *testing.T) {
	k1, k2 := testKey(1).PublicKey(), testKey(2).PublicKey()
	path := write(t, "a "+text(k1), "b "+text(k1), "c "+text(k1))
	db := mustLoad(t, path)
	if err := os.WriteFile(path, []byte("a "+text(k1)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := db.Add("d:22", k2); err != nil {
		t.Fatal(err)
	}
	changed, ok := errors.AsType[*ChangedError](db.Check("d:22", nil, k1))
	if !ok || changed.Want[0].Line != 2 {
		t.Error(changed)
	}
}

func TestAddRefusesAFileThatBecameOpenToAll(t *testing.T) {
	path := write(t, "# x")
	db := mustLoad(t, path)
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := db.Add("web:22", testKey(1).PublicKey()); err == nil || !strings.Contains(err.Error(), "chmod o-w") {
		t.Error(err)
	}
}

func TestAddCertificateKeepsItsKey(t *testing.T) {
	path := write(t)
	db := mustLoad(t, path)
	host := testKey(3).PublicKey()
	if err := db.Add("web:22", hostCert(t, testKey(1), host, "web", nil)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(readAll(t, path), "web "+text(host)+"\n") {
		t.Error(readAll(t, path))
	}
}

// Many goroutines in two databases of one file, as two processes would.
func TestAddConcurrently(t *testing.T) {
	const hosts = 60
	path := filepath.Join(t.TempDir(), "known_hosts")
	dbs := []*DB{mustLoad(t, path), mustLoad(t, path)}
	var wg sync.WaitGroup
	var mu sync.Mutex
	winners := map[string]int{}
	for i := range hosts {
		for j, db := range dbs {
			wg.Go(func() {
				addr := fmt.Sprintf("host-%d:22", i)
				key := testKey(byte(j + 1)).PublicKey()
				err := db.Add(addr, key)
				_, changed := errors.AsType[*ChangedError](err)
				if err != nil && !changed {
					t.Error(err)
				}
				if got := verdict(db.Check(addr, nil, key)); (got == "ok") != (err == nil) {
					t.Errorf("%s: added %v, then %s", addr, err, got)
				}
				if err == nil {
					mu.Lock()
					winners[addr]++
					mu.Unlock()
				}
				_ = db.Algorithms(addr)
				_ = db.Problems()
			})
		}
	}
	wg.Wait()
	for addr, n := range winners {
		if n != 1 {
			t.Errorf("%s has %d keys", addr, n)
		}
	}
	if len(winners) != hosts {
		t.Errorf("%d hosts", len(winners))
	}
	lines := strings.Split(strings.TrimSuffix(readAll(t, path), "\n"), "\n")
	if len(lines) != hosts {
		t.Errorf("%d lines", len(lines))
	}
	for _, s := range lines {
		if _, ok, problem := parseLine(s); !ok {
			t.Errorf("%q: %s", s, problem)
		}
	}
}
