package source

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"patchwave/inventory"
)

// Bounds of an Ansible inventory's groups.
const (
	maxGroups = 20_000
	// maxDepth bounds how deep groups lie in each other.
	maxDepth = 200
	// maxWork bounds the variables that are merged for all hosts together.
	maxWork = 4_000_000
)

// graph is an Ansible inventory: hosts and groups by name, and who is in whom.
type graph struct {
	r      *reader
	hosts  map[string]*hostNode
	groups map[string]*groupNode
	// hostOrder and groupOrder are those of appearance.
	hostOrder  []*hostNode
	groupOrder []*groupNode
	all        *groupNode
	ungrouped  *groupNode
	merged     map[string]map[string]any
	work       int
}

type hostNode struct {
	name string
	pos  inventory.Position
	vars map[string]any
	// groups are those that list it.
	groups []*groupNode
	in     map[*groupNode]bool
}

type groupNode struct {
	name string
	pos  inventory.Position
	vars map[string]any
	// files are the variables of group_vars.
	files    map[string]any
	parents  []*groupNode
	children []*groupNode
	has      map[*groupNode]bool
	priority float64
	// depth is the longest way from "all", known after settleDepths.
	depth int
	index int
}

func newGraph(r *reader) *graph {
	g := &graph{r: r, hosts: map[string]*hostNode{}, groups: map[string]*groupNode{}, merged: map[string]map[string]any{}}
	g.all, _ = g.group("all", inventory.Position{})
	g.ungrouped, _ = g.group("ungrouped", inventory.Position{})
	return g
}

// group returns the group of a name, which is made if it is not there.
func (g *graph) group(name string, pos inventory.Position) (*groupNode, *Error) {
	if n, ok := g.groups[name]; ok {
		return n, nil
	}
	if len(g.groupOrder) >= maxGroups {
		return nil, &Error{Pos: pos, Msg: fmt.Sprintf("the inventory has more than %d groups", maxGroups)}
	}
	n := &groupNode{name: name, pos: pos, vars: map[string]any{}, has: map[*groupNode]bool{}, priority: 1, index: len(g.groupOrder)}
	g.groups[name] = n
	g.groupOrder = append(g.groupOrder, n)
	return n, nil
}

// host returns the host of a name in a group, which is made if it is not there.
func (g *graph) host(name string, in *groupNode, pos inventory.Position) (*hostNode, *Error) {
	h, ok := g.hosts[name]
	if !ok {
		if len(g.hostOrder) >= MaxHosts {
			return nil, &Error{Pos: pos, Msg: fmt.Sprintf("the inventory has more than %d hosts", MaxHosts)}
		}
		h = &hostNode{name: name, pos: pos}
		g.hosts[name] = h
		g.hostOrder = append(g.hostOrder, h)
	}
	if !h.in[in] {
		if h.in == nil {
			h.in = map[*groupNode]bool{}
		}
		h.in[in] = true
		h.groups = append(h.groups, in)
	}
	return h, nil
}

func (h *hostNode) set(name string, v any) {
	if h.vars == nil {
		h.vars = map[string]any{}
	}
	h.vars[name] = v
}

// priorityVar ranks groups of one depth; it is no variable.
const priorityVar = "ansible_group_priority"

func (n *groupNode) set(name string, v any) {
	if f, ok := v.(float64); ok && name == priorityVar {
		n.priority = float64(int(f))
		return
	}
	n.vars[name] = v
}

// addChild puts a group into another one; false says that they would contain
// each other.
func (n *groupNode) addChild(child *groupNode) bool {
	if n == child || n.has[child] {
		return n != child
	}
	n.has[child] = true
	n.children = append(n.children, child)
	child.parents = append(child.parents, n)
	return true
}

// settleDepths finds the longest way from "all" to each group, and cycles.
func (g *graph) settleDepths() *Error {
	for _, n := range g.groupOrder {
		if len(n.parents) == 0 && n != g.all {
			g.all.addChild(n)
		}
	}
	waiting := make(map[*groupNode]int, len(g.groupOrder))
	var ready []*groupNode
	for _, n := range g.groupOrder {
		if waiting[n] = len(n.parents); len(n.parents) == 0 {
			ready = append(ready, n)
		}
	}
	for len(ready) > 0 {
		n := ready[len(ready)-1]
		ready = ready[:len(ready)-1]
		for _, c := range n.children {
			if c.depth = max(c.depth, n.depth+1); c.depth > maxDepth {
				return &Error{Pos: c.pos, Msg: fmt.Sprintf("group %q lies in more than %d groups", shorten(c.name), maxDepth)}
			}
			if waiting[c]--; waiting[c] == 0 {
				ready = append(ready, c)
			}
		}
	}
	for _, n := range g.groupOrder {
		if waiting[n] > 0 {
			return &Error{Pos: n.pos, Msg: fmt.Sprintf("group %q is, through others, in itself", shorten(n.name))}
		}
	}
	return nil
}

// lineage returns all groups a host is in, "all" left out, in the order in which
// their variables win: later over earlier (outer before inner, then
// ansible_group_priority, then the alphabet).
func (g *graph) lineage(direct []*groupNode) []*groupNode {
	seen := map[*groupNode]bool{g.all: true}
	var out []*groupNode
	stack := slices.Clone(direct)
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		g.work++
		if seen[n] {
			continue
		}
		seen[n] = true
		out = append(out, n)
		stack = append(stack, n.parents...)
	}
	slices.SortFunc(out, func(a, b *groupNode) int {
		return cmp.Or(cmp.Compare(a.depth, b.depth), cmp.Compare(a.priority, b.priority), strings.Compare(a.name, b.name))
	})
	return out
}

// directGroups are the groups of a host in order of appearance, or "ungrouped".
func (g *graph) directGroups(h *hostNode) []*groupNode {
	out := slices.DeleteFunc(slices.Clone(h.groups), func(n *groupNode) bool { return n == g.all || n == g.ungrouped })
	if len(out) == 0 {
		return []*groupNode{g.ungrouped}
	}
	slices.SortFunc(out, func(a, b *groupNode) int { return cmp.Compare(a.index, b.index) })
	return out
}

// groupVars are the variables that a set of groups gives: inventory of all, of the
// groups, then the files of all, of the groups. The result is shared.
func (g *graph) groupVars(direct []*groupNode) (map[string]any, string) {
	var key strings.Builder
	for _, n := range direct {
		fmt.Fprintf(&key, "%d,", n.index)
	}
	if vars, ok := g.merged[key.String()]; ok {
		return vars, key.String()
	}
	order := append([]*groupNode{g.all}, g.lineage(direct)...)
	vars := map[string]any{}
	for _, n := range order {
		g.merge(vars, n.vars)
	}
	for _, n := range order {
		g.merge(vars, n.files)
	}
	g.merged[key.String()] = vars
	return vars, key.String()
}

func (g *graph) merge(into, from map[string]any) {
	g.work += len(from)
	maps.Copy(into, from)
}

// bound says that the hosts have too many variables before any is copied: those of
// their groups once for each host that has some of its own.
func (g *graph) bound() *Error {
	total := g.work
	for _, h := range g.hostOrder {
		shared, _ := g.groupVars(g.directGroups(h))
		if len(h.vars) > 0 {
			total += len(shared) + len(h.vars)
		}
		if max(total, g.work) > maxWork {
			return tooManyVars(h)
		}
	}
	return nil
}

func tooManyVars(h *hostNode) *Error {
	return &Error{Pos: h.pos, Msg: "the inventory has too many variables in too many groups; divide it"}
}

// hostVars are all variables of a host. key is not "" if they are those of its
// groups alone, and then the same for every host with that key.
func (g *graph) hostVars(h *hostNode, files map[string]any) (vars map[string]any, key string, err *Error) {
	shared, key := g.groupVars(g.directGroups(h))
	if g.work > maxWork {
		return nil, "", tooManyVars(h)
	}
	if len(h.vars) == 0 && len(files) == 0 {
		return shared, key, nil
	}
	vars = make(map[string]any, len(shared)+len(h.vars)+len(files))
	g.merge(vars, shared)
	g.merge(vars, h.vars)
	g.merge(vars, files)
	return vars, "", nil
}
