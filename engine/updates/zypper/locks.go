package zypper

import (
	"path"
	"regexp"
	"strings"
)

// lock is one query of /etc/zypp/locks. Only its names are read: a lock on a
// version or a repository blocks what matches the name, too, as far as
// list-updates leaves it out.
type lock struct {
	kind, match string
	names       []string
}

// parseLocks reads /etc/zypp/locks: queries of "key: value" lines with empty
// lines between.
func parseLocks(lines []string) []lock {
	var locks []lock
	l := lock{}
	flush := func() {
		if len(l.names) > 0 {
			locks = append(locks, l)
		}
		l = lock{}
	}
	for _, line := range lines {
		key, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch {
		case strings.TrimSpace(line) == "":
			flush()
		case !ok:
		case key == "type":
			l.kind = value
		case key == "match_type":
			l.match = value
		case key == "solvable_name":
			l.names = append(l.names, value)
		case key == "complex": // NAME OPERATOR VERSION
			name, _, _ := strings.Cut(value, " ")
			l.names = append(l.names, name)
		}
	}
	flush()
	return locks
}

// locked says whether a lock holds the package of a name.
func locked(locks []lock, name string) bool {
	for _, l := range locks {
		if l.kind != "" && l.kind != "package" {
			continue
		}
		for _, pattern := range l.names {
			if l.matches(pattern, name) {
				return true
			}
		}
	}
	return false
}

func (l lock) matches(pattern, name string) bool {
	switch l.match {
	case "exact":
		return pattern == name
	case "substring", "word":
		return strings.Contains(name, pattern)
	case "regex":
		re, err := regexp.Compile(pattern)
		return err == nil && re.MatchString(name)
	default:
		ok, err := path.Match(pattern, name)
		return err == nil && ok || pattern == name
	}
}
