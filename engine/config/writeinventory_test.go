package config_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"patchwave/connectors"
	"patchwave/engine/config"
	"patchwave/inventory"
	"patchwave/inventory/source"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// loadWritten writes an inventory and loads it.
func loadWritten(t testing.TB, dir string, res *source.Result, opt config.WriteOptions) (*config.Written, *inventory.Inventory) {
	w, err := config.WriteInventory(res, opt)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "import.hcl", string(w.Text))
	cfg, diags := config.Load(options(dir))
	if diags.HasErrors() {
		t.Fatalf("%v\n%s", diags, w.Text)
	}
	formatted, _ := config.Format(w.Text, "import.hcl")
	if string(formatted) != string(w.Text) {
		t.Errorf("not in the canonical form:\n%s", w.Text)
	}
	inv, _, _ := cfg.Resolve(nil)
	if len(inv.Hosts) != w.Hosts || len(inv.Groups) != w.Groups {
		t.Errorf("%d hosts and %d groups were loaded of %d and %d\n%s", len(inv.Hosts), len(inv.Groups), w.Hosts, w.Groups, w.Text)
	}
	return w, inv
}

func hosts(names ...string) []source.Host {
	var out []source.Host
	for _, n := range names {
		name, address, _ := strings.Cut(n, "=")
		if address == "" {
			address = name
		}
		out = append(out, source.Host{Name: name, Address: address})
	}
	return out
}

// TestWriteRanges: hosts become a range only where that says exactly the same.
func TestWriteRanges(t *testing.T) {
	many := func(format string, from, to int) []string {
		var out []string
		for i := from; i <= to; i++ {
			out = append(out, fmt.Sprintf(format, i))
		}
		return out
	}
	tests := []struct {
		name  string
		hosts []string
		want  []string // of host blocks: name=address
	}{
		{"two are no range", []string{"a1", "a2"}, []string{"a1", "a2"}},
		{"padded", many("web-%02d", 1, 50), []string{"web-[01:50]"}},
		{"over the width", many("db%d", 8, 12), []string{"db[8:12]"}},
		{"padding ends", []string{"a08", "a09", "a10", "a011"}, []string{"a[08:10]", "a011"}},
		{"a gap", []string{"a1", "a2", "a3", "a5", "a6", "a7"}, []string{"a[1:3]", "a[5:7]"}},
		{"out of order", []string{"a3", "a1", "a2"}, []string{"a[1:3]"}},
		{"the number in the middle", many("n%d.example.com", 1, 3), []string{"n[1:3].example.com"}},
		{"two numbers", []string{"r1-a1", "r1-a2", "r1-a3", "r2-a1"}, []string{"r1-a[1:3]", "r2-a1"}},
		{"the address counts along", []string{"a1=10.0.0.1", "a2=10.0.0.2", "a3=10.0.0.3"}, []string{"a[1:3]=10.0.0.${each.index}"}},
		{"the address begins elsewhere", []string{"a1=10.0.0.11", "a2=10.0.0.12", "a3=10.0.0.13"}, []string{"a[1:3]=10.0.0.${each.number + 10}"}},
		{"the address begins below", []string{"a7=10.0.0.1", "a8=10.0.0.2", "a9=10.0.0.3"}, []string{"a[7:9]=10.0.0.${each.number - 6}"}},
		{"the address has no padding", []string{"a08=10.0.0.8", "a09=10.0.0.9", "a10=10.0.0.10"}, []string{"a[08:10]=10.0.0.${each.number}"}},
		{"the address is padded", []string{"a01=n01.example.com", "a02=n02.example.com", "a03=n03.example.com"}, []string{"a[01:03]=n${each.index}.example.com"}},
		{"an address apart", []string{"a1=10.0.0.1", "a2=10.0.0.2", "a3=10.0.0.9"}, []string{"a1=10.0.0.1", "a2=10.0.0.2", "a3=10.0.0.9"}},
		{"one without address", []string{"a1=10.0.0.1", "a2=10.0.0.2", "a3=10.0.0.3", "a4"}, []string{"a[1:3]=10.0.0.${each.index}", "a4"}},
		{"the same address", []string{"a1=vip", "a2=vip", "a3=vip"}, []string{"a1=vip", "a2=vip", "a3=vip"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			in := &source.Result{Hosts: hosts(tc.hosts...)}
			w, inv := loadWritten(t, privateDir(t), in, config.WriteOptions{})
			var got []string
			for _, block := range strings.Split(string(w.Text), "\nhost ")[1:] {
				name := strings.Split(block, `"`)[1]
				if _, address, ok := strings.Cut(block, "address    = \""); ok {
					name += "=" + address[:strings.Index(address, `"`)]
				}
				got = append(got, name)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s\n%s", diff, w.Text)
			}
			for _, h := range in.Hosts {
				if got := inv.Host(h.Name); got == nil || got.Address != h.Address {
					t.Errorf("%s at %s became %v", h.Name, h.Address, got)
				}
			}
		})
	}
}

// TestWriteConnections: how a host is reached survives.
func TestWriteConnections(t *testing.T) {
	in := &source.Result{Hosts: []source.Host{
		{Name: "a", Address: "a", User: "ops", Port: 2222, IdentityFiles: []string{"~/.ssh/id", "/k y"}, Jump: []string{"j@bastion:22"}},
		{Name: "b", Address: "b", Become: &source.Become{Method: "su", User: "root"}, Secrets: []string{"ansible_become_pass", "ansible_password"}},
		{Name: "c", Address: "c", Secrets: []string{"ansible_become_password"}},
		{Name: "d", Address: "d", Become: &source.Become{Method: "doas"}, Secrets: []string{"ansible_become_password", "api_token"}},
		{Name: "e", Address: "e", Connection: "winrm", User: `CORP\ops`, WinRM: source.WinRM{Scheme: "http", Auth: "basic"}, Become: &source.Become{Method: "sudo"}},
		{Name: "f", Address: "f", Connection: "winrm", WinRM: source.WinRM{Auth: "certificate"}},
		{Name: "g", Address: "g", Connection: "winrm"},
		{Name: "h", Address: "h", Connection: "local", User: "x", Port: 5, Jump: []string{"a"}},
		{Name: "i", Address: "i", Jump: []string{"e", "ops@[::1]:5", "x y", "h:0", "b"}},
		{Name: "k", Address: "k", User: "z", Jump: []string{"l"}},
		{Name: "l", Address: "l", User: "y", Jump: []string{"k"}},
		{Name: "m", Address: "m", IdentityFiles: []string{"~other/x", ""}, Site: "fra1", Timezone: "Europe/Berlin"},
		{Name: "n", Address: "n", Site: "FRA1", Timezone: "Mars/Base"},
	}}
	w, inv := loadWritten(t, privateDir(t), in, config.WriteOptions{From: "x\ny"})
	target := func(name string) connectors.Target { return inv.Host(name).Target }
	a := target("a")
	if a.User != "ops" || a.Port != 2222 || len(a.Auth.IdentityFiles) != 2 || len(a.Jump) != 1 || a.Jump[0].User != "j" {
		t.Errorf("a is reached by %+v", a)
	}
	if b := target("b"); b.Become.Method != connectors.BecomeSu || b.Become.User != "root" || b.Become.Password == nil || b.Auth.Password == nil {
		t.Errorf("b is reached by %+v", b)
	}
	if c := target("c"); c.Become.Method != connectors.BecomeSudo || c.Become.Password == nil {
		t.Errorf("c is reached by %+v", c)
	}
	if e := target("e"); e.Kind != connectors.KindWinRM || e.WinRM.HTTPS || e.WinRM.Auth != connectors.WinRMNTLM || e.User != `CORP\ops` {
		t.Errorf("e is reached by %+v", e)
	}
	if k, l := target("k"), target("l"); len(k.Jump) > 0 && len(l.Jump) > 0 {
		t.Errorf("k and l need each other")
	}
	if m := inv.Host("m"); m.Site != "fra1" || m.Timezone != "Europe/Berlin" || len(m.Target.Auth.IdentityFiles) != 0 {
		t.Errorf("m is %+v", m)
	}
	notes := strings.Join(w.Notes, "\n")
	for _, want := range []string{
		`host "bastion" was added`, "secrets/", "doas cannot be given a password", "became ntlm", "CHANGE-ME", "is not reached over ssh", `"x y" was left out`, `"::1" was left out`,
		"need each other", `"~other/x"`, `site "FRA1" was left out`, `"Mars/Base" is no time zone`, "variable api_token was left out",
	} {
		if !strings.Contains(notes, want) {
			t.Errorf("no note says %q:\n%s", want, notes)
		}
	}
}

// TestWriteLabels: a variable becomes a label where somebody wants that.
func TestWriteLabels(t *testing.T) {
	in := &source.Result{Hosts: []source.Host{
		{Name: "a", Address: "a", Labels: map[string]string{"x": "1"}, Vars: map[string]any{"tier": "prod", "n": 5.0, "list": []any{"x"}}},
		{Name: "b", Address: "b"},
	}}
	w, inv := loadWritten(t, privateDir(t), in, config.WriteOptions{Labels: []string{"tier", "n", "list"}})
	if diff := cmp.Diff(inventory.Labels{"x": "1", "tier": "prod", "n": "5"}, inv.Host("a").Labels); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]any{"list": []any{"x"}}, inv.Host("a").Vars); diff != "" {
		t.Error(diff)
	}
	if len(w.Notes) != 1 || !strings.Contains(w.Notes[0], "variable list did not become a label") {
		t.Errorf("notes: %q", w.Notes)
	}
}

func jsonValue(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		switch kind := rapid.IntRange(0, 6).Draw(t, "kind"); {
		case kind == 0:
			return nil
		case kind == 1:
			return rapid.Bool().Draw(t, "bool")
		case kind == 2:
			return rapid.Float64Range(-1e15, 1e15).Draw(t, "number")
		case kind == 3 && depth > 0:
			return rapid.SliceOfN(jsonValue(depth-1), 0, 3).Draw(t, "list")
		case kind == 4 && depth > 0:
			return rapid.MapOfN(varName(), jsonValue(depth-1), 0, 3).Draw(t, "object")
		default:
			return rapid.StringOf(rapid.RuneFrom([]rune("ab ${}%\"\\\n\té<#'"))).Draw(t, "text")
		}
	})
}

func varName() *rapid.Generator[string] {
	return rapid.OneOf(rapid.SampledFrom([]string{"for", "null", "true", "if", "in", "a b", "", "a.b", "5", "each", "${x}", "b", "c"}), rapid.StringMatching(`[a-z_]{1,6}`))
}

// TestWriteRoundTrip: whatever an inventory is, what is loaded is what was written.
func TestWriteRoundTrip(t *testing.T) {
	dir := privateDir(t)
	rapid.Check(t, func(t *rapid.T) {
		in := &source.Result{Groups: []source.Group{{Name: "g"}, {Name: "a.b", Children: []string{"g"}}, {Name: "none"}}}
		seen := map[string]bool{}
		for range rapid.IntRange(1, 12).Draw(t, "hosts") {
			name := rapid.StringMatching(`(web|db-|9|for|Null)(0?[0-9]|1[0-2])?(\.x[0-3])?`).Draw(t, "name")
			if key := strings.ToLower(name); seen[key] {
				continue
			}
			seen[strings.ToLower(name)] = true
			h := source.Host{Name: name, Address: rapid.SampledFrom([]string{name, name + ".example.com", "10.0.0.1", "fe80::1"}).Draw(t, "address"),
				User: rapid.SampledFrom([]string{"", "ops", "a"}).Draw(t, "user"), Port: rapid.SampledFrom([]int{0, 22, 2222}).Draw(t, "port"),
				Groups: rapid.SampledFrom([][]string{nil, {"g"}, {"a.b"}}).Draw(t, "groups")}
			if rapid.Bool().Draw(t, "vars") {
				h.Vars = rapid.MapOfN(varName(), jsonValue(3), 0, 4).Draw(t, "values")
				h.Labels = map[string]string{"x": rapid.SampledFrom([]string{"", "a", "${b} %{c}", "\"  vars = "}).Draw(t, "label")}
			}
			in.Hosts = append(in.Hosts, h)
		}
		w, err := config.WriteInventory(in, config.WriteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		writeOver(t, dir, "import.hcl", string(w.Text))
		cfg, diags := config.Load(options(dir))
		if diags.HasErrors() {
			t.Fatalf("%v\n%s", diags, w.Text)
		}
		inv, _, _ := cfg.Resolve(nil)
		if len(inv.Hosts) != len(in.Hosts) {
			t.Fatalf("%d hosts of %d\n%s", len(inv.Hosts), len(in.Hosts), w.Text)
		}
		for _, want := range in.Hosts {
			got := inv.Host(want.Name)
			if got == nil || got.Address != want.Address || got.Target.User != want.User || (want.Port != 0 && got.Target.Port != want.Port) {
				t.Fatalf("%+v became %+v\n%s", want, got, w.Text)
			}
			if diff := cmp.Diff(want.Vars, got.Vars, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("vars of %s: %s\n%s", want.Name, diff, w.Text)
			}
			if diff := cmp.Diff(want.Labels, map[string]string(got.Labels), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("labels of %s: %s\n%s", want.Name, diff, w.Text)
			}
			wantGroups := slices.Clone(want.Groups)
			if slices.Contains(wantGroups, "g") {
				wantGroups = []string{"a.b", "g"}
			}
			if diff := cmp.Diff(wantGroups, got.Groups, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("groups of %s: %s\n%s", want.Name, diff, w.Text)
			}
		}
	})
}

// FuzzImport: whatever is read from somewhere else, what is written of it loads.
func FuzzImport(f *testing.F) {
	kinds := slices.Sorted(maps.Keys(importSeeds))
	for i, kind := range kinds {
		for _, text := range importSeeds[kind] {
			f.Add(uint8(i), []byte(text))
		}
	}
	dir := privateDir(f)
	f.Fuzz(func(t *testing.T, kind uint8, text []byte) {
		name := kinds[int(kind)%len(kinds)]
		k, _, _ := strings.Cut(name, " ")
		path := "hosts." + name[len(k)+1:]
		res, err := source.Parse(source.Input{Kind: source.Kind(k), Path: path, Files: map[string][]byte{path: text}})
		if err != nil || len(res.Hosts) > 1000 {
			return
		}
		w, err := config.WriteInventory(res, config.WriteOptions{From: path, Labels: []string{"a", "tier"}})
		if err != nil {
			t.Fatal(err)
		}
		writeOver(t, dir, "import.hcl", string(w.Text))
		cfg, diags := config.Load(options(dir))
		if diags.HasErrors() {
			t.Fatalf("%v\n%s", diags, w.Text)
		}
		inv, _, _ := cfg.Resolve(nil)
		for _, h := range res.Hosts {
			if got := inv.Host(h.Name); got == nil || got.Address != h.Address {
				t.Fatalf("%s became %v\n%s", h.Name, got, w.Text)
			}
		}
	})
}

// importSeeds are inventories by kind and suffix.
var importSeeds = map[string][]string{
	"ansible ini": {
		"[all:vars]\nansible_user=ops\nansible_become=yes\nansible_become_pass=x\nansible_ssh_common_args='-J j@b:22'\n[web]\nw[1:5] a='${x}' for=1\n[p:children]\nweb\n",
		"a ansible_connection=winrm\nb ansible_connection=local\nc ansible_host=d ansible_ssh_common_args='-J d'\nd ansible_ssh_common_args='-J c'\n",
	},
	"ansible yml":         {"all: {hosts: {h: {a: [1, {b: ~}], tier: x}}}\n"},
	"csv csv":             {"name,address,user,jump,site,labels.a,vars.b\nx,10.0.0.1,u,j,s,l,v\n"},
	"json json":           {`[{"name":"a","timezone":"Europe/Berlin","site":"x","identity_file":"~x","become":{"method":"doas"}}]`},
	"ssh_config conf":     {"Host a b\nHostName x\nProxyJump b\nIdentityFile ~/k\n"},
	"terraform_state tfs": {`{"version":4,"resources":[{"mode":"managed","type":"hcloud_server","name":"w","instances":[{"attributes":{"name":"a","ipv4_address":"10.0.0.1","labels":{"a":"b"}}}]}]}`},
}

// writeOver replaces a file.
func writeOver(t interface{ Fatal(args ...any) }, dir, name, text string) {
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
