package inventory

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxFileDepth bounds selector files that name selector files.
const maxFileDepth = 8

// selection applies selectors to an inventory.
type selection struct {
	inv *Inventory
	ctx SelectContext
}

func newSelection(inv *Inventory, ctx SelectContext) *selection {
	return &selection{inv: inv, ctx: ctx}
}

// apply returns which hosts are chosen, by their place in the inventory. depth
// counts the files it came through.
func (s *selection) apply(sel Selector, depth int) ([]bool, error) {
	chosen := make([]bool, len(s.inv.Hosts))
	for i, t := range sel.terms {
		if i == 0 && t.op != add {
			for j := range chosen {
				chosen[j] = true
			}
		}
		matched, err := s.term(t, depth)
		if err != nil {
			return nil, err
		}
		for j := range chosen {
			switch t.op {
			case add:
				chosen[j] = chosen[j] || matched[j]
			case remove:
				chosen[j] = chosen[j] && !matched[j]
			case intersect:
				chosen[j] = chosen[j] && matched[j]
			}
		}
	}
	return chosen, nil
}

// term returns which hosts a term names. One that names nothing at all is a slip
// of the finger and an error; a label that no host of today has is not.
func (s *selection) term(t term, depth int) ([]bool, error) {
	switch t.kind {
	case termGroup:
		names := make([]string, 0, len(s.inv.Groups))
		for _, g := range s.inv.Groups {
			names = append(names, g.Name)
		}
		if err := mustName("group", t.name, names); err != nil {
			return nil, err
		}
		return s.where(func(h *Host) bool { return anyMatches(t.name, h.Groups) }), nil
	case termPolicy:
		matched := s.where(func(h *Host) bool { return anyMatches(t.name, h.Policies) })
		return s.some(matched, t, "policy", func(h *Host) []string { return h.Policies })
	case termSite:
		matched := s.where(func(h *Host) bool { return h.Site != "" && MatchGlob(t.name, h.Site) })
		return s.some(matched, t, "site", func(h *Host) []string { return []string{h.Site} })
	case termLabel:
		return s.where(t.label), nil
	case termRun:
		return s.run(t)
	case termFile:
		return s.file(t, depth)
	default:
		matched := s.where(func(h *Host) bool { return MatchGlob(t.name, h.Name) })
		return s.some(matched, t, "host", func(h *Host) []string { return []string{h.Name} })
	}
}

func (s *selection) where(match func(*Host) bool) []bool {
	out := make([]bool, len(s.inv.Hosts))
	for i, h := range s.inv.Hosts {
		out[i] = match(h)
	}
	return out
}

// label reports whether a host has the label. A host without it differs from
// every value.
func (t term) label(h *Host) bool {
	v, ok := h.Labels[t.name]
	return (ok && (v == t.value || (t.value != "" && MatchGlob(t.value, v)))) != t.differs
}

// some returns matched if it has a host, else an error with the closest name.
func (s *selection) some(matched []bool, t term, kind string, names func(*Host) []string) ([]bool, error) {
	if slices.Contains(matched, true) {
		return matched, nil
	}
	var all []string
	for _, h := range s.inv.Hosts {
		all = append(all, names(h)...)
	}
	return nil, noSuch(kind, t.name, all)
}

func mustName(kind, pattern string, names []string) error {
	if anyMatches(pattern, names) {
		return nil
	}
	return noSuch(kind, pattern, names)
}

func anyMatches(pattern string, names []string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return MatchGlob(pattern, n) })
}

func noSuch(kind, pattern string, names []string) error {
	what := fmt.Sprintf("there is no %s %q", kind, pattern)
	if IsGlob(pattern) {
		what = fmt.Sprintf("no %s matches %q", kind, pattern)
	}
	if c := nearest(pattern, names); c != "" {
		what += fmt.Sprintf("; the closest is %q", c)
	}
	return errors.New(what)
}

// empty is the error of a selector that matches no host. It names what is close
// to the last label or host in it.
func (s *selection) empty(written string, sel Selector) error {
	last := sel.terms[len(sel.terms)-1]
	var known []string
	for _, h := range s.inv.Hosts {
		if last.kind == termLabel {
			for k, v := range h.Labels {
				known = append(known, k+"="+v)
			}
		} else {
			known = append(known, h.Name)
		}
	}
	if last.kind == termLabel && len(known) > 0 {
		return fmt.Errorf("selector %q matches no host; the closest label is %q", written, nearest(last.name+"="+last.value, known))
	}
	if c := nearest(last.name, known); c != "" {
		return fmt.Errorf("selector %q matches no host; the closest is %q", written, c)
	}
	return fmt.Errorf("selector %q matches no host: there is none", written)
}

// run asks for the hosts of an earlier run. Those that are no longer declared are
// left out.
func (s *selection) run(t term) ([]bool, error) {
	if s.ctx.Run == nil {
		return nil, fmt.Errorf("%q cannot be used here: earlier runs are not known", t.text)
	}
	names, err := s.ctx.Run(t.name, t.value)
	if err != nil {
		return nil, fmt.Errorf("read the hosts of run %s: %w", t.name, err)
	}
	wanted := make(map[string]bool, len(names))
	for _, n := range names {
		wanted[n] = true
	}
	return s.where(func(h *Host) bool { return wanted[h.Name] }), nil
}

// file adds up the selectors of a file.
func (s *selection) file(t term, depth int) ([]bool, error) {
	if s.ctx.ReadFile == nil {
		return nil, fmt.Errorf("%q cannot be used here: files are not read", t.text)
	}
	if depth == maxFileDepth {
		return nil, fmt.Errorf("%q: selector files name each other more than %d deep", t.text, maxFileDepth)
	}
	text, err := s.ctx.ReadFile(t.name)
	if err != nil {
		return nil, fmt.Errorf("read the selectors of %s: %w", t.name, err)
	}
	var all Selector
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		sel, err := ParseSelector(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", t.name, number, err)
		}
		all.terms = append(all.terms, sel.terms...)
	}
	if len(all.terms) == 0 {
		return nil, fmt.Errorf("%s names no host", t.name)
	}
	return s.apply(all, depth+1)
}
