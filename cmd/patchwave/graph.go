package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"patchwave/engine/report/safe"
	"patchwave/inventory"
	"patchwave/policies"
	"patchwave/policies/agenda"
)

// graphDoc is the document of graph.
type graphDoc struct {
	Schema string `json:"schema"`
	Facts  string `json:"facts"`
	// Policies are in the order in which they would be launched together.
	Policies []graphPolicy `json:"policies"`
	Edges    []graphEdge   `json:"edges"`
}

type graphPolicy struct {
	Policy   string  `json:"policy"`
	Window   *string `json:"window"`
	Priority int     `json:"priority"`
	NoReboot bool    `json:"no_reboot"`
	Gap      string  `json:"gap"`
	Hosts    int     `json:"hosts"`
}

// graphEdge says that From comes after To.
type graphEdge struct {
	// Kind is "after" (policies) or "depends_on" (hosts).
	Kind string `json:"kind"`
	From string `json:"from"`
	To   string `json:"to"`
}

func (a *app) graphCmd() *cobra.Command {
	return &cobra.Command{
		Use: "graph", Short: "Show the order of policies and what depends on what, as text or for Graphviz", GroupID: "config",
		Long:        "Policies of one window stand in the order in which they start in it. -o dot writes the same for Graphviz.",
		Example:     "  patchwave graph\n  patchwave graph -o dot > order.dot",
		Annotations: map[string]string{outputsAlso: "dot"},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd, optional, func(s *session) error { return a.showGraph(newGraph(s)) })
		},
	}
}

func (a *app) showGraph(doc graphDoc) error {
	switch a.flags.output {
	case "text":
		return a.printf("%s", graphText(doc))
	case "dot":
		return a.printf("%s", graphDOT(doc))
	default:
		return a.json(doc)
	}
}

func newGraph(s *session) graphDoc {
	doc := graphDoc{Schema: "patchwave/graph/v1", Facts: "none", Policies: []graphPolicy{}, Edges: []graphEdge{}}
	if len(s.seen) > 0 {
		doc.Facts = "stored"
	}
	ordered := agenda.Order(s.policies)
	slices.SortStableFunc(ordered, func(a, b *policies.Policy) int { return cmp.Compare(windowRank(a), windowRank(b)) })
	for _, p := range ordered {
		g := graphPolicy{Policy: p.Name, Priority: p.Priority, NoReboot: p.NoReboot(), Gap: policies.PlainDuration(p.Gap), Hosts: len(p.Hosts)}
		if p.Window != nil {
			g.Window = &p.Window.Name
		}
		doc.Policies = append(doc.Policies, g)
		for _, other := range p.After {
			doc.Edges = append(doc.Edges, graphEdge{"after", p.Name, other})
		}
	}
	for _, h := range s.inv.Hosts {
		doc.Edges = append(doc.Edges, hostEdges(h)...)
	}
	return doc
}

func hostEdges(h *inventory.Host) []graphEdge {
	out := make([]graphEdge, 0, len(h.DependsOn))
	for _, other := range slices.Sorted(slices.Values(h.DependsOn)) {
		out = append(out, graphEdge{"depends_on", h.Name, other})
	}
	return out
}

// windowRank puts the policies of a window together, those without one last.
func windowRank(p *policies.Policy) string {
	if p.Window == nil {
		return "\xff"
	}
	return p.Window.Name
}

func graphText(doc graphDoc) string {
	var b strings.Builder
	last := "\x00"
	n := 0
	for _, p := range doc.Policies {
		window := "no window: only by `patchwave apply`"
		if p.Window != nil {
			window = "window " + *p.Window
		}
		if window != last {
			fmt.Fprintf(&b, "%s\n", safe.Text(window))
			last, n = window, 0
		}
		n++
		fmt.Fprintf(&b, "  %d. %s, %s%s\n", n, safe.Text(p.Policy), count(p.Hosts, "host"), graphWhy(p, doc.Edges))
	}
	if lines := waitText(doc.Edges); len(lines) > 0 {
		fmt.Fprintf(&b, "hosts that wait for others\n  %s\n", strings.Join(lines, "\n  "))
	}
	if b.Len() == 0 {
		return "there are no policies and no dependencies\n"
	}
	return b.String()
}

// waitText has a line for all hosts that wait for the same.
func waitText(edges []graphEdge) []string {
	waits := map[string][]string{} // host to what it waits for
	var hosts []string
	for _, e := range edges {
		if e.Kind == "depends_on" {
			if waits[e.From] == nil {
				hosts = append(hosts, e.From)
			}
			waits[e.From] = append(waits[e.From], e.To)
		}
	}
	same := map[string][]string{}
	var order []string
	for _, h := range hosts {
		on := strings.Join(waits[h], ", ")
		if same[on] == nil {
			order = append(order, on)
		}
		same[on] = append(same[on], h)
	}
	for i, on := range order {
		who := strings.Join(same[on], ", ")
		if n := len(same[on]); n > 4 {
			who = fmt.Sprintf("%s … %s (%d hosts)", same[on][0], same[on][n-1], n)
		}
		order[i] = safe.Text(who + " after " + on)
	}
	return order
}

// graphWhy says why a policy stands where it does.
func graphWhy(p graphPolicy, edges []graphEdge) string {
	var out string
	if p.NoReboot {
		out += ", never reboots"
	}
	out += ", priority " + strconv.Itoa(p.Priority)
	if p.Gap != "0s" {
		out += ", gap " + p.Gap
	}
	var after []string
	for _, e := range edges {
		if e.Kind == "after" && e.From == p.Policy {
			after = append(after, e.To)
		}
	}
	if len(after) > 0 {
		out += ", after " + strings.Join(after, ", ")
	}
	return safe.Text(out)
}

// graphDOT is the graph in the language of Graphviz. Arrows point to what comes
// later.
func graphDOT(doc graphDoc) string {
	var b strings.Builder
	b.WriteString("digraph patchwave {\n  rankdir = LR;\n  node [shape = box];\n")
	windows := map[string][]graphPolicy{}
	var order []string
	for _, p := range doc.Policies {
		w := ""
		if p.Window != nil {
			w = *p.Window
		}
		if windows[w] == nil {
			order = append(order, w)
		}
		windows[w] = append(windows[w], p)
	}
	for i, w := range order {
		indent := "  "
		if w != "" {
			fmt.Fprintf(&b, "  subgraph cluster_%d {\n    label = %s;\n", i, quoteDOT("window "+w))
			indent = "    "
		}
		for _, p := range windows[w] {
			fmt.Fprintf(&b, "%s%s [label = %s];\n", indent, quoteDOT("policy."+p.Policy), quoteDOT(p.Policy+"\n"+count(p.Hosts, "host")))
		}
		for j := 1; w != "" && j < len(windows[w]); j++ {
			fmt.Fprintf(&b, "%s%s -> %s [style = dotted];\n", indent, quoteDOT("policy."+windows[w][j-1].Policy), quoteDOT("policy."+windows[w][j].Policy))
		}
		if w != "" {
			b.WriteString("  }\n")
		}
	}
	for _, e := range doc.Edges {
		kind := "policy."
		if e.Kind == "depends_on" {
			kind = "host."
		}
		fmt.Fprintf(&b, "  %s -> %s [label = %s];\n", quoteDOT(kind+e.To), quoteDOT(kind+e.From), quoteDOT(e.Kind))
	}
	b.WriteString("}\n")
	return b.String()
}

// quoteDOT quotes an id: in it only quotation marks and backslashes mean anything.
func quoteDOT(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(safe.Block(s)) + `"`
}
