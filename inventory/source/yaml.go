package source

import (
	"bytes"
	"encoding/json"
	"slices"

	"patchwave/inventory"

	"go.yaml.in/yaml/v3"
)

// yamlInventory is one Ansible inventory in YAML form being read.
type yamlInventory struct {
	g *graph
	*yamlReader
}

// yaml reads an inventory in YAML form (ansible.builtin.yaml): groups, each with
// hosts, children and vars. JSON is YAML here.
func (g *graph) yaml(name string, root *yaml.Node, isJSON bool) *Error {
	y := &yamlInventory{g: g, yamlReader: &yamlReader{file: name, json: isJSON}}
	if root == nil {
		return &Error{Pos: inventory.Position{File: name}, Msg: "the inventory is empty"}
	}
	if root.Kind != yaml.MappingNode {
		return &Error{Pos: y.pos(root), Msg: "an inventory in YAML is a mapping of groups, for example all: with hosts: below it"}
	}
	y.last(root, 0, func(_ string, k, v *yaml.Node) {
		if key := k.Value; key == "plugin" && v.Kind == yaml.ScalarNode {
			y.fail(k, "this configures an inventory plugin, which only ansible can run: "+
				"save the output of `ansible-inventory -i %s --list` and read that", shorten(name))
			return
		}
		y.group(k, v, nil, 0)
	})
	return y.err
}

// last visits the pairs of a mapping that are in force: of keys that are there
// several times the last, at the place of the first.
func (y *yamlInventory) last(n *yaml.Node, depth int, visit func(key string, k, v *yaml.Node)) {
	type pair struct{ k, v *yaml.Node }
	in := map[string]pair{}
	var order []string
	y.pairs(n, depth, func(k, v *yaml.Node) {
		key := y.key(k)
		if _, ok := in[key]; !ok {
			order = append(order, key)
		}
		in[key] = pair{resolveAlias(k), resolveAlias(v)}
	})
	for _, key := range order {
		if y.err == nil {
			visit(key, in[key].k, in[key].v)
		}
	}
}

// group reads one group and what is in it.
func (y *yamlInventory) group(k, v *yaml.Node, parent *groupNode, depth int) {
	if !y.enter(v, depth) {
		return
	}
	name := y.key(k)
	if y.err != nil {
		return
	}
	node, err := y.g.group(name, y.pos(k))
	if err != nil {
		y.err = err
		return
	}
	if parent != nil && !parent.addChild(node) {
		y.fail(k, "group %q cannot be in itself", shorten(name))
		return
	}
	switch {
	case isNull(v):
		return
	case v.Kind != yaml.MappingNode:
		y.g.r.lose(y.pos(v), "group %q was left out: it must be a mapping with hosts, children or vars", shorten(name))
		return
	}
	y.last(v, depth, func(key string, k, v *yaml.Node) {
		if !slices.Contains([]string{"hosts", "children", "vars"}, key) {
			y.g.r.note(y.pos(k), "%q in group %q was left out: a group has hosts, children and vars", shorten(key), shorten(name))
			return
		}
		y.section(node, key, v, depth)
	})
}

func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Style == 0 && plain(n.Value) == nil
}

// section reads hosts, children or vars of a group. A single word stands for a
// mapping with that one key.
func (y *yamlInventory) section(node *groupNode, kind string, v *yaml.Node, depth int) {
	switch {
	case isNull(v):
		return
	case v.Kind == yaml.ScalarNode && isText(y.scalar(v)):
		v = &yaml.Node{Kind: yaml.MappingNode, Line: v.Line, Column: v.Column,
			Content: []*yaml.Node{v, {Kind: yaml.ScalarNode, Line: v.Line, Column: v.Column}}}
	case v.Kind != yaml.MappingNode:
		y.fail(v, "%s of group %q must be a mapping: each name with a colon behind it, no list", kind, shorten(node.name))
		return
	}
	y.last(v, depth+1, func(key string, k, v *yaml.Node) {
		switch kind {
		case "vars":
			node.set(key, y.value(v, depth+2))
		case "children":
			y.group(k, v, node, depth+2)
		default:
			y.host(node, key, k, v, depth+2)
		}
	})
}

func isText(v any) bool {
	_, ok := v.(string)
	return ok
}

func (y *yamlInventory) host(node *groupNode, pattern string, k, v *yaml.Node, depth int) {
	names, port, err := expandHosts(pattern)
	if err != nil {
		y.fail(k, "%s", err.Error())
		return
	}
	vars := map[string]any{}
	switch {
	case isNull(v), v.Kind == yaml.SequenceNode && len(v.Content) == 0:
	case v.Kind == yaml.MappingNode:
		y.last(v, depth, func(key string, _, v *yaml.Node) { vars[key] = y.value(v, depth+1) })
	default:
		y.fail(v, "the variables of host %q must be a mapping", shorten(pattern))
	}
	if y.err != nil {
		return
	}
	if err := y.g.addHosts(names, port, vars, node, y.pos(k)); err != nil {
		y.err = err
	}
}

// isList reports the JSON that dynamic inventories and ansible-inventory --list
// print.
func isList(text []byte) bool {
	if !looksLikeJSON(text) || !json.Valid(text) {
		return false
	}
	var doc struct {
		Meta json.RawMessage `json:"_meta"`
	}
	return json.Unmarshal(text, &doc) == nil && len(bytes.TrimSpace(doc.Meta)) > 0
}

// looksLikeGroups reports a document that can be an inventory in YAML: a mapping
// of groups.
func looksLikeGroups(root *yaml.Node) bool {
	return root != nil && root.Kind == yaml.MappingNode && len(root.Content) > 0
}
