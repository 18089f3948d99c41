package source

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// literal reads the value of a variable in an INI inventory: what is a Python
// literal becomes that value, everything else is the text itself
// (ansible.builtin.ini, "values passed in the INI format using key=value").
func literal(text string) any {
	p := &python{text: strings.TrimLeft(text, " \t")}
	v, ok := p.whole()
	if !ok {
		return text
	}
	return v
}

// maxPythonNesting is where Python itself gives up.
const maxPythonNesting = 200

// python parses the literals of the Python reference, section 2.4 and 6.2: numbers,
// strings, None, True, False, tuples, lists and dictionaries of them. Sets, bytes
// and complex numbers have no value in JSON and are no literals here.
type python struct {
	text  string
	pos   int
	depth int
}

func (p *python) whole() (any, bool) {
	if p.text == "" || strings.IndexByte(p.text, 0) >= 0 {
		return nil, false
	}
	v, ok := p.list(0, true)
	if !ok {
		return nil, false
	}
	p.space(false)
	return v, p.pos == len(p.text)
}

// space skips blanks and comments, and line ends inside brackets.
func (p *python) space(lines bool) {
	for p.pos < len(p.text) {
		switch c := p.text[p.pos]; {
		case c == ' ' || c == '\t' || c == '\f', lines && (c == '\n' || c == '\r'):
			p.pos++
		case c == '#':
			for p.pos < len(p.text) && p.text[p.pos] != '\n' {
				p.pos++
			}
		default:
			return
		}
	}
}

func (p *python) peek() byte {
	if p.pos < len(p.text) {
		return p.text[p.pos]
	}
	return 0
}

// list reads values with commas between them up to a closing bracket, or to the
// end of the text if that is 0. tuple says that one value without a comma is that
// value and no list.
func (p *python) list(closing byte, tuple bool) (any, bool) {
	out := []any{}
	comma := false
	for {
		p.space(closing != 0)
		if p.peek() == closing && (closing != 0 || p.pos >= len(p.text)) {
			break
		}
		if len(out) > 0 && !comma {
			return nil, false
		}
		v, ok := p.value(closing != 0)
		if !ok {
			return nil, false
		}
		out = append(out, v)
		p.space(closing != 0)
		if comma = p.peek() == ','; comma {
			p.pos++
		}
	}
	if closing != 0 {
		p.pos++
	}
	if tuple && len(out) == 0 {
		return out, closing != 0
	}
	if tuple && len(out) == 1 && !comma {
		return out[0], true
	}
	return out, true
}

func (p *python) value(lines bool) (any, bool) {
	if p.depth++; p.depth > maxPythonNesting {
		return nil, false
	}
	defer func() { p.depth-- }()
	p.space(lines)
	switch c := p.peek(); {
	case c == '(':
		p.pos++
		return p.list(')', true)
	case c == '[':
		p.pos++
		return p.list(']', false)
	case c == '{':
		p.pos++
		return p.dict()
	case c == '-' || c == '+':
		return p.signed(lines)
	case isDigit(c) || c == '.':
		return p.number()
	default:
		return p.word(lines)
	}
}

// signed reads a number behind its signs.
func (p *python) signed(lines bool) (any, bool) {
	negative := false
	for p.peek() == '-' || p.peek() == '+' {
		negative = negative != (p.peek() == '-')
		p.pos++
		p.space(lines)
		// ast.literal_eval takes one sign; a second one is an operator
		if p.peek() == '-' || p.peek() == '+' {
			return nil, false
		}
	}
	if c := p.peek(); !isDigit(c) && c != '.' {
		return nil, false
	}
	v, ok := p.number()
	if !ok || !negative {
		return v, ok
	}
	switch n := v.(type) {
	case float64:
		return -n, true
	case string: // an integer that is too long for a float64
		return "-" + n, true
	default:
		return nil, false
	}
}

// word reads None, True, False, or strings side by side.
func (p *python) word(lines bool) (any, bool) {
	start := p.pos
	for p.pos < len(p.text) && (isWordByte(p.text[p.pos]) || p.text[p.pos] >= 0x80) {
		p.pos++
	}
	name := p.text[start:p.pos]
	if c := p.peek(); c != '\'' && c != '"' {
		switch name {
		case "None":
			return nil, true
		case "True":
			return true, true
		case "False":
			return false, true
		default:
			return nil, false
		}
	}
	p.pos = start
	var out strings.Builder
	for {
		if !p.quoted(&out) {
			return nil, false
		}
		p.space(lines)
		rest := strings.TrimLeft(p.text[p.pos:min(len(p.text), p.pos+2)], "rRuU")
		if !strings.HasPrefix(rest, "'") && !strings.HasPrefix(rest, `"`) {
			return out.String(), true
		}
	}
}

func (p *python) dict() (any, bool) {
	out := map[string]any{}
	for {
		p.space(true)
		if p.peek() == '}' {
			p.pos++
			return out, true
		}
		k, ok := p.value(true)
		key, isKey := jsonKey(k)
		p.space(true)
		if !ok || !isKey || p.peek() != ':' {
			return nil, false
		}
		p.pos++
		v, ok := p.value(true)
		if !ok {
			return nil, false
		}
		out[key] = v
		p.space(true)
		if p.peek() == ',' {
			p.pos++
		} else if p.peek() != '}' {
			return nil, false
		}
	}
}

// jsonKey is what a key becomes in JSON.
func jsonKey(k any) (string, bool) {
	switch k := k.(type) {
	case string:
		return k, true
	case nil:
		return "null", true
	case bool:
		return strconv.FormatBool(k), true
	case float64:
		return strconv.FormatFloat(k, 'f', -1, 64), true
	default:
		return "", false
	}
}

// number reads an unsigned number: integers in four bases, floats.
func (p *python) number() (any, bool) {
	start := p.pos
	for p.pos < len(p.text) {
		c := p.text[p.pos]
		exponent := (c == '+' || c == '-') && p.pos > start && (p.text[p.pos-1] == 'e' || p.text[p.pos-1] == 'E') &&
			!strings.HasPrefix(strings.ToLower(p.text[start:min(start+2, p.pos)]), "0x")
		if !isWordByte(c) && c != '.' && !exponent {
			break
		}
		p.pos++
	}
	return pythonNumber(p.text[start:p.pos])
}

func pythonNumber(s string) (any, bool) {
	clean, ok := dropUnderscores(s)
	if !ok {
		return nil, false
	}
	lower := strings.ToLower(clean)
	for prefix, base := range map[string]int{"0x": 16, "0o": 8, "0b": 2} {
		if digits, has := strings.CutPrefix(lower, prefix); has {
			return integer(digits, base)
		}
	}
	if isDigits(clean) {
		if clean[0] == '0' && strings.Trim(clean, "0") != "" {
			return nil, false // 0777 is no number in Python
		}
		return integer(clean, 10)
	}
	if strings.Trim(lower, "0123456789.e+-") != "" {
		return nil, false
	}
	f, err := strconv.ParseFloat(clean, 64)
	if err != nil || math.IsInf(f, 0) {
		return nil, false
	}
	return f, true
}

// dropUnderscores takes out underscores between two digits; any other one makes
// the text no number.
func dropUnderscores(s string) (string, bool) {
	if !strings.Contains(s, "_") {
		return s, true
	}
	for i := range len(s) {
		if s[i] != '_' {
			continue
		}
		prefix := i == 2 && s[0] == '0' && strings.IndexByte("xXoObB", s[1]) >= 0
		if i == 0 || i+1 == len(s) || !isHexDigit(s[i+1]) || (!prefix && !isHexDigit(s[i-1])) {
			return "", false
		}
	}
	return strings.ReplaceAll(s, "_", ""), true
}

func isHexDigit(c byte) bool {
	return isDigit(c) || ('a' <= c && c <= 'f') || ('A' <= c && c <= 'F')
}

// maxDigits bounds the digits of an integer, as Python does.
const maxDigits = 4300

// integer returns digits as a float64, or as decimal text where a float64 would
// lose one of them.
func integer(digits string, base int) (any, bool) {
	if digits == "" || len(digits) > maxDigits {
		return nil, false
	}
	n, ok := new(big.Int).SetString(digits, base)
	if !ok {
		return nil, false
	}
	return bigValue(n), true
}

func bigValue(n *big.Int) any {
	if n.IsInt64() && n.Int64() >= -1<<53 && n.Int64() <= 1<<53 {
		return float64(n.Int64())
	}
	return n.String()
}
