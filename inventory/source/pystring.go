package source

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// quoted reads one string with its prefix and adds it to out.
func (p *python) quoted(out *strings.Builder) bool {
	raw := false
	if c := p.peek(); c == 'r' || c == 'R' || c == 'u' || c == 'U' {
		raw = c == 'r' || c == 'R'
		p.pos++
	}
	quote := p.peek()
	if quote != '\'' && quote != '"' {
		return false // bytes, f-strings
	}
	end := string(quote)
	if triple := strings.Repeat(end, 3); strings.HasPrefix(p.text[p.pos:], triple) {
		end = triple
	}
	p.pos += len(end)
	for p.pos < len(p.text) {
		switch c := p.text[p.pos]; {
		case strings.HasPrefix(p.text[p.pos:], end):
			p.pos += len(end)
			return true
		case c == '\n' && len(end) == 1:
			return false
		case c == '\\' && raw:
			if p.pos+1 >= len(p.text) {
				return false
			}
			out.WriteString(p.text[p.pos : p.pos+2])
			p.pos += 2
		case c == '\\':
			if !p.escape(out) {
				return false
			}
		default:
			out.WriteByte(c)
			p.pos++
		}
	}
	return false
}

// simpleEscapes are the escapes of one letter.
var simpleEscapes = map[byte]string{
	'\n': "", '\\': `\`, '\'': "'", '"': `"`, 'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v",
}

// escape reads one escape sequence (Python reference, 2.4.1); an unknown one stands
// for itself.
func (p *python) escape(out *strings.Builder) bool {
	if p.pos+1 >= len(p.text) {
		return false
	}
	c := p.text[p.pos+1]
	if s, ok := simpleEscapes[c]; ok {
		out.WriteString(s)
		p.pos += 2
		return true
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]
	switch {
	case digits > 0:
		from, to := p.pos+2, p.pos+2+digits
		if to > len(p.text) {
			return false
		}
		n, err := strconv.ParseUint(p.text[from:to], 16, 32)
		if err != nil || !utf8.ValidRune(rune(n)) {
			return false
		}
		out.WriteRune(rune(n))
		p.pos = to
	case '0' <= c && c <= '7':
		to := p.pos + 1
		for to < len(p.text) && to < p.pos+4 && '0' <= p.text[to] && p.text[to] <= '7' {
			to++
		}
		n, err := strconv.ParseUint(p.text[p.pos+1:to], 8, 16)
		if err != nil {
			return false
		}
		out.WriteRune(rune(n))
		p.pos = to
	case c == 'N':
		return false // names of characters are not known here
	default:
		out.WriteByte('\\')
		p.pos++
	}
	return true
}
