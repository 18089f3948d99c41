package examples_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchwave/engine/config"
	"patchwave/engine/policytest"
)

var update = flag.Bool("update", false, "write REFERENCE.md")

// TestReference: the committed reference is what the program makes. After a change
// of the language: go test ./examples -run TestReference -update.
func TestReference(t *testing.T) {
	want := config.Reference()
	if *update {
		if err := os.WriteFile("REFERENCE.md", []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("REFERENCE.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := config.Diff("REFERENCE.md", got, []byte(want)); diff != nil {
		t.Errorf("run go test ./examples -run TestReference -update:\n%s", diff)
	}
}

// TestReferenceLinks: every link of the contents leads to a heading.
func TestReferenceLinks(t *testing.T) {
	text := config.Reference()
	anchors := map[string]bool{}
	for _, line := range strings.Split(text, "\n") {
		if title := strings.TrimLeft(line, "#"); title != line && strings.HasPrefix(title, " ") {
			name := strings.Map(func(r rune) rune {
				switch {
				case r == ' ':
					return '-'
				case strings.ContainsRune(",.`'", r):
					return -1
				default:
					return r
				}
			}, strings.ToLower(strings.TrimSpace(title)))
			if anchors[name] {
				t.Errorf("two headings are called %s", name)
			}
			anchors[name] = true
		}
	}
	links := strings.Split(text, "](#")[1:]
	for _, link := range links {
		if name, _, _ := strings.Cut(link, ")"); !anchors[name] {
			t.Errorf("a link leads to #%s, which is not there", name)
		}
	}
	if len(links) < 40 {
		t.Errorf("%d links only", len(links))
	}
}

// around is what the examples of policy tests stand in, besides other examples.
const around = `
connection "bastion" {
  type = "ssh"
}
host "bastion" {
  connection = connection.bastion
}
host "db-01" {
  connection = connection.linux
}
policy "web-prod" {
  hosts    = group.web
  baseline = baseline.monthly
}
`

// TestPolicyTestsOfReference: the policy tests that the reference shows pass, with
// the hosts and the baseline that it shows.
func TestPolicyTestsOfReference(t *testing.T) {
	main, tests := around, []string{}
	shown := map[string]bool{}
	for _, part := range strings.Split(read(t, "REFERENCE.md"), "```hcl\n")[1:] {
		text, _, _ := strings.Cut(part, "```")
		header, _, _ := strings.Cut(text, " {")
		switch header {
		case `connection "linux"`, `host "web-[01:04]"`, `group "web"`, `site "fra1"`, `baseline "monthly"`:
			if !shown[header] {
				main += text
			}
			shown[header] = true
		default:
			if strings.HasPrefix(header, "test ") {
				tests = append(tests, text)
			}
		}
	}
	if len(tests) != 3 {
		t.Errorf("%d tests are shown", len(tests))
	}
	for _, text := range tests {
		dir := t.TempDir()
		for name, text := range map[string]string{"main.hcl": main, "a.pwtest.hcl": text} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		cfg, diags := config.Load(config.Options{Dir: dir, Version: "0.1.0", Home: "/home/op", Now: time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)})
		if err := diags.Err(); err != nil {
			t.Fatal(err)
		}
		found, diags := cfg.Tests()
		if err := diags.Err(); err != nil || len(found) != 1 {
			t.Fatalf("%d tests: %v", len(found), err)
		}
		for _, f := range policytest.Run(cfg, found[0]).Failures {
			t.Errorf("%s: %v", found[0].Name, f)
		}
	}
}
