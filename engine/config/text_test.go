package config_test

import (
	"strings"
	"testing"

	"patchwave/engine/config"
	"patchwave/inventory"
	"patchwave/policies"

	"github.com/google/go-cmp/cmp"
)

// action loads a configuration with one action and returns its command.
func action(t *testing.T, on, command string) []policies.Text {
	t.Helper()
	_, pols := resolve(t, `
variable "tool" { default = "amtool" }
locals { words = ["amtool", "add"] }
connection "c" { type = "ssh" }
host "a" { connection = connection.c }
baseline "b" {
  approve "all" { packages = ["*"] }
}
preparation "p" {
  run "r" {
    on      = "`+on+`"
    command = `+command+`
  }
}
policy "p" {
  hosts       = host.a
  baseline    = baseline.b
  preparation = preparation.p
}
`, nil)
	return pols["p"].Preparation.Actions[0].Command
}

func TestCommands(t *testing.T) {
	host := &inventory.Host{
		Name: "a", Address: "10.0.0.1", Site: "fra1", Labels: inventory.Labels{"role": "web", "x": "$(reboot)"},
		Vars: map[string]any{"n": 5.0, "deep": map[string]any{"list": []any{"x", true}}}, Groups: []string{"g"},
	}
	facts := &inventory.Facts{OS: inventory.OS{Name: "debian"}}
	for _, tt := range []struct {
		on, command string
		want        []string
	}{
		{"controller", `["amtool", "host=${host.name}"]`, []string{"amtool", "host=a"}},
		{"controller", `[var.tool, host.address, "${host.site}/${host.labels.role}", 5]`, []string{"amtool", "10.0.0.1", "fra1/web", "5"}},
		{"controller", `local.words`, []string{"amtool", "add"}},
		{"controller", `["x", host.vars.n, host.vars.deep.list[0], "${host.vars.deep.list[1]}"]`, []string{"x", "5", "x", "true"}},
		{"controller", `["x", upper(host.name), host.labels["x"]]`, []string{"x", "A", "$(reboot)"}},
		{"controller", `["x", host.labels.none == null ? "none" : host.labels.none]`, []string{"x", "none"}},
		{"controller", `["sh", "-c", "echo $1", "sh", host.name]`, []string{"sh", "-c", "echo $1", "sh", "a"}},
		{"controller", `["x", "-c", host.name]`, []string{"x", "-c", "a"}},
		{"controller", `["sh", "/usr/local/bin/script", host.name]`, []string{"sh", "/usr/local/bin/script", "a"}},
		{"host", `["x", host.os.name, host.groups[0]]`, []string{"x", "debian", "g"}},
		{"host", `["x", ""]`, []string{"x", ""}},
	} {
		got := render(t, action(t, tt.on, tt.command), policies.Subject{Host: host, Facts: facts})
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.command, diff)
		}
	}
}

// TestTextWithoutValue: a command is never run with half of its arguments.
func TestTextWithoutValue(t *testing.T) {
	for _, command := range []string{
		`["x", host.labels.role]`, `["x", "a-${host.labels.role}"]`, `["x", host.vars.a.b]`, `["x", host.vars]`, `["x", host.site]`,
		`["x", host.os.name]`, `["x", host.groups[3]]`,
	} {
		texts := action(t, "host", command)
		got, err := texts[1].Render(policies.Subject{Host: &inventory.Host{Name: "a", Vars: map[string]any{"x": 1.0}}})
		if err == nil {
			t.Errorf("%s: %q and no error", command, got)
		} else if !strings.Contains(err.Error(), "something in it has no value on this host") {
			t.Errorf("%s: %v", command, err)
		}
	}
	texts := action(t, "host", `["x", host.labels.role]`)
	if got, err := texts[1].Render(policies.Subject{Host: &inventory.Host{Labels: inventory.Labels{"role": "a\x00b"}}}); err == nil {
		t.Errorf("%q and no error", got)
	}
	if got, err := texts[1].Render(policies.Subject{}); err == nil {
		t.Errorf("without a host: %q and no error", got)
	}
}

// TestTextJSON: a command in JSON means the same.
func TestTextJSON(t *testing.T) {
	dir := privateDir(t)
	write(t, dir, "main.hcl.json", `{
  "connection": {"c": {"type": "ssh"}},
  "host": {"a": {"connection": "connection.c"}},
  "baseline": {"b": {"approve": {"all": {"packages": ["*"]}}}},
  "preparation": {"p": {"run": {"r": {"on": "controller", "command": ["amtool", "host=${host.name}", "${host.address}", "plain"]}}}},
  "verification": {"v": {"http": {"h": {"url": "https://${host.address}/"}}}},
  "policy": {"p": {"hosts": "host.a", "baseline": "baseline.b", "preparation": "preparation.p", "verification": "verification.v"}}
}`)
	cfg, ds := config.Load(options(dir))
	if err := ds.Err(); err != nil {
		t.Fatal(err)
	}
	_, pols, _ := cfg.Resolve(nil)
	subject := policies.Subject{Host: &inventory.Host{Name: "a", Address: "10.0.0.1"}}
	got := render(t, append(pols[0].Preparation.Actions[0].Command, pols[0].Verification.Probes[0].URL), subject)
	if diff := cmp.Diff([]string{"amtool", "host=a", "10.0.0.1", "plain", "https://10.0.0.1/"}, got); diff != "" {
		t.Error(diff)
	}
	if s := pols[0].Preparation.Actions[0].Command[1].String(); s != "host=${host.name}" {
		t.Errorf("written as %q", s)
	}
}
