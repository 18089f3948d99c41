package sshconfig

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kevinburke/ssh_config"
)

// match is a Match line.
type match struct {
	criteria []criterion
	file     string
	line     int
}

// criterion is one condition; patterns is nil for those that take none or that
// cannot be tried.
type criterion struct {
	name     string
	negated  bool
	patterns *ssh_config.Host
}

// parseMatch reads the arguments of a Match line (ssh_config(5), Match).
func parseMatch(args []string) (*match, error) {
	m := &match{}
	for i := 0; i < len(args); i++ {
		name, value, assigned := strings.Cut(args[i], "=")
		bare, negated := strings.CutPrefix(strings.ToLower(name), "!")
		c := criterion{name: bare, negated: negated}
		if takesValue(bare) && !assigned {
			if i++; i == len(args) {
				return nil, fmt.Errorf("Match %s has no value", bare) //nolint:staticcheck // a keyword
			}
			value = args[i]
		}
		switch bare {
		case "":
			return nil, errors.New("a condition of Match is empty")
		case "host", "originalhost", "user", "localuser":
			patterns, err := patternList(value)
			if err != nil {
				return nil, err
			}
			c.patterns = patterns
		}
		m.criteria = append(m.criteria, c)
	}
	return m, nil
}

func takesValue(criterion string) bool {
	switch criterion {
	case "all", "canonical", "final":
		return false
	default:
		return true
	}
}

func patternList(list string) (*ssh_config.Host, error) {
	h := &ssh_config.Host{}
	for p := range strings.SplitSeq(list, ",") {
		if strings.Trim(p, "!") == "" {
			return nil, fmt.Errorf("%q is no list of patterns", list)
		}
		pattern, err := ssh_config.NewPattern(p)
		if err != nil {
			return nil, fmt.Errorf("pattern %q: %w", p, err)
		}
		h.Patterns = append(h.Patterns, pattern)
	}
	return h, nil
}

// answer is whether a block applies; maybe says that only an OpenSSH client
// could tell, and why is the criterion that it would try.
type answer int

const (
	no answer = iota
	yes
	maybe
)

// subject is what the criteria are tried on.
type subject struct{ alias, host, user, localUser string }

func (b *block) applies(s subject) (a answer, why string) {
	switch {
	case b.match != nil:
		return b.match.applies(s)
	case b.names != nil:
		return truth(slices.Contains(b.names, s.alias)), ""
	default:
		return truth(b.hosts.Matches(s.alias)), ""
	}
}

func (m *match) applies(s subject) (a answer, why string) {
	a = yes
	for _, c := range m.criteria {
		switch c.holds(s) {
		case no:
			return no, ""
		case maybe:
			if a = maybe; why == "" {
				why = c.name
			}
		case yes:
		}
	}
	return a, why
}

func (c *criterion) holds(s subject) answer {
	var value string
	switch c.name {
	case "all":
		return truth(!c.negated)
	case "host":
		value = s.host
	case "originalhost":
		value = s.alias
	case "user":
		value = s.user
	case "localuser":
		value = s.localUser
	default:
		return maybe
	}
	return truth(c.patterns.Matches(value) != c.negated)
}

func truth(b bool) answer {
	if b {
		return yes
	}
	return no
}
