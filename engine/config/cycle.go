package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// failCycle reports a chain of things that need each other: the last step of path is
// on it already. The
// error stands at the latest of the places that make the circle.
func (l *loader) failCycle(what string, path []step) {
	last := path[len(path)-1]
	begin := slices.IndexFunc(path, func(s step) bool { return s.name == last.name })
	// The way into the circle may begin at its first member's declaration; what
	// makes the circle are the places at which members are named.
	circle := path[begin+1:]
	names := []string{last.name}
	latest := last
	for _, s := range circle {
		names = append(names, s.name)
		if before(latest.at, s.at) {
			latest = s
		}
	}
	var related []hcl.Range
	for _, s := range circle {
		if s != latest {
			related = append(related, s.at)
		}
	}
	if l.cycles[latest.at] {
		return // the hosts of a range share their references
	}
	l.cycles[latest.at] = true
	l.fail(latest.at, fmt.Sprintf("a cycle among %s", what), strings.Join(names, " → ")+".", related...)
}

// step is one thing on the way through a graph.
type step struct {
	name string
	// at is where the thing is named by the one before it, or declared.
	at hcl.Range
}

// inOrder orders ranges as a reader meets them: of two places the later is the
// main one of a report.
func inOrder(a, b hcl.Range) (first, second hcl.Range) {
	if before(b, a) {
		return b, a
	}
	return a, b
}

// before reports whether one place is before another.
func before(a, b hcl.Range) bool {
	if a.Filename != b.Filename {
		return a.Filename < b.Filename
	}
	return a.Start.Byte < b.Start.Byte
}
