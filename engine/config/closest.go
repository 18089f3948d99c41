package config

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"

	"patchwave/inventory"
)

// closest returns the candidate that was probably meant by name, or "". A slip
// of the finger is one or two characters, a third of a long word at most.
func closest(name string, candidates iter.Seq[string]) string {
	folded := strings.ToLower(name)
	best, limit := "", max(2, len(name)/3)
	short := ""
	for c := range candidates {
		if c == name {
			return "" // it is known, and something else is wrong
		}
		if len(c) >= shortWord && len(c) > len(short) && strings.HasPrefix(folded, strings.ToLower(c)) {
			short = c
		}
		d := inventory.EditDistance(folded, strings.ToLower(c), limit)
		if d < limit || (d == limit && (best == "" || c < best)) {
			best, limit = c, d
		}
	}
	if best == "" || limit >= len(name) {
		return short // nothing of the name is left, unless it was written out
	}
	return best
}

// shortWord is how long a candidate is at least to be taken for the beginning of a
// longer word: mon of monday.
const shortWord = 3

// didYouMean returns a sentence that names the closest candidate, or "".
func didYouMean(name string, candidates iter.Seq[string]) string {
	if c := closest(name, candidates); c != "" {
		return fmt.Sprintf("Did you mean %q?", c)
	}
	return ""
}

// oneOf returns a sentence that lists what is allowed, and the suggestion.
func oneOf(name string, allowed []string) string {
	detail := "It must be one of " + strings.Join(allowed, ", ") + "."
	if s := didYouMean(name, slices.Values(allowed)); s != "" {
		detail += " " + s
	}
	return detail
}

// sentences joins the sentences that are not empty.
func sentences(parts ...string) string {
	parts = slices.DeleteFunc(slices.Clone(parts), func(s string) bool { return s == "" })
	return strings.Join(parts, " ")
}

// sortedKeys returns the keys of a map in order.
func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// joinWords lists words in a sentence.
func joinWords(words []string) string { return strings.Join(words, ", ") }

// suggest returns didYouMean of a list with a blank before it.
func suggest(name string, known []string) string {
	if s := didYouMean(name, slices.Values(known)); s != "" {
		return " " + s
	}
	return ""
}
