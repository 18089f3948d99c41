//go:build oracle

package source_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// generator makes inventories at random that Ansible reads.
type generator struct {
	*rand.Rand
	groups []string
	files  tree
}

func generate(seed uint64) tree {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 17)), files: tree{}}
	for i := range 4 + g.IntN(12) {
		g.groups = append(g.groups, fmt.Sprintf("%s%d", g.one("web", "db", "app_", "z", "a.b"), i))
	}
	if seed%3 == 2 {
		g.files["hosts.yml"] = g.yaml()
	} else {
		g.files["hosts.ini"] = g.ini()
	}
	for i, name := range append([]string{"all", "ungrouped"}, g.groups...) {
		if g.IntN(2) == 0 {
			g.varsFiles("group_vars/"+name, i)
		}
	}
	for i := range 12 {
		g.varsFiles("host_vars/"+g.hostName(), i)
	}
	return g.files
}

func (g *generator) one(words ...string) string { return words[g.IntN(len(words))] }

// hostName is a name that patterns below make.
func (g *generator) hostName() string {
	return g.one("lone", "n1", "n2", "n07", "n08", "db-a", "db-b", "x1.example.com", "x2.example.com", "10.0.0.1", "10.0.0.2", "r1-a", "r2-b")
}

func (g *generator) pattern() string {
	return g.one("lone", "n[1:4]", "n[05:12]", "n[1:9:3]", "db-[a:e]", "db-[a:z:5]", "x[1:3].example.com", "10.0.0.[1:4]", "r[1:3]-[a:c]", "n2", "db-b",
		"y[098:102]", "k:2222", "n[1:2]:2200", "h[0:1]", "H[A:C]")
}

// key is a name of a variable; few, so that they collide.
func (g *generator) key() string {
	return g.one("a", "b", "c", "d", "e", "ntp", "tier", "ansible_user", "ansible_host", "port", "x_y", "ansible_port")
}

func (g *generator) python() string {
	for {
		if s := g.one(pythonLiterals...); s != "#" && s != "# x" {
			return s
		}
	}
}

func (g *generator) ini() string {
	var b strings.Builder
	hosts := func(n int) {
		for range n {
			b.WriteString(g.one("", " ", "\t") + g.pattern())
			for range g.IntN(4) {
				v := g.one("1", "x", "'a b'", `"c d"`, "True", "[1,2]", `"{'k': 1}"`, "0777", "0x10", "1.5", "x=y", "", `"'5'"`, `a\ b`, "None")
				fmt.Fprintf(&b, " %s=%s", g.key(), v)
			}
			b.WriteString(g.one("\n", " # c\n", "\n\n", "\r\n"))
		}
	}
	hosts(g.IntN(4))
	for i, name := range g.groups {
		fmt.Fprintf(&b, "[%s]%s\n", name, g.one("", " ", " # c", "  #c"))
		hosts(g.IntN(5))
		if g.IntN(2) == 0 {
			fmt.Fprintf(&b, "[%s:vars]\n", name)
			g.iniVars(&b)
		}
		if i > 0 && g.IntN(2) == 0 {
			fmt.Fprintf(&b, "[%s:children]\n", name)
			for range 1 + g.IntN(2) {
				fmt.Fprintf(&b, "%s%s\n", g.groups[g.IntN(i)], g.one("", " # c", "  "))
			}
		}
	}
	b.WriteString("[all:vars]\n")
	g.iniVars(&b)
	return b.String()
}

func (g *generator) iniVars(b *strings.Builder) {
	for range 1 + g.IntN(4) {
		fmt.Fprintf(b, "%s%s%s\n", g.key(), g.one("=", " = ", "= "), g.python())
	}
	if g.IntN(3) == 0 {
		fmt.Fprintf(b, "ansible_group_priority=%d\n", g.IntN(20))
	}
}

// yamlVars is a mapping of variables, each line indented.
func (g *generator) yamlVars(indent string) string {
	var b strings.Builder
	for range 1 + g.IntN(4) {
		v := g.one(yamlScalars...)
		switch g.IntN(5) {
		case 0:
			v = "[" + strings.ReplaceAll(g.one("1, yes", "a, b", "{x: 0777}, []"), "\n", "") + "]"
		case 1:
			v = "{m: 1, n: [yes, ~], o: {p: 'q'}}"
		}
		fmt.Fprintf(&b, "%s%s: %s\n", indent, g.key(), v)
	}
	return b.String()
}

func (g *generator) yaml() string {
	var b strings.Builder
	for i, name := range append([]string{"all"}, g.groups...) {
		fmt.Fprintf(&b, "%s:\n  hosts:\n", name)
		for range g.IntN(4) {
			fmt.Fprintf(&b, "    %q:\n", g.pattern())
			if g.IntN(2) == 0 {
				b.WriteString(g.yamlVars("      "))
			}
		}
		if g.IntN(2) == 0 {
			b.WriteString("  vars:\n" + g.yamlVars("    "))
		}
		if i > 1 && g.IntN(2) == 0 {
			fmt.Fprintf(&b, "  children:\n    %s:\n", g.groups[g.IntN(i-1)])
		}
	}
	return b.String()
}

// varsFiles writes the variables of a host or a group in one of the ways.
func (g *generator) varsFiles(path string, i int) {
	for name := range g.files {
		if name == path || strings.HasPrefix(name, path+"/") || strings.HasPrefix(name, path+".") {
			return
		}
	}
	switch g.IntN(6) {
	case 0:
		g.files[path] = g.yamlVars("")
	case 1:
		g.files[path+".yml"] = "---\n" + g.yamlVars("")
	case 2:
		g.files[path+".yaml"] = g.yamlVars("")
		g.files[path+".json"] = `{"never": 1}`
	case 3:
		g.files[path+".json"] = fmt.Sprintf(`{"%s": %d.0, "j": [1e2, "x", null, {"k": false}]}`, g.key(), i)
	case 4:
		g.files[path+".yml"] = ""
	default:
		g.files[path+"/a.yml"] = g.yamlVars("")
		g.files[path+"/b"] = g.yamlVars("")
		g.files[path+"/sub/c.json"] = `{"from": "sub"}`
	}
}
