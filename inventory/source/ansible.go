package source

import (
	"bytes"
	"encoding/json"
	"path"
	"slices"
	"strings"

	"patchwave/inventory"
)

// ansible reads an Ansible inventory and hands its hosts and groups out.
func (r *reader) ansible() *Error {
	g, hostFiles, err := r.ansibleGraph()
	if err != nil {
		return err
	}
	return g.settle(hostFiles)
}

// ansibleGraph reads every file of an Ansible inventory. hostFiles are host_vars.
func (r *reader) ansibleGraph() (g *graph, hostFiles *varsDir, err *Error) {
	g = newGraph(r)
	dir := path.Dir(r.path)
	if text, ok := r.files[r.path]; ok {
		err = g.file(r.path, stripMark(text), true)
	} else {
		dir = r.path
		err = g.directory()
	}
	if err != nil {
		return nil, nil, err
	}
	if err := g.settleDepths(); err != nil {
		return nil, nil, err
	}
	groupFiles := r.varsDir(path.Join(dir, "group_vars"))
	for _, n := range g.groupOrder {
		if n.files, err = groupFiles.vars(n.name); err != nil {
			return nil, nil, err
		}
	}
	groupFiles.unused("group")
	return g, r.varsDir(path.Join(dir, "host_vars")), nil
}

// ignoredSuffixes are what files of an inventory directory are not read, as Ansible
// has it; newer versions do read .ini.
var ignoredSuffixes = [...]string{".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry"}

// directory reads the files of a directory in order of name.
func (g *graph) directory() *Error {
	var names []string
	for name := range g.r.files {
		if rel, ok := below(g.r.path, name); ok && isInventoryFile(rel) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return &Error{Pos: inventory.Position{File: g.r.path}, Msg: "there is no such file, and no directory with inventories in it"}
	}
	slices.SortFunc(names, func(a, b string) int { return slices.Compare(strings.Split(a, "/"), strings.Split(b, "/")) })
	for _, name := range names {
		if err := g.file(name, stripMark(g.r.files[name]), false); err != nil {
			return err
		}
	}
	return nil
}

func isInventoryFile(rel string) bool {
	for _, s := range strings.Split(rel, "/") {
		if strings.HasPrefix(s, ".") || s == "group_vars" || s == "host_vars" || s == "vars_plugins" {
			return false
		}
		for _, suffix := range ignoredSuffixes {
			if strings.HasSuffix(s, suffix) {
				return false
			}
		}
	}
	return true
}

// file reads one inventory in the form that its name and text say.
func (g *graph) file(name string, text []byte, alone bool) *Error {
	at := inventory.Position{File: name, Line: 1}
	switch {
	case bytes.HasPrefix(text, []byte("#!")):
		if !alone {
			g.r.lose(at, "this is a program and was not run: save its output in its place, or that of `ansible-inventory --list`")
			return nil
		}
		return &Error{Pos: at, Msg: "this is a program: save its output, or that of `ansible-inventory --list`, and read that"}
	case isVault(text):
		return &Error{Pos: at, Msg: "the inventory is encrypted by ansible-vault: decrypt it into a file that only you can read, and read that"}
	case bytes.IndexByte(text, 0) >= 0:
		return &Error{Pos: at, Msg: "this is no text"}
	case isList(text):
		return g.list(name, text)
	}
	switch suffix := path.Ext(name); suffix {
	case ".yml", ".yaml", ".json":
		root, err := parseYAML(name, text)
		if err != nil {
			return err
		}
		return g.yaml(name, root, json.Valid(text))
	case "":
		if root, err := parseYAML(name, text); err == nil && looksLikeGroups(root) {
			return g.yaml(name, root, json.Valid(text))
		}
	case ".toml":
		return &Error{Pos: at, Msg: "inventories in TOML are not read: save the output of `ansible-inventory --list` and read that"}
	}
	return g.ini(name, text)
}
