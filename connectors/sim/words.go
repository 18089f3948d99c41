package sim

import "strings"

// words splits a command line as sh does, without expansions: single quotes,
// double quotes, backslashes. It is false if a quote is left open, or if the line
// is more than one simple command.
func words(line string) (list []string, ok bool) {
	var word strings.Builder
	begun := false
	end := func() {
		if begun {
			list = append(list, word.String())
		}
		word.Reset()
		begun = false
	}
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch c {
		case ' ', '\t', '\n':
			end()
		case '\'', '"':
			n, text := quoted(line[i:])
			if n == 0 {
				return nil, false
			}
			word.WriteString(text)
			begun = true
			i += n - 1
		case '\\':
			if i++; i == len(line) {
				return nil, false
			}
			word.WriteByte(line[i])
			begun = true
		case ';', '&', '|', '<', '>', '(', ')', '`', '$':
			return nil, false
		default:
			word.WriteByte(c)
			begun = true
		}
	}
	end()
	return list, true
}

// quoted reads a quoted piece at the beginning of s and says how long it is; 0 if
// it does not end.
func quoted(s string) (n int, text string) {
	quote := s[0]
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == quote:
			return i + 1, b.String()
		case quote == '"' && s[i] == '\\' && i+1 < len(s) && strings.IndexByte("\"\\$`", s[i+1]) >= 0:
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return 0, ""
}
