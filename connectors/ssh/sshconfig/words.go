package sshconfig

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// words is one line: a keyword in lower case and its arguments.
type words struct {
	key  string
	args []string
}

// splitLine reads one line as readconf.c of OpenSSH does: the keyword ends at a
// blank or "="; arguments end at blanks, may be quoted with " or ' and escaped
// with a backslash; a # at the beginning of an argument ends the line. ok is
// false for a blank line or a comment.
func splitLine(s string) (w words, ok bool, err error) {
	s = strings.Trim(s, " \t\r\f")
	if s == "" || s[0] == '#' {
		return words{}, false, nil
	}
	if err := checkText(s); err != nil {
		return words{}, false, err
	}
	end := strings.IndexAny(s, " \t=")
	if end < 0 {
		end = len(s)
	}
	w.key = strings.ToLower(s[:end])
	for _, r := range w.key {
		if !isAlnum(r) {
			return words{}, false, fmt.Errorf("%q is no keyword", s[:end])
		}
	}
	rest := strings.TrimLeft(s[end:], " \t")
	if after, ok := strings.CutPrefix(rest, "="); ok {
		rest = after
	}
	if isCommand(w.key) {
		w.args = strings.Fields(rest) // taken as it is, quotes and all; it is never run
	} else {
		w.args, err = splitArgs(rest)
	}
	if err == nil && w.key == "" {
		err = errors.New("there is no keyword before =")
	}
	if err == nil && len(w.args) == 0 {
		err = fmt.Errorf("%s has no value", w.key)
	}
	return w, err == nil, err
}

func isCommand(key string) bool {
	switch key {
	case "proxycommand", "localcommand", "remotecommand", "knownhostscommand":
		return true
	default:
		return false
	}
}

// maxLine bounds a line in bytes: the library needs time in its square.
const maxLine = 4096

func checkText(s string) error {
	if len(s) > maxLine {
		return fmt.Errorf("the line is longer than %d bytes", maxLine)
	}
	if !utf8.ValidString(s) {
		return errors.New("the line is not UTF-8")
	}
	for _, r := range s {
		if r < ' ' && r != '\t' || r == 0x7f {
			return errors.New("the line holds a control character")
		}
	}
	return nil
}

func splitArgs(s string) (args []string, err error) {
	var b strings.Builder
	var quote byte
	in := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && i+1 < len(s) && escapes(s[i+1], quote):
			i++
			b.WriteByte(s[i])
			in = true
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, in = c, true
		case quote == 0 && (c == ' ' || c == '\t'):
			if in {
				args = append(args, b.String())
				b.Reset()
				in = false
			}
		case quote == 0 && c == '#' && !in:
			return args, nil
		default:
			b.WriteByte(c)
			in = true
		}
	}
	if quote != 0 {
		return nil, errors.New("a quote is not closed")
	}
	if in {
		args = append(args, b.String())
	}
	return args, nil
}

func escapes(c, quote byte) bool {
	return c == '"' || c == '\'' || c == '\\' || (c == ' ' && quote == 0)
}

// empty stands for an empty argument; no argument can hold its character.
const empty = "%00"

// encode puts arguments into a form in which no character means anything to the
// library, and decode takes them back.
func encode(args []string) string {
	out := make([]string, len(args))
	for i, a := range args {
		if out[i] = url.QueryEscape(a); a == "" {
			out[i] = empty
		}
	}
	return strings.Join(out, " ")
}

func decode(value string) []string {
	args := strings.Fields(value)
	for i, a := range args {
		if a == empty {
			args[i] = ""
		} else if s, err := url.QueryUnescape(a); err == nil { // encode wrote it
			args[i] = s
		}
	}
	return args
}
