package source

import (
	"fmt"
	"regexp"
	"strings"

	"patchwave/inventory"
)

// ini is one Ansible inventory in INI form being read.
type ini struct {
	g     *graph
	pos   inventory.Position
	group *groupNode
	kind  string // of the section: "hosts", "children" or "vars"
	// declared are the groups that have a section of hosts or children.
	declared map[*groupNode]bool
	// pending are groups that were used before they were declared, and where.
	pending map[*groupNode]*Error
}

var iniSection = regexp.MustCompile(`^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$`)

// iniChild is a line of a children section.
var iniChild = regexp.MustCompile(`^([^:\]\s#]+)\s*(?:#.*)?$`)

// ini reads an inventory in INI form (ansible.builtin.ini). Lines in front of the
// first section belong to "ungrouped".
func (g *graph) ini(name string, text []byte) *Error {
	p := &ini{g: g, group: g.ungrouped, kind: "hosts",
		declared: map[*groupNode]bool{g.all: true, g.ungrouped: true}, pending: map[*groupNode]*Error{}}
	for _, n := range g.groupOrder {
		p.declared[n] = true // by another file of the directory
	}
	p.pos = inventory.Position{File: name, Column: 1}
	for line := range strings.SplitSeq(string(text), "\n") {
		p.pos.Line++
		if err := p.line(strings.TrimSpace(line)); err != nil {
			return err
		}
	}
	var first *Error
	for n, err := range p.pending {
		if !p.declared[n] && (first == nil || err.Pos.Line < first.Pos.Line) {
			first = err
		}
	}
	return first
}

func (p *ini) fail(format string, args ...any) *Error {
	return &Error{Pos: p.pos, Msg: fmt.Sprintf(format, args...)}
}

func (p *ini) line(line string) *Error {
	switch {
	case line == "" || line[0] == '#' || line[0] == ';':
		return nil
	case line[0] == '[':
		if m := iniSection.FindStringSubmatch(line); m != nil {
			return p.section(m[1], m[2])
		}
		if strings.HasSuffix(line, "]") && strings.ContainsAny(line, " \t") {
			return p.fail("%q is no section: write [group], [group:children] or [group:vars], without blanks", shorten(line))
		}
	}
	switch p.kind {
	case "children":
		return p.child(line)
	case "vars":
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			return p.fail("a variable is written name=value, and this line has no =")
		}
		p.group.set(strings.TrimSpace(key), literal(strings.TrimSpace(value)))
		return nil
	default:
		return p.host(line)
	}
}

func (p *ini) section(name, kind string) *Error {
	group, err := p.g.group(name, p.pos)
	if err != nil {
		return err
	}
	switch kind {
	case "", "hosts":
		kind = "hosts"
		p.declared[group] = true
	case "children":
		p.declared[group] = true
	case "vars":
		p.await(group, fmt.Sprintf("section [%s:vars] belongs to a group that is nowhere defined", shorten(name)))
	default:
		return p.fail("section [%s:%s]: a section is of hosts, children or vars", shorten(name), shorten(kind))
	}
	p.group, p.kind = group, kind
	return nil
}

// await notes that a group must be declared by the end of the file.
func (p *ini) await(n *groupNode, why string) {
	if _, ok := p.pending[n]; !ok && !p.declared[n] {
		p.pending[n] = p.fail("%s", why)
	}
}

func (p *ini) child(line string) *Error {
	m := iniChild.FindStringSubmatch(line)
	if m == nil {
		return p.fail("a children section has one group a line, not %q", shorten(line))
	}
	child, err := p.g.group(m[1], p.pos)
	if err != nil {
		return err
	}
	p.await(child, fmt.Sprintf("group %q is nowhere defined", shorten(m[1])))
	if !p.group.addChild(child) {
		return p.fail("group %q cannot be in itself", shorten(m[1]))
	}
	return nil
}

func (p *ini) host(line string) *Error {
	words, err := splitWords(line, true)
	if err != nil {
		return p.fail("%s", err.Error())
	}
	if len(words) == 0 {
		return nil
	}
	names, port, err := expandHosts(words[0])
	if err != nil {
		return p.fail("%s", err.Error())
	}
	vars := make(map[string]any, len(words)-1)
	for _, w := range words[1:] {
		key, value, ok := strings.Cut(w, "=")
		if !ok {
			return p.fail("behind a host stand name=value, quoted where the value has blanks; there is a word without =")
		}
		vars[key] = literal(value)
	}
	return p.g.addHosts(names, port, vars, p.group, p.pos)
}

// addHosts puts hosts with the same variables into a group. A port counts for
// hosts that are new.
func (g *graph) addHosts(names []string, port int, vars map[string]any, in *groupNode, pos inventory.Position) *Error {
	for _, name := range names {
		_, known := g.hosts[name]
		h, err := g.host(name, in, pos)
		if err != nil {
			return err
		}
		if port != 0 && !known {
			h.set("ansible_port", float64(port))
		}
		if g.work += len(vars); g.work > maxWork {
			return &Error{Pos: pos, Msg: "the inventory has too many variables for too many hosts; divide it"}
		}
		for k, v := range vars {
			h.set(k, v)
		}
	}
	return nil
}
