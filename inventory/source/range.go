package source

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// asciiLetters is the alphabet that letter ranges run through.
const asciiLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// expandHosts returns the names of an Ansible host pattern: ranges of numbers and
// letters in brackets are expanded, a port behind a colon is taken off. port is 0
// where there is none.
func expandHosts(pattern string) (names []string, port int, err error) {
	host, port := splitPort(pattern)
	names, err = expandRanges(host)
	return names, port, err
}

// splitPort takes a port off a pattern: name:22, 10.0.0.[1:3]:22, [fe80::1]:22. A
// pattern that is no host name stays whole.
func splitPort(pattern string) (string, int) {
	colon := strings.LastIndexByte(pattern, ':')
	if strings.HasPrefix(pattern, "[") && strings.HasSuffix(pattern, "]") {
		inner := pattern[1 : len(pattern)-1]
		if _, err := netip.ParseAddr(inner); err == nil {
			return inner, 0
		}
	}
	if colon < 0 {
		return pattern, 0
	}
	host := pattern[:colon]
	port, err := strconv.ParseUint(pattern[colon+1:], 10, 31)
	if err != nil || !isDigits(pattern[colon+1:]) {
		return pattern, 0
	}
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		inner := host[1 : len(host)-1]
		if _, err := netip.ParseAddr(inner); err == nil {
			return inner, int(port)
		}
	}
	if !isHostPattern(host) {
		return pattern, 0
	}
	return host, int(port)
}

// isHostPattern reports a DNS name in which ranges may stand for characters.
func isHostPattern(s string) bool {
	label := 0 // characters of the label so far
	lastDash := false
	for s != "" {
		c := s[0]
		switch {
		case c == '[':
			end := strings.IndexByte(s, ']')
			if end < 0 {
				return false
			}
			s, label, lastDash = s[end+1:], label+1, false
			continue
		case c == '.':
			if label == 0 || lastDash {
				return false
			}
			label, lastDash = -1, false
		case c == '-':
			if label == 0 {
				return false
			}
			lastDash = true
		case c == ':' || c == ']' || (c < 0x80 && !isWordByte(c)):
			return false
		default:
			lastDash = false
		}
		s = s[1:]
		if label++; label > 63 {
			return false
		}
	}
	return label > 0 && !lastDash
}

func isWordByte(c byte) bool {
	return c == '_' || isDigit(c) || ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z')
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

// maxRangeParts bounds the ranges of one pattern.
const maxRangeParts = 8

// expandRanges expands every range of a pattern, the first one slowest.
func expandRanges(pattern string) ([]string, error) {
	names := []string{""}
	rest := pattern
	for part := 0; ; part++ {
		head, inside, tail, ok := cutRange(rest)
		if !ok && strings.Contains(rest, "[") {
			return nil, fmt.Errorf("the bracket [ in %q is not closed", shorten(pattern))
		}
		if !ok {
			for i := range names {
				names[i] += rest
			}
			return names, nil
		}
		if part == maxRangeParts {
			return nil, fmt.Errorf("%q has more than %d ranges", shorten(pattern), maxRangeParts)
		}
		values, err := rangeValues(inside)
		if err != nil {
			return nil, fmt.Errorf("range %q: %w", "["+shorten(inside)+"]", err)
		}
		if len(names)*len(values) > MaxRange {
			return nil, fmt.Errorf("%q makes more than %d hosts", shorten(pattern), MaxRange)
		}
		next := make([]string, 0, len(names)*len(values))
		for _, n := range names {
			for _, v := range values {
				next = append(next, n+head+v)
			}
		}
		names, rest = next, tail
	}
}

func cutRange(s string) (head, inside, tail string, ok bool) {
	head, rest, ok := strings.Cut(s, "[")
	if !ok {
		return "", "", "", false
	}
	inside, tail, ok = strings.Cut(rest, "]")
	return head, inside, tail, ok
}

// rangeValues are those of first:last[:step], both ends included. A first number
// with a leading zero gives the width; a missing one is 0.
func rangeValues(inside string) ([]string, error) {
	bounds := strings.Split(inside, ":")
	if len(bounds) != 2 && len(bounds) != 3 {
		return nil, fmt.Errorf("write first:last or first:last:step")
	}
	first, last, step := bounds[0], bounds[1], 1
	if len(bounds) == 3 {
		n, err := strconv.Atoi(bounds[2])
		if err != nil || n < 1 {
			return nil, fmt.Errorf("the step %q is no positive number", shorten(bounds[2]))
		}
		step = n
	}
	if first == "" {
		first = "0"
	}
	if last == "" {
		return nil, fmt.Errorf("the last value is missing")
	}
	width := 0
	if first[0] == '0' && len(first) > 1 {
		if width = len(first); width != len(last) {
			return nil, fmt.Errorf("with leading zeros both ends have the same width")
		}
	}
	if from, to := strings.Index(asciiLetters, first), strings.Index(asciiLetters, last); from >= 0 && to >= 0 {
		return letterValues(from, to, step)
	}
	if !isDigits(first) || !isDigits(last) {
		return nil, fmt.Errorf("the ends are two numbers or two letters")
	}
	from, err1 := strconv.Atoi(first)
	to, err2 := strconv.Atoi(last)
	if err1 != nil || err2 != nil || from > 1<<53 || to > 1<<53 {
		return nil, fmt.Errorf("the numbers are too large")
	}
	if (to-from)/step >= MaxRange {
		return nil, fmt.Errorf("a range makes %d hosts at most", MaxRange)
	}
	var out []string
	for n := from; n <= to; n += step {
		s := strconv.Itoa(n)
		out = append(out, strings.Repeat("0", max(0, width-len(s)))+s)
	}
	return out, nil
}

func letterValues(from, to, step int) ([]string, error) {
	if from > to {
		return nil, fmt.Errorf("the first letter comes after the last")
	}
	var out []string
	for i := from; i <= to; i += min(step, len(asciiLetters)) {
		out = append(out, asciiLetters[i:i+1])
	}
	return out, nil
}
