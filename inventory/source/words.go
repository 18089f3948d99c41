package source

import (
	"errors"
	"strings"
)

var errQuote = errors.New("a quotation mark is not closed")

// splitWords splits a line into words as Python's shlex does in its POSIX mode:
// quotes group, a backslash quotes one character (inside double quotes only a
// double quote or a backslash), and where comments is set # ends the line, in the
// middle of a word too.
func splitWords(line string, comments bool) ([]string, error) {
	var words []string
	var word strings.Builder
	started := false
	var quote byte
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quote == '\'' && c != quote, quote == '"' && c != quote && c != '\\':
			word.WriteByte(c)
		case quote != 0 && c == quote:
			quote = 0
		case quote == '"': // a backslash
			i++
			if i >= len(line) {
				return nil, errQuote
			}
			if line[i] != '"' && line[i] != '\\' {
				word.WriteByte('\\')
			}
			word.WriteByte(line[i])
		case c == '\'' || c == '"':
			quote, started = c, true
		case c == '\\':
			i++
			if i >= len(line) {
				return nil, errors.New("the line ends with a backslash")
			}
			started = true
			word.WriteByte(line[i])
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			if started {
				words, started = append(words, word.String()), false
				word.Reset()
			}
		case comments && c == '#':
			i = len(line)
		default:
			started = true
			word.WriteByte(c)
		}
	}
	if quote != 0 {
		return nil, errQuote
	}
	if started {
		words = append(words, word.String())
	}
	return words, nil
}
