package config

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// attr writes one argument.
func (w *inventoryWriter) attr(name string, v any) {
	fmt.Fprintf(&w.text, "  %s = %s\n", name, valueText(v))
}

// quote writes a string as a literal.
func quote(s string) string { return valueText(s) }

// valueText writes a JSON value as an expression.
func valueText(v any) string {
	var b strings.Builder
	writeValue(&b, v)
	return b.String()
}

func writeValue(b *strings.Builder, v any) {
	switch v := v.(type) {
	case []any:
		b.WriteString("[")
		for i, e := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			writeValue(b, e)
		}
		b.WriteString("]")
	case map[string]any:
		b.WriteString("{\n")
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if hclsyntax.ValidIdentifier(k) && !slices.Contains(reservedKeys[:], k) {
				b.WriteString(k)
			} else {
				writeValue(b, k)
			}
			b.WriteString(" = ")
			writeValue(b, v[k])
			b.WriteString("\n")
		}
		b.WriteString("}")
	case string:
		b.Write(hclwrite.TokensForValue(cty.StringVal(v)).Bytes())
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			b.WriteString("null")
			return
		}
		b.WriteString(strconv.FormatFloat(v, 'f', -1, 64))
	default:
		b.WriteString("null")
	}
}

// reservedKeys are words that mean something where the key of an object stands.
var reservedKeys = [...]string{"for", "null", "true", "false"}

// minRange is how many hosts a range has at least.
const minRange = 3

// writeHosts writes the hosts, in ranges where that is exact.
func (w *inventoryWriter) writeHosts() {
	for i, h := range w.order {
		h.order, h.attrs = i, w.attributes(h)
	}
	w.factorVars()
	place := map[*writtenHost]hostRun{}
	for _, run := range findRuns(w.order) {
		for _, h := range run.hosts {
			place[h] = run
		}
	}
	for _, h := range w.order {
		run, ranged := place[h]
		switch {
		case !ranged:
			w.host(h.Name, h.Address, h.attrs)
		case run.first == h:
			w.host(run.name, run.address, h.attrs)
		}
	}
}

// host writes one host block; address is an expression without its quotes.
func (w *inventoryWriter) host(name, address, attrs string) {
	fmt.Fprintf(&w.text, "\nhost %s {\n", quote(name))
	if address != "" && address != name {
		fmt.Fprintf(&w.text, "  address = \"%s\"\n", address)
	}
	w.text.WriteString(attrs + "}\n")
}

// attributes writes everything of a host but its name and address.
func (w *inventoryWriter) attributes(h *writtenHost) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  connection = %s\n", ref{kind: "connection", name: h.connection.name})
	if len(h.Labels) > 0 {
		labels := make(map[string]any, len(h.Labels))
		for k, v := range h.Labels {
			labels[k] = v
		}
		fmt.Fprintf(&b, "  labels = %s\n", valueText(labels))
	}
	if h.Site != "" {
		fmt.Fprintf(&b, "  site = %s\n", ref{kind: "site", name: h.Site})
	}
	if h.Timezone != "" {
		fmt.Fprintf(&b, "  timezone = %s\n", quote(h.Timezone))
	}
	if len(h.Vars) > 0 {
		if tooNested(h.Vars, 0) {
			w.note("host %q: its variables were left out: they are nested too deeply", h.Name)
		} else {
			h.vars = valueText(h.Vars)
		}
	}
	return b.String()
}

// tooNested keeps what is written below what Load reads.
func tooNested(v any, depth int) bool {
	if depth > maxNesting/4 {
		return true
	}
	switch v := v.(type) {
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return tooNested(e, depth+1) })
	case map[string]any:
		for _, e := range v {
			if tooNested(e, depth+1) {
				return true
			}
		}
	}
	return false
}

// longVars is the length in bytes from which variables that several hosts share
// are written once.
const longVars = 80

// factorVars writes variables that several hosts have in common as locals, and
// makes the variables part of what tells hosts apart.
func (w *inventoryWriter) factorVars() {
	uses := map[string]int{}
	names := map[string]string{}
	for _, h := range w.order {
		if uses[h.vars]++; uses[h.vars] != 2 || len(h.vars) < longVars {
			continue
		}
		if len(names) == 0 {
			w.text.WriteString("\n# Variables that several hosts have in common.\nlocals {\n")
		}
		names[h.vars] = fmt.Sprintf("vars_%d", len(names)+1)
		fmt.Fprintf(&w.text, "  %s = %s\n", names[h.vars], h.vars)
	}
	if len(names) > 0 {
		w.text.WriteString("}\n")
	}
	for _, h := range w.order {
		switch name := names[h.vars]; {
		case h.vars == "":
		case name != "":
			h.attrs += "  vars = local." + name + "\n"
		default:
			h.attrs += "  vars = " + h.vars + "\n"
		}
	}
}

// hostRun is a range: hosts whose names count up and which are otherwise alike.
type hostRun struct {
	name, address string
	hosts         []*writtenHost
	first         *writtenHost
}

// cut is a number in a name: what is before it, its digits, what is behind it.
type cut struct{ head, digits, tail string }

// cuts are all ways to cut a text at one of its numbers.
func cuts(s string) []cut {
	var out []cut
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			continue
		}
		j := i
		for j < len(s) && isDigit(s[j]) {
			j++
		}
		if j-i <= 9 {
			out = append(out, cut{s[:i], s[i:j], s[j:]})
		}
		i = j
	}
	return out
}

func (c cut) number() int {
	n, _ := strconv.Atoi(c.digits) // digits, nine at most
	return n
}

// numbered is a host with the number that may vary.
type numbered struct {
	h *writtenHost
	cut
}

// findRuns finds ranges. The number that varies is the one that most names share
// the rest with, the last one where several do.
func findRuns(hosts []*writtenHost) []hostRun {
	type frame struct{ head, tail string }
	shared := map[frame]int{}
	for _, h := range hosts {
		for _, c := range cuts(h.Name) {
			shared[frame{c.head, c.tail}]++
		}
	}
	families := map[frame][]numbered{}
	var order []frame
	for _, h := range hosts {
		best, most := cut{}, 0
		for _, c := range cuts(h.Name) {
			if n := shared[frame{c.head, c.tail}]; n >= most {
				best, most = c, n
			}
		}
		if most < minRange {
			continue
		}
		f := frame{best.head, best.tail}
		if len(families[f]) == 0 {
			order = append(order, f)
		}
		families[f] = append(families[f], numbered{h, best})
	}
	var out []hostRun
	for _, f := range order {
		out = append(out, runsOf(families[f])...)
	}
	return out
}

// runsOf cuts a family of names into ranges.
func runsOf(family []numbered) []hostRun {
	slices.SortStableFunc(family, func(a, b numbered) int { return a.number() - b.number() })
	var out []hostRun
	for len(family) > 0 {
		n, templates := 1, addressTemplates(family[0])
		for n < len(family) && n < maxRange && follows(family[0], family[n], n) {
			both := intersect(templates, addressTemplates(family[n]))
			if len(both) == 0 {
				break
			}
			templates = both
			n++
		}
		if n >= minRange {
			out = append(out, runOf(family[:n], templates[0]))
		}
		family = family[n:]
	}
	return out
}

// follows reports whether b is the host at place n of the range that begins with a.
func follows(a, b numbered, n int) bool {
	r := hostRange{ranged: true, head: a.head, tail: a.tail, first: a.number(), last: a.number() + n, width: len(a.digits)}
	return b.digits == r.index(n) && a.h.attrs == b.h.attrs
}

func runOf(family []numbered, address string) hostRun {
	run := hostRun{name: fmt.Sprintf("%s[%s:%s]%s", family[0].head, family[0].digits, family[len(family)-1].digits, family[0].tail)}
	if address != sameAddress {
		run.address = address
	}
	for _, n := range family {
		run.hosts = append(run.hosts, n.h)
	}
	run.first = firstOf(family)
	return run
}

// firstOf is the host that stands first in the inventory: the range stands there.
func firstOf(family []numbered) *writtenHost {
	first := family[0].h
	for _, n := range family[1:] {
		if n.h.order < first.order {
			first = n.h
		}
	}
	return first
}

// sameAddress says that the address is the name.
const sameAddress = ""

// addressTemplates are the expressions, without quotes, that make the address of a
// host out of its number.
func addressTemplates(n numbered) []string {
	if n.h.Address == n.h.Name {
		return []string{sameAddress}
	}
	var out []string
	for _, c := range cuts(n.h.Address) {
		if c.digits == n.digits {
			out = append(out, c.head+"${each.index}"+c.tail)
		}
		if len(c.digits) > 1 && c.digits[0] == '0' {
			continue
		}
		expr := "each.number"
		switch d := c.number() - n.number(); {
		case d > 0:
			expr += fmt.Sprintf(" + %d", d)
		case d < 0:
			expr += fmt.Sprintf(" - %d", -d)
		}
		out = append(out, c.head+"${"+expr+"}"+c.tail)
	}
	return out
}

func intersect(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return !slices.Contains(b, s) })
}
