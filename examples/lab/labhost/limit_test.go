//go:build lab

package labhost

import (
	"os"
	"path/filepath"
	"testing"
)

func TestLimit(t *testing.T) {
	dir := t.TempDir()
	l := limit{filepath.Join(dir, "limit"), filepath.Join(dir, "memo")}
	for _, step := range []struct {
		name string
		do   func() error
		want string
	}{
		{"never raised", l.restore, "128\n"},
		{"enough already", func() error { return l.raise(100) }, "128\n"},
		{"and nothing to restore", l.restore, "128\n"},
		{"raised", func() error { return l.raise(1000) }, "1000"},
		{"again", func() error { return l.raise(2000) }, "2000"},
		{"restored to the first", l.restore, "128\n"},
		{"restored twice", l.restore, "128\n"},
	} {
		if step.name == "never raised" {
			if err := os.WriteFile(l.path, []byte("128\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := step.do(); err != nil {
			t.Errorf("%s: %v", step.name, err)
		}
		if got, err := os.ReadFile(l.path); err != nil || string(got) != step.want {
			t.Errorf("%s: %q, %v", step.name, got, err)
		}
	}
	if err := os.WriteFile(l.path, []byte("unlimited"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := l.raise(1); err == nil {
		t.Error("raised what is no number")
	}
}
