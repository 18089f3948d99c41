package config

import "unicode/utf8"

// quickScan reads native syntax without making tokens of it. It answers two
// questions in one cheap pass: may the text be parsed without looking closer, and
// what does it say apart from comments and layout. Lexing a large inventory for
// that alone would cost a third of loading it.
//
// Its count of nesting and operators is never below that of guardTokens, so that
// what it lets through is safe; what it doubts is lexed and decided there. A fuzz
// test holds the two against each other.
type quickScan struct {
	text   []byte
	pos    int
	levels []quickLevel
	// operators is the sum over all levels.
	operators int
	// out is the text without comments and layout.
	out []byte
	// gap and newline are what was left out since the last byte of out.
	gap, newline bool
	// doubt ends the scan: the text must be lexed.
	doubt bool
}

// quickLevel is a bracket, a string or a template that is open: one of ( [ { " $.
type quickLevel struct {
	open      byte
	operators int
	parts     int
}

// scanQuickly returns the text without comments and layout, and whether it is
// known to be safe to parse; if not, it stopped at an offset.
func scanQuickly(text []byte) (normal []byte, at int, safe bool) {
	if !utf8.Valid(text) {
		return nil, 0, false // a broken character swallows what stands behind it
	}
	s := quickScan{text: text, levels: make([]quickLevel, 1, 16), out: make([]byte, 0, len(text))}
	for s.pos < len(s.text) && !s.doubt {
		if s.top().open == '"' {
			s.inString()
		} else {
			s.outside()
		}
	}
	return s.out, s.pos, !s.doubt && len(s.levels) == 1
}

func (s *quickScan) top() *quickLevel { return &s.levels[len(s.levels)-1] }

// peek returns the byte n ahead, or zero.
func (s *quickScan) peek(n int) byte {
	if s.pos+n < len(s.text) {
		return s.text[s.pos+n]
	}
	return 0
}

// outside reads one byte of code, or a whole comment.
func (s *quickScan) outside() {
	c := s.text[s.pos]
	switch {
	case c == ' ' || c == '\t' || c == '\r':
		s.gap = true
		s.pos++
		return
	case c == '\n':
		s.newline = true
		if open := s.top().open; open == '{' || open == 0 {
			s.reset()
		}
		s.pos++
		return
	case c == '#' || (c == '/' && s.peek(1) == '/'):
		for s.pos < len(s.text) && s.text[s.pos] != '\n' {
			s.pos++
		}
		return
	case c == '/' && s.peek(1) == '*':
		s.comment()
		return
	case c == '<' && s.peek(1) == '<':
		s.doubt = true // a heredoc, perhaps
		return
	case (c == 'e' || c == 'E') && s.pos > 0 && isDigit(s.text[s.pos-1]):
		s.exponent()
	case c == ',':
		s.reset()
	case c == '(' || c == '[' || c == '{' || c == '"':
		s.open(c)
	case c == ')' || c == ']' || c == '}':
		s.close(c)
	case isOperator(c):
		s.count()
	}
	s.emit(c)
	s.pos++
}

// exponent doubts numbers that guardTokens may refuse.
func (s *quickScan) exponent() {
	n := 1
	for c := s.peek(n); isDigit(c) || c == '+' || c == '-' || c == 'e' || c == 'E'; c = s.peek(n) {
		n++
	}
	s.doubt = s.doubt || n > maxExponent
}

// comment skips /* … */; one that does not end is left to the lexer.
func (s *quickScan) comment() {
	for i := s.pos + 2; i+1 < len(s.text); i++ {
		if s.text[i] == '*' && s.text[i+1] == '/' {
			s.pos, s.gap = i+2, true
			return
		}
	}
	s.doubt = true
}

// inString reads one element of a quoted string.
func (s *quickScan) inString() {
	c := s.text[s.pos]
	n := 1
	switch {
	case c == '\\':
		n = 2
	case c == '\n':
		s.doubt = true // not closed; the parser says it
		return
	case (c == '$' || c == '%') && s.peek(1) == c && s.peek(2) == '{':
		n = 3 // escaped
	case (c == '$' || c == '%') && s.peek(1) == '{':
		s.top().parts++
		s.doubt = s.doubt || s.top().parts > maxParts
		s.open('$')
		n = 2
	case c == '"':
		s.close(c)
	}
	for range n {
		if s.pos < len(s.text) {
			s.out = append(s.out, s.text[s.pos])
			s.pos++
		}
	}
}

// emit adds a byte of code. What was left out before it counts only where words
// would run together, or where a line ended.
func (s *quickScan) emit(c byte) {
	if n := len(s.out); n > 0 {
		switch {
		case s.newline && s.out[n-1] != '\n':
			s.out = append(s.out, '\n')
		case s.gap && isWord(c) && isWord(s.out[n-1]):
			s.out = append(s.out, ' ')
		}
	}
	s.gap, s.newline = false, false
	s.out = append(s.out, c)
}

func (s *quickScan) count() {
	s.top().operators++
	s.operators++
	s.doubt = s.doubt || s.operators > maxOperators
}

func (s *quickScan) open(c byte) {
	s.count()
	s.levels = append(s.levels, quickLevel{open: c})
	s.doubt = s.doubt || len(s.levels) > maxNesting
}

// close ends the innermost level. What does not fit is left to the lexer.
func (s *quickScan) close(c byte) {
	if open := s.top().open; len(s.levels) == 1 || !closes(open, c) {
		s.doubt = true
		return
	}
	s.operators -= s.top().operators
	s.levels = s.levels[:len(s.levels)-1]
}

func (s *quickScan) reset() {
	top := s.top()
	s.operators -= top.operators
	top.operators = 0
}

// closes reports whether a byte ends what another one opened.
func closes(open, c byte) bool {
	switch open {
	case '(':
		return c == ')'
	case '[':
		return c == ']'
	case '{', '$':
		return c == '}'
	default:
		return open == c
	}
}

func isOperator(c byte) bool {
	switch c {
	case '*', '/', '+', '-', '%', '=', '!', '<', '>', '&', '|', '.', '?', ':':
		return true
	default:
		return false
	}
}

func isWord(c byte) bool {
	return isDigit(c) || ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || c == '_' || c == '-' || c == '.' || c >= 0x80
}

// hopeless reports text whose brackets run so deep that lexing it would be a
// waste: no text that people write has thousands of brackets that do not close. at
// is the offset of the bracket with which they become too many.
func hopeless(text []byte) (at int, deep bool) {
	depth := 0
	for i, c := range text {
		switch c {
		case '(', '[', '{':
			depth++
			if depth == maxNesting+1 {
				at = i
			}
			if depth > 16*maxNesting {
				return at, true
			}
		case ')', ']', '}':
			depth--
		}
	}
	return 0, false
}
