package source

// RawGroup is a group as ansible-inventory prints it.
type RawGroup struct{ Hosts, Children []string }

// Raw reads an Ansible inventory and returns what ansible-inventory --list prints:
// all variables of each host, and who is in whom. What ansible-vault encrypted is
// Encrypted.
func Raw(in Input) (map[string]map[string]any, map[string]RawGroup, error) {
	r, err := newReader(in)
	if err != nil {
		return nil, nil, err
	}
	g, hostFiles, failed := r.ansibleGraph()
	if failed != nil {
		return nil, nil, failed
	}
	vars := map[string]map[string]any{}
	groups := map[string]RawGroup{}
	for _, n := range g.groupOrder {
		var out RawGroup
		for _, c := range n.children {
			out.Children = append(out.Children, c.name)
		}
		groups[n.name] = out
	}
	for _, h := range g.hostOrder {
		files, failed := hostFiles.vars(h.name)
		if failed != nil {
			return nil, nil, failed
		}
		v, _, failed := g.hostVars(h, files)
		if failed != nil {
			return nil, nil, failed
		}
		vars[h.name] = v
		for _, n := range g.directGroups(h) {
			out := groups[n.name]
			out.Hosts = append(out.Hosts, h.name)
			groups[n.name] = out
		}
	}
	return vars, groups, nil
}

// Encrypted is the value of an encrypted variable.
var Encrypted any = encrypted{}

// Literal is literal.
func Literal(text string) any { return literal(text) }
