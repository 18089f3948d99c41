//go:build oracle

package source_test

// pythonLiterals are values of INI variables.
var pythonLiterals = []string{
	"1", "-1", "+1", "0", "00", "01", "0777", "0o17", "0O17", "0x1F", "0Xff", "0b101", "0b102", "1_000", "1__0", "_1", "1_", "0x_1f", "0o_7",
	"1.5", "-1.5", "1.", ".5", "1e3", "1E3", "1e+3", "1e-3", "1.5e300", "1e", "e1", "1.2.3", "10.0.0.1", "1_0.0_1", "1_0e1_0", "0_1", "0x", "1a",
	"12345678901234567890", "-12345678901234567890", "9007199254740993", "9007199254740992",
	"True", "False", "None", "true", "false", "yes", "no", "null", "-True", "TRUE",
	"'a'", `"a"`, "'a' 'b'", `'a'"b"`, "'it''s'", `"it's"`, "'''a'''", `"""a"b"""`, "'a", `a'`, `"a" b`, `'a\nb'`, `'a\tb'`, `'\x41'`, `'\u00e9'`, `'\101'`,
	`'\q'`, `'\''`, `r'\n'`, `u'x'`, `'\U0001F600'`, `'\8'`, `'a\\b'`, `''`, `""`, `'''it's'''`, `R"\x"`,
	"[1,2,3]", "[]", "[1,]", "[,]", "[1 2]", "['a', 'b']", "[a, b]", "[[1], [2, [3]]]", "(1,)", "(1)", "()", "(1, 2)", "1,2", "1,", "'a', 'b'", ",",
	"{'a': 1}", "{}", "{'a': 1,}", "{'a': {'b': [1, True, None]}}", "{1: 'x'}", "{True: 1}", "{'a': 1, 'a': 2}", "{a: 1}", "{None: 1}",
	"5 # five", "'x' # y", "x # y", "#", "# x", "x#y", "[1, 2] # list", "[1 # x]",
	"--5", "- 5", "1+2", "1 + 1", "-'a'", "-[1]", "not True", "a", "a b", "a=b", "a:b", "{{ x }}", "{{ x | default('y') }}", "{% if x %}", "$HOME", "~/x",
	`C:\Users\x`, `a\b`, `\`, "é", "'é'", "日本", "2020-01-01", "1:30", "@x", "%x", "!x", "*", "|", ">", "lambda: 1", "[x for x in y]", "f'x'", "print('x')",
	"1 if True else 2", "'a' % 1", "0.1", "3.14159", "1e22", "123456789.125", "(1, (2, 3))", "[1, 'a', 2.5, None, True]", "( 1 , 2 )", "[ ]", "{ }", "{'a':1", "[1", "(1",
	"1]", "\"a\\\"b\"", "'a' , ", "  7", "7  ", "None # x", "['#']", "'#'", "{'k': '#'}",
}

// yamlScalars are values of YAML variables.
var yamlScalars = []string{
	"1", "-1", "+1", "0", "00", "01", "0777", "08", "0o17", "0x1F", "0xfg", "0b11", "1_000", "_1", "1_", "-0x1f", "+0b1", "0_7", "-0777",
	"1.5", "-1.5", "1.", ".5", "-.5", "+.5", "1e3", "1.0e3", "1.0e+3", "1.5E-3", ".5e+1", "1_0.5_0", "1.2.3", "10.0.0.1", "1.e+3", "._5",
	"12345678901234567890", "-12345678901234567890", "1:30", "1:60", "10:20:30", "-1:30", "1:30.5", "01:30", "22:22",
	"yes", "Yes", "YES", "yEs", "no", "on", "off", "On", "OFF", "true", "True", "TRUE", "tRue", "false", "y", "n", "Y", "N", "t",
	"~", "null", "Null", "NULL", "nULL", "None", "2020-01-01", "2020-1-1", "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43",
	".inf", "-.inf", ".INF", "'yes'", "\"yes\"", "'1'", "\"a\\nb\"", "'it''s'", "\"\\u00e9\"", "é", "日本", "a b", "a#b", "a:b", "!!str 1", "!!int '7'", "!!float '1.5'", "!unsafe x",
	"'{{ x }}'", "\"{{ x }}\"", "--", "-a", "?x", "a-b", "1-2", "0.0.0.0/0", "=x", "<<x", "1e", "e1", "0x", "0b", "1_000.5", "685.230_15e+03",
}

// handmade are inventories as people write them, and the corners of the formats.
var handmade = map[string]tree{
	"ini": {
		"hosts.ini": `# a comment
; another one
lone ansible_port=2200 note="a # b" # trailing
jump.example.com:2222 ansible_user=ops

[web] # the web tier
web[01:03].example.com http_port=80 'quoted key'=1
w[a:e:2] x=1 x=2
v[1:9:4]

[db:vars]
engine = 'postgres'
ports=[5432, 5433]
replicas = 3 # three

[db]
db[08:11]
[2001:db8::1]:22
10.0.0.[1:3]:2022
rack[1:2]-[a:b]

[prod:children]
web
db # the databases

[prod:vars]
tier = prod
ansible_group_priority=10
engine=none
[web:vars]
tier=web
[web:hosts]
extra
lone
[all:vars]
domain=example.com
tier=all
[ungrouped:vars]
alone=True
`,
		"group_vars/all.yml":          "tier: allfile\nntp: [a, b]\ndefaults: &d {a: 1, b: 2}\nmerged: {<<: *d, b: 3}\nlist: [*d, *d]\n",
		"group_vars/web.yml":          "http_port: 8080\ntls: yes\nmode: 0644\n",
		"group_vars/db/10-main.yml":   "engine: mysql\nsize: 1\n",
		"group_vars/db/20-more.yaml":  "size: 2\n",
		"group_vars/db/sub/x.json":    `{"sub": 1.0, "e": 1e3, "engine": "sub"}`,
		"group_vars/db/.hidden.yml":   "hidden: 1\n",
		"group_vars/db/old.yml~":      "old: 1\n",
		"group_vars/db/readme.txt":    "not: read\n",
		"group_vars/db.yml":           "engine: never\n",
		"group_vars/prod":             "from_file: plain\n",
		"group_vars/ungrouped.yml":    "u: 1\n",
		"group_vars/nobody.yml":       "n: 1\n",
		"host_vars/lone.json":         `{"big": 12345678901234567890, "t": true, "n": null}`,
		"host_vars/web01.example.com": "http_port: 81\nempty:\n",
		"host_vars/wa/a.yml":          "a: 1\n",
		"host_vars/wa/b":              "a: 2\nsecret: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n",
		"host_vars/wc.yml":            "",
		"host_vars/we.yml":            "---\n# nothing\n",
	},
	"priorities": {
		"hosts.ini": `[a]
h1
[b]
h1
[c]
h1
[z:children]
a
[z:vars]
x=z
ansible_group_priority=99
[a:vars]
x=a
y=a
[b:vars]
x=b
y=b
ansible_group_priority=5
[c:vars]
x=c
y=c
w=c
[deep:children]
deeper
[deeper:children]
b
[deeper:vars]
w=deeper
ansible_group_priority="7"
`,
		"group_vars/a.yml": "y: afile\nansible_group_priority: 50\n",
	},
	"yaml": {
		"hosts.yml": `all:
  vars: {top: 1, who: all}
  hosts:
    lone:
    port.example.com:2222:
    "r[1:3]": {a: 1, flag: yes, oct: 0644, s: "0644"}
  children:
    web:
      hosts:
        web[01:05].example.com:
          http_port: 80
          nested: {a: [1, {b: c}], d: ~}
        lone: {x: fromweb}
      vars:
        who: web
      children:
        canary:
          hosts:
            web01.example.com:
              who: host
          vars: {who: canary}
    db:
      hosts: single
      unknown: 1
    empty:
    strange: {}
ungrouped:
  hosts:
    solo:
extra:
  children: web
`,
		"group_vars/web.yml":        "who: webfile\n",
		"host_vars/single.yml":      "one: 1\n1: number key\nfalse: bool key\n2.5: float key\n",
		"host_vars/r2/main.yml":     "a: 2\n",
		"group_vars/canary/one.yml": "x: canaryfile\n",
	},
	"yaml without suffix": {"hosts": "web:\n  hosts:\n    h1: {a: 1}\n  vars: {b: 2}\n"},
	"ini without suffix":  {"hosts": "h1 a=1\n[web]\nh2 b=2\n[web:vars]\nc=3\n"},
	"json":                {"hosts.json": `{"all": {"hosts": {"h1": {"a": 1, "b": 1e3, "c": [1, 2.5]}}, "children": {"web": {"hosts": {"h[2:4]": null}}}}}`},
	"duplicates":          {"hosts.yml": "web:\n  hosts:\n    h1: {a: 1}\nweb:\n  hosts:\n    h2: {a: 1, a: 2}\n"},
	"ports":               {"hosts.ini": "[web]\nh:22\nh:23\n[w2]\nh:24\nk ansible_port=1\nk:25\n[w3]\nh-:22\n-h:23\nh.:24\nä:25\nh_i:26\na.b-c.d:27\nj:70000\n"},
	"ungrouped":           {"hosts.ini": "[all]\nh\n[ungrouped]\ni\nk\n[web]\ni\n[e]\n[f:children]\ne\n"},
	"directory": {
		"inv/01-web.yml":         "web:\n  hosts:\n    h1: {a: 1}\n",
		"inv/02-db.ini":          "[db]\nh2 b=2\nh1\n[web:vars]\nv=1\n",
		"inv/03-more":            "[db:vars]\nz=1\n",
		"inv/readme.md":          "no inventory",
		"inv/group_vars/web.yml": "g: 1\n",
		"inv/host_vars/h2.yml":   "b: 3\n",
		"group_vars/db.yml":      "outside: 1\n",
	},
}

// dubious are inventories that Ansible may refuse. GG and HH are names.
var dubious = []string{
	"[GG]\nHH\n",
	"[GG:children]\nnowhere\n",
	"[GG:vars]\na=1\n",
	"[GG:vars]\na=1\n[GG]\nHH\n",
	"[G G]\nHH\n",
	"[GG]x\nHH\n",
	"[GG:foo]\nHH\n",
	"[GG:hosts]\nHH\n",
	"[GGa:children]\nGGb\n[GGb:children]\nGGa\n",
	"[GG:children]\nGG\n",
	"[GG]\nHH foo\n",
	"[GG]\nHH \"a b\"=1\n",
	"[GG:children]\nGGc x=1\n[GGc]\n",
	"[GG:children]\nGGc # x\n[GGc]\n",
	"[GG:vars]\nfoo\n[GG]\nHH\n",
	"[GG:vars]\n=1\n[GG]\nHH\n",
	"[GG]\nHH[1:3\n",
	"[GG]\nHH[01:3]\n",
	"[GG]\nHH[1:]\n",
	"[GG]\nHH[:3]\n",
	"[GG]\nHH[3:1]\n",
	"[GG]\nHH[c:a]\n",
	"[GG]\nHH[a:C]\n",
	"[GG]\nHH[1]\n",
	"[GG]\nHH[1:2:3:4]\n",
	"[GG]\nHH[a:3]\n",
	"[GG]\nHH a='b\n",
	"[GG]\nHH a=b\\\n",
	"[GG]\nHH a=\"b\" c='d e'\n",
	"[]\nHH\n",
	"[GG:]\nHH\n",
	"[ GG ]\nHH\n",
	"[GG] # x\nHH\n",
	"[GG] ; x\nHH\n",
	"[GG\nHH\n",
	"[GG:children:x]\nHH\n",
	"HH\n  [GG]\n  HHb\n",
	"---\nGG:\n  hosts:\n    HH:\n",
	"---\nGG:\n  hosts: [HH]\n",
	"---\nGG:\n  hosts: HH\n",
	"---\nGG:\n  hosts: 5\n",
	"---\nGG: HH\n",
	"---\nGG: [HH]\n",
	"---\nGG:\n  hosts:\n    HH: 5\n",
	"---\nGG:\n  hosts:\n    HH: []\n",
	"---\nGG:\n  vars: x\n",
	"---\nGG:\n  vars: [x]\n",
	"---\nGG:\n  children: [GGb]\n",
	"---\nGG:\n  children:\n    GG:\n",
	"---\n- GG\n",
	"--- GG\n",
	"---\nGG:\n  hosts:\n    HH[1:\n",
	"---\nGG:\n  hosts:\n    HH[01:3]:\n",
	"---\nGG:\n\thosts:\n",
	"---\nGG: {hosts: {HH: {a: *x}}}\n",
	"---\nGG: {hosts: {HH: {a: !foo x}}}\n",
	"---\nGG: {hosts: {HH: {? [a] : 1}}}\n",
	"---\nGG: {hosts: {HH: {<<: 1}}}\n",
	"---\nGG: {hosts: {HH: {}}}\n---\nGG: {}\n",
}
