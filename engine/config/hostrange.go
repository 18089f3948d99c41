package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// maxRange bounds the hosts of one range.
const maxRange = 65_536

// hostRange is a host's name as it is written: plain, or with one range of
// numbers in it ("web-[01:50]").
type hostRange struct {
	ranged      bool
	head, tail  string
	first, last int
	// width is that of the first number.
	width int
}

var errRange = errors.New("a range is written [01:50]: digits only, the first not larger than the last, one range a name")

func parseRange(name string) (hostRange, error) {
	head, rest, found := strings.Cut(name, "[")
	if !found {
		if strings.Contains(name, "]") {
			return hostRange{}, errRange
		}
		if !validName(name) {
			return hostRange{}, errors.New("names are letters, digits, dashes, underscores and dots, 255 at most")
		}
		return hostRange{head: name}, nil
	}
	inside, tail, closed := strings.Cut(rest, "]")
	from, to, parts := strings.Cut(inside, ":")
	if !closed || !parts || strings.ContainsAny(tail, "[]") || !digits(from) || !digits(to) {
		return hostRange{}, errRange
	}
	first, err1 := strconv.Atoi(from)
	last, err2 := strconv.Atoi(to)
	switch {
	case err1 != nil || err2 != nil:
		return hostRange{}, errors.New("the numbers of the range are too large")
	case first > last:
		return hostRange{}, errRange
	case last-first >= maxRange:
		return hostRange{}, fmt.Errorf("a range makes %d hosts at most", maxRange)
	}
	r := hostRange{ranged: true, head: head, tail: tail, first: first, last: last, width: len(from)}
	if longest := r.name(r.count() - 1); !validName(longest) {
		return hostRange{}, errors.New("names are letters, digits, dashes, underscores and dots, 255 at most")
	}
	return r, nil
}

func digits(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

func (r hostRange) count() int {
	if !r.ranged {
		return 1
	}
	return r.last - r.first + 1
}

// number, index and name are those of host i, counted from zero.
func (r hostRange) number(i int) int { return r.first + i }

func (r hostRange) index(i int) string {
	s := strconv.Itoa(r.number(i))
	return strings.Repeat("0", max(0, r.width-len(s))) + s
}

func (r hostRange) name(i int) string {
	if !r.ranged {
		return r.head
	}
	return r.head + r.index(i) + r.tail
}
