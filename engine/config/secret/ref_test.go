package secret_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchwave/connectors"
	"patchwave/engine/config/secret"
)

var _ connectors.Secret = (*secret.Ref)(nil)

const value = "s3cr3t-c4n4ry"

func write(t *testing.T, dir, name string, mode os.FileMode, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReveal(t *testing.T) {
	dir := t.TempDir()
	file := write(t, dir, "pw", 0o600, value+"\n")
	write(t, dir, "readonly", 0o400, value+"\r\n")
	write(t, dir, "lines", 0o600, value+"\n\n")
	env := map[string]string{"CREDENTIALS_DIRECTORY": dir, "PW": value}
	src := secret.Source{Dir: dir, Home: dir, Env: func(n string) (string, bool) { v, ok := env[n]; return v, ok }}
	for ref, want := range map[string]string{
		"cred:pw": value, "cred:readonly": value, "env:PW": value, "file:pw": value, "file:" + file: value, "file:~/pw": value,
		"file:./x/../pw": value, "file:lines": value + "\n",
	} {
		r, err := secret.New(ref, src)
		if err != nil {
			t.Errorf("%s: %v", ref, err)
			continue
		}
		got, err := r.Reveal(t.Context())
		if err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", ref, got, err)
		}
		if r.Ref() != ref {
			t.Errorf("%s: the reference is %q", ref, r.Ref())
		}
	}
}

func TestRevealRefuses(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "loose", 0o640, value)
	write(t, dir, "world", 0o604, value)
	write(t, dir, "exec", 0o700, value)
	write(t, dir, "empty", 0o600, "\n")
	write(t, dir, "large", 0o600, strings.Repeat("x", 64<<10+1))
	pw := write(t, dir, "pw", 0o600, value)
	if err := os.Symlink(pw, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	src := secret.Source{Dir: dir, Env: func(n string) (string, bool) { return dir, n == "CREDENTIALS_DIRECTORY" }}
	tests := map[string]string{
		"file:loose":  "has mode 0640; it must be 0600 or 0400: run chmod 0600 on it",
		"file:world":  "has mode 0604",
		"file:exec":   "has mode 0700",
		"file:empty":  "it is empty",
		"file:large":  "is larger than 64 KiB",
		"file:link":   "is a symbolic link; name the file itself",
		"cred:link":   "is a symbolic link",
		"file:folder": "is not a regular file",
		"file:none":   "no such file",
		"cred:none":   "no such file",
		"env:PW":      "environment variable PW is not set",
	}
	if os.Geteuid() == 0 {
		if err := os.Chown(write(t, dir, "foreign", 0o600, value), 54321, 0); err != nil {
			t.Fatal(err)
		}
		tests["file:foreign"] = "belongs to user 54321"
	}
	for ref, want := range tests {
		r, err := secret.New(ref, src)
		if err != nil {
			t.Errorf("%s: %v", ref, err)
			continue
		}
		got, err := r.Reveal(t.Context())
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), ref) {
			t.Errorf("%s: %q, %v", ref, got, err)
		}
		if err != nil && strings.Contains(err.Error(), value) {
			t.Errorf("%s: the value is in the error: %v", ref, err)
		}
	}
}

func TestRevealWithoutSystemd(t *testing.T) {
	for _, dir := range []string{"", "relative"} {
		r, err := secret.New("cred:sudo", secret.Source{Env: func(string) (string, bool) { return dir, dir != "" }})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Reveal(t.Context()); err == nil || !strings.Contains(err.Error(), "add LoadCredential=sudo:PATH to the systemd unit") {
			t.Errorf("%q: %v", dir, err)
		}
	}
}

func TestRevealCancelled(t *testing.T) {
	r, err := secret.New("env:PW", secret.Source{Env: func(string) (string, bool) { return value, true }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := r.Reveal(ctx); err == nil {
		t.Errorf("revealed %q after the context ended", got)
	}
}

func TestNew(t *testing.T) {
	for ref, want := range map[string]error{
		value: secret.ErrScheme, "": secret.ErrScheme, "pw:" + value: secret.ErrScheme, "CRED:x": secret.ErrScheme,
		"age:": nil, "age:~/x": nil, "exec:": nil, "exec: ": nil, "exec:pass 'x": nil, "exec:''": nil, "exec:a\nb": nil,
		"keyring:": nil, "keyring:a": nil, "keyring:a/": nil, "keyring:/b": nil, "keyring:a/b\n": nil,
		"vault:": nil, "vault:a": nil, "vault:#b": nil, "vault:a#": nil, "vault:a#b\x00": nil,
		"cred:": nil, "cred:../x": nil, "cred:a/b": nil, "cred:..": nil, "env:": nil, "env:1X": nil, "env:A-B": nil,
		"file:": nil, "file:a\x00b": nil, "file:~/x": nil,
	} {
		r, err := secret.New(ref, secret.Source{})
		if err == nil {
			t.Errorf("%q: %v and no error", ref, r.Scheme())
			continue
		}
		if want != nil && !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", ref, err, want)
		}
		if strings.Contains(err.Error(), value) {
			t.Errorf("%q: what may be a password is in the error: %v", ref, err)
		}
	}
}

// TestLater: the schemes that cannot be read yet are accepted and refused when
// they are needed.
func TestLater(t *testing.T) {
	for _, ref := range []string{"age:secrets/pw.age", "exec:pass show 'a b'", "keyring:patchwave/sudo", "vault:kv/data/x#password"} {
		r, err := secret.New(ref, secret.Source{Dir: "/etc/patchwave"})
		if err != nil {
			t.Errorf("%s: %v", ref, err)
			continue
		}
		got, err := r.Reveal(t.Context())
		if !errors.Is(err, secret.ErrLater) || len(got) > 0 {
			t.Errorf("%s: %q, %v", ref, got, err)
		}
	}
}

// TestNothingPrints: a reference shows nothing, in whatever way it is printed.
func TestNothingPrints(t *testing.T) {
	r, err := secret.New("env:PW", secret.Source{Env: func(string) (string, bool) { return value, true }})
	if err != nil {
		t.Fatal(err)
	}
	type holder struct {
		Secret connectors.Secret
		Ref    *secret.Ref
	}
	h := holder{r, r}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t", "%20v", "%T %v"} {
		args := []any{r}
		if strings.Contains(verb, "%T") {
			args = append(args, r)
		}
		got := fmt.Sprintf(verb, args...)
		if !strings.Contains(got, secret.Hidden) {
			t.Errorf("%s prints %q", verb, got)
		}
	}
	for _, got := range []string{fmt.Sprintf("%v %+v", h, h), fmt.Sprint(*r), r.String()} {
		if strings.Contains(got, value) || strings.Contains(got, "PW") && !strings.Contains(got, "(sensitive)") {
			t.Errorf("prints %q", got)
		}
	}
	text, err := json.Marshal(h)
	if err != nil || string(text) != `{"Secret":"(sensitive)","Ref":"(sensitive)"}` {
		t.Errorf("json %s, %v", text, err)
	}
}
