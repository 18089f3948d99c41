package inventory

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// CheckGlob reports what is wrong with a pattern: an empty one, or a bracket that
// is not closed.
func CheckGlob(pattern string) error {
	if pattern == "" {
		return errors.New("a pattern cannot be empty")
	}
	for rest := pattern; rest != ""; {
		if rest[0] != '[' {
			rest = rest[1:]
			continue
		}
		_, after, ok := class(rest)
		if !ok {
			return errors.New("a bracket [ in the pattern is not closed")
		}
		rest = after
	}
	return nil
}

// IsGlob reports whether a word has one of the characters of a pattern.
func IsGlob(s string) bool { return strings.ContainsAny(s, "*?[") }

// MatchGlob reports whether pattern matches the whole of s. A star matches any
// run of characters, a question mark any single one, and […] one of a set with
// ranges, [!…] one that is not in it. Case counts, nothing else is special; a
// bracket that is not closed stands for itself. It takes time proportional to
// the product of the lengths at worst, and never allocates.
func MatchGlob(pattern, s string) bool {
	// back is where to go on when a mismatch follows the last star.
	backPattern, backS, starred := "", "", false
	for {
		switch rest, after, ok := step(pattern, s); {
		case pattern != "" && pattern[0] == '*':
			pattern = pattern[1:]
			backPattern, backS, starred = pattern, s, true
		case pattern == "" && s == "":
			return true
		case ok:
			pattern, s = rest, after
		case starred && backS != "":
			_, n := utf8.DecodeRuneInString(backS)
			backS = backS[n:]
			pattern, s = backPattern, backS
		default:
			return false
		}
	}
}

// step matches one element of a pattern, no star, against one character.
func step(pattern, s string) (restPattern, restS string, ok bool) {
	if pattern == "" || s == "" {
		return "", "", false
	}
	r, n := utf8.DecodeRuneInString(s)
	switch pattern[0] {
	case '?':
		return pattern[1:], s[n:], true
	case '[':
		if set, rest, closed := class(pattern); closed {
			return rest, s[n:], inClass(set, r)
		}
	}
	p, m := utf8.DecodeRuneInString(pattern)
	return pattern[m:], s[n:], p == r && pattern[:m] == s[:n]
}

// class splits a pattern that begins with a bracket. A ] that comes first is a
// member.
func class(pattern string) (set, rest string, ok bool) {
	from := 1
	if strings.HasPrefix(pattern[from:], "!") || strings.HasPrefix(pattern[from:], "^") {
		from++
	}
	if strings.HasPrefix(pattern[from:], "]") {
		from++
	}
	end := strings.IndexByte(pattern[from:], ']')
	if end < 0 {
		return "", "", false
	}
	return pattern[1 : from+end], pattern[from+end+1:], true
}

func inClass(set string, r rune) bool {
	negated := strings.HasPrefix(set, "!") || strings.HasPrefix(set, "^")
	if negated {
		set = set[1:]
	}
	found := false
	for set != "" {
		low, n := utf8.DecodeRuneInString(set)
		set = set[n:]
		high := low
		if len(set) > 1 && set[0] == '-' {
			high, n = utf8.DecodeRuneInString(set[1:])
			set = set[1+n:]
		}
		if low <= r && r <= high {
			found = true
		}
	}
	return found != negated
}
