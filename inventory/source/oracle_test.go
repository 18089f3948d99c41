//go:build oracle

package source_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"patchwave/inventory/source"

	"github.com/google/go-cmp/cmp"
)

// The tests behind the tag oracle hold this package against ansible-inventory, the
// program itself (Debian: ansible-core). What differs on purpose:
//
//   - an integer beyond 2^53 is text here, with every digit
//   - infinity is the text .inf, and a date with a time of day its own text
//   - what ansible-vault encrypted is there as a cipher text, here as Encrypted
//   - a text marked !unsafe is just that text

// tree is an inventory: files by path. "hosts…" is the inventory itself.
type tree map[string]string

// main is the path of the inventory.
func (t tree) main() string {
	for name := range t {
		if strings.HasPrefix(name, "hosts") && !strings.Contains(name, "/") {
			return name
		}
	}
	return "inv" // a directory
}

func (t tree) write(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	for name, text := range t {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

func (t tree) input() source.Input {
	in := source.Input{Kind: source.Ansible, Path: t.main(), Files: map[string][]byte{}}
	for name, text := range t {
		in.Files[name] = []byte(text)
	}
	return in
}

// ansibleInventory runs the program and returns both of its outputs.
func ansibleInventory(tb testing.TB, dir string, sources ...string) (stdout, stderr []byte) {
	tb.Helper()
	args := []string{"--list"}
	for _, name := range sources {
		args = append(args, "-i", filepath.Join(dir, name))
	}
	cmd := exec.CommandContext(tb.Context(), "ansible-inventory", args...)
	cmd.Dir = tb.TempDir() // what lies beside the working directory is read as well
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "ANSIBLE_NOCOLOR=1", "HOME="+dir, "ANSIBLE_INVENTORY_IGNORE=.pyc,.md,.txt,~,.orig,.cfg,.retry,.bak,.rst,.rpm,.swp,.pyo")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		tb.Fatalf("ansible-inventory: %v\n%s", err, &errs)
	}
	return out.Bytes(), errs.Bytes()
}

// listed is what ansible-inventory --list prints.
func listed(tb testing.TB, text []byte) (map[string]map[string]any, map[string]source.RawGroup) {
	tb.Helper()
	// Python writes infinity as it is no JSON
	text = regexp.MustCompile(`([:\[,]\s*)(-?Infinity|NaN)\b`).ReplaceAll(text, []byte(`$1"$2"`))
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var doc map[string]json.RawMessage
	if err := d.Decode(&doc); err != nil {
		tb.Fatalf("%v\n%s", err, text)
	}
	groups := map[string]source.RawGroup{}
	var meta struct{ Hostvars map[string]map[string]any }
	for name, raw := range doc {
		if name == "_meta" {
			d := json.NewDecoder(bytes.NewReader(raw))
			d.UseNumber()
			if err := d.Decode(&meta); err != nil {
				tb.Fatal(err)
			}
			continue
		}
		var g source.RawGroup
		if err := json.Unmarshal(raw, &g); err != nil {
			tb.Fatal(err)
		}
		groups[name] = g
	}
	for _, vars := range meta.Hostvars {
		for k, v := range vars {
			vars[k] = known(v)
		}
	}
	return meta.Hostvars, groups
}

var moment = regexp.MustCompile(`^(\d{4}-\d\d-\d\d)[T ]\d`)

// known turns a value of Ansible into the one that this package promises.
func known(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := strconv.ParseInt(string(v), 10, 64); err == nil && n >= -1<<53 && n <= 1<<53 {
			return float64(n)
		}
		f, err := v.Float64()
		if !strings.ContainsAny(string(v), ".eE") {
			return string(v)
		}
		if err != nil {
			return string(v)
		}
		return f
	case map[string]any:
		if _, ok := v["__ansible_vault"]; ok {
			return source.Encrypted
		}
		if s, ok := v["__ansible_unsafe"]; ok {
			return s
		}
		for k, e := range v {
			v[k] = known(e)
		}
	case []any:
		for i, e := range v {
			v[i] = known(e)
		}
	case string:
		if m := moment.FindStringSubmatch(v); m != nil {
			return m[1]
		}
	}
	return v
}

// ours makes the documented exceptions equal.
func ours(v any) any {
	switch v := v.(type) {
	case string:
		switch strings.ToLower(v) {
		case ".inf", "+.inf":
			return "Infinity"
		case "-.inf":
			return "-Infinity"
		case ".nan":
			return "NaN"
		}
		if m := moment.FindStringSubmatch(strings.Replace(v, "t", "T", 1)); m != nil {
			return m[1]
		}
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			out[k] = ours(e)
		}
		return out
	case []any:
		out := []any{}
		for _, e := range v {
			out = append(out, ours(e))
		}
		return out
	}
	return v
}

// counts is what was compared.
type counts struct{ inventories, hosts, groups, vars, mismatches int }

// compare holds one inventory against the program.
func (c *counts) compare(t *testing.T, name string, inv tree) {
	t.Helper()
	c.inventories++
	dir := inv.write(t)
	out, errs := ansibleInventory(t, dir, inv.main())
	if strings.Contains(string(errs), "Failed to parse") {
		t.Fatalf("%s: ansible does not read it:\n%s\n%v", name, errs, inv)
	}
	wantVars, wantGroups := listed(t, out)
	gotVars, gotGroups, err := source.Raw(inv.input())
	if err != nil {
		c.mismatches++
		t.Errorf("%s: %v\n%v", name, err, inv)
		return
	}
	for host, got := range gotVars {
		c.hosts++
		want := wantVars[host]
		for k, v := range got {
			c.vars++
			if w, ok := want[k]; !ok || !cmp.Equal(ours(v), w, equalFloats) {
				c.mismatches++
				t.Errorf("%s: host %s: %s is %#v, ansible has %#v (%v)", name, host, k, v, w, ok)
			}
		}
		for k, w := range want {
			if _, ok := got[k]; !ok {
				c.mismatches++
				t.Errorf("%s: host %s: %s is missing, ansible has %#v", name, host, k, w)
			}
		}
	}
	for host := range wantVars {
		if _, ok := gotVars[host]; !ok {
			c.mismatches++
			t.Errorf("%s: host %s is missing", name, host)
		}
	}
	c.groupsEqual(t, name, gotGroups, wantGroups)
}

func (c *counts) groupsEqual(t *testing.T, name string, got, want map[string]source.RawGroup) {
	t.Helper()
	for group, g := range got {
		c.groups++
		w := want[group]
		for _, list := range [][]string{g.Hosts, g.Children, w.Hosts, w.Children} {
			slices.Sort(list)
		}
		if group == "ungrouped" && len(g.Hosts) == 0 {
			continue
		}
		if !slices.Equal(g.Hosts, w.Hosts) || !slices.Equal(g.Children, w.Children) {
			c.mismatches++
			t.Errorf("%s: group %s is %v, ansible has %v", name, group, g, w)
		}
	}
	for group := range want {
		if _, ok := got[group]; !ok {
			c.mismatches++
			t.Errorf("%s: group %s is missing", name, group)
		}
	}
}

var equalFloats = cmp.Comparer(func(a, b float64) bool {
	return a == b || math.Abs(a-b) <= 1e-12*math.Abs(a)
})

func (c *counts) report(t *testing.T) {
	t.Helper()
	t.Logf("%d inventories, %d hosts, %d groups, %d variables compared with ansible-inventory: %d mismatches",
		c.inventories, c.hosts, c.groups, c.vars, c.mismatches)
	if c.hosts == 0 {
		t.Error("nothing was compared")
	}
}

// TestOracleHandmade compares inventories that were written by hand.
func TestOracleHandmade(t *testing.T) {
	var c counts
	defer c.report(t)
	for name, inv := range handmade {
		c.compare(t, name, inv)
	}
}

// TestOracleLiterals compares how values of INI inventories and of YAML files are
// typed: all in one inventory each.
func TestOracleLiterals(t *testing.T) {
	var c counts
	defer c.report(t)
	var vars, yaml, host strings.Builder
	for i, s := range pythonLiterals {
		fmt.Fprintf(&vars, "p%d = %s\n", i, s)
		if !strings.ContainsAny(s, "#\\'\"") {
			fmt.Fprintf(&host, " h%d='%s'", i, s)
		}
	}
	for i, s := range yamlScalars {
		fmt.Fprintf(&yaml, "y%d: %s\nl%d: [%s]\n", i, s, i, strings.NewReplacer(",", "", "[", "", "]", "").Replace(s))
	}
	c.compare(t, "literals", tree{
		"hosts.ini":          "[all]\nh1" + host.String() + "\n[all:vars]\n" + vars.String(),
		"group_vars/all.yml": yaml.String(),
	})
}

// TestOracleGenerated compares inventories made at random.
func TestOracleGenerated(t *testing.T) {
	var c counts
	defer c.report(t)
	for seed := range uint64(24) {
		inv := generate(seed)
		c.compare(t, fmt.Sprintf("seed %d", seed), inv)
		if t.Failed() {
			for name, text := range inv {
				t.Logf("== %s\n%s", name, text)
			}
			return
		}
	}
}

// TestOracleRefused: what Ansible does not read is an error here, and the other way
// round. All of it is one call of the program, which goes on behind a bad source.
func TestOracleRefused(t *testing.T) {
	inv := tree{}
	for i, text := range dubious {
		name := fmt.Sprintf("d%03d.ini", i)
		if strings.HasPrefix(text, "---") {
			name = fmt.Sprintf("d%03d.yml", i)
		}
		// groups of their own: the sources are read into one inventory
		inv[name] = strings.NewReplacer("GG", fmt.Sprintf("g%d", i), "HH", fmt.Sprintf("h%d", i)).Replace(text)
	}
	_, errs := ansibleInventory(t, inv.write(t), slices.Sorted(maps.Keys(inv))...)
	flat := regexp.MustCompile(`\s+`).ReplaceAllString(string(errs), "")
	refused := 0
	for name, text := range inv {
		_, err := source.Parse(source.Input{Kind: source.Ansible, Path: name, Files: map[string][]byte{name: []byte(text)}})
		theirs := regexp.MustCompile(`Unabletoparse\S*?/` + regexp.QuoteMeta(name) + `asaninventorysource`).MatchString(flat)
		if theirs {
			refused++
		}
		if (err != nil) != theirs {
			t.Errorf("%s: refused by ansible: %v, here: %v\n%s", name, theirs, err, text)
		}
	}
	t.Logf("%d dubious inventories, %d refused by ansible: the same ones here", len(inv), refused)
	if refused == 0 || refused == len(inv) {
		t.Errorf("ansible refused %d of %d: the comparison says nothing\n%s", refused, len(inv), errs)
	}
}
