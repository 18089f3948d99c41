package powershell_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// source is a script, taken apart just so far that rules can be asked of it. All
// texts are as long as the script, so that an offset is the same in each of them.
type source struct {
	// Raw is the script as it is. Text is without comments. Code is without the
	// content of strings too; what "$(…)" holds is code.
	Raw, Text, Code string
	// Expandable are the contents of strings in double quotes.
	Expandable []span
	Functions  []function
}

type span struct{ From, To int }

func (s span) has(at int) bool { return at >= s.From && at < s.To }

// function is a definition; Body is what its braces hold.
type function struct {
	Name string
	span
	Body span
}

// line is the number of the line of an offset, from 1.
func (s source) line(at int) int { return 1 + strings.Count(s.Raw[:at], "\n") }

// within is the innermost function around an offset, or nil.
func (s source) within(at int) *function {
	var found *function
	for i, f := range s.Functions {
		if f.has(at) && (found == nil || f.From > found.From) {
			found = &s.Functions[i]
		}
	}
	return found
}

// lexer masks comments and strings.
type lexer struct {
	in         string
	text, code []byte
	expandable []span
}

func parse(in string) (source, error) {
	l := &lexer{in: in, text: []byte(in), code: []byte(in)}
	at, err := l.run(0, 0)
	if err != nil {
		return source{}, err
	}
	if at != len(in) {
		return source{}, fmt.Errorf("line %d: a parenthesis too many", 1+strings.Count(in[:at], "\n"))
	}
	s := source{Raw: in, Text: string(l.text), Code: string(l.code), Expandable: l.expandable}
	return s, s.functions()
}

// run reads code until closer, which is 0 for the end of the script, and returns
// where it stopped.
func (l *lexer) run(at int, closer byte) (int, error) {
	depth := 0
	for at < len(l.in) {
		c := l.in[at]
		switch {
		case c == '`':
			at += 2
		case strings.HasPrefix(l.in[at:], "<#"):
			end := strings.Index(l.in[at:], "#>")
			if end < 0 {
				return 0, errors.New("a comment without an end")
			}
			l.blank(at, at+end+2, true)
			at += end + 2
		case c == '#' && l.starts(at):
			end := at + strings.IndexByte(l.in[at:]+"\n", '\n')
			l.blank(at, end, true)
			at = end
		case c == '\'' || c == '"' || strings.HasPrefix(l.in[at:], "@'\n") || strings.HasPrefix(l.in[at:], "@\"\n"):
			end, err := l.quoted(at)
			if err != nil {
				return 0, err
			}
			at = end
		case closer == ')' && c == '(':
			depth++
			at++
		case closer == ')' && c == ')':
			if depth == 0 {
				return at, nil
			}
			depth--
			at++
		default:
			at++
		}
	}
	if closer != 0 {
		return 0, errors.New("a $( without an end")
	}
	return at, nil
}

// starts reports whether a token can begin there: only then is # a comment.
func (l *lexer) starts(at int) bool {
	return at == 0 || strings.IndexByte(" \t\n;{}()|,=", l.in[at-1]) >= 0
}

// quoted masks a string or a here-string and returns where it ends.
func (l *lexer) quoted(at int) (int, error) {
	mark, begin, end := l.in[at], at+1, ""
	if mark == '@' {
		mark, begin, end = l.in[at+1], at+3, "\n"+l.in[at+1:at+2]+"@"
	}
	from := begin
	for p := begin; p < len(l.in); p++ {
		switch {
		case end != "" && strings.HasPrefix(l.in[p-1:], end):
			l.content(from, p-1, mark)
			return p + 1 + 1, nil
		case mark == '"' && l.in[p] == '`':
			p++
		case mark == '"' && strings.HasPrefix(l.in[p:], "$("):
			l.content(from, p, mark)
			closed, err := l.run(p+2, ')')
			if err != nil {
				return 0, err
			}
			p, from = closed, closed+1
		case end == "" && l.in[p] == mark:
			if p+1 < len(l.in) && l.in[p+1] == mark {
				p++
				continue
			}
			l.content(from, p, mark)
			return p + 1, nil
		}
	}
	return 0, fmt.Errorf("line %d: a string without an end", 1+strings.Count(l.in[:at], "\n"))
}

func (l *lexer) content(from, to int, mark byte) {
	if mark == '"' && to > from {
		l.expandable = append(l.expandable, span{from, to})
	}
	l.blank(from, to, false)
}

// blank puts blanks in the place of everything but line feeds.
func (l *lexer) blank(from, to int, comment bool) {
	for i := from; i < to; i++ {
		if l.in[i] == '\n' {
			continue
		}
		l.code[i] = ' '
		if comment {
			l.text[i] = ' '
		} else {
			l.code[i] = '~'
		}
	}
}

var functionHead = regexp.MustCompile(`(?i)(^|[\s;{}])function\s+([^\s({]+)`)

// functions finds the definitions; braces must be closed.
func (s *source) functions() error {
	var open []int
	closes := map[int]int{}
	for i, c := range []byte(s.Code) {
		switch c {
		case '{':
			open = append(open, i)
		case '}':
			if len(open) == 0 {
				return fmt.Errorf("line %d: a brace too many", s.line(i))
			}
			closes[open[len(open)-1]], open = i, open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		return fmt.Errorf("line %d: a brace without an end", s.line(open[len(open)-1]))
	}
	for _, m := range functionHead.FindAllStringSubmatchIndex(s.Code, -1) {
		brace := strings.IndexByte(s.Code[m[5]:], '{')
		if brace < 0 {
			return fmt.Errorf("line %d: a function without a body", s.line(m[4]))
		}
		begin := m[5] + brace
		s.Functions = append(s.Functions, function{Name: s.Code[m[4]:m[5]], span: span{m[4], closes[begin] + 1}, Body: span{begin + 1, closes[begin]}})
	}
	return nil
}
