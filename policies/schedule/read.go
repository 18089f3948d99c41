package schedule

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// maxList is the longest list in one place, as in systemd.
const maxList = 241

// place is what a number in an expression may be.
type place struct {
	name     string
	from, to int
	// seconds: may have a fraction; counted in microseconds.
	seconds bool
	year    bool // two digits are short for four
	fromEnd bool // counted from the end of a month
}

func yearPlace() place   { return place{name: "year", from: firstYear, to: lastYear, year: true} }
func monthPlace() place  { return place{name: "month", from: 1, to: 12} }
func dayPlace() place    { return place{name: "day", from: 1, to: 31} }
func hourPlace() place   { return place{name: "hour", from: 0, to: lastHour} }
func minutePlace() place { return place{name: "minute", from: 0, to: lastMinute} }
func secondPlace() place { return place{name: "second", from: 0, to: lastMicro, seconds: true} }

// fromEndPlace is a day counted from the end of the month, which all months have.
func fromEndPlace() place { return place{name: "day from the end", from: 1, to: 28, fromEnd: true} }

// unit is the step that is meant if none is written.
func (p place) unit() int {
	if p.seconds {
		return perSecond
	}
	return 1
}

// values says in words which numbers may stand here.
func (p place) values() string {
	return fmt.Sprintf("%d to %d", p.from, p.to/p.unit())
}

// field reads everything that may stand in one place.
func (p place) field(s string) (field, error) {
	if s == "*" {
		if p.seconds {
			return field{{0, open, perSecond}}, nil
		}
		return nil, nil
	}
	if strings.HasPrefix(s, "*/") {
		return nil, fmt.Errorf("%s %.40q: a step needs a beginning, write \"%d/%.20s\"", p.name, s, p.from, s[2:])
	}
	items := strings.Split(s, ",")
	if len(items) > maxList {
		return nil, fmt.Errorf("%s: a list of more than %d", p.name, maxList)
	}
	f := make(field, len(items))
	for i, item := range items {
		var err error
		if f[i], err = p.span(item); err != nil {
			return nil, fmt.Errorf("%s %.40q: %w", p.name, item, err)
		}
	}
	slices.SortFunc(f, compareSpans)
	f = slices.Compact(f)
	if p.fromEnd {
		return f, p.checkList(f)
	}
	return f, nil
}

// checkList refuses lists of days from the end that systemd does not take: it lets
// each next number be three smaller at most than the one before might be.
func (p place) checkList(f field) error {
	for i, s := range f {
		if most := p.to - 3*i; max(s.start, s.stop) > most || s.step > most-p.from {
			return fmt.Errorf("%s %d: as number %d of a list %d is the most; write two windows", p.name, max(s.start, s.stop), i+1, most)
		}
	}
	return nil
}

func compareSpans(a, b span) int {
	return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.stop, b.stop), cmp.Compare(a.step, b.step))
}

// span reads START[..STOP][/STEP].
func (p place) span(s string) (span, error) {
	s, every, stepped := strings.Cut(s, "/")
	begin, end, ranged := strings.Cut(s, "..")
	x := span{stop: open}
	var err error
	if x.start, err = p.number(begin); err != nil {
		return x, err
	}
	if ranged {
		if x.stop, err = p.number(end); err != nil {
			return x, err
		}
		x.step = p.unit()
	}
	if stepped {
		if x.step, err = p.count(every); err != nil {
			return x, err
		}
		if x.step == 0 {
			return x, errors.New("a step of nothing: write 1 or more after the slash")
		}
	}
	if ranged {
		if x, err = p.closed(x, stepped); err != nil {
			return x, err
		}
	}
	return x, p.check(x)
}

// closed moves the end of a span to the last number it has.
func (p place) closed(x span, stepped bool) (span, error) {
	if x.start > x.stop {
		return x, errors.New("a range goes from the smaller to the larger: write two ranges")
	}
	if p.seconds && !stepped && x.start+x.step > x.stop {
		return x, errors.New("a range shorter than a second: give it a step, as in 0..0.5/0.1")
	}
	if x.start+x.step > x.stop {
		return span{start: x.start, stop: open}, nil
	}
	x.stop -= (x.stop - x.start) % x.step
	return x, nil
}

// check holds a span against what the place may have; a step without an end must be
// taken at least once.
func (p place) check(x span) error {
	if x.start < p.from || max(x.start, x.stop) > p.to {
		return fmt.Errorf("out of range, write %s", p.values())
	}
	room := p.to - x.start
	if p.fromEnd {
		room = x.start - p.from
	}
	if x.stop == open && x.step > room {
		return errors.New("the step is longer than what is left: leave it out")
	}
	return nil
}

// number reads a number as it is meant.
func (p place) number(s string) (int, error) {
	n, err := p.count(s)
	switch {
	case p.year && n < 70:
		n += 2000
	case p.year && n < 100:
		n += 1900
	}
	return n, err
}

// count reads a number of any size; seconds may have a fraction, which is rounded to
// microseconds.
func (p place) count(s string) (int, error) {
	whole, fraction, fractional := s, "", false
	if p.seconds {
		whole, fraction, fractional = strings.Cut(s, ".")
	}
	if !digits(whole) || fractional && !digits(fraction) {
		return 0, errors.New("not a number: write " + p.values() + ", a list 1,2, a range 1..5 or a step 1/2")
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n > math.MaxInt32/int64(p.unit()) {
		return 0, fmt.Errorf("out of range, write %s", p.values())
	}
	n = n*int64(p.unit()) + rounded(fraction)
	if n > math.MaxInt32 {
		return 0, fmt.Errorf("out of range, write %s", p.values())
	}
	return int(n), nil
}

// rounded are the microseconds of a decimal fraction.
func rounded(fraction string) int64 {
	const places = 6
	padded := fraction + strings.Repeat("0", places+1)
	var n int64
	for _, c := range padded[:places] {
		n = n*10 + int64(c-'0')
	}
	if padded[places] >= '5' {
		n++
	}
	return n
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
