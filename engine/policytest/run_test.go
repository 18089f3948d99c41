package policytest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchwave/engine/config"
	"patchwave/engine/policytest"
)

const fleet = `
connection "c" {
  type = "ssh"
}
host "web-1" {
  connection = connection.c
  labels     = { role = "web" }
}
host "two" {
  connection = connection.c
}
host "none" {
  connection = connection.c
}
group "debian" {
  where = host.os.family == "debian" && host.labels.role == "web"
}
baseline "all" {
  hold "kernel" {
    packages = ["linux-*"]
    until    = "2027-01-08"
  }
  approve "canary" {
    packages = ["nginx"]
    where    = host.labels.ring == "canary"
  }
  approve "exploited" {
    known_exploited = true
  }
  approve "old" {
    packages = ["*"]
    after    = "7d"
  }
}
baseline "nothing" {
  reject "all" {
    packages = ["*"]
    reason   = "it is never patched"
  }
}
policy "web" {
  hosts    = [group.debian, host.two]
  baseline = baseline.all
  updates  = "no-reboot"
}
policy "never" {
  hosts    = host.two
  baseline = baseline.nothing
}
`

// load writes a configuration with one test and reads it.
func load(t *testing.T, test string) (*config.Config, config.PolicyTest) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"main.hcl": fleet, "a.pwtest.hcl": test} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	cfg, diags := config.Load(config.Options{Dir: dir, Now: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)})
	if diags.HasErrors() {
		t.Fatal(diags.Err())
	}
	tests, diags := cfg.Tests()
	if diags.HasErrors() || len(tests) != 1 {
		t.Fatalf("%d tests, %v", len(tests), diags.Err())
	}
	return cfg, tests[0]
}

// TestExpectations asks about one host with five updates.
func TestExpectations(t *testing.T) {
	const hosts = `
test "t" {
  now = "2026-12-20T02:00:00Z"
  host "web-1" {
    os     = { family = "debian" }
    labels = { ring = "canary" }
    updates = [
      { name = "linux-image-amd64", version = "6.1.99" },
      { name = "nginx", version = "1.24.1" },
      { name = "curl", version = "8.1", published = "2026-12-18T00:00:00Z" },
      { name = "openssl", version = "3.0.1", known_exploited = true, reboot = true },
      { name = "bash", version = "5.1", first_seen = "2026-12-01T00:00:00Z" },
      { name = "zlib", version = "1.2", arch = "amd64", published = "2026-01-01T00:00:00Z" },
      { name = "zlib", version = "1.3", arch = "i386", published = "2026-01-01T00:00:00Z" },
    ]
  }
  host "two" {
    updates = [{ name = "nginx", version = "1.24.1", published = "2026-01-01T00:00:00Z" }]
  }
  host "none" {}
  expect {
`
	tests := []struct{ expect, says string }{
		{`host = "web-1"` + "\n" + `update = "linux-image-amd64"` + "\n" + `decision = "held"` + "\n" + `rule = "kernel"` + "\n" + `until = "2027-01-08"`, ""},
		{`host = "web-1"` + "\n" + `update = "linux-image-amd64"` + "\n" + `decision = "approved"`, `linux-image-amd64 is held by rule "kernel" (main.hcl:19), not approved`},
		{`host = "web-1"` + "\n" + `update = "linux-image-amd64"` + "\n" + `decision = "held"` + "\n" + `until = "2027-01-09"`, "until 2027-01-08T23:59:59Z, not until 2027-01-09"},
		{`host = "web-1"` + "\n" + `update = "nginx"` + "\n" + `decision = "approved"` + "\n" + `rule = "canary"`, ""},
		{`host = "web-1"` + "\n" + `update = "nginx"` + "\n" + `decision = "approved"` + "\n" + `rule = "old"`, `not by rule "old"`},
		{`host = "web-1"` + "\n" + `update = "curl"` + "\n" + `decision = "deferred"` + "\n" + `until = "2026-12-25T00:00:00Z"`, ""},
		{`host = "web-1"` + "\n" + `update = "curl"` + "\n" + `decision = "deferred"` + "\n" + `until = "2026-12-25T00:00:01Z"`, "not until"},
		{`host = "web-1"` + "\n" + `update = "openssl"` + "\n" + `decision = "not-matched"`, ""}, // the policy takes no reboots
		{`host = "web-1"` + "\n" + `update = "bash"` + "\n" + `decision = "approved"` + "\n" + `rule = "old"`, ""},
		{`host = "web-1"` + "\n" + `update = "zlib"` + "\n" + `decision = "approved"`, "2 updates of \"zlib\"; name one with version"},
		{`host = "web-1"` + "\n" + `update = "zlib"` + "\n" + `version = "1.3"` + "\n" + `decision = "approved"`, ""},
		{`host = "two"` + "\n" + `update = "nginx"` + "\n" + `decision = "approved"`, "it is claimed by never, web; name one in the expect block"},
		{`host = "two"` + "\n" + `update = "nginx"` + "\n" + `decision = "approved"` + "\n" + `policy = "web"`, ""},
		{`host = "two"` + "\n" + `update = "nginx"` + "\n" + `decision = "rejected"` + "\n" + `policy = "never"`, ""},
		{`host = "web-1"` + "\n" + `update = "nginx"` + "\n" + `decision = "rejected"` + "\n" + `policy = "never"`, "policy never does not claim host web-1, it is claimed by web"},
	}
	for _, tt := range tests {
		t.Run(strings.ReplaceAll(tt.expect, "\n", ", "), func(t *testing.T) {
			cfg, test := load(t, hosts+tt.expect+"\n}\n}\n")
			r := policytest.Run(cfg, test)
			switch {
			case tt.says == "" && len(r.Failures) > 0:
				t.Errorf("%+v", r.Failures)
			case tt.says != "" && (len(r.Failures) != 1 || !strings.Contains(r.Failures[0].Message, tt.says)):
				t.Errorf("%+v, want %q", r.Failures, tt.says)
			case tt.says != "" && (r.Failures[0].Pos.File != "a.pwtest.hcl" || r.Failures[0].Pos.Line != 21):
				t.Errorf("the place is %+v", r.Failures[0].Pos)
			}
		})
	}
}
