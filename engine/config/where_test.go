package config_test

import (
	"strings"
	"testing"
	"time"

	"patchwave/engine/config"
	"patchwave/inventory"
	"patchwave/policies"
)

func subject() policies.Subject {
	return policies.Subject{
		Host: &inventory.Host{
			Name: "web-01", Address: "10.0.1.1", Timezone: "Europe/Berlin", Groups: []string{"web", "all"}, Policies: []string{"p"},
			Labels: inventory.Labels{"role": "web", "weight": "5", "a.b": "dots"},
			Vars:   map[string]any{"rack": map[string]any{"row": 3.0, "slots": []any{"x", nil}}, "on": true, "none": nil},
		},
		Facts: &inventory.Facts{
			OS: inventory.OS{Family: "debian", Name: "debian", Version: "12"}, Kernel: "6.1.0-40-amd64", PackageManager: "apt",
			RebootRequired: true,
		},
		Update: &inventory.Update{
			Name: "openssl", Arch: "amd64", From: "3.0.1", To: "3.0.2", Source: "openssl", Classification: inventory.Security,
			Severity: inventory.Important, Advisories: []string{"DSA-1"}, CVEs: []string{"CVE-2026-1111"}, Size: 1 << 20,
			BlockedBy: inventory.BlockedHeld, Published: now().Add(-48 * time.Hour),
		},
		FirstSeen: now().Add(-24 * time.Hour), LastSeen: now(), KnownExploited: true,
	}
}

// TestWhere runs conditions against a host and an update of which everything is
// known, a host that was never scanned, and conditions without an update.
func TestWhere(t *testing.T) {
	cfg, _ := load(t, "locals {\n  key = \"role\"\n  absent = \"nothing\"\n}\nvariable \"tier\" {\n  default = \"web\"\n}\n"+minimal)
	full, unseen, noUpdate := subject(), subject(), subject()
	unseen.Facts, unseen.LastSeen = nil, time.Time{}
	unseen.Host = &inventory.Host{Name: "new", Address: "new.example.net"}
	noUpdate.Update = nil
	tests := []struct {
		expr                      string
		full, unseen, withoutUpdt bool
	}{
		{`true`, true, true, true},
		{`host.name == "web-01"`, true, false, true},
		{`"web-01" == host.name`, true, false, true},
		{`host["name"] == "web-01"`, true, false, true},
		{`host.site == null && host.timezone == "Europe/Berlin"`, true, false, true},
		{`host.labels.role == "web"`, true, false, true},
		{`host.labels.role != "web"`, false, true, false},
		{`host.labels["role"] == var.tier`, true, false, true},
		{`host.labels[local.key] == "web"`, true, false, true},
		{`host.labels[local.absent] == null`, true, true, true},
		{`host.labels["a.b"] == "dots"`, true, false, true},
		{`host.labels.none == null`, true, true, true},
		{`host.labels.weight > 4`, true, false, true},
		{`!host.labels.none`, false, false, false},
		{`host.labels[host.site] == "x"`, false, false, false},
		{`contains(keys(host.labels), "role")`, true, false, true},
		{`lookup(host.labels, "none", "d") == "d"`, true, true, true},
		{`host.vars.rack.row == 3`, true, false, true},
		{`host.vars.rack.slots[0] == "x" && host.vars.rack.slots[1] == null && host.vars.rack.slots[7] == null`, true, false, true},
		{`host.vars.a.b.c.d == null`, true, true, true},
		{`host.vars[local.key] == null`, true, true, true},
		{`host.vars.on`, true, false, true},
		{`host.vars.none`, false, false, false},
		{`host.vars.rack.slots[*] == ["x", null]`, true, false, true},
		{`host.os.family == "debian"`, true, false, true},
		{`host.os.family != "debian"`, false, true, false},
		{`host.os.version >= 12`, true, false, true},
		{`host.os != null && host.os.name == "debian"`, true, false, true},
		{`host.kernel == null`, false, true, false},
		{`glob("6.1.*", host.kernel)`, true, false, true},
		{`regex("^6", host.kernel) == "6"`, true, false, true},
		{`host.reboot_required`, true, false, true},
		{`!host.reboot_required`, false, false, false},
		{`host.last_seen == null`, false, true, false},
		{`timeadd(host.last_seen, "1h") == "2026-11-24T03:00:00Z"`, true, false, true},
		{`host.virtual == null && host.package_manager == "apt"`, true, false, true},
		{`contains(host.groups, "web") && host.groups[0] == "web"`, true, false, true},
		{`length(host.policies) == 1`, true, false, true},
		{`cidrcontains("10.0.0.0/8", host.address)`, true, false, true},
		{`update.name == "openssl" && update.arch == "amd64" && update.source == "openssl"`, true, true, false},
		{`update.from == "3.0.1" && update.to == "3.0.2"`, true, true, false},
		{`update.classification == "security" || update.severity == "critical"`, true, true, false},
		{`contains(update.cves, "CVE-2026-1111") && contains(update.advisories, "DSA-1")`, true, true, false},
		{`length(update.kbs) == 0`, true, true, false},
		{`length(update.name) == 7 && length("é") == 1`, true, true, false},
		{`length(host.vars.none) == 0`, false, false, false},
		{`update.size > 1000`, true, true, false},
		{`!update.reboot`, true, true, false},
		{`update.reboot`, false, false, false},
		{`update.held`, true, true, false},
		{`update.published == "2026-11-22T02:00:00Z"`, true, true, false},
		{`update.first_seen == "2026-11-23T02:00:00Z"`, true, true, false},
		{`update.known_exploited`, true, true, false},
		{`update.epss > 0.5`, false, false, false},
		{`update.epss == null`, true, true, true},
		{`host.labels.role == "web" && update.name != "openssl" || !(host.os.family == "debian")`, false, true, true},
		{`{host = 1}.host == 1 && host.name != null`, true, true, true},
		{`length([for l in keys(host.labels) : l if l == "role"]) == 1`, true, false, true},
		{`env("FLEET") == "blue"`, true, true, true},
		{`null`, false, false, false},
		{`host.name / 2 == 1`, false, false, false},
		{`host.vars.rack.row / 0 == 1`, false, false, false},
	}
	for _, tt := range tests {
		c, ds := cfg.CompileUpdateWhere(tt.expr)
		if ds.HasErrors() {
			t.Errorf("%s: %v", tt.expr, ds)
			continue
		}
		if got := c.Match(full); got != tt.full {
			t.Errorf("%s: %v", tt.expr, got)
		}
		if got := c.Match(unseen); got != tt.unseen {
			t.Errorf("%s: %v on a host that was never scanned", tt.expr, got)
		}
		if got := c.Match(noUpdate); got != tt.withoutUpdt {
			t.Errorf("%s: %v without an update", tt.expr, got)
		}
	}
}

func TestCompileWhere(t *testing.T) {
	cfg, _ := load(t, minimal)
	tests := map[string]string{
		`host.nmae == "x"`:         `--where:1:1: error: host has no attribute "nmae"`,
		`update.name == "x"`:       `--where:1:1: error: update is not known here`,
		`host.name ==`:             `--where:1:13: error: missing expression`,
		``:                         `--where:1:1: error: missing expression`,
		`"x"`:                      `--where:1:1: error: a condition must be true or false`,
		strings.Repeat("!", 2_000): `too complex to read safely`,
		strings.Repeat("(", 2_000): `too complex to read safely`,
		`secret("cred:x") == null`: `there is no function "secret"`,
		`env("NONE") == "x"`:       `environment variable NONE is not set`,
	}
	for expr, want := range tests {
		c, ds := cfg.CompileWhere(expr)
		if c != nil {
			t.Errorf("%q: a condition in spite of errors", expr)
		}
		if len(ds) == 0 || !strings.Contains(strings.ToLower(ds[0].String()), strings.ToLower(want)) {
			t.Errorf("%q: got %v, want %q", expr, ds, want)
		}
	}
	if c, ds := cfg.CompileWhere(`host.name == "a"`); len(ds) > 0 || !c.Match(policies.Subject{Host: &inventory.Host{Name: "a"}}) {
		t.Errorf("got %v, %v", c, ds)
	}
}

// TestConditionsReadNothing: what a condition reads from outside was read while
// it was loaded.
func TestConditionsReadNothing(t *testing.T) {
	calls := 0
	dir := privateDir(t)
	write(t, dir, "main.hcl", minimal+"\ngroup \"g\" { where = env(\"X\") == host.name && env(host.name, \"none\") == \"none\" }")
	opt := options(dir)
	opt.Env = func(name string) (string, bool) {
		if name == "X" {
			calls++
		}
		return "a", name == "X" || name == "a"
	}
	cfg, ds := config.Load(opt)
	if err := ds.Err(); err != nil {
		t.Fatal(err)
	}
	inv, _, _ := cfg.Resolve(nil)
	if calls != 1 {
		t.Errorf("the environment was read %d times", calls)
	}
	// env(host.name) could not be known at load, so it falls back.
	if len(inv.Groups[0].Members) != 1 {
		t.Errorf("members %v", inv.Groups[0].Members)
	}
}

func TestConditionsAtOnce(t *testing.T) {
	cfg, _ := load(t, minimal)
	c, ds := cfg.CompileUpdateWhere(`length([for c in update.cves : c if host.vars.rack.row == 3]) == 1`)
	if ds.HasErrors() {
		t.Fatal(ds.Err())
	}
	done := make(chan bool)
	for range 8 {
		go func() {
			ok := true
			for range 100 {
				ok = ok && c.Match(subject())
			}
			done <- ok
		}()
	}
	for range 8 {
		if !<-done {
			t.Error("a condition does not hold when run by several at once")
		}
	}
}

// TestWhereScore: a score is a number where a feed has one, and null, which no
// comparison is true of, where none has.
func TestWhereScore(t *testing.T) {
	cfg, _ := load(t, minimal)
	half := 0.5
	scored, unscored := subject(), subject()
	scored.EPSS = &half
	for expr, want := range map[string][2]bool{
		`update.epss == 0.5`: {true, false}, `update.epss > 0.4`: {true, false}, `update.epss > 0.5`: {false, false},
		`update.epss <= 0.5`: {true, false}, `update.epss == null`: {false, true}, `update.epss != null`: {true, false},
	} {
		cond, diags := cfg.CompileUpdateWhere(expr)
		if diags.HasErrors() {
			t.Errorf("%s: %v", expr, diags.Err())
			continue
		}
		if got := [2]bool{cond.Match(scored), cond.Match(unscored)}; got != want {
			t.Errorf("%s: %v, not %v", expr, got, want)
		}
	}
}
