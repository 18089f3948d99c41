package updatestest

import "strings"

// skeleton returns the code of a POSIX shell text without its words: comments,
// quoted text, parameters and here-documents are gone, command substitutions are
// kept. What is left shows which functions and variables the text sets.
func skeleton(text string) string {
	l := &lexer{src: text}
	l.code(false)
	return l.out.String()
}

type lexer struct {
	src string
	pos int
	out strings.Builder
	// docs are the ends of the here-documents that begin on the next line.
	docs []string
}

// next takes a byte, 0 at the end.
func (l *lexer) next() byte {
	if l.pos >= len(l.src) {
		return 0
	}
	l.pos++
	return l.src[l.pos-1]
}

func (l *lexer) at(s string) bool { return strings.HasPrefix(l.src[l.pos:], s) }

// skip goes behind the next s, or to the end.
func (l *lexer) skip(s string) {
	if i := strings.Index(l.src[l.pos:], s); i >= 0 {
		l.pos += i + len(s)
		return
	}
	l.pos = len(l.src)
}

// code reads commands, inside of $( ) to its end.
func (l *lexer) code(substituted bool) {
	depth, cases := 0, 0
	for l.pos < len(l.src) {
		cases += l.caseWord()
		switch c := l.next(); c {
		case '\\':
			l.pos = min(l.pos+1, len(l.src))
		case '\'':
			l.skip("'")
			l.out.WriteByte('_')
		case '"':
			l.quoted()
		case '$':
			l.dollar()
		case '#':
			if l.pos < 2 || strings.IndexByte(" \t\n;(", l.src[l.pos-2]) >= 0 {
				l.skip("\n")
				l.pos = max(l.pos-1, 0)
			}
		case '<':
			l.redirection()
		case '\n':
			l.out.WriteByte(c)
			l.documents()
		case '(':
			depth++
			l.out.WriteByte(c)
		case ')':
			l.out.WriteByte(c)
			switch {
			case depth > 0:
				depth--
			case substituted && cases == 0:
				return
			}
		default:
			l.out.WriteByte(c)
		}
	}
}

// caseWord is 1 at the word case and -1 at esac: between them stand patterns,
// whose ) ends nothing.
func (l *lexer) caseWord() int {
	if l.pos > 0 && strings.IndexByte(" \t\n;(", l.src[l.pos-1]) < 0 {
		return 0
	}
	switch {
	case l.at("case "):
		return 1
	case l.at("esac"):
		return -1
	default:
		return 0
	}
}

// quoted reads text in double quotes; only command substitutions are kept.
func (l *lexer) quoted() {
	l.out.WriteByte('_')
	for l.pos < len(l.src) {
		switch l.next() {
		case '"':
			return
		case '\\':
			l.pos = min(l.pos+1, len(l.src))
		case '$':
			l.dollar()
		}
	}
}

// dollar reads what stands behind a dollar sign.
func (l *lexer) dollar() {
	switch {
	case l.at("(("):
		l.skip("))")
		l.out.WriteByte('_')
	case l.at("("):
		l.pos++
		l.out.WriteString("$( ")
		l.code(true)
	case l.at("{"):
		l.parameter()
	default:
		l.out.WriteByte('_')
	}
}

// parameter reads ${…}.
func (l *lexer) parameter() {
	l.out.WriteByte('_')
	for l.pos < len(l.src) {
		switch l.next() {
		case '}':
			return
		case '\\':
			l.pos = min(l.pos+1, len(l.src))
		case '\'':
			l.skip("'")
		case '"':
			l.quoted()
		case '$':
			l.dollar()
		}
	}
}

// redirection notes the here-document that << begins.
func (l *lexer) redirection() {
	if !l.at("<") {
		l.out.WriteByte('<')
		return
	}
	l.pos++
	rest := strings.TrimLeft(l.src[l.pos:], "-")
	word := rest[:len(rest)-len(strings.TrimLeft(rest, "'\\ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"))]
	l.pos = len(l.src) - len(rest) + len(word)
	l.docs = append(l.docs, strings.Trim(word, `'\`))
}

// documents skips the here-documents that begin here.
func (l *lexer) documents() {
	for _, end := range l.docs {
		for l.pos < len(l.src) {
			line, _, _ := strings.Cut(l.src[l.pos:], "\n")
			l.skip("\n")
			if strings.TrimLeft(line, "\t") == end {
				break
			}
		}
	}
	l.docs = nil
}
