package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// loadText loads one file.
func loadText(t *testing.T, text string) (*Config, Diagnostics) {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a.hcl"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(Options{Dir: dir, Version: "0.1.0", Home: "/home/op", Now: time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)})
}

func TestYAMLDecode(t *testing.T) {
	cfg, diags := loadText(t, `
locals {
  data = yamldecode("owner: web\nports: [80, 443]\n")
}
connection "c" {
  type = "local"
}
host "h" {
  connection = connection.c
  labels     = { owner = local.data.owner, port = tostring(local.data.ports[1]) }
}
`)
	if diags.HasErrors() {
		t.Fatal(diags.Err())
	}
	inv, _, _ := cfg.Resolve(nil)
	if got := fmt.Sprint(inv.Host("h").Labels); got != "map[owner:web port:443]" {
		t.Error(got)
	}
}

func TestYAMLBombEnds(t *testing.T) {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\\n")
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	_, diags := loadText(t, "locals {\n  bomb = yamldecode(\""+b.String()+"\")\n}\n")
	if !diags.HasErrors() {
		t.Error("a document that unfolds to 10^12 items was accepted")
	}
}
