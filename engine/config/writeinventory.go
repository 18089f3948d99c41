package config

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"patchwave/inventory/source"
)

// WriteOptions say how an inventory of another program becomes a configuration.
type WriteOptions struct {
	// From is what the inventory was read from, for the comment at the top.
	From string
	// Labels are variables that become labels, where they are single values.
	Labels []string
}

// Written is a configuration as text.
type Written struct {
	// Text is native syntax in the canonical form; Load accepts it in a directory of
	// its own.
	Text []byte
	// Notes say what was not carried over and what is left to do, one sentence each.
	Notes []string
	// Hosts, Groups and Connections count what was written.
	Hosts, Groups, Connections int
}

// WriteInventory writes the hosts and groups of a source as configuration. Hosts
// share connections; those whose names differ in a number and in nothing else
// become a range where that is exact. No secret is written, and none can be: Parse
// hands none out. The error is that the text would be too large to be loaded.
func WriteInventory(res *source.Result, opt WriteOptions) (*Written, error) {
	w := &inventoryWriter{opt: opt, hosts: map[string]*writtenHost{}, byKey: map[string]*writtenConnection{}, names: map[string]bool{},
		folded: map[string]bool{}, numbers: map[string]int{}, sites: map[string]string{}, noted: map[string]int{}}
	w.collect(res.Hosts)
	w.nameConnections()
	w.linkJumps()
	w.cutCycles()
	w.text.WriteString("# Written by patchwave import")
	if opt.From != "" {
		w.text.WriteString(" from " + strings.Map(printable, opt.From))
	}
	w.text.WriteString(". Read it once, then run: patchwave validate\n")
	for _, c := range w.connections {
		w.connection(c)
	}
	w.writeSites()
	w.writeHosts()
	groups := w.writeGroups(res.Groups)
	text, diags := Format([]byte(w.text.String()), "import.hcl")
	if diags.HasErrors() {
		return nil, fmt.Errorf("write the configuration: %s", diags[0].Summary)
	}
	if len(text) > maxFileSize {
		return nil, fmt.Errorf("write the configuration: it would be larger than %d MiB; import the inventory in parts", maxFileSize>>20)
	}
	return &Written{Text: text, Notes: w.allNotes(), Hosts: len(w.order), Groups: groups, Connections: len(w.connections)}, nil
}

// printable keeps line ends out of a comment.
func printable(r rune) rune {
	if isControl(r) {
		return '?'
	}
	return r
}

// inventoryWriter writes one configuration.
type inventoryWriter struct {
	opt  WriteOptions
	text strings.Builder
	// order has the hosts as they will be written; jump hosts that were added last.
	order []*writtenHost
	hosts map[string]*writtenHost
	// connections are in order of appearance.
	connections []*writtenConnection
	byKey       map[string]*writtenConnection
	// names are those of connections, folded those of hosts, both in lower case.
	names, folded map[string]bool
	// numbers are the last ones used to tell connections of one name apart.
	numbers map[string]int
	// sites are by name in lower case.
	sites     map[string]string
	siteOrder []string
	notes     []string
	noted     map[string]int
}

// writtenHost is a host with the connection that it gets.
type writtenHost struct {
	source.Host
	connection *writtenConnection
	// attrs is what hosts of a range have in common, as text: the same text, the same
	// attributes. vars is the expression of the variables in it.
	attrs, vars string
	// order is the place in the configuration.
	order int
}

func (w *inventoryWriter) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if w.noted[text]++; w.noted[text] == 1 {
		w.notes = append(w.notes, text)
	}
}

// allNotes are the notes, each with how many hosts it is about.
func (w *inventoryWriter) allNotes() []string {
	out := make([]string, 0, len(w.notes))
	for _, text := range w.notes {
		if n := w.noted[text]; n > 1 {
			text += fmt.Sprintf(" (%d times)", n)
		}
		out = append(out, text)
	}
	return out
}

// collect takes the hosts over and finds their connections.
func (w *inventoryWriter) collect(hosts []source.Host) {
	for _, h := range hosts {
		out := &writtenHost{Host: h}
		w.promote(&out.Host)
		if out.Timezone != "" {
			if _, err := time.LoadLocation(out.Timezone); err != nil || out.Timezone == "Local" {
				w.note("host %q: %q is no time zone and was left out", h.Name, out.Timezone)
				out.Timezone = ""
			}
		}
		w.site(&out.Host)
		out.connection = w.connectionOf(out)
		w.add(out)
		for _, name := range h.Secrets {
			if !isLoginSecret(name) {
				w.note("variable %s was left out: it looks like a secret, and secrets do not stand in a configuration", name)
			}
		}
	}
}

func (w *inventoryWriter) add(h *writtenHost) {
	w.order = append(w.order, h)
	w.hosts[h.Name] = h
	w.folded[strings.ToLower(h.Name)] = true
}

// promote turns variables into labels.
func (w *inventoryWriter) promote(h *source.Host) {
	for _, name := range w.opt.Labels {
		v, ok := h.Vars[name]
		if !ok || v == nil {
			continue
		}
		text, single := labelText(v)
		if !single || !labelPattern.MatchString(name) || strings.ContainsFunc(text, isControl) {
			w.note("variable %s did not become a label: a label is a single value, and has a plain name", name)
			continue
		}
		labels, vars := map[string]string{name: text}, map[string]any{}
		maps.Copy(labels, h.Labels)
		for k, v := range h.Vars {
			if k != name {
				vars[k] = v
			}
		}
		h.Labels, h.Vars = labels, vars
	}
}

func labelText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool, float64:
		return valueText(v), true
	default:
		return "", false
	}
}

// site declares the site of a host, or takes it away.
func (w *inventoryWriter) site(h *source.Host) {
	if h.Site == "" {
		return
	}
	folded := strings.ToLower(h.Site)
	known, seen := w.sites[folded]
	switch {
	case !validName(h.Site):
		w.note("site %q was left out: names are letters, digits, dashes, underscores and dots", h.Site)
		h.Site = ""
	case !seen:
		w.sites[folded] = h.Site
		w.siteOrder = append(w.siteOrder, h.Site)
	case known != h.Site:
		w.note("site %q was left out: it differs from %q only in case", h.Site, known)
		h.Site = ""
	}
}

func (w *inventoryWriter) writeSites() {
	for _, name := range w.siteOrder {
		fmt.Fprintf(&w.text, "\nsite %s {\n}\n", quote(name))
	}
}

// writeGroups writes the groups that have members and returns how many they are.
func (w *inventoryWriter) writeGroups(groups []source.Group) int {
	direct := make(map[string][]string, len(groups))
	for _, h := range w.order {
		for _, g := range h.Groups {
			direct[g] = append(direct[g], h.Name)
		}
	}
	full := filled(groups, direct)
	n := 0
	for _, g := range groups {
		if !full[g.Name] {
			w.note("group %q was left out: it has no hosts", g.Name)
			continue
		}
		n++
		fmt.Fprintf(&w.text, "\ngroup %s {\n  members = [\n", quote(g.Name))
		for _, name := range direct[g.Name] {
			fmt.Fprintf(&w.text, "    %s,\n", ref{kind: "host", name: name})
		}
		for _, c := range g.Children {
			if full[c] {
				fmt.Fprintf(&w.text, "    %s,\n", ref{kind: "group", name: c})
			}
		}
		w.text.WriteString("  ]\n}\n")
	}
	return n
}

// filled says which groups have a host, directly or in a group of theirs.
func filled(groups []source.Group, direct map[string][]string) map[string]bool {
	parents := map[string][]string{}
	full := map[string]bool{}
	var queue []string
	for _, g := range groups {
		for _, c := range g.Children {
			parents[c] = append(parents[c], g.Name)
		}
		if len(direct[g.Name]) > 0 {
			full[g.Name] = true
			queue = append(queue, g.Name)
		}
	}
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		for _, p := range parents[name] {
			if !full[p] {
				full[p] = true
				queue = append(queue, p)
			}
		}
	}
	return full
}
