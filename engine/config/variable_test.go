package config_test

import (
	"path/filepath"
	"strings"
	"testing"

	"patchwave/engine/config"

	"github.com/google/go-cmp/cmp"
)

const withVariables = `
variable "text" {
  default = "default"
}
variable "number" {
  type    = number
  default = 1
}
variable "list" {
  type    = list(string)
  default = []
}
connection "c" { type = "ssh" }
host "a" {
  connection = connection.c
  labels     = { text = var.text, number = var.number + 1, list = join("+", var.list) }
}
`

// TestVariableOrder: environment, then files, then flags; later ones win.
func TestVariableOrder(t *testing.T) {
	dir := privateDir(t)
	write(t, dir, "main.hcl", withVariables)
	files := privateDir(t)
	native := write(t, files, "one.pwvars", "text = \"one\"\nlist = [\"a\", \"b\"]\n")
	json := write(t, files, "two.json", `{"text": "two", "number": 7}`)
	env := map[string]string{"PATCHWAVE_VAR_text": "env", "PATCHWAVE_VAR_list": `["x", "y"]`, "PATCHWAVE_VAR_undeclared": "ignored"}
	tests := map[string]struct {
		opt  config.Options
		want map[string]string
	}{
		"defaults":    {config.Options{}, map[string]string{"text": "default", "number": "2", "list": ""}},
		"environment": {config.Options{Env: lookup(env)}, map[string]string{"text": "env", "number": "2", "list": "x+y"}},
		"file":        {config.Options{Env: lookup(env), VarFiles: []string{native}}, map[string]string{"text": "one", "number": "2", "list": "a+b"}},
		"files":       {config.Options{VarFiles: []string{native, json}}, map[string]string{"text": "two", "number": "8", "list": "a+b"}},
		"flags": {config.Options{VarFiles: []string{native, json}, Vars: map[string]string{"text": "[flag]", "list": `["z"]`, "number": "2"}},
			map[string]string{"text": "[flag]", "number": "3", "list": "z"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.opt.Dir, tt.opt.Now = dir, now()
			cfg, ds := config.Load(tt.opt)
			if err := ds.Err(); err != nil {
				t.Fatal(err)
			}
			inv, _, _ := cfg.Resolve(nil)
			if diff := cmp.Diff(tt.want, map[string]string(inv.Hosts[0].Labels)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func lookup(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	}
}

func TestVariableMistakes(t *testing.T) {
	dir := privateDir(t)
	write(t, dir, "main.hcl", withVariables)
	files := privateDir(t)
	file := func(name, text string) []string { return []string{write(t, files, name, text)} }
	tests := map[string]struct {
		opt  config.Options
		want string
	}{
		"undeclared flag":   {config.Options{Vars: map[string]string{"txt": "x"}}, `--var txt: there is no variable "txt"; Did you mean "text"?`},
		"flag of a type":    {config.Options{Vars: map[string]string{"number": "many"}}, "--var number: the value has another type"},
		"flag unreadable":   {config.Options{Vars: map[string]string{"list": "[1,"}}, "--var list: the value cannot be read"},
		"flag that calls":   {config.Options{Vars: map[string]string{"list": `[file("x")]`}}, "--var list: the value cannot be read"},
		"flag too deep":     {config.Options{Vars: map[string]string{"list": strings.Repeat("[", 300)}}, "--var list: the value cannot be read"},
		"env of a type":     {config.Options{Env: lookup(map[string]string{"PATCHWAVE_VAR_number": "x"})}, "environment variable PATCHWAVE_VAR_number: the value has another type"},
		"undeclared":        {config.Options{VarFiles: file("a", "txt = 1")}, `there is no variable "txt"`},
		"file of a type":    {config.Options{VarFiles: file("b", "list = 1")}, `the value of variable "list" has another type`},
		"file with a call":  {config.Options{VarFiles: file("c", `text = upper("x")`)}, "function calls not allowed"},
		"file with a block": {config.Options{VarFiles: file("d", `text {}`)}, "Blocks are not allowed here"},
		"file unreadable":   {config.Options{VarFiles: file("e", `text = `)}, "missing expression"},
		"file too deep":     {config.Options{VarFiles: file("f", "text = "+strings.Repeat("[", 300))}, "too complex to read safely"},
		"json too deep":     {config.Options{VarFiles: file("g.json", `{"text":`+strings.Repeat("[", 300))}, "too complex to read safely"},
		"json unreadable":   {config.Options{VarFiles: file("h.json", `{`)}, "root value must be object"},
		"missing file":      {config.Options{VarFiles: []string{filepath.Join(files, "none")}}, "cannot be read"},
		"large file":        {config.Options{VarFiles: file("i", strings.Repeat("# x\n", 2<<20+1))}, "larger than 8 MiB"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.opt.Dir, tt.opt.Now = dir, now()
			_, ds := config.Load(tt.opt)
			if len(ds) == 0 || !strings.Contains(ds[0].Summary+"; "+ds[0].Detail, tt.want) {
				t.Errorf("got %v, want %q", ds, tt.want)
			}
			if len(ds) > 1 && name != "json unreadable" {
				t.Errorf("%d diagnostics for one mistake: %v", len(ds), ds)
			}
		})
	}
}

// TestPasswordByVariable: a password that comes in as a variable is written out
// too, and is shown nowhere.
func TestPasswordByVariable(t *testing.T) {
	dir := privateDir(t)
	write(t, dir, "main.hcl", `
variable "pw" {}
connection "c" {
  type     = "ssh"
  password = var.pw
}`)
	_, ds := config.Load(config.Options{Dir: dir, Vars: map[string]string{"pw": "hunter2"}, Now: now()})
	if len(ds) != 1 || !ds[0].Snippet.Hidden || strings.Contains(ds[0].String(), "hunter2") {
		t.Errorf("got %+v", ds)
	}
}

func TestRequiredVersion(t *testing.T) {
	for version, fits := range map[string]bool{
		"1.2.0": true, "1.2.0-rc.1": true, "1.2.0-dev+abc": true, "1.3.9": true, "1.1.9": false, "2.0.0": false, "2.0.0-rc1": false,
		"dev": true, "": true,
	} {
		dir := privateDir(t)
		write(t, dir, "main.hcl", "patchwave {\n  required_version = \"~> 1.2\"\n}\n"+minimal)
		opt := options(dir)
		opt.Version = version
		_, ds := config.Load(opt)
		if ds.HasErrors() == fits {
			t.Errorf("%q: %v", version, ds)
		}
	}
}

const checkedVariables = `
variable "node" {
  type = object({ name = string, port = optional(number, 22), user = optional(string) })
}
variable "tier" {
  type     = string
  nullable = false
  default  = "prod"
  validation {
    condition     = contains(["prod", "test"], var.tier)
    error_message = "A tier is prod or test."
  }
  validation {
    condition     = var.tier == "test" || var.node.port < 1024
    error_message = "Production is on a port below 1024."
  }
}
connection "c" { type = "ssh" }
host "a" {
  connection = connection.c
  labels     = { name = var.node.name, port = var.node.port, user = coalesce(var.node.user, "none"), tier = var.tier }
}
`

// TestVariablesAsInTerraform: optional attributes with defaults, nullable,
// validation.
func TestVariablesAsInTerraform(t *testing.T) {
	dir := privateDir(t)
	write(t, dir, "main.hcl", checkedVariables)
	null := write(t, privateDir(t), "null.json", `{"tier": null}`)
	tests := map[string]struct {
		vars  map[string]string
		files []string
		want  map[string]string
		wrong string
	}{
		"default of an attribute": {vars: map[string]string{"node": `{ name = "x" }`},
			want: map[string]string{"name": "x", "port": "22", "user": "none", "tier": "prod"}},
		"given": {vars: map[string]string{"node": `{ name = "x", port = 2022, user = "u" }`, "tier": "test"},
			want: map[string]string{"name": "x", "port": "2022", "user": "u", "tier": "test"}},
		"null is the default": {vars: map[string]string{"node": `{ name = "x" }`}, files: []string{null},
			want: map[string]string{"name": "x", "port": "22", "user": "none", "tier": "prod"}},
		"attribute missing": {vars: map[string]string{"node": `{ port = 1 }`}, wrong: "the value has another type"},
		"no object":         {vars: map[string]string{"node": `["x"]`}, wrong: "the value has another type"},
		"refused":           {vars: map[string]string{"node": `{ name = "x" }`, "tier": "dev"}, wrong: "A tier is prod or test."},
		"refused by others": {vars: map[string]string{"node": `{ name = "x", port = 2022 }`}, wrong: "Production is on a port below 1024."},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cfg, ds := config.Load(config.Options{Dir: dir, Now: now(), Vars: tt.vars, VarFiles: tt.files})
			if tt.wrong != "" {
				if err := ds.Err(); err == nil || !strings.Contains(err.Error()+ds[0].Detail, tt.wrong) {
					t.Fatalf("%v, not %q", ds, tt.wrong)
				}
				return
			}
			if err := ds.Err(); err != nil {
				t.Fatal(err)
			}
			inv, _, _ := cfg.Resolve(nil)
			if diff := cmp.Diff(tt.want, map[string]string(inv.Hosts[0].Labels)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
