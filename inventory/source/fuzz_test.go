package source_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"patchwave/inventory/source"
)

var validName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,255}$`)

// wellFormed checks what Parse promises of every result.
func wellFormed(t *testing.T, res *source.Result) {
	t.Helper()
	groups, folded := map[string]bool{}, map[string]bool{}
	for _, g := range res.Groups {
		if !validName.MatchString(g.Name) || folded[strings.ToLower(g.Name)] {
			t.Errorf("group %q is no name, or there twice", g.Name)
		}
		groups[g.Name], folded[strings.ToLower(g.Name)] = true, true
	}
	for _, g := range res.Groups {
		for _, c := range g.Children {
			if !groups[c] {
				t.Errorf("group %q has a child %q that is no group", g.Name, c)
			}
		}
	}
	hosts := map[string]bool{}
	for _, h := range res.Hosts {
		if name := strings.ToLower(h.Name); !validName.MatchString(h.Name) || hosts[name] {
			t.Errorf("host %q is no name, or there twice", h.Name)
		} else {
			hosts[name] = true
		}
		if h.Address == "" || strings.ContainsAny(h.Address, " \n{}") || h.Port < 0 || h.Port > 65535 {
			t.Errorf("host %q has address %q, port %d", h.Name, h.Address, h.Port)
		}
		for _, g := range h.Groups {
			if !groups[g] {
				t.Errorf("host %q is in %q, which is no group", h.Name, g)
			}
		}
		if !slices.Contains([]string{"", "ssh", "winrm", "local"}, h.Connection) {
			t.Errorf("host %q has the connection %q", h.Name, h.Connection)
		}
		for name, v := range h.Vars {
			onlyJSON(t, name, v)
			if strings.HasSuffix(name, "_password") {
				if s, ok := v.(string); ok && s != "" {
					t.Errorf("host %q: the secret %s was handed on", h.Name, name)
				}
			}
		}
	}
}

func onlyJSON(t *testing.T, name string, v any) {
	t.Helper()
	switch v := v.(type) {
	case nil, string, bool, float64:
	case []any:
		for _, e := range v {
			onlyJSON(t, name, e)
		}
	case map[string]any:
		for k, e := range v {
			onlyJSON(t, name+"."+k, e)
		}
	default:
		t.Errorf("%s is a %T", name, v)
	}
}

// fuzz runs one parser over a file called name.
func fuzz(f *testing.F, kind source.Kind, name string, seeds ...string) {
	f.Helper()
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		res, err := source.Parse(source.Input{Kind: kind, Path: name, Files: map[string][]byte{name: text}})
		if (res == nil) == (err == nil) {
			t.Fatalf("a result %v and an error %v", res, err)
		}
		if err == nil {
			wellFormed(t, res)
		}
	})
}

func FuzzINI(f *testing.F) { fuzz(f, source.Ansible, "hosts.ini", iniSeeds...) }

func FuzzYAML(f *testing.F) { fuzz(f, source.Ansible, "hosts.yml", yamlSeeds...) }

func FuzzList(f *testing.F) { fuzz(f, source.Ansible, "list.json", listSeeds...) }

func FuzzCSV(f *testing.F) { fuzz(f, source.CSV, "hosts.csv", csvSeeds...) }

func FuzzJSON(f *testing.F) { fuzz(f, source.JSON, "hosts.json", jsonSeeds...) }

func FuzzTerraform(f *testing.F) {
	fuzz(f, source.TerraformState, "terraform.tfstate", terraformSeeds...)
}

func FuzzSSHConfig(f *testing.F) { fuzz(f, source.SSHConfig, "config", sshSeeds...) }

// FuzzVarsFile reads the same bytes as variables of a group and of a host.
func FuzzVarsFile(f *testing.F) {
	for _, s := range append(slices.Clone(yamlSeeds), "a: 1\nb_password: x\nc: {d_token: y, e: [1, ~]}\n", `{"a": {"b": 1e3}}`) {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		res, err := source.Parse(source.Input{Kind: source.Ansible, Path: "hosts.ini", Files: map[string][]byte{
			"hosts.ini": []byte("[web]\nh1\nh2\n"), "group_vars/web.yml": text, "host_vars/h2/x.yml": text,
		}})
		if err == nil {
			wellFormed(t, res)
		}
	})
}

var (
	iniSeeds = []string{
		"h1 a=1 b='x y' # c\n[web]\nw[01:03].example.com:2222 ansible_host=10.0.0.1\n[web:vars]\nx=[1, {'a': (2,)}]\ndb_password=hunter2\n[p:children]\nweb\n",
		"[a:children]\nb\n[b:children]\na\n", "[a]\nh[a:z:2][1:9]-[01:03]\n", "[a]\nh ansible_connection=winrm ansible_become=yes ansible_ssh_common_args='-J a,b'\n",
		"[a\n", "[a]\nh 'x\n", "#!/bin/sh\n", "$ANSIBLE_VAULT;1.1;AES256\n6162\n", "x='\\x41\\u00e9' 'b'",
	}
	yamlSeeds = []string{
		"all:\n  hosts:\n    h1: {a: 0777, b: yes, c: 1:30}\n  children:\n    web: {hosts: {'w[1:3]': }, vars: {x_password: y}}\n",
		"a: &a {hosts: {h: *b}}\n", "a: {hosts: {h: {<<: [{x: 1}, {x: 2}]}}}\n", "a: &a [*a]\n", "plugin: aws_ec2\n", "- a\n", "a:\n  hosts: h\n---\n",
		"a: {hosts: {h: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n}}\n",
	}
	listSeeds = []string{
		`{"_meta": {"hostvars": {"h1": {"ansible_host": "10.0.0.1", "a": 1e3, "v": {"__ansible_vault": "x"}}}}, "web": {"hosts": ["h1", "h2"], "children": ["db"], "vars": {"x": 1}}, "db": ["h3"]}`,
		`{"_meta": {}, "h9": {"a": 1}}`, `{"_meta": 5}`, `{"_meta": {"hostvars": []}}`,
	}
	csvSeeds = []string{
		"name,address,user,port,groups,labels.role,vars.owner\nweb-01,10.0.0.1,ops,22,web prod,web,team\n", "Name;IP;labels.x\na;10.0.0.1;1\n", "name\n\"a\n\"\n", "name,name\n", "address\n1\n", "",
	}
	jsonSeeds = []string{
		`[{"name": "web-01", "address": "10.0.0.1", "port": 22, "groups": ["web"], "labels": {"a": 1}, "vars": {"b": [1]}, "jump": ["x"], "become": {}}]`,
		`{"hosts": [{"name": "a"}], "groups": [{"name": "g", "children": ["h"]}, {"name": "h", "children": ["g"]}]}`, `[1]`, `{}`, `[{}]`,
	}
	terraformSeeds = []string{
		`{"version": 4, "resources": [{"mode": "managed", "type": "aws_instance", "name": "web", "instances": [{"index_key": 0, "attributes": {"private_ip": "10.0.0.1", "tags": {"Name": "web-1", "role": "web"}}}]}]}`,
		`{"version": 4, "resources": [{"mode": "managed", "type": "ansible_host", "name": "x", "instances": [{"attributes": {"name": "h", "groups": ["g"], "variables": {"ansible_user": "u"}}}]}]}`,
		`{"version": 3}`, `{"version": 4, "resources": {}}`,
	}
	sshSeeds = []string{
		"Host web-* !web-9\n  User ops\nHost web-1 web-2\n  HostName %h.example.com\n  Port=2222\n  ProxyJump a@b:1,c\nMatch all\n  User x\nInclude y\n",
		"Host \"a b\" c\nIdentityFile ~/.ssh/x # y\n", "ProxyCommand ssh -W %h:%p b\nHost a\n", "Host\n", "Host a\nPort x\n",
	}
)
