package schedule

// open is the stop of a span that has none.
const open = -1

// span is start, start+step, start+2 step and so on up to stop, or up to the end of
// the field's range if that is open; start alone if step is 0.
type span struct{ start, stop, step int }

// next returns the first number of the span that is not below v; none is above top.
func (s span) next(v, top int) (int, bool) {
	if s.stop != open {
		top = min(top, s.stop)
	}
	n := s.start
	if n < v {
		if s.step == 0 {
			return 0, false
		}
		n += (v - n + s.step - 1) / s.step * s.step
	}
	return n, n <= top
}

// mirrored turns a span of days counted from the end of a month into one of days of
// the month. A step counts forward in time, from the first day.
func (s span) mirrored(length int) span {
	if s.stop == open {
		return span{length + 1 - s.start, open, s.step}
	}
	return span{length + 1 - s.stop, length + 1 - s.start, s.step}
}

// field is what one place in an expression matches: any of the spans, everything if
// there are none.
type field []span

func (f field) next(v, top int) (int, bool) {
	if len(f) == 0 {
		return v, v <= top
	}
	best, found := 0, false
	for _, s := range f {
		if n, ok := s.next(v, top); ok && (!found || n < best) {
			best, found = n, true
		}
	}
	return best, found
}

func (f field) mirrored(length int) field {
	m := make(field, len(f))
	for i, s := range f {
		m[i] = s.mirrored(length)
	}
	return m
}
