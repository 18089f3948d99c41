package source

import (
	"encoding/json"
	"errors"

	"patchwave/inventory"
)

// listGroup is a group of the JSON that a dynamic inventory prints.
type listGroup struct {
	Hosts    []string       `json:"hosts"`
	Children []string       `json:"children"`
	Vars     map[string]any `json:"vars"`
}

// list reads what ansible-inventory --list and dynamic inventories print: groups
// by name, each an object or a list of hosts, and the variables of hosts below
// _meta.hostvars (Ansible developer guide, "developing inventory").
func (g *graph) list(name string, text []byte) *Error {
	top, err := members(text, 1)
	if err != nil {
		return &Error{Pos: inventory.Position{File: name}, Msg: err.Error()}
	}
	var meta *member
	for _, m := range top {
		if m.key == "_meta" {
			meta = &m
			continue
		}
		if err := g.listGroup(m, inventory.Position{File: name, Line: m.line, Column: 1}); err != nil {
			return err
		}
	}
	if meta == nil {
		return nil
	}
	return g.hostVarsOf(name, *meta)
}

func (g *graph) listGroup(m member, pos inventory.Position) *Error {
	node, failed := g.group(m.key, pos)
	if failed != nil {
		return failed
	}
	got, err := decodeListGroup(m)
	if err != nil {
		g.r.lose(pos, "group %q was left out: %s", shorten(m.key), err.Error())
		return nil
	}
	for k, v := range got.Vars {
		node.set(k, v)
	}
	for _, h := range got.Hosts {
		if _, err := g.host(h, node, pos); err != nil {
			return err
		}
	}
	for _, c := range got.Children {
		child, err := g.group(c, pos)
		if err != nil {
			return err
		}
		if !node.addChild(child) {
			return &Error{Pos: pos, Msg: "group " + shorten(c) + " cannot be in itself"}
		}
	}
	return nil
}

func decodeListGroup(m member) (listGroup, error) {
	var out listGroup
	if json.Unmarshal(m.raw, &out.Hosts) == nil {
		return out, nil
	}
	v, err := decodeJSON(m.raw)
	if err != nil {
		return out, err
	}
	object, ok := v.(map[string]any)
	if !ok {
		return out, errors.New("a group is an object, or a list of hosts")
	}
	_, hosts := object["hosts"]
	_, children := object["children"]
	_, vars := object["vars"]
	if !hosts && !children && !vars {
		// the oldest form: a host of that name with its variables
		return listGroup{Hosts: []string{m.key}, Vars: object}, nil
	}
	for key, into := range map[string]*[]string{"hosts": &out.Hosts, "children": &out.Children} {
		if *into, ok = textList(object[key]); !ok {
			return out, errors.New(key + " is a list of names")
		}
	}
	if out.Vars, ok = object["vars"].(map[string]any); !ok && object["vars"] != nil {
		return out, errors.New("vars is an object")
	}
	return out, nil
}

// textList is a list of strings, or nothing.
func textList(v any) ([]string, bool) {
	if v == nil {
		return nil, true
	}
	list, ok := v.([]any)
	if !ok {
		return nil, false
	}
	out := make([]string, 0, len(list))
	for _, e := range list {
		s, ok := e.(string)
		if !ok {
			return nil, false
		}
		out = append(out, s)
	}
	return out, true
}

func (g *graph) hostVarsOf(name string, meta member) *Error {
	parts, err := members(meta.raw, meta.line)
	if err != nil {
		return &Error{Pos: inventory.Position{File: name, Line: meta.line}, Msg: "_meta: " + err.Error()}
	}
	for _, part := range parts {
		if part.key != "hostvars" {
			continue
		}
		hosts, err := members(part.raw, part.line)
		if err != nil {
			return &Error{Pos: inventory.Position{File: name, Line: part.line}, Msg: "_meta.hostvars: " + err.Error()}
		}
		for _, m := range hosts {
			if err := g.listHost(name, m); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *graph) listHost(name string, m member) *Error {
	pos := inventory.Position{File: name, Line: m.line, Column: 1}
	v, err := decodeJSON(m.raw)
	vars, ok := v.(map[string]any)
	if err != nil || !ok {
		return &Error{Pos: pos, Msg: "the variables of host " + shorten(m.key) + " are no object"}
	}
	h, known := g.hosts[m.key]
	if !known {
		g.r.note(pos, "host %q has variables and is in no group", shorten(m.key))
		var failed *Error
		if h, failed = g.host(m.key, g.ungrouped, pos); failed != nil {
			return failed
		}
	}
	h.pos = pos
	for k, v := range vars {
		h.set(k, v)
	}
	return nil
}
