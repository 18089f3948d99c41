package secret

import (
	"errors"
	"strings"
)

var errQuote = errors.New("a quote is not closed")

// splitWords splits a command line as a shell does: blanks separate, single quotes
// keep everything, double quotes all but the backslash before " and \, and a
// backslash keeps the character behind it. Nothing is expanded.
func splitWords(s string) ([]string, error) {
	if hasControl(s) {
		return nil, errors.New("a control character cannot stand in a command")
	}
	var (
		out  []string
		word strings.Builder
		in   bool // a word has begun
	)
	runes := []rune(s)
	for i := 0; i < len(runes); i++ {
		switch r := runes[i]; r {
		case ' ':
			if in {
				out = append(out, word.String())
				word.Reset()
			}
			in = false
		case '\'', '"':
			end, err := quoted(runes, i, &word)
			if err != nil {
				return nil, err
			}
			i, in = end, true
		case '\\':
			if i++; i == len(runes) {
				return nil, errors.New("nothing follows the last backslash")
			}
			word.WriteRune(runes[i])
			in = true
		default:
			word.WriteRune(r)
			in = true
		}
	}
	if in {
		out = append(out, word.String())
	}
	return out, nil
}

// quoted copies what stands between quotes and returns the place of the second.
func quoted(runes []rune, begin int, word *strings.Builder) (int, error) {
	quote := runes[begin]
	for i := begin + 1; i < len(runes); i++ {
		switch r := runes[i]; {
		case r == quote:
			return i, nil
		case quote == '"' && r == '\\' && i+1 < len(runes) && (runes[i+1] == '"' || runes[i+1] == '\\'):
			i++
			word.WriteRune(runes[i])
		default:
			word.WriteRune(r)
		}
	}
	return 0, errQuote
}
