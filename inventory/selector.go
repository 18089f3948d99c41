package inventory

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// SelectContext answers what a selector asks and an inventory does not know. A
// nil function means that the word cannot be used.
type SelectContext struct {
	// Run returns the names of the hosts of an earlier run that ended in a way, as
	// in "run:ID:failed" (those that failed, were unreachable or deferred).
	Run func(id, outcome string) ([]string, error)
	// ReadFile returns the text of a file, as in "@file": one selector a line,
	// lines that begin with # are comments.
	ReadFile func(name string) ([]byte, error)
}

// Selector is a parsed selector: terms that are applied from left to right.
type Selector struct {
	terms []term
}

// operation says what a term does to what the terms before it selected.
type operation int

const (
	add operation = iota
	remove
	intersect
)

type termKind int

const (
	termHost termKind = iota
	termGroup
	termPolicy
	termSite
	termLabel
	termRun
	termFile
)

type term struct {
	op   operation
	kind termKind
	// text is the term as written, without its operator.
	text string
	// name is the pattern, the label or the run; value the label's value or the
	// run's outcome.
	name, value string
	// differs is that of !=.
	differs bool
}

// ParseSelector reads the language of --limit: terms separated by commas, added
// up from left to right.
//
//	web-01  web-*          a host or a glob
//	group:db policy:web    the hosts of a group, those that a policy claims
//	site:fra1              the hosts of a site
//	role=web tier!=prod    a label, its value may be a glob; != matches its absence too
//	run:ID:failed          the hosts of an earlier run that failed
//	@file                  the selectors in a file, one a line
//	!TERM                  takes away; as the first term it starts from all hosts
//	&TERM                  keeps only what is in it too; likewise
//
// "all" is no word of the language: "*" says every host.
func ParseSelector(s string) (Selector, error) {
	var out Selector
	for field := range strings.SplitSeq(s, ",") {
		t, err := parseTerm(strings.TrimSpace(field))
		if err != nil {
			return Selector{}, fmt.Errorf("selector %q: %w", s, err)
		}
		out.terms = append(out.terms, t)
	}
	return out, nil
}

func parseTerm(s string) (term, error) {
	t := term{op: add}
	switch {
	case strings.HasPrefix(s, "!"):
		t.op, s = remove, strings.TrimSpace(s[1:])
	case strings.HasPrefix(s, "&"):
		t.op, s = intersect, strings.TrimSpace(s[1:])
	}
	t.text, t.name = s, s
	word, rest, prefixed := strings.Cut(s, ":")
	switch {
	case s == "":
		return term{}, errors.New("there is an empty term; write a host, group:NAME, policy:NAME, a label=value, run:ID:failed or @file")
	case strings.HasPrefix(s, "@"):
		t.kind, t.name = termFile, s[1:]
		if t.name == "" {
			return term{}, errors.New("@ needs the name of a file")
		}
		return t, nil
	case strings.Contains(s, "="):
		return parseLabelTerm(t)
	case prefixed:
		return parsePrefixed(t, word, rest)
	}
	return t, checkPattern(t.name)
}

func parseLabelTerm(t term) (term, error) {
	t.kind = termLabel
	name, value, _ := strings.Cut(t.text, "=")
	if trimmed, ok := strings.CutSuffix(name, "!"); ok {
		name, t.differs = trimmed, true
	}
	t.name, t.value = strings.TrimSpace(name), strings.TrimSpace(value)
	if t.name == "" {
		return term{}, fmt.Errorf("%q names no label", t.text)
	}
	if t.value == "" {
		return t, nil
	}
	return t, checkPattern(t.value)
}

func parsePrefixed(t term, word, rest string) (term, error) {
	t.name = rest
	switch word {
	case "group":
		t.kind = termGroup
	case "policy":
		t.kind = termPolicy
	case "site":
		t.kind = termSite
	case "run":
		t.kind = termRun
		id, outcome, ok := strings.Cut(rest, ":")
		if !ok || id == "" || outcome != "failed" {
			return term{}, fmt.Errorf("%q is no run; write run:ID:failed", t.text)
		}
		t.name, t.value = id, outcome
		return t, nil
	default:
		return term{}, fmt.Errorf("%q begins with an unknown word; use group:NAME, policy:NAME, site:NAME or run:ID:failed", t.text)
	}
	return t, checkPattern(rest)
}

func checkPattern(s string) error {
	if err := CheckGlob(s); err != nil {
		return fmt.Errorf("%q: %w", s, err)
	}
	return nil
}

// Select returns the hosts of an inventory that a selector names, sorted by name.
// It is an error if there are none, if a term names a host, group, policy or site
// that does not exist, or if a file or a run cannot be read; the error names the
// closest one.
func Select(inv *Inventory, selector string, ctx SelectContext) ([]*Host, error) {
	sel, err := ParseSelector(selector)
	if err != nil {
		return nil, err
	}
	s := newSelection(inv, ctx)
	chosen, err := s.apply(sel, 0)
	if err != nil {
		return nil, fmt.Errorf("selector %q: %w", selector, err)
	}
	var out []*Host
	for i, h := range inv.Hosts {
		if chosen[i] {
			out = append(out, h)
		}
	}
	if len(out) == 0 {
		return nil, s.empty(selector, sel)
	}
	slices.SortFunc(out, func(a, b *Host) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}
